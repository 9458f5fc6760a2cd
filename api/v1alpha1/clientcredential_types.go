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

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// CredentialType is how a credential is matched, in Auth0's words.
type CredentialType string

const (
	// TypeX509Cert is matched by the certificate's SHA-256 thumbprint; each renewal is registered.
	TypeX509Cert CredentialType = "x509_cert"
	// TypeCertSubjectDN is matched by the certificate's subject; a renewal with the same subject needs no request.
	TypeCertSubjectDN CredentialType = "cert_subject_dn"
)

// VerificationMode says what a login that was not verified means for the publication of a certificate.
type VerificationMode string

const (
	// VerificationReport reports in the condition Verified and holds nothing back.
	VerificationReport VerificationMode = "Report"
	// VerificationHold publishes a certificate only after a login with it succeeded.
	VerificationHold VerificationMode = "Hold"
)

// VerificationResult is what is known of a login.
type VerificationResult string

const (
	// VerificationPending means that the first login is under way.
	VerificationPending VerificationResult = "Pending"
	// VerificationSucceeded means that a token was issued.
	VerificationSucceeded VerificationResult = "Succeeded"
	// VerificationFailed means that no token was issued, or that none could be asked for.
	VerificationFailed VerificationResult = "Failed"
)

// ClientCredentialSpec binds a certificate to an OAuthClient.
//
// +kubebuilder:validation:XValidation:rule="[has(self.certificateRef), has(self.secretRef), has(self.subjectDN)].filter(x, x).size() == 1",message="name the certificate in exactly one way: certificateRef (a cert-manager Certificate), secretRef (a TLS Secret) or, for cert_subject_dn, subjectDN"
// +kubebuilder:validation:XValidation:rule="!has(self.subjectDN) || self.type == 'cert_subject_dn'",message="a literal subjectDN goes with type cert_subject_dn: for x509_cert name a certificate with certificateRef or secretRef",fieldPath=".subjectDN"
// +kubebuilder:validation:XValidation:rule="!has(self.subjectDN) || !has(self.publish)",message="a literal subjectDN has no certificate that could be published: leave publish out, or name a certificate with certificateRef or secretRef",fieldPath=".publish"
// +kubebuilder:validation:XValidation:rule="!has(self.publish) || !has(self.secretRef) || self.publish.secretRef.name != self.secretRef.name",message="publish into a Secret of its own: this is the Secret that the certificate is read from",fieldPath=".publish.secretRef.name"
// +kubebuilder:validation:XValidation:rule="!has(self.subjectDN) || !has(self.verification)",message="a literal subjectDN has no certificate and key to log in with: leave verification out, or name a certificate with certificateRef or secretRef",fieldPath=".verification"
// +kubebuilder:validation:XValidation:rule="!has(self.verification) || self.verification.mode != 'Hold' || has(self.publish)",message="Hold holds back what is published: add publish, or use mode Report",fieldPath=".verification.mode"
type ClientCredentialSpec struct {
	// clientRef names the OAuthClient, in the same namespace. It cannot be changed.
	//
	// +required
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="a credential cannot move to another client: create another ClientCredential"
	ClientRef LocalReference `json:"clientRef,omitzero"`

	// type is how the tenant matches the certificate: x509_cert by its thumbprint, for the client's authenticationMethod
	// self_signed_tls_client_auth; cert_subject_dn by its subject, for tls_client_auth. It cannot be changed.
	//
	// +required
	// +kubebuilder:validation:Enum=x509_cert;cert_subject_dn
	// +kubebuilder:validation:XValidation:rule="self == oldSelf",message="the type cannot be changed: create another ClientCredential, and change the OAuthClient's authenticationMethod"
	Type CredentialType `json:"type,omitempty"`

	// certificateRef names a cert-manager Certificate in the same namespace; its Secret is read.
	//
	// +optional
	CertificateRef *LocalReference `json:"certificateRef,omitempty"`

	// secretRef names a Secret of type kubernetes.io/tls in the same namespace.
	//
	// +optional
	SecretRef *LocalReference `json:"secretRef,omitempty"`

	// subjectDN is the subject to match, for type cert_subject_dn, in the tenant's form: one attribute a line, in the
	// certificate's order, with OpenSSL's short names. Naming a certificate is safer, since the subject is then taken from it.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=256
	// +kubebuilder:validation:XValidation:rule="!self.startsWith('/')",message="write one attribute a line (C=XX, then O=Company, then CN=name), not the form with slashes of OpenSSL and HAProxy"
	// +kubebuilder:validation:XValidation:rule="self.startsWith('/') || self.split('\\n').all(l, l == '' || l.matches('^[A-Za-z0-9.-]+=.*$'))",message="each line is one attribute: C=XX, then O=Company, then CN=name"
	// +kubebuilder:validation:XValidation:rule="!self.matches('(^|[^\\\\\\\\]),')",message="write one attribute a line in the certificate's order (C=XX, then O=Company, then CN=name), not the list with commas of RFC 4514, which nginx shows from its end; a comma within a value is written \\,"
	SubjectDN string `json:"subjectDN,omitempty"`

	// rotation says how long the old certificate stays attached after a renewal.
	//
	// +optional
	Rotation *Rotation `json:"rotation,omitempty"`

	// publish names the Secret that workloads mount. It receives a new certificate and key only after the tenant accepted the
	// certificate, so that no workload presents one too early. For an OAuthClient that authenticates by a secret it receives
	// them as soon as the tenant stores the certificate, so that workloads have them before a change to certificates.
	// Without it, workloads use the certificate's own Secret, and a new certificate of type x509_cert may be refused until
	// it is attached.
	//
	// +optional
	Publish *Publication `json:"publish,omitempty"`

	// verification proves each new certificate by a login: a token is requested with it at the tenant's mTLS token endpoint
	// and thrown away. Auth0 counts and may bill that token; there is one for each renewal. It takes the operator's side
	// "probe", which does not run by default.
	//
	// +optional
	Verification *Verification `json:"verification,omitempty"`
}

// Rotation says how a certificate is replaced.
//
// +kubebuilder:validation:MinProperties=1
type Rotation struct {
	// overlapSeconds is how long the old certificate stays attached, in seconds after the new one was published. When
	// unset, as long as the old certificate is valid, so that a workload which loads its certificate once at start goes on.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=31536000
	OverlapSeconds *int32 `json:"overlapSeconds,omitempty"`

	// handoverSeconds is the least time, in seconds, that workloads are given to take up a published certificate when a
	// further renewal needs the place of the old one. 3600 when unset.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=604800
	HandoverSeconds *int32 `json:"handoverSeconds,omitempty"`
}

// Publication names the Secret that workloads mount.
type Publication struct {
	// secretRef names the Secret to write, of type kubernetes.io/tls. It must not exist yet, or be this object's.
	//
	// +required
	SecretRef LocalReference `json:"secretRef,omitzero"`
}

// Verification says how a certificate is proven.
//
// +kubebuilder:validation:XValidation:rule="!has(self.holdSeconds) || self.mode == 'Hold'",message="holdSeconds bounds what mode Hold holds back: use Hold, or leave it out",fieldPath=".holdSeconds"
type Verification struct {
	// mode is Report, which reports in the condition Verified and holds nothing back, or Hold, which publishes a certificate
	// only after a login with it succeeded. Hold gives way shortly before the published certificate expires.
	//
	// +required
	// +kubebuilder:validation:Enum=Report;Hold
	Mode VerificationMode `json:"mode,omitempty"`

	// audience is the API to ask a token for. The first of the OAuthClient's grants when unset.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=600
	Audience string `json:"audience,omitempty"`

	// holdSeconds is the longest time, in seconds since the tenant accepted the certificate, that Hold holds it back; then it
	// is published unverified. When unset, until shortly before the published certificate expires.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=31536000
	HoldSeconds int32 `json:"holdSeconds,omitempty"`
}

// ClientCredentialStatus is what the operator saw of the certificate. It holds public facts only.
type ClientCredentialStatus struct {
	// conditions are Ready, CertificateReady, Attached, Published, Verified where it is asked for, and SubjectStable,
	// Reconciling or Stalled where they apply.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the spec that this status speaks of.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// certificate is the newest usable certificate: the one that the tenant is to accept.
	//
	// +optional
	Certificate *CertificateStatus `json:"certificate,omitempty"`

	// published is the certificate that workloads are handed, and since when.
	//
	// +optional
	Published *PublishedStatus `json:"published,omitempty"`

	// observed is what the Secret held lately, oldest first, as far as one change followed the other within an hour. By it a
	// Secret that changes back and forth is recognised.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=12
	Observed []ObservedStatus `json:"observed,omitempty"`

	// observedInputs stands for the versions of the Secrets and of the Certificate that this status was decided from, and for the program
	// that decided. They are not read again while it is the same.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	ObservedInputs string `json:"observedInputs,omitempty"`

	// verification is the last login that was tried. It is written by the probe alone.
	//
	// +optional
	Verification *VerificationStatus `json:"verification,omitempty"`
}

// ObservedStatus is what a Secret held at a time.
type ObservedStatus struct {
	// fingerprint of the certificate. Empty when there was none that could be read.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Fingerprint string `json:"fingerprint,omitempty"`

	// writer is who wrote it: the field manager of the write, and the cert-manager Certificate that it was made for.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=400
	Writer string `json:"writer,omitempty"`

	// since is when it was first seen there.
	//
	// +required
	Since metav1.Time `json:"since,omitzero"`
}

// VerificationStatus is a login with a certificate.
type VerificationStatus struct {
	// fingerprint of the certificate.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Fingerprint string `json:"fingerprint,omitempty"`

	// clientID that the login was for.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=128
	ClientID string `json:"clientID,omitempty"`

	// audience that a token was requested for.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=600
	Audience string `json:"audience,omitempty"`

	// tokenEndpoint that was asked.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=2048
	TokenEndpoint string `json:"tokenEndpoint,omitempty"`

	// result is Pending, Succeeded or Failed.
	//
	// +required
	// +kubebuilder:validation:Enum=Pending;Succeeded;Failed
	Result VerificationResult `json:"result,omitempty"`

	// reason of the condition Verified.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=128
	Reason string `json:"reason,omitempty"`

	// message says in words what came of it.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	Message string `json:"message,omitempty"`

	// attempts is how many times a login with this certificate was tried.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Attempts int32 `json:"attempts,omitempty"`

	// attemptedAt is when it was tried last.
	//
	// +optional
	AttemptedAt *metav1.Time `json:"attemptedAt,omitempty"`

	// retryAt is when it is tried next. Absent when it is not: it succeeded, or a person must act first.
	//
	// +optional
	RetryAt *metav1.Time `json:"retryAt,omitempty"`

	// tokens is how many tokens were issued for verification in this object's life.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Tokens int64 `json:"tokens,omitempty"`
}

// CertificateStatus are the public facts of a certificate.
type CertificateStatus struct {
	// fingerprint is the certificate's SHA-256 thumbprint, base64url without padding (x5t#S256 of RFC 8705). Absent for a
	// literal subjectDN.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Fingerprint string `json:"fingerprint,omitempty"`

	// secretName is the Secret that it was read from. Absent for a literal subjectDN.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=253
	SecretName string `json:"secretName,omitempty"`

	// subjectDN in the tenant's form: one attribute a line, in the certificate's order.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16384
	SubjectDN string `json:"subjectDN,omitempty"`

	// subjectForms are the same subject as proxies show it, to compare with. For cert_subject_dn.
	//
	// +optional
	SubjectForms *SubjectForms `json:"subjectForms,omitempty"`

	// serialNumber in hexadecimal.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=128
	SerialNumber string `json:"serialNumber,omitempty"`

	// notBefore is when the certificate becomes valid.
	//
	// +optional
	NotBefore *metav1.Time `json:"notBefore,omitempty"`

	// notAfter is when the certificate expires.
	//
	// +optional
	NotAfter *metav1.Time `json:"notAfter,omitempty"`

	// pem is the certificate alone, without its chain and without a key.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=65536
	PEM string `json:"pem,omitempty"`
}

// SubjectForms are a subject in the forms of those who terminate TLS in front of a tenant.
type SubjectForms struct {
	// rfc2253 is what nginx has in $ssl_client_s_dn, Envoy in x-forwarded-client-cert and Apache in SSL_CLIENT_S_DN: the last
	// attribute first.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	RFC2253 string `json:"rfc2253,omitempty"`

	// oneline is what HAProxy has in ssl_c_s_dn and nginx in $ssl_client_s_dn_legacy.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=4096
	Oneline string `json:"oneline,omitempty"`
}

// PublishedStatus is a certificate in the hands of workloads.
type PublishedStatus struct {
	// fingerprint is the certificate's SHA-256 thumbprint, base64url without padding. Absent for a literal subjectDN.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Fingerprint string `json:"fingerprint,omitempty"`

	// subjectDN in the tenant's form.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=16384
	SubjectDN string `json:"subjectDN,omitempty"`

	// publishedAt is since when workloads can read it.
	//
	// +required
	PublishedAt metav1.Time `json:"publishedAt,omitzero"`

	// subjectPublishedAt is since when workloads can read a certificate with this subject, where that is longer: for
	// cert_subject_dn, whose overlap and handover count from then.
	//
	// +optional
	SubjectPublishedAt *metav1.Time `json:"subjectPublishedAt,omitempty"`

	// notAfter is when it expires.
	//
	// +optional
	NotAfter *metav1.Time `json:"notAfter,omitempty"`

	// previousNotAfter is when the last of the certificates that it replaced expires: until then a workload may still present
	// that one. For cert_subject_dn those with the same subject do not count.
	//
	// +optional
	PreviousNotAfter *metav1.Time `json:"previousNotAfter,omitempty"`
}

// ClientCredential binds a certificate to an OAuthClient and publishes it to workloads once the tenant accepts it.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=certbound,shortName=cc
// +kubebuilder:selectablefield:JSONPath=`.spec.clientRef.name`
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Client",type=string,JSONPath=`.spec.clientRef.name`
// +kubebuilder:printcolumn:name="Type",type=string,JSONPath=`.spec.type`
// +kubebuilder:printcolumn:name="Published",type=string,JSONPath=`.status.published.fingerprint`
// +kubebuilder:printcolumn:name="Expires",type=string,format=date-time,JSONPath=`.status.published.notAfter`
// +kubebuilder:printcolumn:name="Newest",type=string,JSONPath=`.status.certificate.fingerprint`,priority=1
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ClientCredential struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	//
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec binds the certificate.
	//
	// +required
	Spec ClientCredentialSpec `json:"spec,omitzero"`

	// status is what the operator saw.
	//
	// +optional
	Status ClientCredentialStatus `json:"status,omitzero"`
}

// ClientCredentialList is a list of ClientCredentials.
//
// +kubebuilder:object:root=true
type ClientCredentialList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ClientCredential `json:"items"`
}
