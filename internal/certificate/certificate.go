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

// Package certificate says what a client certificate is: the public facts that are decided upon, and whether it can be used.
//
// Everything here is a pure function of bytes and, where time matters, of a time that comes in as a value. Input is taken to be
// hostile: it comes from Secrets that many can write. It is bounded before it is decoded, and no byte of it gets into an error.
package certificate

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"
)

// maxRSABits is OpenSSL's limit (OPENSSL_RSA_MAX_MODULUS_BITS). Without one, checking a signature of a hostile certificate would
// take seconds.
const maxRSABits = 16384

// Fingerprint is the SHA-256 hash of a certificate's DER in base64url without padding: the thumbprint_sha256 of Auth0's Management
// API and the x5t#S256 of RFC 8705, section 3.1.
type Fingerprint string

// Facts is what of a certificate is public and decided upon. Two certificates are the same if their Facts are equal.
type Facts struct {
	Fingerprint Fingerprint
	// SubjectDN and IssuerDN are distinguished names in the form of Auth0's subject_dn: one RDN per line, in the order of the
	// certificate, with OpenSSL's short names and escapes. Empty if the certificate leaves them empty.
	SubjectDN string
	IssuerDN  string
	// SubjectRFC2253 and SubjectOneline are the subject as proxies in front of the tenant show it, see rfc2253 and oneline.
	SubjectRFC2253 string
	SubjectOneline string
	// SerialNumber is in upper case hexadecimal, two digits for each byte.
	SerialNumber string
	// NotBefore and NotAfter are in UTC; the certificate is valid at both instants (RFC 5280, section 4.1.2.5).
	NotBefore time.Time
	NotAfter  time.Time
	// PEM is the certificate alone: without its chain, and without the text and headers that may stand around it.
	PEM string
	// SelfSigned tells whether the certificate is signed with its own key. Where the signature's algorithm is one that crypto/x509
	// refuses to check, such as SHA-1, equal names of subject and issuer count.
	SelfSigned bool
	// KeyAlgorithm is the kind and size of the public key, such as "ECDSA P-256", "RSA 2048" or "Ed25519".
	KeyAlgorithm string
}

// Inspect reads the leaf certificate of a PEM bundle such as the tls.crt of a Kubernetes TLS Secret: its first block. The rest of
// the bundle is not read. An error is a *Problem.
func Inspect(tlsCrt []byte) (Facts, error) {
	leaf, _, err := readBundle(tlsCrt)
	if err != nil {
		return Facts{}, err
	}
	return factsOf(leaf)
}

// factsOf fails if the certificate's public key is of no use for TLS.
func factsOf(leaf *x509.Certificate) (Facts, error) {
	keyAlgorithm, err := describeKey(leaf.PublicKey)
	if err != nil {
		return Facts{}, err
	}
	subject, err := parseName(leaf.RawSubject)
	if err != nil {
		return Facts{}, errLeafUnparsable
	}
	issuer, err := parseName(leaf.RawIssuer)
	if err != nil {
		return Facts{}, errLeafUnparsable
	}
	hash := sha256.Sum256(leaf.Raw)
	return Facts{
		Fingerprint:    Fingerprint(base64.RawURLEncoding.EncodeToString(hash[:])),
		SubjectDN:      subject.tenantForm(),
		IssuerDN:       issuer.tenantForm(),
		SubjectRFC2253: subject.rfc2253(),
		SubjectOneline: subject.oneline(),
		SerialNumber:   strings.ToUpper(fmt.Sprintf("%x", leaf.SerialNumber.Bytes())),
		NotBefore:      leaf.NotBefore.UTC(),
		NotAfter:       leaf.NotAfter.UTC(),
		PEM:            string(pem.EncodeToMemory(&pem.Block{Type: blockCertificate, Bytes: leaf.Raw})),
		SelfSigned:     selfSigned(leaf),
		KeyAlgorithm:   keyAlgorithm,
	}, nil
}

func describeKey(key crypto.PublicKey) (string, error) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		bits := key.N.BitLen()
		if bits > maxRSABits {
			return "", errPublicKeyTooLong
		}
		return fmt.Sprintf("RSA %d", bits), nil
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Params().Name, nil
	case ed25519.PublicKey:
		return "Ed25519", nil
	default:
		return "", errPublicKeyKind
	}
}

// selfSigned must only be asked about keys that describeKey accepted.
func selfSigned(certificate *x509.Certificate) bool {
	if !bytes.Equal(certificate.RawSubject, certificate.RawIssuer) {
		return false
	}
	err := certificate.CheckSignature(certificate.SignatureAlgorithm, certificate.RawTBSCertificate, certificate.Signature)
	var insecure x509.InsecureAlgorithmError
	return err == nil || errors.As(err, &insecure)
}
