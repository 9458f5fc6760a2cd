/*
Copyright 2026 The Certbound Authors.

Licensed under the Apache License, Version 2.0 (the "License");
you may not use this file except in compliance with the License.
You may obtain a copy of the License at

    http://www.apache.org/licenses/LICENSE-2.0

Unless required by applicable law or agreed to in writing, software
distributed under the License is distributed on an "AS IS" BASIS,
WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
See the License for the specific language governing permissions and
limitations under the License.
*/

package apistore_test

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
)

// named is the metadata of an object in the case's namespace.
func (s *server) named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: s.namespace, Name: name}
}

func (s *server) oauthClient(name string) *v1alpha1.OAuthClient {
	return &v1alpha1.OAuthClient{ObjectMeta: s.named(name), Spec: v1alpha1.OAuthClientSpec{
		TenantRef: v1alpha1.TenantReference{Name: "tenant"}, AuthenticationMethod: v1alpha1.MethodSelfSignedTLSClientAuth,
	}}
}

func (s *server) credential(name, of string) *v1alpha1.ClientCredential {
	return &v1alpha1.ClientCredential{ObjectMeta: s.named(name), Spec: v1alpha1.ClientCredentialSpec{
		ClientRef: v1alpha1.LocalReference{Name: of}, Type: v1alpha1.TypeX509Cert, SecretRef: &v1alpha1.LocalReference{Name: name},
	}}
}

func (s *server) secret(name string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: s.named(name), Data: map[string][]byte{"a": []byte("b")}}
}

func init() {
	cases["delete"] = func(s *server) {
		for i := range 4 {
			s.mustCreate(s.secret(fmt.Sprintf("secret-%d", i)))
		}
		o := s.secret("secret-0")
		s.answer("deleted", s.Delete(s.ctx(), o), o)
		s.fresh("gone", o)
		s.answer("once more", s.Delete(s.ctx(), o), o)
		s.fresh("read", s.secret("secret-1"))
		another := types.UID("00000000-0000-0000-0000-000000000000")
		s.answer("another uid", s.Delete(s.ctx(), s.secret("secret-1"), client.Preconditions{UID: &another}), o)
		stale := "1"
		s.answer("a stale version", s.Delete(s.ctx(), s.secret("secret-1"), client.Preconditions{ResourceVersion: &stale}), o)
		fresh := s.secret("secret-1")
		s.fresh("read", fresh)
		s.answer("that very one", s.Delete(s.ctx(), fresh, client.Preconditions{UID: &fresh.UID, ResourceVersion: &fresh.ResourceVersion}), o)
		s.fresh("gone", fresh)
	}
	cases["delete what has finalizers"] = func(s *server) {
		o := s.oauthClient("one")
		o.Finalizers = []string{"certbound.dev/first", "certbound.dev/second"}
		s.mustCreate(o)
		s.answer("deleted", s.Delete(s.ctx(), o), untold(o))
		s.fresh("goes away", o)
		s.answer("once more", s.Delete(s.ctx(), o), untold(o))
		s.fresh("as before", o)
		o.DeletionTimestamp = nil
		o.Spec.DeletionPolicy = v1alpha1.DeletionDelete
		s.answer("changed", s.Update(s.ctx(), o), o)
		o.Status.ClientID = "reported"
		s.answer("reported", s.Status().Update(s.ctx(), o), o)
		more := o.DeepCopy()
		more.Finalizers = append(more.Finalizers, "certbound.dev/late")
		s.answer("a new finalizer", s.Update(s.ctx(), more), more)
		again := s.oauthClient("one")
		s.answer("created meanwhile", s.Create(s.ctx(), again), again)
		before := o.DeepCopy()
		o.Finalizers = o.Finalizers[1:]
		s.answer("one less", s.Patch(s.ctx(), o, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})), o)
		before = o.DeepCopy()
		o.Finalizers = nil
		s.answer("none left", s.Patch(s.ctx(), o, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})), o)
		s.fresh("gone", o)
		s.answer("created anew", s.Create(s.ctx(), again), again)
	}
	cases["delete a Secret that has a finalizer"] = func(s *server) {
		o := s.secret("one")
		o.Finalizers = []string{"certbound.dev/test"}
		s.mustCreate(o)
		s.answer("deleted", s.Delete(s.ctx(), o), untold(o))
		s.fresh("goes away", o)
		o.Finalizers = nil
		s.answer("none left", s.Update(s.ctx(), o), o)
		s.fresh("gone", o)
	}
	cases["a namespace goes away"] = func(s *server) {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "goes-away-"}}
		s.mustCreate(namespace)
		s.namespace = namespace.Name
		s.fresh("read", namespace)
		s.mustCreate(s.secret("one"))
		s.answer("deleted", s.Delete(s.ctx(), namespace), untold(namespace))
		s.fresh("goes away", namespace)
		s.answer("created in it", s.Create(s.ctx(), s.secret("two")), nil)
		o := s.secret("one")
		s.fresh("what was there", o)
		o.Data = map[string][]byte{}
		s.answer("is changed", s.Update(s.ctx(), o), o)
	}
}

// untold is an object whose answer is not told: a deletion's depends on what deletes.
func untold(client.Object) *corev1.Secret { return &corev1.Secret{} }
