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

package harness

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// KeyPair is a certificate with its private key.
type KeyPair struct {
	Leaf *x509.Certificate
	// Certificate and Key are PEM, as in tls.crt and tls.key.
	Certificate, Key []byte

	signer crypto.Signer
}

// Thumbprint is the certificate's x5t#S256 of RFC 8705.
func (p KeyPair) Thumbprint() string { return thumbprint(p.Leaf.Raw) }

func thumbprint(der []byte) string {
	digest := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(digest[:])
}

// TLS is the pair as a client presents it.
func (p KeyPair) TLS() tls.Certificate {
	return tls.Certificate{Certificate: [][]byte{p.Leaf.Raw}, PrivateKey: p.signer, Leaf: p.Leaf}
}

// SelfSigned makes a certificate that signs itself, valid for a day, with the common name; edit changes what it shall be.
func SelfSigned(tb testing.TB, commonName string, edit ...func(*x509.Certificate)) KeyPair {
	tb.Helper()
	return issue(tb, commonName, newKey(tb), nil, edit)
}

// WithSameKey makes a self-signed certificate for a key that has one already, as cert-manager's rotationPolicy Never does.
func WithSameKey(tb testing.TB, commonName string, pair KeyPair) KeyPair {
	tb.Helper()
	return issue(tb, commonName, pair.signer, nil, nil)
}

func newKey(tb testing.TB) crypto.Signer {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatalf("make a key: %v", err)
	}
	return key
}

// Authority is a certificate authority.
type Authority struct{ KeyPair }

// NewAuthority makes a certificate authority; edit changes what it shall be.
func NewAuthority(tb testing.TB, commonName string, edit ...func(*x509.Certificate)) Authority {
	tb.Helper()
	return Authority{issue(tb, commonName, newKey(tb), nil, append(edit, func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	}))}
}

// Issue makes a certificate like SelfSigned, signed by the authority, whose own certificate follows it in the PEM as
// cert-manager writes it.
func (a Authority) Issue(tb testing.TB, commonName string, edit ...func(*x509.Certificate)) KeyPair {
	tb.Helper()
	pair := issue(tb, commonName, newKey(tb), &a.KeyPair, edit)
	pair.Certificate = append(pair.Certificate, a.Certificate...)
	return pair
}

func issue(tb testing.TB, commonName string, key crypto.Signer, issuer *KeyPair, edit []func(*x509.Certificate)) KeyPair {
	tb.Helper()
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 96))
	if err != nil {
		tb.Fatalf("choose a serial number: %v", err)
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{Organization: []string{"Certbound"}, CommonName: commonName},
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	for _, change := range edit {
		change(template)
	}
	parent, signer := template, key
	if issuer != nil {
		parent, signer = issuer.Leaf, issuer.signer
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key.Public(), signer)
	if err != nil {
		tb.Fatalf("sign a certificate: %v", err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		tb.Fatalf("read the certificate: %v", err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatalf("write the key: %v", err)
	}
	return KeyPair{
		Leaf: leaf, signer: key,
		Certificate: pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		Key:         pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}),
	}
}
