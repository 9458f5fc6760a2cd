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
