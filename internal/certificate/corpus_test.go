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
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"flag"
	"maps"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "ask node and openssl anew, and write what they say to testdata/corpus.json")

// corpus is what Node.js and OpenSSL say of certificates with ordinary and with odd subjects. Keys, serial numbers and times are
// fixed, so that a second recording has the same certificates, and a difference in it is one of the tools.
type corpus struct {
	Node    string        `json:"node"`
	OpenSSL string        `json:"openssl"`
	Entries []corpusEntry `json:"entries"`
}

type corpusEntry struct {
	Case string `json:"case"`
	PEM  string `json:"pem"`
	// Parses tells whether crypto/x509 reads the certificate; OpenSSL is more lenient about string types.
	Parses bool `json:"parses"`
	// Refusal is why Node.js, or rather the OpenSSL in it, does not read the certificate.
	Refusal        string `json:"refusal,omitempty"`
	Subject        string `json:"subject"`
	Issuer         string `json:"issuer,omitempty"`
	SerialNumber   string `json:"serialNumber,omitempty"`
	Fingerprint256 string `json:"fingerprint256,omitempty"`
	// Printed is what `openssl x509 -noout -subject -nameopt` prints after "subject=", by the option.
	Printed map[string]string `json:"printed,omitempty"`
}

// Options of openssl's -nameopt. They are spelled out as far as a default has changed between versions.
const (
	asTenant    = "sname,sep_multiline,esc_2253,esc_ctrl,utf8"
	asRFC2253   = "RFC2253"
	asOneline   = "compat"
	asDisplayed = "oneline" // the default until OpenSSL 3.1; since 3.2 without spaces around equals signs
)

var nameOptions = []string{asTenant, asRFC2253, asOneline, asDisplayed}

func readCorpus(tb testing.TB) []corpusEntry {
	tb.Helper()
	var recorded corpus
	readTestdata(tb, "corpus.json", &recorded)
	if len(recorded.Entries) < 90 {
		tb.Fatalf("the corpus has %d certificates", len(recorded.Entries))
	}
	return recorded.Entries
}

// The corpus is what the tools say, and not what somebody wished that they said.
func TestCorpusIsWhatTheToolsSay(t *testing.T) {
	t.Parallel()
	for _, tool := range []string{"node", "openssl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed: the corpus is taken as it was recorded", tool)
		}
	}
	now := recordCorpus(t)
	if *update {
		writeCorpus(t, now)
	}
	var before corpus
	readTestdata(t, "corpus.json", &before)
	if len(now.Entries) != len(before.Entries) {
		t.Fatalf("%d certificates, recorded are %d: record them anew with -update", len(now.Entries), len(before.Entries))
	}
	// Other versions may escape otherwise, which is worth knowing and no fault here.
	report := t.Errorf
	if minor(now.OpenSSL) != minor(before.OpenSSL) || minor(now.Node) != minor(before.Node) {
		report = t.Logf
	}
	for i, entry := range now.Entries {
		recorded := before.Entries[i]
		maps.DeleteFunc(recorded.Printed, func(option, _ string) bool { _, asked := entry.Printed[option]; return !asked })
		if !reflect.DeepEqual(entry, recorded) {
			report("%s: Node.js %s and OpenSSL %s say\n%+v\nrecorded of Node.js %s and OpenSSL %s is\n%+v",
				entry.Case, now.Node, now.OpenSSL, entry, before.Node, before.OpenSSL, recorded)
		}
	}
}

func minor(version string) string { return regexp.MustCompile(`^\d+\.\d+`).FindString(version) }

// recordCorpus asks openssl for all forms of each certificate when the answers are to be written, and else for one of them in
// turn, since a process for each takes a while.
func recordCorpus(t *testing.T) corpus {
	t.Helper()
	var pems []string
	var now corpus
	for i, c := range corpusCases() {
		der := issueCorpus(t, int64(i+1)*0x0badcafe, c.subject)
		_, err := x509.ParseCertificate(der)
		pems = append(pems, string(block("CERTIFICATE", der)))
		now.Entries = append(now.Entries, corpusEntry{Case: c.name, PEM: pems[i], Parses: err == nil})
	}
	askNode(t, pems, &now)
	now.OpenSSL = strings.Fields(string(run(t, nil, "openssl", "version")))[1]
	for i := range now.Entries {
		options := nameOptions[i%len(nameOptions):][:1]
		if *update {
			options = nameOptions
		}
		if entry := &now.Entries[i]; entry.Refusal == "" {
			entry.Printed = askOpenSSL(t, entry.PEM, options)
		}
	}
	return now
}

// describe prints, for a JSON array of certificates in PEM, what X509Certificate makes of them.
const describe = `
const { X509Certificate } = require('node:crypto');
const pems = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
console.log(JSON.stringify({
  node: process.versions.node,
  entries: pems.map((pem) => {
    try {
      const { subject, issuer, serialNumber, fingerprint256 } = new X509Certificate(pem);
      return { subject: subject ?? '', issuer: issuer ?? '', serialNumber, fingerprint256 };
    } catch (error) {
      return { refusal: error.code };
    }
  }),
}));`

// askNode adds what Node.js says to the entries.
func askNode(t *testing.T, pems []string, into *corpus) {
	t.Helper()
	input, err := json.Marshal(pems)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(run(t, input, "node", "-e", describe), into); err != nil {
		t.Fatal(err)
	}
}

func askOpenSSL(t *testing.T, certificatePEM string, options []string) map[string]string {
	t.Helper()
	printed := map[string]string{}
	for _, option := range options {
		output := run(t, []byte(certificatePEM), "openssl", "x509", "-noout", "-subject", "-nameopt", option)
		printed[option] = strings.TrimSuffix(strings.TrimPrefix(string(output), "subject="), "\n")
	}
	return printed
}

func run(t *testing.T, input []byte, command string, arguments ...string) []byte {
	t.Helper()
	c := exec.CommandContext(t.Context(), command, arguments...)
	c.Stdin, c.Stderr = bytes.NewReader(input), os.Stderr
	output, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	return output
}

func writeCorpus(t *testing.T, recorded corpus) {
	t.Helper()
	var content bytes.Buffer
	encoder := json.NewEncoder(&content)
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(recorded); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("testdata", "corpus.json"), content.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// issueCorpus makes the certificate of a subject, signed by a fixed authority.
func issueCorpus(t *testing.T, serial int64, subject []byte) []byte {
	t.Helper()
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
	der, err := x509.CreateCertificate(nil, template, issuer, client.Public(), authority)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// der encodes one element from its parts, which are not checked, so that a certificate can be wrong.
func der(tag int, constructed bool, parts ...[]byte) []byte {
	encoded, err := asn1.Marshal(asn1.RawValue{Tag: tag, IsCompound: constructed, Bytes: bytes.Join(parts, nil)})
	if err != nil {
		panic(err)
	}
	return encoded
}

// name is a distinguished name, rdn one of its sets and attribute a type with the bytes of a string of the given tag.
func name(rdns ...[]byte) []byte { return der(asn1.TagSequence, true, rdns...) }

func rdn(attributes ...[]byte) []byte { return der(asn1.TagSet, true, attributes...) }

func attribute(oid asn1.ObjectIdentifier, tag int, value []byte) []byte {
	encodedType, err := asn1.Marshal(oid)
	if err != nil {
		panic(err)
	}
	return der(asn1.TagSequence, true, encodedType, der(tag, false, value))
}
