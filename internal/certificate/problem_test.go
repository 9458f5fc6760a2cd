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

package certificate_test

import (
	"errors"
	"testing"

	"github.com/certbound/certbound/internal/certificate"
)

// The problems that a Secret can have, to the letter. There are no others: FuzzInspect holds every error against this list.
var (
	certificateMissing = certificate.Problem{Reason: certificate.CertificateMissing,
		Message: "tls.crt is absent or empty: waiting until the certificate is written"}
	privateKeyMissing = certificate.Problem{Reason: certificate.PrivateKeyMissing,
		Message: "tls.key is absent or empty: waiting until the private key is written"}
	bundleTooLong = certificate.Problem{Reason: certificate.BundleTooLarge,
		Message: "tls.crt is over 65536 bytes and was not read: keep only the client's certificate and its chain there"}
	bundleTooManyBlocks = certificate.Problem{Reason: certificate.BundleTooLarge,
		Message: "tls.crt has more than 10 PEM blocks and was not read: keep only the client's certificate and its chain there"}
	notPEM = certificate.Problem{Reason: certificate.CertificateMalformed,
		Message: "tls.crt holds no PEM block: it must begin with the client's certificate in PEM, BEGIN and END lines included"}
	leafDamaged = certificate.Problem{Reason: certificate.CertificateMalformed,
		Message: "the first PEM block of tls.crt is damaged or cut short: write the client's certificate there again, whole"}
	leafNotCertificate = certificate.Problem{Reason: certificate.CertificateMalformed,
		Message: "the first PEM block of tls.crt is no CERTIFICATE: put the client's certificate first, and its private key into tls.key"}
	leafUnparsable = certificate.Problem{Reason: certificate.CertificateMalformed,
		Message: "the first certificate of tls.crt does not parse as an X.509 certificate of RFC 5280: issue it anew"}
	publicKeyKind = certificate.Problem{Reason: certificate.PublicKeyUnsupported,
		Message: "the certificate's public key is neither RSA, ECDSA nor Ed25519: issue the certificate for a key of one of these kinds"}
	publicKeyTooLong = certificate.Problem{Reason: certificate.PublicKeyUnsupported,
		Message: "the certificate's RSA key is over 16384 bits, more than TLS libraries accept: issue the certificate for a shorter key"}
	privateKeyTooLong = certificate.Problem{Reason: certificate.PrivateKeyMalformed,
		Message: "tls.key is over 16384 bytes and was not read: keep only the private key there"}
	privateKeyAbsent = certificate.Problem{Reason: certificate.PrivateKeyMalformed,
		Message: "tls.key holds no whole private key in PEM: write it there as PKCS #8, PKCS #1 or SEC 1"}
	privateKeyEncrypted = certificate.Problem{Reason: certificate.PrivateKeyMalformed,
		Message: "the private key in tls.key is encrypted: write it there unencrypted, as TLS servers and clients need it"}
	privateKeyUnparsable = certificate.Problem{Reason: certificate.PrivateKeyMalformed,
		Message: "the private key in tls.key does not parse as the RSA, ECDSA or Ed25519 key that its PEM block announces: write it there again, whole"}
	keyMismatch = certificate.Problem{Reason: certificate.KeyMismatch,
		Message: "tls.key is not the private key of the certificate in tls.crt: waiting until both are written together"}
	keyOfChain = certificate.Problem{Reason: certificate.KeyMismatch,
		Message: "tls.key is the private key of a later certificate in tls.crt, not of the first: put the client's certificate before its chain"}
)

var problemsOfASecret = []certificate.Problem{
	certificateMissing, privateKeyMissing, bundleTooLong, bundleTooManyBlocks, notPEM, leafDamaged, leafNotCertificate, leafUnparsable,
	publicKeyKind, publicKeyTooLong, privateKeyTooLong, privateKeyAbsent, privateKeyEncrypted, privateKeyUnparsable, keyMismatch, keyOfChain,
}

// problemOf returns the zero Problem if there is no error.
func problemOf(t *testing.T, err error) certificate.Problem {
	t.Helper()
	if err == nil {
		return certificate.Problem{}
	}
	var problem *certificate.Problem
	if !errors.As(err, &problem) {
		t.Fatalf("error %T %q, want a *Problem", err, err)
	}
	return *problem
}

func checkProblem(t *testing.T, err error, want certificate.Problem) {
	t.Helper()
	if got := problemOf(t, err); got != want {
		t.Errorf("problem\n got %s: %q\nwant %s: %q", got.Reason, got.Message, want.Reason, want.Message)
	}
}
