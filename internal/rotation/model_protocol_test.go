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

import "github.com/certbound/certbound/internal/rotation"

// protocol is what the controllers do around the planner. Each departure from theProtocol is a mistake that others have
// made; TestModelHasTeeth shows that the model finds each.
type protocol struct {
	fence           fencing
	fenceAfterCrash bool // what a process before this one sent is waited for as well
	list            bool // after an unknown outcome the tenant is read before anything is planned
	gate            bool // nothing is published that the tenant did not confirm
	live            bool // the ClientCredentials are read past the cache before anything is written
	disclaim        bool // what is about to be detached is taken back from the status before it is
	repost          bool // a POST without an answer is sent again at once
	next            func(rotation.Observation) rotation.Step
}

type fencing uint8

const (
	fenceAlways fencing = iota
	fenceBeforeShrinking
	fenceNever
)

var theProtocol = protocol{fence: fenceAlways, fenceAfterCrash: true, list: true, gate: true, live: true, disclaim: true, next: rotation.Next}

// decision is a step of the planner, in the model's terms.
type decision struct {
	request
	why rotation.Why
}

func (d decision) writes() bool {
	return d.verb == create || d.verb == attach || d.verb == revert || d.verb == remove
}

// operatorActs lets the OAuthClient controller begin a reconcile, take the next step of one, crash, or look again.
func (m *model) operatorActs(s *state, yield yield) {
	op := &s.operator
	if op.sees || op.busy || op.fenced && !m.protocol.fenceAfterCrash {
		m.crash(s, yield)
	}
	switch {
	case op.fenced:
	case op.busy:
		m.step(s, yield)
	default:
		m.begin(s, yield)
		if op.sees && s.unseen {
			after := *s
			after.operator.forget()
			yield(ordinary, &after, happening{what: "the drift interval is over"}, 0)
		}
	}
}

func (m *model) crash(s *state, yield yield) {
	after := *s
	after.operator.busy, after.operator.reread = false, false
	after.operator.fenced = m.protocol.fenceAfterCrash
	after.operator.idle()
	if m.protocol.list {
		after.operator.forget()
	}
	yield(fault, &after, happening{what: "CRASH: the operator's process is lost"}, 0)
}

func (op *operatorState) forget() {
	op.sees, op.method, op.known, op.attached = false, byCertificate, 0, 0
}

func (op *operatorState) idle() {
	op.busy, op.reread, op.spec = false, false, byCertificate
	op.owners = operatorState{}.owners
}

// begin is the start of a reconcile: the tenant is read unless it is known, and the ClientCredentials are read.
func (m *model) begin(s *state, yield yield) {
	after := *s
	if !after.operator.sees {
		after.look()
	}
	after.readCredentials(false)
	m.start(s, &after, "the client is reconciled", ordinary, yield)
	if m.protocol.live {
		return // what is read from a cache decides nothing that is written
	}
	stale := *s
	if !stale.operator.sees {
		stale.look()
	}
	stale.readCredentials(true)
	m.start(s, &stale, "STALE: the client is reconciled, from old ClientCredentials", fault, yield)
}

// start goes on with a reconcile that has something to send, and ends one that has not.
func (m *model) start(before, after *state, what string, c class, yield yield) {
	d := m.decide(after)
	if d.writes() {
		after.operator.busy = true
		yield(c, after, happening{what: what, decision: d}, 0)
		return
	}
	broken := m.resting(after, d)
	after.report()
	if *after != *before {
		yield(c, after, happening{what: what + ": " + d.String(), decision: d}, broken)
	}
}

// look reads the client and its credentials.
func (s *state) look() {
	op := &s.operator
	op.sees, op.method, op.known, op.attached = true, s.tenant.method, s.stored(), s.listed()
	s.unseen, s.doubtful = false, false
}

func (s *state) readCredentials(stale bool) {
	s.operator.spec = s.spec
	for i := range s.owners {
		o, seen := &s.owners[i], &s.operator.owners[i]
		seen.present = o.present
		if !o.present {
			continue
		}
		seen.wanted, seen.reported = o.wanted, o.reported
		if stale {
			seen.wanted, seen.reported = o.wantedBefore, o.reportedBefore
		}
	}
}

// report ends a reconcile: what the view holds is written to the client's status.
func (s *state) report() {
	told := marks(0)
	op := &s.operator
	for i := range uint8(slots) {
		staged := op.spec == bySecret && op.method == bySecret && op.known.has(i)
		if c := s.tenant.pool[i]; c.certificate != unnamed && (op.attached.has(i) && op.method == byCertificate || staged) {
			told = told.with(c.certificate)
		}
	}
	s.toldBefore, s.told = s.toldBefore|s.told, told
	op.idle()
}

// step sends one request, with each thing that may become of it.
func (m *model) step(s *state, yield yield) {
	d := m.decide(s)
	if !d.writes() {
		after := *s
		broken := m.resting(&after, d)
		after.report()
		yield(ordinary, &after, happening{what: "nothing is left to send: " + d.String(), decision: d}, broken)
		return
	}
	if m.protocol.disclaim && m.disclaim(s, d, yield) {
		return
	}
	if m.protocol.fence == fenceBeforeShrinking && s.flight != [2]request{} && m.shrinks(s, d) {
		return
	}
	broken := m.sent(s, d)
	tell := func(c class, after *state, outcome string) {
		yield(c, after, happening{what: "sends", request: d.request, decision: d, outcome: outcome}, broken|m.foreign(s, after, d.request, true))
	}

	answered := *s
	accepted := m.answer(&answered, d.request)
	outcome := ""
	if !accepted {
		outcome = ": refused"
		if !s.unseen {
			broken |= 1 << i2
		}
	}
	tell(ordinary, &answered, outcome)

	failed := *s
	failed.report()
	tell(fault, &failed, ": FAIL, without effect")

	if accepted {
		lost := *s
		m.perform(&lost, d.request)
		m.unanswered(&lost, d.request)
		tell(fault, &lost, ": LOST, the effect is there and the answer is not")
	}
	if i := s.freeFlight(); i >= 0 {
		late := *s
		late.flight[i] = d.request
		m.unanswered(&late, d.request)
		tell(fault, &late, ": LATE, no answer, and the effect may come yet")
	}
}

// disclaim takes back from the status what is about to be detached, and reads the ClientCredentials again.
func (m *model) disclaim(s *state, d decision, yield yield) bool {
	after := *s
	for i := range uint8(slots) {
		if (d.verb == attach || d.verb == revert) && s.operator.attached.has(i) && !d.list.has(i) {
			after.told = after.told.without(s.tenant.pool[i].certificate)
		}
	}
	if after.told == s.told {
		return false
	}
	after.toldBefore |= s.told
	after.readCredentials(false)
	yield(ordinary, &after, happening{what: "the status takes back what is to be detached"}, 0)
	return true
}

func (s *state) freeFlight() int {
	for i, r := range s.flight {
		if r.verb == nothingToDo {
			return i
		}
	}
	return -1
}

// answer performs a request and folds the answer into the view; after a contradiction the tenant is read, once.
func (m *model) answer(s *state, r request) (accepted bool) {
	op := &s.operator
	slot, accepted := m.perform(s, r)
	switch {
	case !accepted && op.reread:
		s.report()
	case !accepted:
		s.look()
		op.reread = true
	case r.verb == create:
		op.known = op.known.with(slot)
	case r.verb == attach:
		op.method, op.attached = byCertificate, r.list
	case r.verb == revert:
		op.method, op.attached = bySecret, 0
	case r.verb == remove:
		op.known = op.known.without(r.slot)
	}
	return accepted
}

// unanswered drops what was known, and begins the fence.
func (m *model) unanswered(s *state, r request) {
	if m.protocol.repost && r.verb == create {
		m.answer(s, r)
		return
	}
	s.operator.idle()
	s.doubtful = true
	if m.protocol.list {
		s.operator.forget()
	}
	s.operator.fenced = m.protocol.fence == fenceAlways
}

// perform is the tenant: it does what is asked, or refuses.
func (m *model) perform(s *state, r request) (slot uint8, accepted bool) {
	pool := &s.tenant.pool
	switch r.verb {
	case create:
		if s.stored().count() >= m.limits.Stored || m.rejectsDuplicates && s.has(r.certificate) {
			return 0, false
		}
		slot = s.freeSlot()
		pool[slot] = credential{certificate: r.certificate, owner: r.owner, stored: true}
	case attach:
		if r.list&^s.stored() != 0 || r.list.count() > max(m.limits.Attached, s.listed().count()) {
			return 0, false
		}
		m.excuse(s, r.list)
		if s.tenant.method == bySecret && r.list.count() < m.limits.Attached {
			s.excused = 0 // the change has places left: whatever a workload may present was to come along
		}
		s.tenant.method = byCertificate
		for i := range pool {
			pool[i].attached = r.list.has(uint8(i))
		}
	case revert:
		s.tenant.method = bySecret
		for i := range pool {
			pool[i].attached = false
		}
	case remove:
		if pool[r.slot].attached {
			return 0, false
		}
		pool[r.slot].stored = false // 204, also for one that is gone
	}
	return slot, true
}

// excuse sees to it that nobody is blamed where there is one place for two certificates that workloads may present: as
// somebody took the other by hand, or as the published one expires before the handover is over.
func (m *model) excuse(s *state, list marks) {
	for i, c := range s.tenant.pool {
		if c.owner >= maker || !c.attached || list.has(uint8(i)) {
			continue
		}
		if o := &s.owners[c.owner]; s.onePlaceForTwo(c) || o.published != none && o.published < o.closing {
			s.excused = s.excused.with(c.certificate)
		}
	}
}

// onePlaceForTwo tells whether c is all that its ClientCredential has attached while another certificate is published.
func (s *state) onePlaceForTwo(c credential) bool {
	if o := &s.owners[c.owner]; s.accepts(o.name(o.published)) {
		return false
	}
	for _, other := range s.tenant.pool {
		if other.attached && other.owner == c.owner && other.certificate != c.certificate {
			return false
		}
	}
	return true
}

func (s *state) has(certificate uint8) bool {
	for _, c := range s.tenant.pool {
		if c.stored && c.certificate == certificate {
			return true
		}
	}
	return false
}

func (s *state) freeSlot() uint8 {
	for i, c := range s.tenant.pool {
		if !c.stored && !s.spokenOf(uint8(i)) {
			return uint8(i)
		}
	}
	panic("no slot is free: more credentials are spoken of than the model has room for")
}
