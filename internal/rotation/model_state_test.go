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

// state is one moment in the life of a client, of the two controllers that look after it and of the workloads that use
// it: all that what may happen next depends on. It is small and comparable, so that each is visited once.
type state struct {
	tenant   tenantState
	owners   [2]ownerState
	operator operatorState
	flight   [2]request // requests whose effect is still to come, if ever
	spec     mode       // what the client is to authenticate by

	told, toldBefore marks // the certificates that the client's status says may be published; and what a stale cache says

	excused  marks // certificates that cannot sign in through no fault of the protocol, until they can again
	proven   marks // certificates that could sign in at some time
	unseen   bool  // somebody edited by hand since the last look
	doubtful bool  // a request was not answered since the last look
	turns    uint8 // how many more changes of the spec there may be
}

// mode is what a client authenticates by.
type mode uint8

const (
	byCertificate mode = iota
	byOtherMethod      // the other certificate method
	bySecret
)

// marks is a set of credentials by slot, or of certificates by number.
type marks uint16

func (m marks) has(i uint8) bool      { return m&(1<<i) != 0 }
func (m marks) with(i uint8) marks    { return m | 1<<i }
func (m marks) without(i uint8) marks { return m &^ (1 << i) }

func (m marks) count() (n int) {
	for ; m != 0; m &= m - 1 {
		n++
	}
	return n
}

const (
	slots    = 8  // credentials that exist or that somebody still speaks of
	maker    = 2  // credentials with this owner and above are of others, below of the ClientCredentials
	stranger = 2  // made by others
	departed = 3  // made for the other method, by this operator
	unnamed  = 0  // the certificate of credentials that stand for none of ours
	none     = 15 // no generation
	lifetime = 5  // generations of one ClientCredential
)

// credential is what a slot holds.
type credential struct {
	certificate uint8
	owner       uint8
	stored      bool // false for one that is deleted, and that a view or a request still speaks of
	attached    bool // listed by the method in force
}

func (c credential) ours() bool { return c.owner != stranger }

// tenantState is the client at the tenant.
type tenantState struct {
	method mode
	pool   [slots]credential
}

// ownerState is a ClientCredential, its certificate and its workload. Certificates come in generations.
type ownerState struct {
	present bool
	names   [lifetime]uint8 // the certificate of each generation: a subject may come again

	source    uint8 // the generation in cert-manager's Secret
	wanted    uint8 // the generation in the status
	published uint8 // the generation in the published Secret
	reported  uint8 // the same, according to the status
	previous  uint8 // the generation that the published one replaced
	held      uint8 // the generation that the workload presents

	handedOver uint8 // how many generations have been published for as long as the handover
	overlapped uint8 // how many for as long as the overlap
	closing    uint8 // how many expire within the handover, or have expired
	expired    uint8

	wantedBefore, reportedBefore uint8 // the last status, for a controller that reads stale ones
}

// name is the certificate of a generation.
func (o *ownerState) name(generation uint8) uint8 {
	if generation == none {
		return unnamed
	}
	return o.names[generation]
}

// operatorState is what the process of the operator knows and is doing.
type operatorState struct {
	sees     bool // there is a view, built from the tenant's answers
	method   mode
	known    marks // slots that the view holds
	attached marks
	fenced   bool // nothing may be sent before the fence is over

	busy   bool // in a reconcile, which goes by what it read as it began:
	reread bool // the view was read again already, after a contradicting answer
	spec   mode
	owners [2]struct {
		present          bool
		wanted, reported uint8
	}
}

// request is one write that is under way.
type request struct {
	verb        verb
	certificate uint8
	owner       uint8
	slot        uint8
	list        marks
}

type verb uint8

const (
	nothingToDo verb = iota
	create
	attach
	revert
	remove
	waiting
	done
	blocked
)

// attachedAs tells whether a certificate is accepted at the tenant.
func (s *state) accepts(certificate uint8) bool {
	if certificate == unnamed || s.tenant.method != byCertificate {
		return false
	}
	for _, c := range s.tenant.pool {
		if c.stored && c.attached && c.certificate == certificate {
			return true
		}
	}
	return false
}

func (s *state) stored() (m marks) {
	for i, c := range s.tenant.pool {
		if c.stored {
			m = m.with(uint8(i))
		}
	}
	return m
}

func (s *state) listed() (m marks) {
	for i, c := range s.tenant.pool {
		if c.stored && c.attached {
			m = m.with(uint8(i))
		}
	}
	return m
}

// renewals tells how many there were.
func (s *state) renewals() (n int) {
	for i := range s.owners {
		if g := s.owners[i].source; g != none {
			n += int(g)
		}
	}
	return n
}

// certificateOf numbers the certificates: web's come first.
func certificateOf(owner, generation uint8) uint8 { return 1 + lifetime*owner + generation }

// canonical brings the state into the one form that stands for all that differ in nothing that matters: in the order of
// slots, in slots that nobody speaks of any more, in what nobody will ask about again.
func (m *model) canonical(s *state) {
	for i := range s.tenant.pool {
		c := &s.tenant.pool[i]
		if c.stored && c.attached && s.tenant.method == byCertificate {
			s.excused = s.excused.without(c.certificate)
			s.proven = s.proven.with(c.certificate)
		}
		if !c.stored && !s.spokenOf(uint8(i)) {
			*c = credential{}
		}
	}
	if m.protocol.fence == fenceAlways && s.flight == [2]request{} {
		s.operator.fenced = false // as long as nothing is under way, to wait is to do nothing
	}
	if !s.operator.sees {
		s.unseen, s.doubtful = false, false
	}
	m.forget(s)
	s.sortSlots()
	if a, b := &s.flight[0], &s.flight[1]; a.key() < b.key() {
		*a, *b = *b, *a
	}
}

// forget drops what is known of certificates that can neither be presented nor published any more.
func (m *model) forget(s *state) {
	var publishable, presentable, ungated marks
	for i := range s.owners {
		o := &s.owners[i]
		if !m.bySubject || !m.expiry {
			o.previous = none // only tells how long a subject is kept whose expiry the tenant does not know
		}
		if !o.present || o.source == none {
			continue
		}
		may := marks(0).with(o.name(o.source))
		publishable |= may
		presentable |= may.with(o.name(o.published)).with(o.name(o.held)).without(unnamed)
		if !m.gated(uint8(i)) {
			ungated |= presentable
		}
	}
	if !m.goesBack {
		s.told &= publishable
	}
	s.toldBefore &= publishable &^ s.told
	s.excused &= presentable
	s.proven &= ungated
}

func (s *state) spokenOf(slot uint8) bool {
	for _, r := range s.flight {
		if r.list.has(slot) || (r.verb == remove && r.slot == slot) {
			return true
		}
	}
	return s.operator.known.has(slot) || s.operator.attached.has(slot)
}

// sortSlots is an insertion sort, which does nothing to what is sorted already.
func (s *state) sortSlots() {
	for i := 1; i < slots; i++ {
		for j := i; j > 0 && s.slotKey(j-1) < s.slotKey(j); j-- {
			s.swapSlots(uint8(j-1), uint8(j))
		}
	}
}

func (s *state) slotKey(i int) (key uint32) {
	c, slot := s.tenant.pool[i], uint8(i)
	for _, b := range []bool{
		c.stored || c.certificate != unnamed || c.owner != 0, c.stored, c.attached,
		s.operator.known.has(slot), s.operator.attached.has(slot), s.flight[0].list.has(slot), s.flight[1].list.has(slot),
		s.flight[0].verb == remove && s.flight[0].slot == slot, s.flight[1].verb == remove && s.flight[1].slot == slot,
	} {
		key <<= 1
		if b {
			key |= 1
		}
	}
	return key<<8 | uint32(c.certificate)<<4 | uint32(c.owner)
}

func (s *state) swapSlots(i, j uint8) {
	pool := &s.tenant.pool
	pool[i], pool[j] = pool[j], pool[i]
	for _, m := range []*marks{&s.operator.known, &s.operator.attached, &s.flight[0].list, &s.flight[1].list} {
		if m.has(i) != m.has(j) {
			*m ^= 1<<i | 1<<j
		}
	}
	for k := range s.flight {
		switch r := &s.flight[k]; {
		case r.verb != remove:
		case r.slot == i:
			r.slot = j
		case r.slot == j:
			r.slot = i
		}
	}
}

func (r request) key() uint32 {
	return uint32(r.verb)<<24 | uint32(r.certificate)<<20 | uint32(r.owner)<<16 | uint32(r.slot)<<8 | uint32(r.list)
}
