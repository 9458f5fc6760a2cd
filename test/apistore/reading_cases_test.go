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
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
)

func secretsAsMetadata() *metav1.PartialObjectMetadataList {
	list := &metav1.PartialObjectMetadataList{}
	list.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("SecretList"))
	return list
}

// watch begins a watch from a list's revision, or with what there is if that is empty.
func (s *server) watch(list client.ObjectList, from string, options ...client.ListOption) watch.Interface {
	s.t.Helper()
	options = append(options, client.InNamespace(s.namespace), &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: from}})
	w, err := s.Watch(s.ctx(), list, options...)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(w.Stop)
	return w
}

func init() {
	cases["list"] = func(s *server) {
		labelled := s.credential("c", "two")
		labelled.Labels = map[string]string{"a": "b"}
		s.mustCreate(s.credential("b", "one"), labelled, s.credential("a", "one"))
		var list v1alpha1.ClientCredentialList
		in := client.InNamespace(s.namespace)
		s.answer("all", s.List(s.ctx(), &list, in), &list)
		s.answer("by label", s.List(s.ctx(), &list, in, client.MatchingLabels{"a": "b"}), &list)
		s.answer("by field", s.List(s.ctx(), &list, in, client.MatchingFields{"spec.clientRef.name": "one"}), &list)
		s.answer("by name", s.List(s.ctx(), &list, in, client.MatchingFields{"metadata.name": "b"}), &list)
		s.answer("by nothing known", s.List(s.ctx(), &list, in, client.MatchingFields{"spec.type": "x509_cert"}), &list)
		s.answer("elsewhere", s.List(s.ctx(), &list, client.InNamespace("nowhere")), &list)
	}
	cases["metadata only"] = func(s *server) {
		one := s.secret("one")
		one.Annotations = map[string]string{"a": "b"}
		s.mustCreate(one, s.secret("two"))
		list := secretsAsMetadata()
		s.answer("list", s.List(s.ctx(), list, client.InNamespace(s.namespace), client.MatchingFields{"type": "Opaque"}), list)
		list = secretsAsMetadata()
		s.answer("list", s.List(s.ctx(), list, client.InNamespace(s.namespace)), list)
		partial := &metav1.PartialObjectMetadata{ObjectMeta: s.named("one")}
		partial.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
		s.fresh("read", partial)
		partial.Name = "absent"
		s.fresh("absent", partial)
	}
	cases["watch"] = func(s *server) {
		o := s.oauthClient("one")
		s.mustCreate(o)
		w := s.watch(&v1alpha1.OAuthClientList{}, "")
		s.follow("what there is", w, 1)
		var list v1alpha1.OAuthClientList
		if err := s.List(s.ctx(), &list); err != nil {
			s.t.Fatal(err)
		}
		o.Finalizers = []string{"certbound.dev/test"}
		s.answer("updated", s.Update(s.ctx(), o), o)
		s.answer("updated with nothing", s.Update(s.ctx(), o), o)
		o.Status.ClientID = "reported"
		s.answer("reported", s.Status().Update(s.ctx(), o), o)
		s.mustCreate(s.oauthClient("two"))
		s.answer("deleted", s.Delete(s.ctx(), o), untold(o))
		s.fresh("read", o)
		o.Finalizers = nil
		s.answer("gone", s.Update(s.ctx(), o), o)
		s.mustCreate(s.oauthClient("one"))
		s.follow("the same in order", w, 6)
		s.follow("the same from the list on", s.watch(&v1alpha1.OAuthClientList{}, list.ResourceVersion), 6)
	}
	cases["watch a selection"] = func(s *server) {
		w := s.watch(&corev1.ConfigMapList{}, "", client.MatchingLabels{"a": "b"})
		o := &corev1.ConfigMap{ObjectMeta: s.named("one")}
		s.mustCreate(o)
		for _, value := range []string{"b", "b", "c", "b"} {
			o.Labels = map[string]string{"a": value}
			o.Data = map[string]string{"turn": o.Data["turn"] + value}
			if err := s.Update(s.ctx(), o); err != nil {
				s.t.Fatal(err)
			}
		}
		if err := s.Delete(s.ctx(), o); err != nil {
			s.t.Fatal(err)
		}
		s.follow("selected", w, 5)
	}
	cases["watch metadata"] = func(s *server) {
		w := s.watch(secretsAsMetadata(), "")
		o := s.secret("one")
		s.mustCreate(o)
		o.Data["c"] = []byte("d")
		s.answer("updated", s.Update(s.ctx(), o), o)
		s.answer("deleted", s.Delete(s.ctx(), o), untold(o))
		s.follow("metadata", w, 3)
	}
}
