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
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/verification"
)

func field(manager, fields string) metav1.ManagedFieldsEntry {
	return metav1.ManagedFieldsEntry{Manager: manager, FieldsV1: metav1.NewFieldsV1(fields)}
}

func TestWhoWroteTheCertificate(t *testing.T) {
	const certificate, label = `{"f:data":{".":{},"f:tls.crt":{},"f:tls.key":{}}}`, `{"f:metadata":{"f:labels":{"f:a":{}}}}`
	for name, row := range map[string]struct {
		fields      []metav1.ManagedFieldsEntry
		certificate string
		want        string
	}{
		"cert-manager, for a Certificate": {[]metav1.ManagedFieldsEntry{field("cert-manager-certificates-issuing", certificate)}, "payments",
			"cert-manager-certificates-issuing for Certificate payments"},
		"somebody by hand, beside one who wrote a label": {[]metav1.ManagedFieldsEntry{field("kubectl-edit", certificate), field("argocd", label)}, "",
			"kubectl-edit"},
		"two who wrote the same":           {[]metav1.ManagedFieldsEntry{field("b", certificate), field("a", certificate), field("b", certificate)}, "", "a+b"},
		"nobody that the API server knows": {nil, "payments", "for Certificate payments"},
		"fields that are no JSON":          {[]metav1.ManagedFieldsEntry{field("x", "no"), {Manager: "y"}}, "", ""},
		"a name without end, in two lines": {nil, strings.Repeat("x", 1000) + "\nsecond", "for Certificate " + strings.Repeat("x", 240) + "…"},
	} {
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{ManagedFields: row.fields}}
		if row.certificate != "" {
			secret.Annotations = map[string]string{"cert-manager.io/certificate-name": row.certificate}
		}
		NewWithT(t).Expect(writerOf(secret)).To(Equal(row.want), name)
	}
}

func TestASecretThatWasWrittenForAnotherCertificateIsNamed(t *testing.T) {
	g := NewWithT(t)
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "tls", Annotations: map[string]string{"cert-manager.io/certificate-name": "older"}}}
	c := &v1alpha1.ClientCredential{Spec: v1alpha1.ClientCredentialSpec{CertificateRef: &v1alpha1.LocalReference{Name: "payments"}}}
	g.Expect(misdirected(c, secret)).To(And(ContainSubstring("Secret tls"), ContainSubstring("older"), ContainSubstring("payments"),
		ContainSubstring("give each a Secret of its own")))
	secret.Annotations["cert-manager.io/certificate-name"] = "payments"
	g.Expect(misdirected(c, secret)).To(BeEmpty())
	c.Spec = v1alpha1.ClientCredentialSpec{SecretRef: &v1alpha1.LocalReference{Name: "tls"}}
	g.Expect(misdirected(c, secret)).To(BeEmpty(), "whose Secret it is, is its author's matter")
}

func TestSinceWhenACertificateIsAccepted(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(minutes int) metav1.Time { return metav1.NewTime(now.Add(time.Duration(minutes) * time.Minute)) }
	newest := &v1alpha1.CertificateStatus{Fingerprint: "B"}
	c := &v1alpha1.ClientCredential{Status: v1alpha1.ClientCredentialStatus{
		Certificate: newest,
		Conditions:  []metav1.Condition{{Type: v1alpha1.ConditionAttached, Status: metav1.ConditionTrue, LastTransitionTime: at(-30)}},
		Observed:    []v1alpha1.ObservedStatus{{Fingerprint: "A", Since: at(-90)}, {Fingerprint: "B", Since: at(-40)}},
	}}
	g := NewWithT(t)
	g.Expect(acceptedAt(c, newest, now)).To(Equal(at(-30).Time), "since it was attached")
	c.Status.Observed[1].Since = at(-20)
	g.Expect(acceptedAt(c, newest, now)).To(Equal(at(-20).Time), "its subject was attached before it was there")
	g.Expect(acceptedAt(c, &v1alpha1.CertificateStatus{Fingerprint: "C"}, now)).To(Equal(now), "it is new")
	c.Status.Conditions[0].Status = metav1.ConditionFalse
	g.Expect(acceptedAt(c, newest, now)).To(Equal(now), "it was not attached a moment ago")
}

func TestWhatALoginProves(t *testing.T) {
	newest := &v1alpha1.CertificateStatus{Fingerprint: "B"}
	owner := &v1alpha1.OAuthClient{
		Spec:   v1alpha1.OAuthClientSpec{Grants: []v1alpha1.ClientGrant{{Audience: "first"}, {Audience: "second"}}},
		Status: v1alpha1.OAuthClientStatus{ClientID: "client"},
	}
	g := NewWithT(t)
	g.Expect(SubjectOf(&v1alpha1.Verification{}, newest, owner)).To(Equal(verification.Subject{Fingerprint: "B", ClientID: "client", Audience: "first"}))
	g.Expect(SubjectOf(&v1alpha1.Verification{Audience: "second"}, newest, owner).Audience).To(Equal("second"))
	owner.Spec.Grants = nil
	g.Expect(SubjectOf(&v1alpha1.Verification{}, newest, owner).Audience).To(BeEmpty())
}
