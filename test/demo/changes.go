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
	"crypto/tls"
	"encoding/pem"
	"slices"
	"strings"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/demo/timeline"
	"github.com/certbound/certbound/test/workload"
)

// changes are the steps that lead from one state of a client at the tenant to the next, in the order in which they make sense.
func changes(before, after auth0sim.Client) (events []timeline.Event) {
	note := func(kind timeline.Kind, c auth0sim.Credential) {
		events = append(events, timeline.Event{
			Kind: kind, Certificate: c.Thumbprint, Subject: strings.ReplaceAll(c.SubjectDN, "\n", ", "),
		})
	}
	for _, c := range after.Credentials {
		if _, held := credential(before, c.ID); !held {
			note(timeline.Stored, c)
		}
	}
	for _, id := range after.Attached {
		if c, held := credential(after, id); held && !slices.Contains(before.Attached, id) {
			note(timeline.Attached, c)
		}
	}
	for _, id := range before.Attached {
		if c, held := credential(before, id); held && !slices.Contains(after.Attached, id) {
			note(timeline.Detached, c)
		}
	}
	for _, c := range before.Credentials {
		if _, held := credential(after, c.ID); !held {
			note(timeline.Deleted, c)
		}
	}
	return events
}

func credential(c auth0sim.Client, id string) (auth0sim.Credential, bool) {
	i := slices.IndexFunc(c.Credentials, func(one auth0sim.Credential) bool { return one.ID == id })
	if i < 0 {
		return auth0sim.Credential{}, false
	}
	return c.Credentials[i], true
}

// thumbprint is that of the first certificate of a PEM bundle.
func thumbprint(bundle []byte) (string, bool) {
	block, _ := pem.Decode(bundle)
	if block == nil {
		return "", false
	}
	return workload.Thumbprint(tls.Certificate{Certificate: [][]byte{block.Bytes}}), true
}
