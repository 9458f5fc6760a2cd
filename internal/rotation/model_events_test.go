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

// class is how an event counts.
type class uint8

const (
	ordinary class = iota // what controllers, workloads, the tenant and the time do
	turn                  // a renewal, or a change of the spec: there are so many, and they are no faults
	fault
)

// happening is one event, for the traces.
type happening struct {
	what     string
	who      uint8
	request  request
	decision decision
	outcome  string
}

// yield is told of each event that may happen: how it counts, what it leads to, and which invariants it violates.
type yield func(class, *state, happening, violations)

// next tells everything that may happen in s.
func (m *model) next(s *state, yield yield) {
	m.operatorActs(s, yield)
	for who := range uint8(len(s.owners)) {
		if s.owners[who].present {
			m.otherControllerActs(s, who, yield)
			m.workloadActs(s, who, yield)
			m.timePasses(s, who, yield)
			m.certificateChanges(s, who, yield)
		}
	}
	m.requestsArrive(s, yield)
	m.specChanges(s, yield)
	m.handsEdit(s, yield)
}

// otherControllerActs is a reconcile of the ClientCredential controller: it reads the certificate, publishes it if the
// client's status says that the tenant accepts it, and writes its own status. It is the only one to write either.
func (m *model) otherControllerActs(s *state, who uint8, yield yield) {
	after := *s
	m.synchronise(&after, who, s.told)
	if after != *s {
		yield(ordinary, &after, happening{what: "the ClientCredential %s is reconciled", who: who}, 0)
	}
	if s.toldBefore != 0 && m.gated(who) && !m.liveGate {
		stale := *s
		m.synchronise(&stale, who, s.told|s.toldBefore)
		if stale != after && stale != *s {
			yield(fault, &stale, happening{what: "STALE: the ClientCredential %s is reconciled, from an old status of the client", who: who}, 0)
		}
	}
	// What is told of one that came back may be taken back meanwhile, and nobody knows yet that it is published: a crash in
	// that very moment is a limit that docs/design/rotation.md names.
	if m.gated(who) && after.owners[who].published != s.owners[who].published && !after.owners[who].wentBack() {
		crashed := *s
		m.publish(&crashed.owners[who])
		yield(fault, &crashed, happening{what: "CRASH: the ClientCredential %s publishes, and its status is not written", who: who}, 0)
	}
}

func (m *model) gated(who uint8) bool { return m.protocol.gate && !m.ungated.has(who) }

// synchronise is what a reconcile of a ClientCredential leaves.
func (m *model) synchronise(s *state, who uint8, told marks) {
	o := &s.owners[who]
	if o.source == none {
		return
	}
	before := *o
	if !m.bySubject && o.published != none && o.name(o.published) == o.name(o.source) {
		o.adopt() // the very certificate that is published is back
	}
	if o.published != o.source && (!m.gated(who) || told.has(o.name(o.source))) {
		m.publish(o)
	}
	o.wanted, o.reported = o.source, o.published
	if !m.protocol.live && (before.wanted != o.wanted || before.reported != o.reported) {
		o.wantedBefore, o.reportedBefore = before.wanted, before.reported
	}
}

// publish hands the source's certificate to the workload, which has an hour from now on to take it up.
func (m *model) publish(o *ownerState) {
	for _, counter := range []*uint8{&o.handedOver, &o.overlapped} {
		if o.published == none || *counter > o.published {
			*counter = o.source // of those in between, which were never published, nobody asks
		}
	}
	if o.published != none {
		o.previous = o.published
	}
	o.published = o.source
}

// adopt takes the source's generation for the published one, as they are the same certificate.
func (o *ownerState) adopt() {
	if o.held == o.published {
		o.held = o.source
	}
	was := o.published
	o.published = o.source
	for _, counter := range []*uint8{&o.handedOver, &o.overlapped} {
		if *counter > was {
			*counter = o.source + 1
		}
	}
}

// workloadActs lets a workload take up what is published.
func (m *model) workloadActs(s *state, who uint8, yield yield) {
	if s.owners[who].held != s.owners[who].published {
		after := *s
		after.owners[who].held = s.owners[who].published
		yield(ordinary, &after, happening{what: "the workload of %s takes up what is published", who: who}, 0)
	}
}

// timePasses moves on what the planner reads from the clock. A handover is over at the latest when the workload has left
// all earlier certificates: that is what a handover means.
func (m *model) timePasses(s *state, who uint8, yield yield) {
	pass := func(what string, counter func(*ownerState) *uint8) {
		after := *s
		*counter(&after.owners[who])++
		yield(ordinary, &after, happening{what: what, who: who}, 0)
	}
	o := &s.owners[who]
	if o.published != none && o.handedOver <= o.published && o.held != none && o.held >= o.handedOver {
		pass("%s: an hour has passed since a certificate was published", func(o *ownerState) *uint8 { return &o.handedOver })
	}
	if m.overlap && o.overlapped < o.handedOver {
		pass("%s: the overlap is over", func(o *ownerState) *uint8 { return &o.overlapped })
	}
	if m.expiry && o.source != none {
		if o.closing < o.source {
			pass("%s: a certificate expires within the hour", func(o *ownerState) *uint8 { return &o.closing })
		}
		if o.expired < o.closing {
			pass("%s: a certificate expires", func(o *ownerState) *uint8 { return &o.expired })
		}
	}
}

// certificateChanges is cert-manager, and the deletion of a ClientCredential.
func (m *model) certificateChanges(s *state, who uint8, yield yield) {
	o := &s.owners[who]
	issue := func(what string, name uint8) {
		after := *s
		n := &after.owners[who]
		n.source++
		if o.source == none {
			n.source = 0
		}
		n.names[n.source] = name
		if m.ungated.has(who) {
			m.publish(n) // workloads read the very Secret
		}
		yield(turn, &after, happening{what: what, who: who}, 0)
	}
	switch {
	case o.source == none:
		issue("%s has its first certificate", certificateOf(who, 0))
	case s.renewals() < m.renewals:
		issue("%s is renewed", certificateOf(who, o.source+1))
		if m.bySubject {
			issue("%s is renewed with the same subject", o.name(o.source))
		}
		if m.goesBack && o.source > 0 && !o.wentBack() && o.name(o.source-1) != o.name(o.source) {
			issue("%s goes back to the certificate before", o.name(o.source-1))
		}
	}
	if m.departs && s.owners[0].present && s.owners[1].present {
		after := *s
		after.owners[who] = ownerState{}
		yield(turn, &after, happening{what: "the ClientCredential %s is deleted", who: who}, 0)
	}
}

// wentBack tells whether a certificate came again after another one.
func (o *ownerState) wentBack() bool {
	for g := 2; g <= int(o.source); g++ {
		if o.names[g] < o.names[g-1] {
			return true
		}
	}
	return false
}

// requestsArrive lets requests that were not answered have their effect after all. The fence is longer than they live.
func (m *model) requestsArrive(s *state, yield yield) {
	for i, r := range s.flight {
		if r.verb == nothingToDo {
			continue
		}
		after := *s
		after.flight[i] = request{}
		if m.protocol.fence != fenceAlways {
			yield(ordinary, &after, happening{what: "never has an effect:", request: r}, 0)
		}
		m.perform(&after, r)
		yield(ordinary, &after, happening{what: "has its effect late:", request: r}, m.foreign(s, &after, r, false))
	}
	if s.operator.fenced {
		after := *s
		after.operator.fenced = false
		if m.protocol.fence == fenceAlways {
			after.flight = [2]request{}
		}
		yield(ordinary, &after, happening{what: "the fence is over; what had no effect by now never has"}, 0)
	}
}

// specChanges lets somebody want a secret, or certificates again.
func (m *model) specChanges(s *state, yield yield) {
	if s.turns == 0 {
		return
	}
	after := *s
	after.turns--
	after.spec = byCertificate
	what := "the client is to authenticate by certificates"
	if s.spec == byCertificate {
		after.spec, what = bySecret, "the client is to authenticate by a secret"
	}
	for _, c := range s.tenant.pool {
		if c.certificate != unnamed {
			after.excused = after.excused.with(c.certificate) // until they are attached, nobody relies on them
		}
	}
	yield(turn, &after, happening{what: what}, 0)
}

// handsEdit lets somebody edit the client at the tenant by hand.
func (m *model) handsEdit(s *state, yield yield) {
	edit := func(what string, slot uint8, change func(*state)) {
		after := *s
		change(&after)
		after.unseen = true
		yield(fault, &after, happening{what: what, request: request{}, outcome: " " + s.label(slot)}, 0)
	}
	for slot, c := range s.tenant.pool {
		slot := uint8(slot)
		switch {
		case !c.stored:
		case c.ours() && c.attached && m.hands&detaches != 0:
			edit("FOREIGN: somebody detaches", slot, func(s *state) {
				s.tenant.pool[slot].attached = false
				s.excused = s.excused.with(c.certificate)
			})
		case !c.ours() && !c.attached && m.hands&adds != 0 && s.tenant.method == byCertificate && s.listed().count() < m.limits.Attached:
			edit("FOREIGN: somebody attaches their", slot, func(s *state) { s.tenant.pool[slot].attached = true })
		}
		if c.stored && c.ours() && m.hands&deletes != 0 {
			edit("FOREIGN: somebody deletes", slot, func(s *state) {
				s.tenant.pool[slot].stored, s.tenant.pool[slot].attached = false, false
				s.excused = s.excused.with(c.certificate)
			})
		}
	}
	if m.hands&adds != 0 && s.stored().count() < m.limits.Stored {
		free := s.freeSlot()
		edit("FOREIGN: somebody stores their own", free, func(s *state) {
			s.tenant.pool[free] = credential{owner: stranger, stored: true}
		})
	}
}
