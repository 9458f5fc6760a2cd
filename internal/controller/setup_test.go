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

package controller

import (
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
)

func TestTheCacheKeepsOnlyWhatDecides(t *testing.T) {
	g := NewWithT(t)
	secret := &metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{Kind: "Secret", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{Name: "tls", Namespace: "apps", ResourceVersion: "7", Labels: map[string]string{"a": "b"},
			Annotations:     map[string]string{"cert-manager.io/certificate-name": "web", "kubectl.kubernetes.io/last-applied-configuration": "{tls.key}"},
			OwnerReferences: []metav1.OwnerReference{{Kind: "ClientCredential", Name: "web"}},
			ManagedFields:   []metav1.ManagedFieldsEntry{{Manager: "cert-manager"}}},
	}
	kept, err := keepWhatDecides(secret)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(kept.(client.Object).GetAnnotations()).To(Equal(map[string]string{"cert-manager.io/certificate-name": "web"}),
		"an annotation can hold a whole Secret")
	g.Expect(kept.(client.Object).GetLabels()).To(BeEmpty())
	g.Expect(kept.(client.Object).GetManagedFields()).To(BeEmpty())
	g.Expect(kept.(client.Object).GetOwnerReferences()).To(HaveLen(1))
	g.Expect(kept.(client.Object).GetResourceVersion()).To(Equal("7"))
}

func TestNamespacesKeepTheirLabelsForSelectors(t *testing.T) {
	g := NewWithT(t)
	kept, err := keepWhatDecides(&metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{Kind: "Namespace", APIVersion: "v1"}, ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{"team": "a"}}})
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(kept.(client.Object).GetLabels()).To(HaveKeyWithValue("team", "a"))
}

func TestThePEMIsNotCached(t *testing.T) {
	g := NewWithT(t)
	c := &v1alpha1.ClientCredential{Status: v1alpha1.ClientCredentialStatus{Certificate: &v1alpha1.CertificateStatus{Fingerprint: "f", PEM: "p"}}}
	kept, err := dropPEM(c)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(kept.(*v1alpha1.ClientCredential).Status.Certificate).To(Equal(&v1alpha1.CertificateStatus{Fingerprint: "f"}))
}

func TestSides(t *testing.T) {
	g := NewWithT(t)
	for list, want := range map[string][]string{
		"": {TenantSide, ClusterSide}, "tenant": {TenantSide}, "probe, cluster": {ProbeSide, ClusterSide}, "tenant,cluster,probe": {TenantSide, ClusterSide, ProbeSide},
	} {
		sides, err := ParseSides(list)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(sides).To(Equal(want), list)
	}
	for _, list := range []string{"tenants", "tenant,", "tenant,tenant", "all"} {
		_, err := ParseSides(list)
		g.Expect(err).To(MatchError(ContainSubstring("tenant, cluster and probe")), list)
	}
}

// Programs that run other sides must not wait for each other's lease; those that share one must.
func TestLeases(t *testing.T) {
	g := NewWithT(t)
	for name, sides := range map[string][]string{
		"tenant.certbound.dev": {TenantSide}, "cluster.certbound.dev": {ClusterSide}, "probe.certbound.dev": {ProbeSide},
		"certbound.dev": {ClusterSide, TenantSide},
	} {
		g.Expect(LeaseName(sides)).To(Equal(name))
	}
	g.Expect(LeaseName([]string{ProbeSide, TenantSide, ClusterSide})).To(Equal("certbound.dev"))
}
