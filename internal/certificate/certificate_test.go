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
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"testing"

	"github.com/certbound/certbound/internal/certificate"
)

func TestInspectGivesTheFactsOfTheLeaf(t *testing.T) {
	key := newECDSAKey(t)
	crt := selfSign(t, template(), key)
	decoded, _ := pem.Decode(crt)
	hash := sha256.Sum256(decoded.Bytes)
	want := certificate.Facts{
		Fingerprint:    certificate.Fingerprint(base64.RawURLEncoding.EncodeToString(hash[:])),
		SubjectDN:      "C=DE\nO=Example\nCN=client",
		SubjectRFC2253: "CN=client,O=Example,C=DE",
		SubjectOneline: "/C=DE/O=Example/CN=client",
		IssuerDN:       "C=DE\nO=Example\nCN=client",
		SerialNumber:   "0ABC",
		NotBefore:      notBefore,
		NotAfter:       notAfter,
		PEM:            string(crt),
		SelfSigned:     true,
		KeyAlgorithm:   "ECDSA P-256",
	}
	other := selfSign(t, template(), newECDSAKey(t))
	withHeader := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Headers: map[string]string{"Comment": "x"}, Bytes: decoded.Bytes})

	for sentence, bundle := range map[string][]byte{
		"a certificate alone":                    crt,
		"the first of a chain":                   join(crt, other, other),
		"a chain of ten blocks":                  join(crt, bytes.Repeat(other, 9)),
		"text before the certificate is ignored": join([]byte("subject=CN = somebody\nKey: value\n\n"), crt),
		"what follows the leaf is ignored":       join(crt, []byte("-----BEGIN CERTIFICATE-----\nbroken")),
		"lines end as on Windows":                bytes.ReplaceAll(crt, []byte("\n"), []byte("\r\n")),
		"the last line does not end":             bytes.TrimSpace(crt),
		"headers in the block are dropped":       withHeader,
		"64 KiB":                                 join(crt, bytes.Repeat([]byte("\n"), 64*1024-len(crt))),
	} {
		t.Run(sentence, func(t *testing.T) {
			got, err := certificate.Inspect(bundle)
			if err != nil || got != want {
				t.Errorf("Inspect = %+v, %v; want %+v", got, err, want)
			}
		})
	}
}

func TestInspectRefuses(t *testing.T) {
	key := newECDSAKey(t)
	crt := selfSign(t, template(), key)
	decoded, _ := pem.Decode(crt)
	halfLeaf := crt[:len(crt)/2]
	badBase64 := bytes.Replace(crt, []byte("MII"), []byte("M*I"), 1)
	// RFC 8410 has the key kinds side by side: 1.3.101.112 is Ed25519, 1.3.101.110 X25519 and 1.3.101.113 Ed448.
	ed25519Crt := issue(t, template(), template(), ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize)).Public(), key)
	decodedEd25519, _ := pem.Decode(ed25519Crt)
	ofKind := func(lastArc byte) []byte {
		return block("CERTIFICATE", bytes.Replace(decodedEd25519.Bytes, []byte{6, 3, 0x2b, 0x65, 112}, []byte{6, 3, 0x2b, 0x65, lastArc}, 1))
	}
	hugeModulus := new(big.Int).SetBit(big.NewInt(1), 16384, 1)
	hugeRSA := issue(t, template(), template(), &rsa.PublicKey{N: hugeModulus, E: 65537}, key)

	for sentence, test := range map[string]struct {
		bundle []byte
		want   certificate.Problem
	}{
		"an absent certificate":           {nil, certificateMissing},
		"an empty certificate":            {[]byte{}, certificateMissing},
		"nothing but white space":         {[]byte(" \n\t\r\n"), certificateMissing},
		"text without a PEM block":        {[]byte("to be filled in"), notPEM},
		"DER":                             {decoded.Bytes, notPEM},
		"PEM in base64 once more":         {[]byte(base64.StdEncoding.EncodeToString(crt)), notPEM},
		"a private key":                   {sec1(t, key), leafNotCertificate},
		"a private key before it":         {join(sec1(t, key), crt), leafNotCertificate},
		"a certificate request":           {block("CERTIFICATE REQUEST", decoded.Bytes), leafNotCertificate},
		"OpenSSL's trusted form":          {block("TRUSTED CERTIFICATE", decoded.Bytes), leafNotCertificate},
		"a block that is cut short":       {halfLeaf, leafDamaged},
		"a cut leaf before a whole chain": {join(halfLeaf, []byte("\n"), crt), leafDamaged},
		"a leaf with a character outside base64 before a whole chain": {join(badBase64, crt), leafDamaged},
		"an END line of another type":                                 {bytes.Replace(crt, []byte("END CERTIFICATE"), []byte("END PRIVATE KEY"), 1), leafDamaged},
		"a block without content":                                     {block("CERTIFICATE", nil), leafUnparsable},
		"DER that is cut short":                                       {block("CERTIFICATE", decoded.Bytes[:100]), leafUnparsable},
		"DER with a byte after it":                                    {block("CERTIFICATE", append(bytes.Clone(decoded.Bytes), 0)), leafUnparsable},
		"something else than a certificate":                           {block("CERTIFICATE", []byte("not ASN.1 at all")), leafUnparsable},
		"over 64 KiB, however good its beginning":                     {join(crt, bytes.Repeat([]byte("\n"), 64*1024)), bundleTooLong},
		"more than ten blocks":                                        {bytes.Repeat(crt, 11), bundleTooManyBlocks},
		"many block beginnings without an end":                        {bytes.Repeat([]byte("-----BEGIN X-----\n"), 3000), bundleTooManyBlocks},
		"a key that cannot sign":                                      {ofKind(110), publicKeyKind},
		"a key of a kind that crypto/x509 does not know":              {ofKind(113), publicKeyKind},
		"an RSA key that would take seconds to check":                 {hugeRSA, publicKeyTooLong},
	} {
		t.Run(sentence, func(t *testing.T) {
			facts, err := certificate.Inspect(test.bundle)
			checkProblem(t, err, test.want)
			if facts != (certificate.Facts{}) {
				t.Errorf("facts beside a problem: %+v", facts)
			}
		})
	}
}

func TestInspectNamesTheKeyAlgorithm(t *testing.T) {
	signer := newECDSAKey(t)
	ed25519Key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize))
	for want, public := range map[string]any{
		"ECDSA P-256": signer.Public(),
		"Ed25519":     ed25519Key.Public(),
		"RSA 1024":    &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 1023, 1), E: 65537},
		"RSA 16384":   &rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(1), 16383, 1), E: 65537},
	} {
		t.Run(want, func(t *testing.T) {
			facts, err := certificate.Inspect(issue(t, template(), template(), public, signer))
			if err != nil || facts.KeyAlgorithm != want {
				t.Errorf("KeyAlgorithm = %q, %v; want %q", facts.KeyAlgorithm, err, want)
			}
		})
	}
}

func TestInspectTellsWhetherTheCertificateIsSelfSigned(t *testing.T) {
	own, other := newECDSAKey(t), newECDSAKey(t)
	authority := template()
	authority.Subject = pkix.Name{CommonName: "authority"}

	for sentence, test := range map[string]struct {
		crt  []byte
		want bool
	}{
		"signed with its own key":                    {selfSign(t, template(), own), true},
		"signed by an authority":                     {issue(t, template(), authority, own.Public(), other), false},
		"signed by an authority of the same name":    {issue(t, template(), template(), own.Public(), other), false},
		"signed with its own key under another name": {issue(t, template(), authority, own.Public(), own), false},
	} {
		t.Run(sentence, func(t *testing.T) {
			facts, err := certificate.Inspect(test.crt)
			if err != nil || facts.SelfSigned != test.want {
				t.Errorf("SelfSigned = %t, %v; want %t", facts.SelfSigned, err, test.want)
			}
		})
	}
}

func BenchmarkInspect(b *testing.B) {
	key, authorityKey := newECDSAKey(b), newECDSAKey(b)
	authority := template()
	authority.Subject = pkix.Name{CommonName: "authority"}
	chain := bytes.Repeat(selfSign(b, authority, authorityKey), 3)

	for name, bundle := range map[string][]byte{
		"self-signed":   selfSign(b, template(), key),
		"from a chain":  join(issue(b, template(), authority, key.Public(), authorityKey), chain),
		"hostile 64KiB": join([]byte("-----BEGIN CERTIFICATE-----\n"), bytes.Repeat([]byte("A"), 63*1024)),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				// The hostile bundle is refused; TestInspectRefuses has its like.
				_, _ = certificate.Inspect(bundle)
			}
		})
	}
}
