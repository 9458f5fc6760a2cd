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

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/certificate"
)

func TestPlannedSubjectIsTheOneThatCertManagerAsksFor(t *testing.T) {
	for sentence, test := range map[string]struct {
		spec cmapi.CertificateSpec
		want string
	}{
		"a common name alone": {cmapi.CertificateSpec{CommonName: "client"}, "CN=client"},
		"every field of a subject, in the order in which they are encoded": {cmapi.CertificateSpec{CommonName: "client", Subject: &cmapi.X509Subject{
			Organizations: []string{"Example, Inc."}, Countries: []string{"DE"}, OrganizationalUnits: []string{"a"}, Localities: []string{"Köln"},
			Provinces: []string{"NRW"}, StreetAddresses: []string{"s"}, PostalCodes: []string{"1"}, SerialNumber: "7",
		}}, "C=DE\nST=NRW\nL=Köln\nstreet=s\npostalCode=1\nO=Example\\, Inc.\nOU=a\nCN=client\nserialNumber=7"},
		"two of a kind in one RDN, in the order of DER": {cmapi.CertificateSpec{
			CommonName: "client", Subject: &cmapi.X509Subject{OrganizationalUnits: []string{"b", "aa"}},
		}, "OU=b + OU=aa\nCN=client"},
		"a literal subject, from its end": {cmapi.CertificateSpec{LiteralSubject: `CN=client,OU=b,OU=a,O=Example\, Inc.,DC=com`},
			"DC=com\nO=Example\\, Inc.\nOU=a\nOU=b\nCN=client"},
		"a literal subject before all else":               {cmapi.CertificateSpec{LiteralSubject: "CN=a", Subject: &cmapi.X509Subject{SerialNumber: "7"}}, "CN=a"},
		"no subject, but a name beside it":                {cmapi.CertificateSpec{DNSNames: []string{"client.example.com"}}, ""},
		"no subject, but a name of another kind":          {cmapi.CertificateSpec{OtherNames: []cmapi.OtherName{{OID: "1.3.6.1.4.1.311.20.2.3", UTF8Value: "u"}}}, ""},
		"a name beside the subject, which is not part of": {cmapi.CertificateSpec{CommonName: "client", URIs: []string{"spiffe://a/b"}}, "CN=client"},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			planned, err := plannedSubject(&cmapi.Certificate{Spec: test.spec})
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(planned).To(Equal(test.want))
		})
	}
}

func TestNoSubjectIsPlannedWhereCertManagerAsksForNone(t *testing.T) {
	for sentence, cert := range map[string]*cmapi.Certificate{
		"no Certificate":                   nil,
		"nothing to certify":               {},
		"a literal subject that cannot be": {Spec: cmapi.CertificateSpec{LiteralSubject: "client"}},
		"an attribute that nobody knows":   {Spec: cmapi.CertificateSpec{LiteralSubject: "CN=client,FAVOURITE=blue"}},
		"an address that cannot be":        {Spec: cmapi.CertificateSpec{CommonName: "client", IPAddresses: []string{"somewhere"}}},
		"a key usage that nobody knows":    {Spec: cmapi.CertificateSpec{CommonName: "client", Usages: []cmapi.KeyUsage{"everything"}}},
	} {
		t.Run(sentence, func(t *testing.T) {
			planned, err := plannedSubject(cert)
			NewWithT(t).Expect(err).To(HaveOccurred())
			NewWithT(t).Expect(planned).To(BeEmpty())
		})
	}
}

// scene is a ClientCredential of type cert_subject_dn for a Certificate with the common name old, which followed it.
func scene(edit func(obj *v1alpha1.ClientCredential, s *source)) *metav1.Condition {
	obj := &v1alpha1.ClientCredential{
		Spec: v1alpha1.ClientCredentialSpec{
			Type: v1alpha1.TypeCertSubjectDN, CertificateRef: &v1alpha1.LocalReference{Name: "payments"}, Publish: &v1alpha1.Publication{},
		},
		Status: v1alpha1.ClientCredentialStatus{
			Certificate: &v1alpha1.CertificateStatus{Fingerprint: "f1"},
			Conditions: []metav1.Condition{{Type: v1alpha1.ConditionSubjectStable, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonSubjectUnchanged,
				Message: "as before"}},
		},
	}
	s := source{
		secret:    &corev1.Secret{},
		facts:     certificate.Facts{Fingerprint: "f1", SubjectDN: "O=Example\nCN=old", NotAfter: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)},
		issuedFor: asking("old"),
	}
	edit(obj, &s)
	return subjectStable(obj, s)
}

func asking(commonName string) *cmapi.Certificate {
	return &cmapi.Certificate{ObjectMeta: metav1.ObjectMeta{Name: "payments"}, Spec: cmapi.CertificateSpec{
		CommonName: commonName, Subject: &cmapi.X509Subject{Organizations: []string{"Example"}},
	}}
}

func TestSubjectStable(t *testing.T) {
	const asks = `The Certificate payments asks for the subject "O=Example\nCN=new", and the certificate at hand has "O=Example\nCN=old"; ` +
		"nothing changes until cert-manager renews it."
	const andOthers = " Whatever else compares the subject, such as rules of a proxy or a literal subjectDN elsewhere, must accept the new one by then."
	unchanged := &metav1.Condition{Type: v1alpha1.ConditionSubjectStable, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonSubjectUnchanged,
		Message: "The Certificate asks for the subject that the certificate at hand has."}
	as := func(reason, message string) *metav1.Condition {
		return &metav1.Condition{Type: v1alpha1.ConditionSubjectStable, Status: metav1.ConditionFalse, Reason: reason, Message: message}
	}
	published := as(v1alpha1.ReasonSubjectWillChange, asks+" The new subject is then registered beside the old one before it is published."+andOthers)

	for sentence, test := range map[string]struct {
		edit func(obj *v1alpha1.ClientCredential, s *source)
		want *metav1.Condition
	}{
		"it asks for the same subject": {func(*v1alpha1.ClientCredential, *source) {}, unchanged},
		"it asks for the same subject, looked at for the first time": {func(obj *v1alpha1.ClientCredential, _ *source) {
			obj.Status = v1alpha1.ClientCredentialStatus{}
		}, unchanged},
		"it asks for the same subject again": {func(obj *v1alpha1.ClientCredential, _ *source) {
			obj.Status.Conditions[0].Status = metav1.ConditionFalse
		}, unchanged},
		"it asks for another order of a literal subject": {func(_ *v1alpha1.ClientCredential, s *source) {
			s.issuedFor.Spec = cmapi.CertificateSpec{LiteralSubject: "O=Example,CN=old"}
		}, as(v1alpha1.ReasonSubjectWillChange, strings.ReplaceAll(asks, `"O=Example\nCN=new"`, `"CN=old\nO=Example"`)+
			" The new subject is then registered beside the old one before it is published."+andOthers)},
		"it asks for another": {func(_ *v1alpha1.ClientCredential, s *source) { s.issuedFor = asking("new") }, published},
		"it asks for another, as it did before": {func(obj *v1alpha1.ClientCredential, s *source) {
			obj.Status.Conditions[0].Status = metav1.ConditionFalse
			s.issuedFor = asking("new")
		}, published},
		"it asks for another, and nothing is published": {func(obj *v1alpha1.ClientCredential, s *source) {
			obj.Spec.Publish = nil
			s.issuedFor = asking("new")
		}, as(v1alpha1.ReasonSubjectWillChange, asks+" The new subject is then registered beside the old one, and workloads may present it a moment earlier, "+
			"since nothing is published."+andOthers)},
		"it asks for one that is too long": {func(_ *v1alpha1.ClientCredential, s *source) {
			s.issuedFor = asking(strings.Repeat("c", 300))
		}, as(v1alpha1.ReasonSubjectWillBeRefused, `The Certificate payments asks for the subject "O=Example\nCN=`+strings.Repeat("c", 243)+`…", and the certificate at `+
			`hand has "O=Example\nCN=old"; nothing changes until cert-manager renews it. The next certificate will not be taken up: the certificate's subject is `+
			"313 characters long, and the tenant accepts at most 256: issue the certificate with a shorter subject, or use x509_cert; workloads go on with the "+
			"present one until it expires at 2026-06-01T00:00:00Z.")},
		"the issuer makes subjects of its own": {func(obj *v1alpha1.ClientCredential, s *source) {
			obj.Status.Conditions = nil
			s.facts.SubjectDN = "CN=old"
		}, nil},
		"the issuer made a subject of its own for this certificate": {func(_ *v1alpha1.ClientCredential, s *source) {
			s.facts.Fingerprint, s.facts.SubjectDN = "f2", "CN=old"
		}, nil},
		"nothing is known of the certificate at hand": {func(obj *v1alpha1.ClientCredential, s *source) {
			obj.Status.Certificate = nil
			s.issuedFor = asking("new")
		}, nil},
		"the certificate is matched by its thumbprint": {func(obj *v1alpha1.ClientCredential, s *source) {
			obj.Spec.Type = v1alpha1.TypeX509Cert
			s.issuedFor = asking("new")
		}, nil},
		"cert-manager does not renew it": {func(obj *v1alpha1.ClientCredential, s *source) {
			obj.Spec.CertificateRef, obj.Spec.SecretRef, s.issuedFor = nil, &v1alpha1.LocalReference{Name: "payments"}, nil
		}, nil},
		"no certificate can be used this time": {func(_ *v1alpha1.ClientCredential, s *source) {
			*s = source{issuedFor: asking("new")}
		}, as(v1alpha1.ReasonSubjectUnchanged, "as before")},
		"the Certificate cannot be read this time": {func(_ *v1alpha1.ClientCredential, s *source) { s.issuedFor = nil },
			as(v1alpha1.ReasonSubjectUnchanged, "as before")},
	} {
		t.Run(sentence, func(t *testing.T) {
			got := scene(test.edit)
			if test.want != nil && test.want.Message == "as before" {
				test.want.Status = metav1.ConditionTrue
			}
			NewWithT(t).Expect(got).To(Equal(test.want))
		})
	}
}

func TestSubjectFormsAreShownOfASubjectThatIsMatched(t *testing.T) {
	g := NewWithT(t)
	s := source{secret: &corev1.Secret{}, facts: certificate.Facts{SubjectRFC2253: "CN=a,C=DE", SubjectOneline: "/C=DE/CN=a"}}
	g.Expect(subjectForms(v1alpha1.TypeCertSubjectDN, s)).To(Equal(&v1alpha1.SubjectForms{RFC2253: "CN=a,C=DE", Oneline: "/C=DE/CN=a"}))
	g.Expect(subjectForms(v1alpha1.TypeX509Cert, s)).To(BeNil())
	g.Expect(subjectForms(v1alpha1.TypeCertSubjectDN, source{subjectDN: "CN=a"})).To(BeNil())
}
