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

// Command corpus makes certificates with ordinary and with odd subjects and writes down what Node.js says of each:
//
//	go run ./internal/certificate/testdata/corpus > internal/certificate/testdata/corpus.json
//
// It needs node in the PATH. Keys, serial numbers and times are fixed, so that a second run gives the same certificates, and
// a difference in its output is a difference of Node.js or of the OpenSSL in it.
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log"
	"math/big"
	"os"
	"os/exec"
	"time"
)

// describe prints, for a JSON array of certificates in PEM, what X509Certificate makes of them.
const describe = `
const { X509Certificate } = require('node:crypto');
const pems = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify({
  node: process.versions.node,
  openssl: process.versions.openssl,
  facts: pems.map((pem) => {
    try {
      const { subject, issuer, serialNumber, fingerprint256 } = new X509Certificate(pem);
      return { subject: subject ?? '', issuer: issuer ?? '', serialNumber, fingerprint256 };
    } catch (error) {
      return { refusal: error.code };
    }
  }),
}));`

// facts is what Node.js says of a certificate: why it refuses it, or what is in it.
type facts struct {
	Refusal        string `json:"refusal,omitempty"`
	Subject        string `json:"subject"`
	Issuer         string `json:"issuer,omitempty"`
	SerialNumber   string `json:"serialNumber,omitempty"`
	Fingerprint256 string `json:"fingerprint256,omitempty"`
}

// entry is one certificate of the corpus.
type entry struct {
	Case string `json:"case"`
	PEM  string `json:"pem"`
	// Parses tells whether crypto/x509 reads the certificate; OpenSSL is more lenient about string types.
	Parses bool `json:"parses"`
	facts
}

type corpus struct {
	Node    string  `json:"node"`
	OpenSSL string  `json:"openssl"`
	Entries []entry `json:"entries"`
}

func main() {
	log.SetFlags(0)
	result, err := build()
	if err != nil {
		log.Fatal(err)
	}
	encoder := json.NewEncoder(os.Stdout)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(result); err != nil {
		log.Fatal(err)
	}
}

func build() (*corpus, error) {
	result := &corpus{}
	var pems []string
	for i, c := range cases() {
		der, err := issue(int64(i+1)*0x0badcafe, c.subject)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		_, parseErr := x509.ParseCertificate(der)
		text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
		pems = append(pems, text)
		result.Entries = append(result.Entries, entry{Case: c.name, PEM: text, Parses: parseErr == nil})
	}
	input, err := json.Marshal(pems)
	if err != nil {
		return nil, err
	}
	node := exec.Command("node", "-e", describe)
	node.Stdin, node.Stderr = bytes.NewReader(input), os.Stderr
	output, err := node.Output()
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	var described struct {
		Node, OpenSSL string
		Facts         []facts
	}
	if err := json.Unmarshal(output, &described); err != nil {
		return nil, err
	}
	result.Node, result.OpenSSL = described.Node, described.OpenSSL
	for i := range result.Entries {
		result.Entries[i].facts = described.Facts[i]
	}
	return result, nil
}

// issue makes the certificate of a subject, signed by a fixed authority.
func issue(serial int64, subject []byte) ([]byte, error) {
	authority := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{1}, ed25519.SeedSize))
	client := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{2}, ed25519.SeedSize))
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial),
		RawSubject:   subject,
		NotBefore:    time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2036, 1, 1, 0, 0, 0, 0, time.UTC),
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}
	issuer := &x509.Certificate{Subject: pkix.Name{Country: []string{"DE"}, CommonName: "Corpus, \"CA\""}}
	return x509.CreateCertificate(nil, template, issuer, client.Public(), authority)
}

// der encodes one element from its parts, which are not checked, so that a certificate can be wrong.
func der(tag int, constructed bool, parts ...[]byte) []byte {
	encoded, err := asn1.Marshal(asn1.RawValue{Tag: tag, IsCompound: constructed, Bytes: bytes.Join(parts, nil)})
	if err != nil {
		log.Fatal(err)
	}
	return encoded
}

// name is a distinguished name, rdn one of its sets and attribute a type with the bytes of a string of the given tag.
func name(rdns ...[]byte) []byte { return der(asn1.TagSequence, true, rdns...) }

func rdn(attributes ...[]byte) []byte { return der(asn1.TagSet, true, attributes...) }

func attribute(oid asn1.ObjectIdentifier, tag int, value []byte) []byte {
	encodedType, err := asn1.Marshal(oid)
	if err != nil {
		log.Fatal(err)
	}
	return der(asn1.TagSequence, true, encodedType, der(tag, false, value))
}
