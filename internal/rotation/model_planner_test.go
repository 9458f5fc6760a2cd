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
	"slices"
	"time"

	"github.com/certbound/certbound/internal/rotation"
)

// sight is all that the planner is shown. Many states look the same to it, so that each is shown to it once.
type sight struct {
	secret, inForce bool
	owners          [2]struct {
		present           bool
		wanted, published uint8 // certificates
		age               age
		life, before      life // of the published certificate, and of the one before it
	}
	pool [slots]struct {
		known, attached    bool
		certificate, owner uint8
		generation         uint8
		life               life
		aged               bool // it exists for as long as the handover
	}
}

// age is for how long a certificate has been published.
type age uint8

const (
	freshly age = iota
	forTheHandover
	forTheOverlap
)

// life is what is left of a certificate.
type life uint8

const (
	long life = iota
	closingLife
	over
)

func (o *ownerState) life(generation uint8) life {
	switch {
	case generation == none:
		return long
	case generation < o.expired:
		return over
	case generation < o.closing:
		return closingLife
	}
	return long
}

func (o *ownerState) age(generation uint8) age {
	switch {
	case generation == none || generation >= o.handedOver:
		return freshly
	case generation >= o.overlapped:
		return forTheHandover
	}
	return forTheOverlap
}

// latest is the last generation of a certificate.
func (o *ownerState) latest(certificate uint8) uint8 {
	if o.source == none {
		return none
	}
	for g := int(o.source); g >= 0; g-- {
		if o.names[g] == certificate {
			return uint8(g)
		}
	}
	return none
}

// look is what the operator in s shows to the planner.
func (m *model) sight(s *state) (v sight) {
	op := &s.operator
	v.secret = op.spec == bySecret
	v.inForce = op.method == op.spec
	for i := range op.owners {
		seen, o := op.owners[i], &s.owners[i]
		if !seen.present {
			continue
		}
		w := &v.owners[i]
		w.present, w.wanted, w.published = true, o.name(seen.wanted), o.name(seen.reported)
		if !o.present {
			continue // deleted since it was read
		}
		if w.published != unnamed {
			w.age, w.life = o.age(seen.reported), o.life(seen.reported)
			w.before = o.life(o.previous)
		}
	}
	for i := range uint8(slots) {
		if !op.known.has(i) {
			continue
		}
		c, seen := s.tenant.pool[i], &v.pool[i]
		seen.known, seen.attached, seen.certificate, seen.owner = true, op.attached.has(i), c.certificate, c.owner
		if c.owner < maker {
			o := &s.owners[c.owner]
			seen.generation = o.latest(c.certificate)
			seen.aged = o.age(seen.generation) != freshly
			if !m.bySubject {
				seen.life = o.life(seen.generation)
			}
		}
	}
	return v
}

// decide asks the planner.
func (m *model) decide(s *state) decision {
	v := m.sight(s)
	d, ok := m.decided[v]
	if !ok {
		d = m.ask(v)
		m.decided[v] = d
	}
	return d
}

func (m *model) ask(v sight) decision {
	step := m.protocol.next(m.observation(v))
	d := decision{why: step.Why}
	d.owner = uint8(max(0, slices.Index(ownerNames, step.Owner)))
	switch step.Verb {
	case rotation.Create:
		d.verb, d.certificate = create, uint8(slices.Index(identities, step.Identity))
	case rotation.Attach:
		d.verb = attach
		for _, id := range step.Attached {
			d.list = d.list.with(uint8(slices.Index(credentialIDs, id)))
		}
	case rotation.Revert:
		d.verb = revert
	case rotation.Delete:
		d.verb, d.slot = remove, uint8(slices.Index(credentialIDs, step.ID))
	case rotation.Blocked:
		d.verb = blocked
	case rotation.Done:
		d.verb = done
	default: // Wait, and Publish, which is waited for
		d.verb = waiting
		if step.Verb == rotation.Publish {
			d.why = publicationAwaited
		}
	}
	if !d.writes() {
		d.request = request{verb: d.verb, owner: d.owner}
	} else if d.verb != create {
		d.owner = 0
	}
	return d
}

const publicationAwaited rotation.Why = "Publication"

var identities = []rotation.Identity{"", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10"}

// observation gives the planner the times that stand for the ages and lives.
func (m *model) observation(v sight) rotation.Observation {
	o := rotation.Observation{Secret: v.secret, InForce: v.inForce, Limits: m.limits, Now: noon}
	for i, seen := range v.owners {
		if !seen.present {
			continue
		}
		cert := rotation.Certificate{Owner: ownerNames[i], Wanted: identities[seen.wanted], Published: identities[seen.published], Handover: time.Hour}
		if seen.published != unnamed {
			cert.PublishedAt = noon.Add([...]time.Duration{-10 * time.Minute, -70 * time.Minute, -3 * time.Hour}[seen.age])
			cert.PublishedNotAfter = expiry(seen.life, seen.published)
			cert.PreviousNotAfter = expiry(seen.before, unnamed)
		}
		if m.overlap {
			cert.Overlap = new(2 * time.Hour)
		}
		o.Certificates = append(o.Certificates, cert)
	}
	for i, seen := range v.pool {
		if !seen.known {
			continue
		}
		c := rotation.Credential{
			ID: credentialIDs[i], Identity: identities[seen.certificate], Attached: seen.attached,
			Owned: seen.owner != stranger, CreatedAt: noon.Add(-3 * time.Hour).Add(time.Duration(seen.generation) * time.Minute),
		}
		if c.Owned {
			c.Owner = ownerNames[seen.owner]
		}
		if !seen.aged {
			c.CreatedAt = c.CreatedAt.Add(170 * time.Minute)
		}
		if c.Owned && !m.bySubject {
			c.NotAfter = expiry(seen.life, seen.certificate)
		}
		o.Credentials = append(o.Credentials, c)
	}
	return o
}

// expiry is a time for what is left of a certificate; the later ones expire later.
func expiry(l life, certificate uint8) time.Time {
	switch l {
	case closingLife:
		return noon.Add(30*time.Minute + time.Duration(certificate)*time.Minute)
	case over:
		return noon.Add(-20*time.Minute + time.Duration(certificate)*time.Minute)
	}
	return noon.Add(time.Duration(10+certificate) * day)
}
