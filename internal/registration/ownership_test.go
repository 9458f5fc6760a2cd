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

package registration_test

import (
	"strings"
	"testing"

	"github.com/certbound/certbound/internal/registration"
)

const uid = "0b9e3ed1-5f3c-4a52-9d39-5f0c3f1f7c55"

// Lengths that Kubernetes allows (RFC 1123 subdomains and labels) and that the tenant does.
const (
	longestName      = 253
	longestNamespace = 63
	tenantName       = 128
	tenantMetadata   = 255
)

func TestCredentialNames(t *testing.T) {
	for sentence, owner := range map[string]string{
		"a short name":                   "a",
		"a name of several words":        "web.eu-1.example",
		"the longest that fits":          strings.Repeat("o", tenantName-len("certbound "+uid+" ")),
		"the shortest that does not fit": strings.Repeat("o", tenantName-len("certbound "+uid+" ")+1),
		"the longest that can be":        strings.Repeat("o", longestName),
	} {
		t.Run(sentence, func(t *testing.T) {
			name := registration.CredentialName(uid, owner)
			if len(name) > tenantName {
				t.Errorf("the name has %d characters, more than the tenant takes", len(name))
			}
			if again := registration.CredentialName(uid, owner); again != name {
				t.Errorf("the name is %q once and %q the next time", name, again)
			}
			gotUID, gotOwner, marked := registration.CredentialOwner(name)
			if !marked || gotUID != uid || gotOwner != registration.OwnerInName(uid, owner) {
				t.Errorf("CredentialOwner(%q) = %q, %q, %t", name, gotUID, gotOwner, marked)
			}
			if fits := len("certbound "+uid+" "+owner) <= tenantName; fits != (gotOwner == owner) {
				t.Errorf("the owner reads %q, of %q", gotOwner, owner)
			}
		})
	}
}

func TestLongOwnersThatBeginAlikeStayApart(t *testing.T) {
	begin := strings.Repeat("o", longestName-1)
	seen := map[string]string{}
	for _, owner := range []string{begin, begin + "a", begin + "b", begin[:100]} {
		name := registration.CredentialName(uid, owner)
		if other, ok := seen[name]; ok {
			t.Errorf("%q and %q have the same credential name %q", owner, other, name)
		}
		seen[name] = owner
	}
}

func TestCredentialsOfOthers(t *testing.T) {
	for _, name := range []string{
		"", " ", "certbound", "certbound ", "certbound  ", "certbound " + uid, "certbound " + uid + " ", "certbound  web",
		"Certbound " + uid + " web", " certbound " + uid + " web", "certbound2 " + uid + " web", "my certificate", "terraform " + uid + " web",
	} {
		if gotUID, owner, marked := registration.CredentialOwner(name); marked || gotUID != "" || owner != "" {
			t.Errorf("CredentialOwner(%q) = %q, %q, %t", name, gotUID, owner, marked)
		}
	}
}

func TestOwnerMarks(t *testing.T) {
	for sentence, c := range map[string]struct{ namespace, name string }{
		"short names":   {"team", "web"},
		"longest names": {strings.Repeat("s", longestNamespace), strings.Repeat("n", longestName)},
	} {
		t.Run(sentence, func(t *testing.T) {
			mark := registration.OwnerMark(uid, c.namespace, c.name)
			if len(mark) > tenantMetadata {
				t.Errorf("the mark has %d characters, more than the tenant takes", len(mark))
			}
			gotUID, name := marked(mark).MarkedBy()
			full := c.namespace + "/" + c.name
			if gotUID != uid || (len(mark) < tenantMetadata && name != full) || !strings.HasPrefix(name, full[:len("team/web")]) {
				t.Errorf("MarkedBy = %q, %q", gotUID, name)
			}
		})
	}
}

func marked(mark string) registration.Client {
	return registration.Client{Settings: settings{ClientMetadata: metadata{registration.OwnerKey: mark}}}
}

func TestClientsWithoutAMark(t *testing.T) {
	for sentence, client := range map[string]registration.Client{
		"no metadata":    {},
		"other metadata": {Settings: settings{ClientMetadata: metadata{"owner": uid + " team/web"}}},
		"an empty mark":  marked(""),
	} {
		if gotUID, name := client.MarkedBy(); gotUID != "" || name != "" {
			t.Errorf("%s: MarkedBy = %q, %q", sentence, gotUID, name)
		}
	}
	if gotUID, name := marked("somebody").MarkedBy(); gotUID != "somebody" || name != "" {
		t.Errorf("a mark in words of their own: MarkedBy = %q, %q; it must not look unowned", gotUID, name)
	}
}
