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
	"slices"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
)

// Whoever names a thing is in its drawer, and of those in a drawer only they are meant.
func TestWhoNamesASecretOrACertificate(t *testing.T) {
	g := NewWithT(t)
	ref := func(name string) *v1alpha1.LocalReference { return &v1alpha1.LocalReference{Name: name} }
	object := func(namespace, name string, spec v1alpha1.ClientCredentialSpec) v1alpha1.ClientCredential {
		return v1alpha1.ClientCredential{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Spec: spec}
	}
	reads := object("apps", "reads", v1alpha1.ClientCredentialSpec{SecretRef: ref("tls")})
	writes := object("apps", "writes", v1alpha1.ClientCredentialSpec{CertificateRef: ref("web"), Publish: &v1alpha1.Publication{SecretRef: *ref("tls")}})
	both := object("apps", "both", v1alpha1.ClientCredentialSpec{SecretRef: ref("one"), Publish: &v1alpha1.Publication{SecretRef: *ref("one")}})
	elsewhere := object("elsewhere", "reads", v1alpha1.ClientCredentialSpec{SecretRef: ref("tls")})
	all := []v1alpha1.ClientCredential{reads, writes, both, elsewhere}

	for name, want := range map[string][]v1alpha1.ClientCredential{
		secretNamed("apps", "tls"):      {reads, writes},
		secretNamed("elsewhere", "tls"): {elsewhere},
		secretNamed("apps", "one"):      {both},
		secretNamed("apps", "web"):      nil, // it is a Certificate
		certificateNamed("apps", "web"): {writes},
		certificateNamed("apps", "tls"): nil,
	} {
		var requests []any
		for i := range want {
			requests = append(requests, request(want[i].Namespace, want[i].Name))
			g.Expect(slices.Contains(drawersOf(&want[i]), drawer(name))).To(BeTrue(), name)
		}
		g.Expect(of(all, name)).To(ConsistOf(requests...), name)
	}
}
