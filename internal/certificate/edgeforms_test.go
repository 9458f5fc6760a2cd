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
	"encoding/asn1"
	"strings"
	"testing"

	"github.com/certbound/certbound/internal/certificate"
)

// What OpenSSL prints is what a proxy in front of the tenant logs and forwards.
func TestSubjectFormsAreThoseThatOpenSSLPrints(t *testing.T) {
	for _, entry := range readCorpus(t) {
		if !entry.Parses {
			continue
		}
		t.Run(entry.Case, func(t *testing.T) {
			facts, err := certificate.Inspect([]byte(entry.PEM))
			if err != nil {
				t.Fatal(err)
			}
			for option, got := range map[string]string{asRFC2253: facts.SubjectRFC2253, asOneline: facts.SubjectOneline} {
				if want := entry.Printed[option]; got != want {
					t.Errorf("%q, openssl -nameopt %s has %q", got, option, want)
				}
			}
		})
	}
}

// A person without Node.js can print the tenant's form with openssl, see docs/names.md. It indents each line.
func TestTheTenantsFormIsOneOfOpenSSL(t *testing.T) {
	for _, entry := range readCorpus(t) {
		if entry.Refusal != "" {
			continue
		}
		printed := strings.ReplaceAll(entry.Printed[asTenant], "\n    ", "\n")
		if got := strings.TrimPrefix(printed, "\n"); got != entry.Subject {
			t.Errorf("%s: openssl prints %q, Node.js has %q", entry.Case, got, entry.Subject)
		}
	}
}

// FormatDN reads names that no parser of certificates has looked at before.
func TestFormatDN(t *testing.T) {
	whole := name(utf8String(country, "DE"), rdn(), utf8String(commonName, "a,b"))
	for sentence, test := range map[string]struct {
		der  []byte
		want string
	}{
		"a name":                       {whole, "C=DE\nCN=a\\,b"},
		"no attributes":                {name(), ""},
		"a BMPString of odd length":    {name(rdn(attribute(commonName, asn1.TagBMPString, []byte("\x00a\x00b\x00")))), "CN=ab"},
		"a BMPString of a single byte": {name(rdn(attribute(commonName, asn1.TagBMPString, []byte("\x00")))), "CN="},
	} {
		t.Run(sentence, func(t *testing.T) {
			if got, err := certificate.FormatDN(test.der); err != nil || got != test.want {
				t.Errorf("FormatDN = %q, %v; want %q", got, err, test.want)
			}
		})
	}
	for sentence, der := range map[string][]byte{
		"nothing":                     nil,
		"text":                        []byte("CN=client"),
		"a name that is cut short":    whole[:len(whole)-1],
		"a name and a byte after it":  append(bytes.Clone(whole), 0),
		"an attribute without an RDN": name(attribute(commonName, asn1.TagUTF8String, []byte("a"))),
	} {
		t.Run(sentence, func(t *testing.T) {
			got, err := certificate.FormatDN(der)
			if got != "" || err == nil || err.Error() != "this is not the DER of a distinguished name" {
				t.Errorf("FormatDN = %q, %v; want an error that says nothing of the input", got, err)
			}
		})
	}
}
