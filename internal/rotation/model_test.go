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

package rotation_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestModel explores what the two controllers, cert-manager, the workloads, the tenant, people and faults can do to a
// client, with the real planner: every schedule of up to five faults and four renewals, in every order (where all kinds of
// edits by hand come together, four and three). The protocol around
// the planner is that of internal/controller/oauthclient and internal/controller/clientcredential, one event for each
// thing that can happen between two others:
//
//   - the operator begins a reconcile, sends one request, gets the answer or does not, ends the reconcile; what it knows of
//     the tenant comes from answers only, is dropped with an answer that is lost, and is read anew after the fence;
//   - the other controller publishes what the client's status calls attached, and writes its own status after that;
//   - a certificate is renewed, with a new key or the old one, with the same subject, another one or an earlier one; a
//     workload takes up what is published, at any time within the handover; an overlap ends, a certificate expires.
//
// The faults: FAIL, a request without effect. LOST, one with an effect whose answer does not come. LATE, one whose effect
// comes at any later time within the fence, or never. CRASH, of either controller, between any two events. STALE, a status
// of the client that is out of date. FOREIGN, an edit by hand: ours detached or deleted, theirs stored or attached.
//
// Each state is held to the invariants I1 to I5, I7 to I9 and I12. The others are no matter of order: that keys stay where
// they are (I6) is held by what the kinds and the Management API can carry, and by the canaries of internal/auth0's
// redaction tests; that a deletion ends (I10) by test/integration's deletion tests; that tenants do not hold each other up
// (I11) by its tests of tenants that fail.
//
// Somebody who detaches or deletes our credential by hand cuts its workload off, whatever a client of the API does: that
// one certificate is excused until it is attached again, and so is one that had to leave because a single place was left
// for two, or because the published certificate would not outlive the handover. Each is counted. What is assumed: one answer
// tells what the tenant holds at that moment, a request is dead when the fence is over, and the token endpoint knows at once
// what the Management API was told. A publication is one event: what it was decided from may be out of date (STALE), except
// where a certificate that made room may come back.
func TestModel(t *testing.T) {
	var mutex sync.Mutex
	var sum summary
	t.Run("settings", func(t *testing.T) {
		for _, s := range settings() {
			if testing.Short() || raceDetector {
				s = s.shortened()
			}
			t.Run(s.name, func(t *testing.T) {
				t.Parallel()
				covered := s.check(t)
				mutex.Lock()
				defer mutex.Unlock()
				sum.add(covered)
			})
		}
	})
	t.Logf("model: %s", sum)
}

// check explores a setting, and fails with the shortest way to each violation.
func (s setting) check(t *testing.T) summary {
	t.Helper()
	m, began := s.model(theProtocol), time.Now()
	m.explore(func() bool { return false })
	writes, schedules := m.settle()
	sum := summary{states: len(m.visited.states), transitions: len(m.edges), schedules: schedules, decisions: len(m.decided), tally: m.tally}
	t.Logf("up to %d renewals and %d faults: %s; at most %d writes to rest; %v",
		s.renewals, s.maxFaults, sum, writes, time.Since(began).Round(time.Millisecond))
	for i, name := range modelInvariants {
		if v, broken := m.broken[i]; broken {
			t.Errorf("%s; the shortest way to break it:\n%s", name, m.trace(v))
		}
	}
	return sum
}

// summary is what was covered.
type summary struct {
	states, transitions, decisions int
	schedules                      float64
	tally                          tally
}

func (s *summary) add(more summary) {
	s.states, s.transitions, s.decisions = s.states+more.states, s.transitions+more.transitions, s.decisions+more.decisions
	s.schedules += more.schedules
	s.tally.heads += more.tally.heads
	s.tally.excused += more.tally.excused
	s.tally.trampled += more.tally.trampled
}

func (s summary) String() string {
	text := []string{fmt.Sprintf("%d states, %d transitions, %.2g schedules, %d questions to the planner",
		s.states, s.transitions, s.schedules, s.decisions)}
	for what, n := range map[string]int{
		"states in a head window without a published Secret":                 s.tally.heads,
		"states excused by an edit by hand or a certificate about to expire": s.tally.excused,
		"events that detach what somebody attached unseen":                   s.tally.trampled,
	} {
		if n > 0 {
			text = append(text, fmt.Sprintf("%d %s", n, what))
		}
	}
	slices.Sort(text[1:])
	return strings.Join(text, ", ")
}
