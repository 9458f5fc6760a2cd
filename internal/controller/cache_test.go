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
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller/shard"
)

func TestTheCacheKeepsOnlyWhatDecides(t *testing.T) {
	g := NewWithT(t)
	secret := &metav1.PartialObjectMetadata{
		TypeMeta: metav1.TypeMeta{Kind: "Secret", APIVersion: "v1"},
		ObjectMeta: metav1.ObjectMeta{Name: "tls", Namespace: "apps", ResourceVersion: "7", Labels: map[string]string{"a": "b"},
			Annotations:     map[string]string{"cert-manager.io/certificate-name": "web", "kubectl.kubernetes.io/last-applied-configuration": "{tls.key}"},
			OwnerReferences: []metav1.OwnerReference{{Kind: "Team", Name: "a"}, {Kind: "ClientCredential", Name: "web", Controller: new(true)}},
			ManagedFields:   []metav1.ManagedFieldsEntry{{Manager: "cert-manager"}}},
	}
	kept, err := keepWhatDecides(secret)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(kept.(client.Object).GetAnnotations()).To(Equal(map[string]string{"cert-manager.io/certificate-name": "web"}),
		"an annotation can hold a whole Secret")
	g.Expect(kept.(client.Object).GetLabels()).To(BeEmpty())
	g.Expect(kept.(client.Object).GetManagedFields()).To(BeEmpty())
	g.Expect(kept.(client.Object).GetOwnerReferences()).To(ConsistOf(HaveField("Kind", "ClientCredential")))
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
	kept, err := keepSmall(c)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(kept.(*v1alpha1.ClientCredential).Status.Certificate).To(Equal(&v1alpha1.CertificateStatus{Fingerprint: "f"}))
}

// Statuses are written from the cache: what is dropped from it must not be what a status, or the spec, says.
func TestOurObjectsKeepAllThatIsWritten(t *testing.T) {
	g := NewWithT(t)
	condition := metav1.Condition{Type: "Ready", Status: "True", Reason: "Ready", Message: "All is well."}
	c := &v1alpha1.OAuthClient{
		ObjectMeta: metav1.ObjectMeta{Name: "web", Namespace: "apps", Finalizers: []string{"f"}, Labels: map[string]string{"shard": "a"},
			Annotations:   map[string]string{"team": "a", corev1.LastAppliedConfigAnnotation: "{}"},
			ManagedFields: []metav1.ManagedFieldsEntry{{Manager: "kubectl"}}},
		Status: v1alpha1.OAuthClientStatus{ClientID: "id", Conditions: []metav1.Condition{condition}, Credentials: []v1alpha1.CredentialStatus{{ID: "cred"}}},
	}
	want := c.DeepCopy()
	want.ManagedFields, want.Annotations = nil, map[string]string{"team": "a"}
	g.Expect(keepSmall(c)).To(Equal(want))
}

// What is many and never of use is not asked for; what can hold a certificate or a sign-in is.
func TestTheNoiseIsLeftOut(t *testing.T) {
	g := NewWithT(t)
	o := CacheOptions(shard.Shard{}, shard.Shard{})
	selector := func(of client.Object) fields.Selector {
		for kind, by := range o.ByObject {
			if _, isSecret := kind.(*corev1.Secret); isSecret == (of != nil) {
				if _, isConfigMap := kind.(*corev1.ConfigMap); isSecret || isConfigMap {
					return by.Field
				}
			}
		}
		return fields.Nothing()
	}
	for kind, kept := range map[corev1.SecretType]bool{
		corev1.SecretTypeTLS: true, corev1.SecretTypeOpaque: true, "example.com/own": true, "helm.sh/release.v1": false,
		corev1.SecretTypeServiceAccountToken: false, corev1.SecretTypeDockerConfigJson: false,
	} {
		g.Expect(selector(&corev1.Secret{}).Matches(fields.Set{selectType: string(kind)})).To(Equal(kept), string(kind))
	}
	g.Expect(selector(nil).Matches(fields.Set{selectName: "kube-root-ca.crt"})).To(BeFalse())
	g.Expect(selector(nil).Matches(fields.Set{selectName: "tenant-ca"})).To(BeTrue())
}

func TestAShardSeesItsOwnObjects(t *testing.T) {
	g := NewWithT(t)
	of, err := shard.Parse("certbound.dev/shard=a")
	g.Expect(err).NotTo(HaveOccurred())
	secrets, err := shard.Parse("certbound.dev/shard in (a)")
	g.Expect(err).NotTo(HaveOccurred())
	for kind, by := range CacheOptions(of, secrets).ByObject {
		if _, everywhere := kind.(*corev1.ConfigMap); everywhere {
			continue
		}
		g.Expect(by.Label.Matches(labels.Set{"certbound.dev/shard": "a"})).To(BeTrue(), "%T", kind)
		g.Expect(by.Label.Matches(labels.Set{"certbound.dev/shard": "b"})).To(BeFalse(), "%T", kind)
		g.Expect(by.Label.Matches(labels.Set{})).To(BeFalse(), "%T", kind)
	}
}
