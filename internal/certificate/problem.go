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

package certificate

import (
	"fmt"
	"time"
)

// Reason names, in the form of a Kubernetes condition reason, why a certificate, its key or a distinguished name cannot be used.
type Reason string

// The reasons, each said in full by the Message of its Problem.
const (
	CertificateMissing     Reason = "CertificateMissing"
	PrivateKeyMissing      Reason = "PrivateKeyMissing"
	BundleTooLarge         Reason = "BundleTooLarge"
	CertificateMalformed   Reason = "CertificateMalformed"
	PublicKeyUnsupported   Reason = "PublicKeyUnsupported"
	PrivateKeyMalformed    Reason = "PrivateKeyMalformed"
	KeyMismatch            Reason = "KeyMismatch"
	CertificateTooLong     Reason = "CertificateTooLong"
	SubjectDNEmpty         Reason = "SubjectDNEmpty"
	SubjectDNTooLong       Reason = "SubjectDNTooLong"
	SubjectDNMalformed     Reason = "SubjectDNMalformed"
	CertificateExpired     Reason = "CertificateExpired"
	CertificateNotYetValid Reason = "CertificateNotYetValid"
)

// Problem is why a certificate, its key or a distinguished name cannot be used. Every error of this package is a *Problem, but
// for a credential type that does not exist.
type Problem struct {
	Reason Reason
	// Message says what happened and what to do about it, without a full stop, so that whoever reports it can go on with
	// "; the credential that is attached stays attached".
	//
	// It is a fixed sentence with at most numbers and times in it: no byte of a Secret is ever part of it, and no text of the
	// parsers either, since these quote their input. The one exception is CheckLiteralDN, which shows a name that a person wrote
	// into a public field as that person should have written it.
	Message string
}

// Error gives the message alone: the reason travels beside it.
func (p *Problem) Error() string { return p.Message }

var (
	errCertificateMissing = &Problem{CertificateMissing,
		"tls.crt is absent or empty: waiting until the certificate is written"}
	errPrivateKeyMissing = &Problem{PrivateKeyMissing,
		"tls.key is absent or empty: waiting until the private key is written"}

	errBundleTooLong = &Problem{BundleTooLarge, fmt.Sprintf(
		"tls.crt is over %d bytes and was not read: keep only the client's certificate and its chain there", maxBundleBytes)}
	errBundleTooManyBlocks = &Problem{BundleTooLarge, fmt.Sprintf(
		"tls.crt has more than %d PEM blocks and was not read: keep only the client's certificate and its chain there", maxBundleBlocks)}

	errNotPEM = &Problem{CertificateMalformed,
		"tls.crt holds no PEM block: it must begin with the client's certificate in PEM, BEGIN and END lines included"}
	errLeafDamaged = &Problem{CertificateMalformed,
		"the first PEM block of tls.crt is damaged or cut short: write the client's certificate there again, whole"}
	errLeafNotCertificate = &Problem{CertificateMalformed,
		"the first PEM block of tls.crt is no CERTIFICATE: put the client's certificate first, and its private key into tls.key"}
	errLeafUnparsable = &Problem{CertificateMalformed,
		"the first certificate of tls.crt does not parse as an X.509 certificate of RFC 5280: issue it anew"}

	errPublicKeyKind = &Problem{PublicKeyUnsupported,
		"the certificate's public key is neither RSA, ECDSA nor Ed25519: issue the certificate for a key of one of these kinds"}
	errPublicKeyTooLong = &Problem{PublicKeyUnsupported, fmt.Sprintf(
		"the certificate's RSA key is over %d bits, more than TLS libraries accept: issue the certificate for a shorter key", maxRSABits)}

	errPrivateKeyTooLong = &Problem{PrivateKeyMalformed, fmt.Sprintf(
		"tls.key is over %d bytes and was not read: keep only the private key there", maxKeyBytes)}
	errPrivateKeyAbsent = &Problem{PrivateKeyMalformed,
		"tls.key holds no whole private key in PEM: write it there as PKCS #8, PKCS #1 or SEC 1"}
	errPrivateKeyEncrypted = &Problem{PrivateKeyMalformed,
		"the private key in tls.key is encrypted: write it there unencrypted, as TLS servers and clients need it"}
	errPrivateKeyUnparsable = &Problem{PrivateKeyMalformed,
		"the private key in tls.key does not parse as the RSA, ECDSA or Ed25519 key that its PEM block announces: write it there again, whole"}

	errKeyMismatch = &Problem{KeyMismatch,
		"tls.key is not the private key of the certificate in tls.crt: waiting until both are written together"}
	errKeyOfChain = &Problem{KeyMismatch,
		"tls.key is the private key of a later certificate in tls.crt, not of the first: put the client's certificate before its chain"}

	errSubjectEmpty = &Problem{SubjectDNEmpty,
		"the certificate's subject is empty, and cert_subject_dn identifies a client by its subject: issue the certificate with a subject, or use x509_cert"}
	errLiteralEmpty = &Problem{SubjectDNEmpty,
		"subjectDN is empty: write the subject of the certificate, one attribute per line, such as " + exampleDN}
)

func certificateTooLong(characters int) *Problem {
	return &Problem{CertificateTooLong, fmt.Sprintf(
		"the certificate is %d characters long in PEM, and the tenant accepts at most %d: issue it with an ECDSA key, or with fewer names and extensions",
		characters, maxPEMCharacters)}
}

func subjectTooLong(characters int) *Problem {
	return &Problem{SubjectDNTooLong, fmt.Sprintf(
		"the certificate's subject is %d characters long, and the tenant accepts at most %d: issue the certificate with a shorter subject, or use x509_cert",
		characters, maxSubjectDNCharacters)}
}

func literalTooLong(characters int) *Problem {
	return &Problem{SubjectDNTooLong, fmt.Sprintf(
		"subjectDN is %d characters long, and the tenant accepts at most %d: issue the certificate with a shorter subject",
		characters, maxSubjectDNCharacters)}
}

func expired(notAfter time.Time) *Problem {
	return &Problem{CertificateExpired, fmt.Sprintf(
		"the certificate expired at %s: renew it", notAfter.Format(time.RFC3339))}
}

func notYetValid(notBefore time.Time) *Problem {
	return &Problem{CertificateNotYetValid, fmt.Sprintf(
		"the certificate is not valid before %s: waiting until then", notBefore.Format(time.RFC3339))}
}
