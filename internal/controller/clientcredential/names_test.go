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

package clientcredential

import (
	"fmt"
	"testing"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"

	"github.com/certbound/certbound/api/v1alpha1"
)

// Of many that share drawers, those come that name a thing, and they only.
func TestWhoNamesASecretOrACertificate(t *testing.T) {
	g := NewWithT(t)
	r := &Reconciler{byName: toolscache.NewIndexer(toolscache.MetaNamespaceKeyFunc, toolscache.Indexers{namedIndex: drawersOf})}
	add := func(namespace, name string, spec v1alpha1.ClientCredentialSpec) {
		g.Expect(r.byName.Add(&v1alpha1.ClientCredential{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: spec})).To(Succeed())
	}
	ref := func(name string) *v1alpha1.LocalReference { return &v1alpha1.LocalReference{Name: name} }
	for i := range 2 * drawers {
		add("apps", fmt.Sprint("other-", i), v1alpha1.ClientCredentialSpec{SecretRef: ref(fmt.Sprint("other-", i))})
	}
	add("apps", "reads", v1alpha1.ClientCredentialSpec{SecretRef: ref("tls")})
	add("apps", "writes", v1alpha1.ClientCredentialSpec{CertificateRef: ref("web"), Publish: &v1alpha1.Publication{SecretRef: *ref("tls")}})
	add("apps", "both", v1alpha1.ClientCredentialSpec{SecretRef: ref("one"), Publish: &v1alpha1.Publication{SecretRef: *ref("one")}})
	add("elsewhere", "reads", v1alpha1.ClientCredentialSpec{SecretRef: ref("tls")})

	secret := func(namespace, name string) *metav1.PartialObjectMetadata {
		return &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	}
	g.Expect(r.fromSecret(t.Context(), secret("apps", "tls"))).To(ConsistOf(request("apps", "reads"), request("apps", "writes")))
	g.Expect(r.fromSecret(t.Context(), secret("elsewhere", "tls"))).To(ConsistOf(request("elsewhere", "reads")))
	g.Expect(r.fromSecret(t.Context(), secret("apps", "one"))).To(ConsistOf(request("apps", "both")))
	g.Expect(r.fromSecret(t.Context(), secret("apps", "web"))).To(BeEmpty(), "web is a Certificate")
	g.Expect(r.fromCertificate(t.Context(), secret("apps", "web"))).To(ConsistOf(request("apps", "writes")))

	issued := secret("apps", "web-tls")
	issued.Annotations = map[string]string{cmapi.CertificateNameKey: "web"}
	g.Expect(r.fromSecret(t.Context(), issued)).To(ConsistOf(request("apps", "writes")))
}
