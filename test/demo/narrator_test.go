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

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/certbound/certbound/test/demo/timeline"
)

// A client of each type, from its creation through a renewal.
func TestNarrator(t *testing.T) {
	n := newNarrator([]application{
		{name: "payments", kind: "x509_cert", published: "payments-tls"}, {name: "reports", kind: bySubject, published: "reports-tls"},
	}, time.Time{})
	for i, c := range []struct {
		kind                         timeline.Kind
		client, certificate, subject string
		route, note                  string
		word, meaning                string
	}{
		{timeline.Issued, "payments", "AAAA", "", "", "", "issued", "cert-manager issued certificate 1 (AAAA)"},
		{timeline.Stored, "payments", "AAAA", "", creation, "", "", ""},
		{timeline.Attached, "payments", "AAAA", "", creation, "", "created", "with certificate 1, and without a secret"},
		{timeline.Published, "payments", "AAAA", "", "", "", "published", "the Secret payments-tls holds certificate 1"},
		{timeline.Granted, "payments", "AAAA", "", "", "", "granted", ""},
		{timeline.Issued, "payments", "BBBB", "", "", "", "renewed", "certificate 2"},
		{timeline.Stored, "payments", "BBBB", "", "POST /api/v2/clients/{id}/credentials", "", "stored", "[POST /clients/{id}/credentials]"},
		{timeline.Attached, "payments", "BBBB", "", "PATCH", "", "attached both", "certificate 1 and certificate 2 can sign in"},
		{timeline.Detached, "payments", "AAAA", "", "PATCH", "", "detached", "certificate 1 can no longer sign in, certificate 2 can"},
		{timeline.Deleted, "payments", "AAAA", "", "DELETE", "", "deleted", "certificate 1 is unknown to the tenant"},
		{timeline.Refused, "payments", "BBBB", "", "", "401 invalid_client", "refused", "401 invalid_client"},
		{timeline.Issued, "reports", "CCCC", "", "", "", "issued", "certificate 1"},
		{timeline.Attached, "reports", "", "CN=reports", "PATCH", "its client secret no longer can", "attached",
			"the subject CN=reports can sign in; its client secret no longer can"},
		{timeline.Issued, "reports", "DDDD", "", "", "", "renewed", "certificate 2"},
		{timeline.Published, "reports", "DDDD", "", "", "", "published", "same subject: no request"},
	} {
		h := happening{route: c.route, note: c.note,
			Event: timeline.Event{Kind: c.kind, Client: c.client, Certificate: c.certificate, Subject: c.subject}}
		if word, meaning := n.words(h); word != c.word || !strings.Contains(meaning, c.meaning) {
			t.Errorf("%d: %s of %s is told as %q: %q, want %q and %q in it", i, c.kind, c.client, word, meaning, c.word, c.meaning)
		}
	}
}
