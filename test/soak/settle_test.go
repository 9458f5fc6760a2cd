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
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

// Whether the operator had seen what it detached is read from the tenant's log, which tells of a request when it began and of the
// client when the tenant turned to it.
func TestReadingTheTenantsLog(t *testing.T) {
	begun := time.Now()
	at := func(seconds int) time.Time { return begun.Add(time.Duration(seconds) * time.Second) }
	change := func(began, done int) auth0sim.Request {
		return auth0sim.Request{Route: "PATCH /api/v2/clients/{id}", ClientID: "it", At: at(began), Committed: true, After: &auth0sim.Client{At: at(done)}}
	}
	read := auth0sim.Request{Route: "GET /api/v2/clients/{id}", ClientID: "it", At: at(5), Status: 200}
	log := []auth0sim.Request{change(1, 1), read, change(8, 8), change(2, 12)} // the last took effect late

	if did, found := requestThatDid(log, "it", at(8)); !found || !did.At.Equal(at(8)) {
		t.Errorf("the change at 8 s is taken for the work of the request at %s, %t", did.At.Sub(begun), found)
	}
	if did, found := requestThatDid(log, "it", at(13)); !found || !did.At.Equal(at(2)) {
		t.Errorf("the late change is taken for the work of the request at %s, %t", did.At.Sub(begun), found)
	}
	if _, found := requestThatDid(log, "another", at(8)); found {
		t.Error("a client that nobody changed was changed")
	}
	if !readBetween(log, "it", at(3), at(8)) || readBetween(log, "it", at(3), at(2)) || readBetween(log, "it", at(6), at(8)) {
		t.Error("a reading is seen where there was none, or not where there was one")
	}
	log[1].Fault = "truncated"
	if readBetween(log, "it", at(3), at(8)) {
		t.Error("an answer that was cut counts as read")
	}
}
