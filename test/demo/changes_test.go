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
	"reflect"
	"testing"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/demo/timeline"
)

func TestChanges(t *testing.T) {
	a := auth0sim.Credential{ID: "cred_a", Thumbprint: "A"}
	b := auth0sim.Credential{ID: "cred_b", Thumbprint: "B"}
	dn := auth0sim.Credential{ID: "cred_dn", SubjectDN: "O=Example\nCN=reports"}
	state := func(attached []string, stored ...auth0sim.Credential) auth0sim.Client {
		return auth0sim.Client{Attached: attached, Credentials: stored}
	}
	of := func(certificate string, kinds ...timeline.Kind) (events []timeline.Event) {
		for _, kind := range kinds {
			events = append(events, timeline.Event{Kind: kind, Certificate: certificate})
		}
		return events
	}
	for name, c := range map[string]struct {
		before, after auth0sim.Client
		want          []timeline.Event
	}{
		"created":      {state(nil), state([]string{"cred_a"}, a), of("A", timeline.Stored, timeline.Attached)},
		"stored":       {state([]string{"cred_a"}, a), state([]string{"cred_a"}, a, b), of("B", timeline.Stored)},
		"attached":     {state([]string{"cred_a"}, a, b), state([]string{"cred_a", "cred_b"}, a, b), of("B", timeline.Attached)},
		"detached":     {state([]string{"cred_a", "cred_b"}, a, b), state([]string{"cred_b"}, a, b), of("A", timeline.Detached)},
		"deleted":      {state([]string{"cred_b"}, a, b), state([]string{"cred_b"}, b), of("A", timeline.Deleted)},
		"nothing":      {state([]string{"cred_b"}, b), state([]string{"cred_b"}, b), nil},
		"whole client": {state([]string{"cred_b"}, b), auth0sim.Client{Deleted: true}, of("B", timeline.Detached, timeline.Deleted)},
		"by subject": {state(nil), state([]string{"cred_dn"}, dn), []timeline.Event{
			{Kind: timeline.Stored, Subject: "O=Example, CN=reports"}, {Kind: timeline.Attached, Subject: "O=Example, CN=reports"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := changes(c.before, c.after); !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
		})
	}
}
