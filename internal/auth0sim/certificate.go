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

package auth0sim

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
)

// thumbprint is the SHA-256 of the DER encoding, base64url without padding: the form of thumbprint_sha256 and of
// x5t#S256 (RFC 8705, section 3.1).
func thumbprint(certificate *x509.Certificate) string {
	sum := sha256.Sum256(certificate.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// keyPrint identifies a public key across certificates.
func keyPrint(subjectPublicKeyInfo []byte) string {
	sum := sha256.Sum256(subjectPublicKeyInfo)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// parseCertificate returns the first certificate of a PEM text. Its expiry, key size and issuer are nobody's business
// here: recorded requests registered an expired certificate and a 1024-bit SHA-1 one that is not self-signed
// (auth0/go-auth0 test/data/recordings/TestClientAuthenticationMethods).
func parseCertificate(text string) (*x509.Certificate, bool) {
	for rest := []byte(text); ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			return nil, false
		}
		if block.Type == "CERTIFICATE" {
			certificate, err := x509.ParseCertificate(block.Bytes)
			return certificate, err == nil
		}
	}
}

// publicKey is the key of a public_key credential: from a PUBLIC KEY, or from a certificate, which is then returned too.
func publicKey(text string) (key any, info []byte, certificate *x509.Certificate, ok bool) {
	if certificate, ok = parseCertificate(text); ok {
		return certificate.PublicKey, certificate.RawSubjectPublicKeyInfo, certificate, true
	}
	block, _ := pem.Decode([]byte(text))
	if block == nil || block.Type != "PUBLIC KEY" {
		return nil, nil, nil, false
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	return key, block.Bytes, nil, err == nil
}

// verificationKey is the JWK of a public_key credential. Without a given key id it is the RFC 7638 thumbprint.
func verificationKey(raw any, keyID, algorithm string) (jwk.Key, error) {
	key, err := jwk.FromRaw(raw)
	if err != nil {
		return nil, err
	}
	if keyID == "" {
		sum, err := key.Thumbprint(crypto.SHA256)
		if err != nil {
			return nil, err
		}
		keyID = base64.RawURLEncoding.EncodeToString(sum)
	}
	if err := key.Set(jwk.KeyIDKey, keyID); err != nil {
		return nil, err
	}
	return key, key.Set(jwk.AlgorithmKey, jwa.SignatureAlgorithm(algorithm))
}
