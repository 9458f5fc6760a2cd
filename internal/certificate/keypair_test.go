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
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"testing"

	"github.com/certbound/certbound/internal/certificate"
)

// curveParameters is the block that `openssl ecparam -name prime256v1 -genkey` writes before the key: the OID of the curve.
var curveParameters = block("EC PARAMETERS", []byte{0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07})

func TestInspectPairTakesTheKeyOfTheLeaf(t *testing.T) {
	ecdsaKey := newECDSAKey(t)
	p384Key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	smallRSAKey, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	ed25519Key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, ed25519.SeedSize))
	chain := selfSign(t, template(), p384Key)

	for sentence, test := range map[string]struct{ crt, key []byte }{
		"ECDSA in SEC 1":                     {selfSign(t, template(), ecdsaKey), sec1(t, ecdsaKey)},
		"ECDSA in SEC 1 after EC PARAMETERS": {selfSign(t, template(), ecdsaKey), join(curveParameters, sec1(t, ecdsaKey))},
		"ECDSA in PKCS #8":                   {selfSign(t, template(), ecdsaKey), pkcs8(t, ecdsaKey)},
		"ECDSA of another curve":             {selfSign(t, template(), p384Key), sec1(t, p384Key)},
		"RSA in PKCS #1":                     {selfSign(t, template(), rsaKey), block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsaKey))},
		"RSA in PKCS #8":                     {selfSign(t, template(), rsaKey), pkcs8(t, rsaKey)},
		"RSA of 1024 bits":                   {selfSign(t, template(), smallRSAKey), pkcs8(t, smallRSAKey)},
		"Ed25519 in PKCS #8":                 {selfSign(t, template(), ed25519Key), pkcs8(t, ed25519Key)},
		"the key of the first of a chain":    {join(selfSign(t, template(), ecdsaKey), chain), sec1(t, ecdsaKey)},
		"text before the key":                {selfSign(t, template(), ecdsaKey), join([]byte("a key:\n"), sec1(t, ecdsaKey))},
		"a key of 16 KiB": {selfSign(t, template(), ecdsaKey),
			join(sec1(t, ecdsaKey), bytes.Repeat([]byte("\n"), 16*1024-len(sec1(t, ecdsaKey))))},
		"a certificate before the key is kept": {selfSign(t, template(), ecdsaKey), join(chain, sec1(t, ecdsaKey))},
	} {
		t.Run(sentence, func(t *testing.T) {
			want, err := certificate.Inspect(test.crt)
			if err != nil {
				t.Fatal(err)
			}
			got, err := certificate.InspectPair(test.crt, test.key)
			if err != nil || got != want {
				t.Errorf("InspectPair = %+v, %v; want %+v", got, err, want)
			}
		})
	}
}

func TestInspectPairRefuses(t *testing.T) {
	key, other := newECDSAKey(t), newECDSAKey(t)
	crt, otherCrt := selfSign(t, template(), key), selfSign(t, template(), other)
	sec1Key := sec1(t, key)
	decoded, _ := pem.Decode(sec1Key)
	ed25519Key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, ed25519.SeedSize))
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	hugeRSA := issue(t, template(), template(), &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 16384, 1), E: 65537}, key)
	encrypted := pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: decoded.Bytes,
		Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-128-CBC,000102030405060708090A0B0C0D0E0F"}})

	for sentence, test := range map[string]struct {
		crt, key []byte
		want     certificate.Problem
	}{
		"a Secret with neither":                     {nil, nil, certificateMissing},
		"a key without its certificate":             {nil, sec1Key, certificateMissing},
		"a certificate that does not parse":         {block("CERTIFICATE", []byte("x")), sec1Key, leafUnparsable},
		"a certificate for too long a key":          {hugeRSA, sec1Key, publicKeyTooLong},
		"an absent key":                             {crt, nil, privateKeyMissing},
		"a key of white space":                      {crt, []byte("\n \n"), privateKeyMissing},
		"text in place of the key":                  {crt, []byte("to be filled in"), privateKeyAbsent},
		"the certificate in place of the key":       {crt, crt, privateKeyAbsent},
		"EC PARAMETERS alone":                       {crt, curveParameters, privateKeyAbsent},
		"a public key":                              {crt, block("PUBLIC KEY", []byte("x")), privateKeyAbsent},
		"a key that is cut short":                   {crt, sec1Key[:len(sec1Key)/2], privateKeyAbsent},
		"a key over 16 KiB":                         {crt, join(sec1Key, bytes.Repeat([]byte("\n"), 16*1024)), privateKeyTooLong},
		"a key encrypted as RFC 1421 does":          {crt, encrypted, privateKeyEncrypted},
		"a key encrypted as PKCS #8 does":           {crt, block("ENCRYPTED PRIVATE KEY", decoded.Bytes), privateKeyEncrypted},
		"DER that is cut short":                     {crt, block("EC PRIVATE KEY", decoded.Bytes[:20]), privateKeyUnparsable},
		"SEC 1 announced as PKCS #8":                {crt, block("PRIVATE KEY", decoded.Bytes), privateKeyUnparsable},
		"SEC 1 announced as PKCS #1":                {crt, block("RSA PRIVATE KEY", decoded.Bytes), privateKeyUnparsable},
		"a key in OpenSSH's form":                   {crt, block("OPENSSH PRIVATE KEY", []byte("openssh-key-v1\x00")), privateKeyUnparsable},
		"a key that cannot sign":                    {crt, pkcs8(t, x25519), privateKeyUnparsable},
		"the key of the last certificate":           {crt, sec1(t, other), keyMismatch},
		"a key of another kind":                     {crt, pkcs8(t, ed25519Key), keyMismatch},
		"the key of another, before the right key":  {crt, join(sec1(t, other), sec1Key), keyMismatch},
		"a chain in the wrong order":                {join(otherCrt, crt), sec1Key, keyOfChain},
		"a chain in the wrong order, with odd ends": {join(otherCrt, block("X", nil), crt, []byte("-----BEGIN")), sec1Key, keyOfChain},
		"a chain to which the key does not belong":  {join(crt, crt), sec1(t, other), keyMismatch},
	} {
		t.Run(sentence, func(t *testing.T) {
			facts, err := certificate.InspectPair(test.crt, test.key)
			checkProblem(t, err, test.want)
			if facts != (certificate.Facts{}) {
				t.Errorf("facts beside a problem: %+v", facts)
			}
		})
	}
}
