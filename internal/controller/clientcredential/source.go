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
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/certificate"
	"github.com/certbound/certbound/internal/flapping"
	"github.com/certbound/certbound/internal/status"
)

// source is the certificate that a ClientCredential names: a Secret and what is in it, or a literal subject.
type source struct {
	secret    *corev1.Secret
	facts     certificate.Facts
	subjectDN string          // the literal one
	sight     *flapping.Sight // what the Secret held, usable or not; nil when it was not looked at
	issuedFor *cmapi.Certificate
}

// usable tells whether there is a certificate to go on with.
func (s source) usable() bool { return s.secret != nil || s.subjectDN != "" }

const kept = "the credential that is attached stays attached"

// pair is a Secret, and what the certificate in it is, or why that cannot be told.
type pair struct {
	secret *corev1.Secret
	facts  certificate.Facts
	err    error
}

func pairOf(secret *corev1.Secret) pair {
	facts, err := certificate.InspectPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	return pair{secret, facts, err}
}

// in is the pair in another Secret. Most of the time a published Secret holds what its source does, and nothing else in a pass
// costs as much as to inspect it.
func (p pair) in(secret *corev1.Secret) pair {
	for _, key := range []string{corev1.TLSCertKey, corev1.TLSPrivateKeyKey} {
		if !bytes.Equal(secret.Data[key], p.secret.Data[key]) {
			return pairOf(secret)
		}
	}
	return pair{secret, p.facts, p.err}
}

// read reads the certificate, beside the published one. The outcome is that of CertificateReady.
func (r *Reconciler) read(ctx context.Context, obj *v1alpha1.ClientCredential, published pair) (source, status.Outcome) {
	if literal := obj.Spec.SubjectDN; literal != "" {
		return readLiteral(literal)
	}
	name, issuedFor, outcome := r.secretName(ctx, obj)
	if !outcome.IsZero() {
		return source{}, outcome
	}
	var secret corev1.Secret
	err := r.Live.Get(ctx, types.NamespacedName{Namespace: obj.Namespace, Name: name}, &secret)
	switch {
	case apierrors.IsNotFound(err):
		return source{sight: &flapping.Sight{}}, status.Waiting(v1alpha1.ReasonSecretNotFound,
			fmt.Sprintf("The Secret %s does not exist; waiting until it does; %s.", name, kept)+r.issuance(ctx, obj))
	case err != nil:
		return source{}, status.Failed(v1alpha1.ReasonSecretNotFound, fmt.Sprintf("The Secret %s cannot be read; %s.", name, kept), err)
	}
	s, outcome := inspect(published.in(&secret), obj.Spec.Type, r.Clock.Now())
	s.issuedFor = issuedFor
	outcome.Message += misdirected(obj, &secret)
	return s, r.unwatched(&secret, outcome)
}

// unwatchedCheck is how often a Secret is read of whose changes the operator is not told.
const unwatchedCheck = 5 * time.Minute

// unwatched adds to the outcome that the operator is not told of changes of the Secret, and looks for them itself.
func (r *Reconciler) unwatched(secret *corev1.Secret, outcome status.Outcome) status.Outcome {
	if r.Secrets.Holds(secret.Labels) {
		return outcome
	}
	outcome.Message += fmt.Sprintf(" The Secret %s is not among those that the operator watches, which are %q: a renewal is seen up to %s late; "+
		"label it (spec.secretTemplate.labels of a Certificate).", secret.Name, r.Secrets, unwatchedCheck)
	if at := r.Clock.Now().Add(unwatchedCheck); outcome.Again.IsZero() || at.Before(outcome.Again) {
		outcome.Again = at
	}
	return outcome
}

// inspect decides whether what a Secret holds can be used.
func inspect(found pair, credentialType v1alpha1.CredentialType, now time.Time) (source, status.Outcome) {
	secret, facts, err := found.secret, found.facts, found.err
	seen := &flapping.Sight{Fingerprint: string(facts.Fingerprint), Writer: writerOf(secret)}
	if err == nil && temporary(facts) {
		return source{sight: seen}, status.Waiting(v1alpha1.ReasonTemporaryCertificate,
			fmt.Sprintf("The Secret %s holds cert-manager's temporary certificate; waiting for the issued one; %s.", secret.Name, kept))
	}
	if err == nil {
		err = facts.CheckFor(string(credentialType))
	}
	if err == nil {
		err = facts.CheckValidity(now)
	}
	if err != nil {
		return source{sight: seen}, unusable(secret.Name, err, facts)
	}
	return source{secret: secret, facts: facts, sight: seen}, status.Done(v1alpha1.ReasonUsable,
		fmt.Sprintf("The certificate is valid until %s.", facts.NotAfter.UTC().Format(time.RFC3339))).Until(expiry(facts.NotAfter))
}

// unusable is the outcome for a certificate with a problem: waiting where another write to the Secret will mend it in the
// usual course of things, else blocked.
func unusable(secret string, err error, facts certificate.Facts) status.Outcome {
	var problem *certificate.Problem
	if !errors.As(err, &problem) {
		return status.Failed(string(certificate.CertificateMalformed), fmt.Sprintf("The Secret %s cannot be used; %s.", secret, kept), err)
	}
	message := fmt.Sprintf("Secret %s: %s; %s.", secret, problem.Message, kept)
	switch problem.Reason {
	case certificate.CertificateNotYetValid:
		return status.Waiting(string(problem.Reason), message).Until(facts.NotBefore)
	case certificate.CertificateMissing, certificate.PrivateKeyMissing, certificate.KeyMismatch:
		return status.Waiting(string(problem.Reason), message)
	default:
		return status.Blocked(string(problem.Reason), message)
	}
}

// temporary recognises what cert-manager writes under the annotation issue-temporary-certificate: a certificate from a
// throw-away CA of this name, with this serial number in its subject
// (github.com/cert-manager/cert-manager, pkg/util/pki/temporarycertificate.go).
func temporary(facts certificate.Facts) bool {
	return facts.IssuerDN == "CN=cert-manager.local" && strings.Contains(facts.SubjectDN, "serialNumber=1234567890")
}

func readLiteral(dn string) (source, status.Outcome) {
	if err := certificate.CheckLiteralDN(dn); err != nil {
		return source{}, status.Blocked(v1alpha1.ReasonSubjectDNInvalid, fmt.Sprintf("%v; %s.", err, kept))
	}
	return source{subjectDN: certificate.NormalizeDN(dn)}, status.Done(v1alpha1.ReasonUsable, "The subject is taken as it is written.")
}

// secretName is the name of the Secret to read, and the Certificate that says so. A zero outcome means that it was found.
func (r *Reconciler) secretName(ctx context.Context, obj *v1alpha1.ClientCredential) (string, *cmapi.Certificate, status.Outcome) {
	if obj.Spec.SecretRef != nil {
		return obj.Spec.SecretRef.Name, nil, status.Outcome{}
	}
	if !r.certManager {
		return "", nil, status.Blocked(v1alpha1.ReasonCertManagerNotInstalled, fmt.Sprintf(
			"spec.certificateRef needs cert-manager, which was not installed when the operator started; install it and restart the operator, or use secretRef; %s.", kept))
	}
	name := obj.Spec.CertificateRef.Name
	var cert cmapi.Certificate
	err := r.Live.Get(ctx, types.NamespacedName{Namespace: obj.Namespace, Name: name}, &cert)
	switch {
	case apierrors.IsNotFound(err):
		return "", nil, status.Waiting(v1alpha1.ReasonCertificateNotFound,
			fmt.Sprintf("The Certificate %s does not exist; waiting until it does; %s.", name, kept))
	case err != nil:
		return "", nil, status.Failed(v1alpha1.ReasonCertificateNotFound, fmt.Sprintf("The Certificate %s cannot be read; %s.", name, kept), err)
	}
	return cert.Spec.SecretName, &cert, status.Outcome{}
}

// issuance says in words what cert-manager says of a Certificate that is not issued.
func (r *Reconciler) issuance(ctx context.Context, obj *v1alpha1.ClientCredential) string {
	if obj.Spec.CertificateRef == nil {
		return ""
	}
	var cert cmapi.Certificate
	if err := r.Live.Get(ctx, types.NamespacedName{Namespace: obj.Namespace, Name: obj.Spec.CertificateRef.Name}, &cert); err != nil {
		return ""
	}
	for _, c := range cert.Status.Conditions {
		if c.Type == cmapi.CertificateConditionReady && c.Status != cmmeta.ConditionTrue {
			return fmt.Sprintf(" cert-manager says of Certificate %s: %s", cert.Name, firstLine(c.Message))
		}
	}
	return ""
}

// firstLine cuts text of another controller to what fits in a message.
func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	const most = 256
	if len(line) > most {
		line = line[:most] + "…"
	}
	return strings.ToValidUTF8(line, "")
}

// certificateStatus is what is public of the source. The PEM of the certificate that the status already names is left
// out, since the cache does not hold it.
func certificateStatus(s source, before *v1alpha1.CertificateStatus) *v1alpha1.CertificateStatus {
	if s.subjectDN != "" {
		return &v1alpha1.CertificateStatus{SubjectDN: s.subjectDN}
	}
	f := s.facts
	after := &v1alpha1.CertificateStatus{
		Fingerprint: string(f.Fingerprint), SecretName: s.secret.Name, SubjectDN: f.SubjectDN, SerialNumber: f.SerialNumber,
		NotBefore: timestamp(f.NotBefore), NotAfter: timestamp(f.NotAfter), PEM: f.PEM,
	}
	if before != nil && before.Fingerprint == after.Fingerprint {
		after.PEM = before.PEM
	}
	return after
}

func timestamp(t time.Time) *metav1.Time {
	stamp := metav1.NewTime(t)
	return &stamp
}
