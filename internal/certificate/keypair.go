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
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"strings"
)

// maxKeyBytes leaves room for an RSA key of maxRSABits in PEM, and keeps the arithmetic on a hostile one within milliseconds.
const maxKeyBytes = 16 * 1024

// InspectPair does what Inspect does and checks that tlsKey holds, in PEM as PKCS #8, PKCS #1 or SEC 1, the private key of the
// leaf. Nothing of the key is part of the result. An error is a *Problem.
func InspectPair(tlsCrt, tlsKey []byte) (Facts, error) {
	leaf, chain, err := readBundle(tlsCrt)
	if err != nil {
		return Facts{}, err
	}
	facts, err := factsOf(leaf)
	if err != nil {
		return Facts{}, err
	}
	public, err := readPublicHalf(tlsKey)
	if err != nil {
		return Facts{}, err
	}
	if !sameKey(leaf.PublicKey, public) {
		if chainHasKey(chain, public) {
			return Facts{}, errKeyOfChain
		}
		return Facts{}, errKeyMismatch
	}
	return facts, nil
}

// readPublicHalf returns the public key that belongs to the first private key of tlsKey. Blocks of other kinds before it, such as
// the EC PARAMETERS that `openssl ecparam -genkey` writes, are skipped, as crypto/tls does.
func readPublicHalf(tlsKey []byte) (crypto.PublicKey, error) {
	switch {
	case len(bytes.TrimSpace(tlsKey)) == 0:
		return nil, errPrivateKeyMissing
	case len(tlsKey) > maxKeyBytes:
		return nil, errPrivateKeyTooLong
	}
	for {
		block, rest := pem.Decode(tlsKey)
		if block == nil {
			return nil, errPrivateKeyAbsent
		}
		if strings.HasSuffix(block.Type, "PRIVATE KEY") {
			return publicHalf(block)
		}
		tlsKey = rest
	}
}

func publicHalf(block *pem.Block) (crypto.PublicKey, error) {
	// A PKCS #1 or SEC 1 block is encrypted by the headers of RFC 1421.
	if block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "" {
		return nil, errPrivateKeyEncrypted
	}
	var (
		key any
		err error
	)
	switch block.Type {
	case "PRIVATE KEY":
		key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
	case "RSA PRIVATE KEY":
		key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
	case "EC PRIVATE KEY":
		key, err = x509.ParseECPrivateKey(block.Bytes)
	}
	// Not every key that parses can sign, and so authenticate in TLS: one for X25519 cannot.
	signer, ok := key.(crypto.Signer)
	if err != nil || !ok {
		return nil, errPrivateKeyUnparsable
	}
	return signer.Public(), nil
}

// chainHasKey reads the certificates after the leaf, whose number readBundle has bounded.
func chainHasKey(chain []byte, public crypto.PublicKey) bool {
	for block, rest := pem.Decode(chain); block != nil; block, rest = pem.Decode(rest) {
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err == nil && sameKey(certificate.PublicKey, public) {
			return true
		}
	}
	return false
}

func sameKey(a, b crypto.PublicKey) bool {
	key, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && key.Equal(b)
}
