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
	"testing"
	"testing/synctest"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

func holding(attached ...string) auth0sim.Client {
	c := auth0sim.Client{AuthenticationMethod: "self_signed_tls_client_auth"}
	for _, thumbprint := range attached {
		c.Credentials = append(c.Credentials, auth0sim.Credential{ID: "id-" + thumbprint, Thumbprint: thumbprint})
		c.Attached = append(c.Attached, "id-"+thumbprint)
	}
	return c
}

// What came is known with its time, what did not by its number.
func TestExpectation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tracker := &tracker{clock: time.Now}
		there, only := tracker.expect(attached, "a", "b"), tracker.expect(alone, "b")
		begun := time.Now()
		tracker.commit(holding("a"))
		time.Sleep(time.Second) //nolint:forbidigo // in a bubble
		tracker.commit(holding("a", "b"))
		if missing, err := there.await(t.Context(), time.Hour); missing != 0 || err != nil {
			t.Errorf("%d are missing, %v", missing, err)
		}
		if last := there.last().Sub(begun); last != time.Second {
			t.Errorf("the last came after %v", last)
		}
		if missing, err := only.await(t.Context(), time.Hour); missing != 1 || err != nil {
			t.Errorf("%d are missing, %v", missing, err)
		}
		if len(tracker.expected) != 0 {
			t.Error("something is still expected")
		}
	})
}

func TestMatches(t *testing.T) {
	stored := holding("a")
	stored.Credentials = append(stored.Credentials, auth0sim.Credential{ID: "id-b", Thumbprint: "b"})
	for name, c := range map[string]struct {
		client               auth0sim.Client
		attached, alone, two string
	}{
		"none":          {client: auth0sim.Client{}},
		"one":           {client: holding("a"), attached: "a", alone: "a"},
		"two":           {client: holding("a", "b"), attached: "b", two: "b"},
		"one is stored": {client: stored, attached: "a"},
	} {
		if got := attached(c.client); got != c.attached {
			t.Errorf("%s: attached is %q", name, got)
		}
		if got := alone(c.client); got != c.alone {
			t.Errorf("%s: alone is %q", name, got)
		}
		if got := two(c.client); got != c.two {
			t.Errorf("%s: two is %q", name, got)
		}
	}
}
