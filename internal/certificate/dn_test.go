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
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/certificate"
)

func readTestdata(tb testing.TB, name string, into any) {
	tb.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		tb.Fatal(err)
	}
	if err := json.Unmarshal(content, into); err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
}

func TestFactsAreThoseThatNodeGives(t *testing.T) {
	for _, entry := range readCorpus(t) {
		t.Run(entry.Case, func(t *testing.T) {
			facts, err := certificate.Inspect([]byte(entry.PEM))
			if !entry.Parses {
				checkProblem(t, err, leafUnparsable)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if facts.SubjectDN != entry.Subject {
				t.Errorf("subject %q, Node.js has %q", facts.SubjectDN, entry.Subject)
			}
			if facts.IssuerDN != entry.Issuer {
				t.Errorf("issuer %q, Node.js has %q", facts.IssuerDN, entry.Issuer)
			}
			if facts.SerialNumber != entry.SerialNumber {
				t.Errorf("serial number %q, Node.js has %q", facts.SerialNumber, entry.SerialNumber)
			}
			hash, err := hex.DecodeString(strings.ReplaceAll(entry.Fingerprint256, ":", ""))
			if want := base64.RawURLEncoding.EncodeToString(hash); err != nil || string(facts.Fingerprint) != want {
				t.Errorf("fingerprint %q, Node.js has %q (%v)", facts.Fingerprint, want, err)
			}
		})
	}
}

// What OpenSSL reads and crypto/x509 does not is a known limit, and this is all of it that the corpus has.
func TestOnlyTheseSubjectsAreRefusedAgainstOpenSSL(t *testing.T) {
	want := map[string]bool{
		"encoding: PrintableString with an underscore, which the type lacks": true,
		"encoding: IA5String with a byte above 127":                          true,
		"encoding: NumericString with a letter":                              true,
		"encoding: UniversalString":                                          true,
		"structure: a unique identifier as a BIT STRING":                     true,
	}
	for _, entry := range readCorpus(t) {
		if refused := !entry.Parses && entry.Refusal == ""; refused != want[entry.Case] {
			t.Errorf("%s: refused against OpenSSL: %t, want %t", entry.Case, refused, want[entry.Case])
		}
	}
}

// recording is an exchange with the Management API, from the recordings of Auth0's SDK; see testdata/README.md.
type recording struct {
	Request struct {
		CredentialType string `json:"credential_type"`
		PEM            string `json:"pem"`
	} `json:"request"`
	Response struct {
		Thumbprint string    `json:"thumbprint_sha256"`
		SubjectDN  string    `json:"subject_dn"`
		ExpiresAt  time.Time `json:"expires_at"`
	} `json:"response"`
}

func TestFactsAreThoseThatAuth0Answered(t *testing.T) {
	var recordings []recording
	readTestdata(t, "recorded.json", &recordings)
	for _, recorded := range recordings {
		t.Run(recorded.Request.CredentialType, func(t *testing.T) {
			facts, err := certificate.Inspect([]byte(recorded.Request.PEM))
			if err != nil {
				t.Fatal(err)
			}
			switch want := recorded.Response; recorded.Request.CredentialType {
			case "x509_cert":
				if string(facts.Fingerprint) != want.Thumbprint || !facts.NotAfter.Equal(want.ExpiresAt) {
					t.Errorf("fingerprint %q until %s, Auth0 answered %q until %s", facts.Fingerprint, facts.NotAfter, want.Thumbprint, want.ExpiresAt)
				}
				if facts.SelfSigned {
					t.Error("self-signed, though issued by an authority")
				}
			case "cert_subject_dn":
				if facts.SubjectDN != want.SubjectDN {
					t.Errorf("subject %q, Auth0 answered %q", facts.SubjectDN, want.SubjectDN)
				}
				if !facts.SelfSigned {
					t.Error("not self-signed, though signed by SHA-1 with its own key")
				}
			default:
				t.Fatalf("unexpected credential type %q", recorded.Request.CredentialType)
			}
			checkProblem(t, facts.CheckFor(recorded.Request.CredentialType), certificate.Problem{})
		})
	}
}
