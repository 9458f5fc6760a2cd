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

// violations is a set of invariants, by number.
type violations uint16

const (
	i1 = iota
	i2
	i3
	i4
	i5
	i7
	i8
	i9
	i12
	invariantCount
)

// The invariants that a planner, or the protocol around it, can break. The others are no matter of order and are held
// elsewhere.
var modelInvariants = [invariantCount]string{
	i1:  "I1 whoever presents a certificate can sign in",
	i2:  "I2 nothing is asked that the tenant would refuse",
	i3:  "I3 nothing of ours is left behind",
	i4:  "I4 nothing is taken away before what replaces it is confirmed",
	i5:  "I5 no secret unless it was asked for",
	i7:  "I7 what others made stays",
	i8:  "I8 the end is reached, in few calls",
	i9:  "I9 nothing goes round in a circle",
	i12: "I12 the status says what is true",
}

// tally counts what is allowed and yet no comfort.
type tally struct {
	heads    int // states in which a workload without a published Secret presents a certificate that was never attached
	excused  int // states in which it presents one that cannot sign in through no fault of the protocol
	trampled int // events that detach what somebody attached after the last look: the tenant knows no precondition
}

// holds checks what must hold at every instant.
func (m *model) holds(s *state) (broken violations) {
	for i := range s.owners {
		o := &s.owners[i]
		switch name := o.name(o.held); {
		case !o.present, o.held == none, s.spec != byCertificate, o.held < o.expired, s.accepts(name):
		case s.excused.has(name):
			m.tally.excused++
		case m.ungated.has(uint8(i)) && !s.proven.has(name):
			m.tally.heads++
		default:
			broken |= 1 << i1
		}
	}
	if s.stored().count() > m.limits.Stored || s.tenant.method == byCertificate && s.listed().count() > m.limits.Attached {
		broken |= 1 << i2
	}
	if s.tenant.method == bySecret && m.turns == 0 && m.starts[0].tenant.method != bySecret {
		broken |= 1 << i5
	}
	return broken
}

// sent checks a request as it leaves.
func (m *model) sent(s *state, d decision) (broken violations) {
	op := &s.operator
	if d.verb == revert && op.spec != bySecret {
		broken |= 1 << i5
	}
	if !m.shrinks(s, d) {
		return broken
	}
	if s.doubtful {
		broken |= 1 << i4
	}
	if d.verb != attach || op.method != byCertificate {
		return broken
	}
	if d.list == 0 {
		broken |= 1 << i4
	}
	for i := range uint8(slots) {
		if c := s.tenant.pool[i]; c.ours() && op.attached.has(i) && !d.list.has(i) && s.presentable(c) && !m.replaced(s, d, c) {
			broken |= 1 << i4
		}
	}
	return broken
}

// shrinks tells whether a request takes away something that the view holds.
func (m *model) shrinks(s *state, d decision) bool {
	return d.verb == remove || d.verb == revert || d.verb == attach && (s.operator.attached&^d.list != 0 || s.operator.method != byCertificate)
}

// presentable tells whether the workload presents the certificate of c, or may.
func (s *state) presentable(c credential) bool {
	if c.owner >= maker || !s.owners[c.owner].present {
		return false
	}
	o := &s.owners[c.owner]
	may := func(generation uint8) bool {
		return generation != none && generation >= o.expired && c.certificate == o.name(generation)
	}
	return (may(o.held) || may(o.published)) && !s.onePlaceForTwo(c)
}

// replaced tells whether the list keeps something for the ClientCredential of c that was attached before.
func (m *model) replaced(s *state, d decision, c credential) bool {
	if c.owner >= maker || !s.operator.owners[c.owner].present || !s.owners[c.owner].present {
		return true
	}
	o, seen := &s.owners[c.owner], s.operator.owners[c.owner]
	if o.life(o.latest(c.certificate)) == over {
		return true
	}
	for i := range uint8(slots) {
		kept := s.tenant.pool[i].certificate
		if d.list.has(i) && s.operator.attached.has(i) && kept != unnamed && (kept == o.name(seen.wanted) || kept == o.name(seen.reported)) {
			return true
		}
	}
	return false
}

// foreign checks what others made: it stays stored in any case, and attached unless nobody could know of it.
func (m *model) foreign(before, after *state, r request, planned bool) (broken violations) {
	for i, c := range before.tenant.pool {
		if c.ours() || !c.stored {
			continue
		}
		now := after.tenant.pool[i]
		switch {
		case !now.stored, planned && before.operator.attached.has(uint8(i)) && c.attached && !now.attached && before.tenant.method == byCertificate && r.verb == attach:
			broken |= 1 << i7
		case c.attached && !now.attached && r.verb == attach:
			m.tally.trampled++
		}
	}
	return broken
}

// resting checks what the controller is about to report when it has nothing to send.
func (m *model) resting(s *state, d decision) (broken violations) {
	if s.unseen || s.doubtful && s.flight != [2]request{} {
		return 0
	}
	op := &s.operator
	if op.known != s.stored() || op.attached != s.listed() {
		broken |= 1 << i3 // there is something that nobody will look for
	}
	ready := d.verb == done || d.verb == waiting && (d.why == publicationAwaited || d.why == "Overlap")
	if !ready || op.spec != byCertificate {
		return broken
	}
	for i := range s.owners {
		if seen := op.owners[i]; seen.present && s.owners[i].present && seen.wanted != none && !s.accepts(s.owners[i].name(seen.wanted)) {
			broken |= 1 << i12
		}
	}
	return broken
}

// end checks where everything comes to rest once nothing more goes wrong.
func (m *model) end(s *state) (broken violations) {
	op := *s
	op.readCredentials(false)
	d := m.decide(&op)
	if d.verb == blocked && m.mayBlock(s) {
		return 0
	}
	if d.verb == waiting && d.why == rotation.NoCertificate {
		return 0
	}
	wanted := marks(0)
	for i := range s.owners {
		o := &s.owners[i]
		if !o.present || o.source == none {
			continue
		}
		name := o.name(o.source)
		wanted = wanted.with(name)
		if o.wanted != o.source || o.published != o.source || o.reported != o.source || o.held != o.source ||
			s.spec == byCertificate && !s.accepts(name) || s.spec == bySecret && !s.has(name) {
			broken |= 1 << i8
		}
	}
	if s.tenant.method != s.spec || s.operator.busy || s.operator.fenced || d.verb != done {
		broken |= 1 << i8
	}
	seen := marks(0)
	for _, c := range s.tenant.pool {
		if !c.stored || !c.ours() {
			continue
		}
		if !wanted.has(c.certificate) || seen.has(c.certificate) {
			broken |= 1 << i3
		}
		seen = seen.with(c.certificate)
	}
	if want := (seen | s.told) &^ s.attachedOrStaged(); want != 0 || s.told&^s.attachedOrStaged() != 0 {
		broken |= 1 << i12
	}
	return broken
}

func (s *state) attachedOrStaged() (m marks) {
	for _, c := range s.tenant.pool {
		if c.stored && (c.attached || s.spec == bySecret) {
			m = m.with(c.certificate)
		}
	}
	return m
}

// mayBlock tells whether each place is taken by what others made, or by what is wanted or may be presented. Before anything
// is published, that is whatever is attached: a client that is renewed twice before that stops, and says so.
func (m *model) mayBlock(s *state) bool {
	free := m.limits.Attached - s.listed().count()
	if s.tenant.method != byCertificate || s.stored().count() >= m.limits.Stored {
		free = 0
	}
	if free > 0 {
		return false
	}
	places := 0
	for _, c := range s.tenant.pool {
		if !c.stored {
			continue
		}
		if !c.ours() || c.owner == departed {
			places++
			continue
		}
		o := &s.owners[c.owner]
		if o.present && (o.published == none || c.certificate == o.name(o.published) || c.certificate == o.name(o.source)) {
			places++
		}
	}
	return places >= m.limits.Attached
}
