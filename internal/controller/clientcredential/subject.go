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
	"strconv"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/cert-manager/cert-manager/pkg/util/pki"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/certificate"
)

// subjectForms are what a person compares with the rules and logs of a proxy; nil where the subject is not what is matched, or where
// there is no certificate to take it from.
func subjectForms(t v1alpha1.CredentialType, s source) *v1alpha1.SubjectForms {
	if t != v1alpha1.TypeCertSubjectDN || s.secret == nil {
		return nil
	}
	return &v1alpha1.SubjectForms{RFC2253: s.facts.SubjectRFC2253, Oneline: s.facts.SubjectOneline}
}

// subjectStable foresees what the next renewal does to the subject that the tenant matches; nil where nothing can be said: the type
// is matched otherwise, cert-manager does not renew the certificate, or its issuer makes subjects of its own.
//
// That an issuer follows the Certificate is known only from a certificate that has the subject which the Certificate asked for: the
// condition is there from then on, and for as long as this certificate is at hand. So it warns of what was changed since, and never
// of an issuer that drops or adds attributes. What was not found out this time stays as it was.
func subjectStable(obj *v1alpha1.ClientCredential, s source) *metav1.Condition {
	if obj.Spec.Type != v1alpha1.TypeCertSubjectDN || obj.Spec.CertificateRef == nil {
		return nil
	}
	before := meta.FindStatusCondition(obj.Status.Conditions, v1alpha1.ConditionSubjectStable)
	planned, err := plannedSubject(s.issuedFor)
	if s.secret == nil || err != nil {
		return before
	}
	if certificate.EqualDN(planned, s.facts.SubjectDN) {
		return &metav1.Condition{Type: v1alpha1.ConditionSubjectStable, Status: metav1.ConditionTrue, Reason: v1alpha1.ReasonSubjectUnchanged,
			Message: "The Certificate asks for the subject that the certificate at hand has."}
	}
	known := obj.Status.Certificate
	if before == nil || known == nil || known.Fingerprint != string(s.facts.Fingerprint) {
		return nil
	}
	return subjectWillChange(obj, s, planned)
}

// plannedSubject is the subject that cert-manager asks the issuer for, in the tenant's form.
func plannedSubject(cert *cmapi.Certificate) (string, error) {
	if cert == nil {
		return "", fmt.Errorf("no Certificate was read")
	}
	request, err := pki.GenerateCSR(cert, pki.WithUseLiteralSubject(true), pki.WithOtherNames(true))
	if err != nil {
		return "", fmt.Errorf("request for Certificate %s: %w", cert.Name, err)
	}
	return certificate.FormatDN(request.RawSubject)
}

func subjectWillChange(obj *v1alpha1.ClientCredential, s source, planned string) *metav1.Condition {
	asks := fmt.Sprintf("The Certificate %s asks for the subject %s, and the certificate at hand has %s; nothing changes until cert-manager renews it.",
		s.issuedFor.Name, quoteDN(planned), quoteDN(s.facts.SubjectDN))
	c := &metav1.Condition{Type: v1alpha1.ConditionSubjectStable, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonSubjectWillChange}
	next := certificate.Facts{SubjectDN: planned}
	switch err := next.CheckFor(string(v1alpha1.TypeCertSubjectDN)); {
	case err != nil:
		c.Reason = v1alpha1.ReasonSubjectWillBeRefused
		c.Message = fmt.Sprintf("%s The next certificate will not be taken up: %v; workloads go on with the present one until it expires at %s.",
			asks, err, s.facts.NotAfter.Format(time.RFC3339))
	case obj.Spec.Publish == nil:
		c.Message = asks + " The new subject is then registered beside the old one, and workloads may present it a moment earlier, since nothing is " +
			"published. " + others
	default:
		c.Message = asks + " The new subject is then registered beside the old one before it is published. " + others
	}
	return c
}

const others = "Whatever else compares the subject, such as rules of a proxy or a literal subjectDN elsewhere, must accept the new one by then."

// quoteDN puts a subject on one line, as YAML reads it, and cuts what no tenant accepts anyway.
func quoteDN(dn string) string {
	const most = 256
	if runes := []rune(dn); len(runes) > most {
		dn = string(runes[:most]) + "…"
	}
	return strconv.Quote(dn)
}
