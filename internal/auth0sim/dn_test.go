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

package auth0sim_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/certbound/certbound/internal/auth0sim"
)

// testdata/subjects.json holds certificates with unusual subjects and what Node.js 20 says of each:
//
//	node -e 'new (require("crypto").X509Certificate)(pem).subject'
//
// Recorded values of subject_dn are byte-identical to that. The corpus of internal/certificate says more of the same kind; of its types
// of attributes the simulator names only those that certificates have.
func TestSubjectDNIsThatOfNode(t *testing.T) {
	data, err := os.ReadFile("testdata/subjects.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct{ Name, PEM, Subject string }
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	var corpus struct {
		Entries []struct {
			Case, PEM, Subject string
			Parses             bool
		}
	}
	if data, err = os.ReadFile("../certificate/testdata/corpus.json"); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &corpus); err != nil {
		t.Fatal(err)
	}
	for _, e := range corpus.Entries {
		if e.Parses && len(e.PEM) <= 4096 && !strings.HasPrefix(e.Case, "types: ") {
			cases = append(cases, struct{ Name, PEM, Subject string }{e.Case, e.PEM, e.Subject})
		}
	}
	tenant := start(t, auth0sim.Options{})
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) {
			id := tenant.newClient(c.Name)
			got := tenant.do("POST", "/clients/"+id+"/credentials",
				object{"credential_type": "cert_subject_dn", "pem": c.PEM})
			switch length := len([]rune(c.Subject)); {
			case length == 0 || length > 256:
				if got.status != 400 || len(tenant.state(id).Credentials) != 0 {
					t.Fatalf("a subject of %d characters: %d %s, want a refusal", length, got.status, got.body)
				}
			case got.text(t, "subject_dn") != c.Subject:
				t.Fatalf("subject_dn is %q, Node says %q", got.text(t, "subject_dn"), c.Subject)
			}
		})
	}
}
