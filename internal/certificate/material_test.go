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
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

var (
	notBefore = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	notAfter  = time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC)
)

// template is the certificate that the tests vary.
func template() *x509.Certificate {
	return &x509.Certificate{
		SerialNumber: big.NewInt(0x0abc),
		Subject:      pkix.Name{Country: []string{"DE"}, Organization: []string{"Example"}, CommonName: "client"},
		NotBefore:    notBefore,
		NotAfter:     notAfter,
	}
}

func newECDSAKey(tb testing.TB) *ecdsa.PrivateKey {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	return key
}

// selfSign returns the PEM of a certificate that its own key signs.
func selfSign(tb testing.TB, certificate *x509.Certificate, key crypto.Signer) []byte {
	tb.Helper()
	return issue(tb, certificate, certificate, key.Public(), key)
}

// issue returns the PEM of a certificate for a public key, signed by the key of its issuer.
func issue(tb testing.TB, certificate, issuer *x509.Certificate, public crypto.PublicKey, signer crypto.Signer) []byte {
	tb.Helper()
	der, err := x509.CreateCertificate(rand.Reader, certificate, issuer, public, signer)
	if err != nil {
		tb.Fatal(err)
	}
	return block("CERTIFICATE", der)
}

func block(kind string, content []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content})
}

func pkcs8(tb testing.TB, key any) []byte {
	tb.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return block("PRIVATE KEY", der)
}

func sec1(tb testing.TB, key *ecdsa.PrivateKey) []byte {
	tb.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	return block("EC PRIVATE KEY", der)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
