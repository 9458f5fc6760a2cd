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
	"iter"
	"slices"
	"time"

	"github.com/certbound/certbound/internal/rotation"
)

// noon is when every world starts.
var noon = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// family is a set of starting worlds: all combinations of what it names.
type family struct {
	name         string
	owners       []string
	certificates func(owner string) iter.Seq[holder]
	limits       []rotation.Limits
	lowered      rotation.Limits // the limits as somebody lowered them afterwards; none when zero
	validities   []validity
	methods      []method
	bySubject    bool
	staged       bool // a secret is wanted, and ClientCredentials are there for a change to certificates

	renewals, accidents int
}

// holder is a ClientCredential and its workload.
type holder struct {
	rotation.Certificate
	gated bool
}

var (
	smallest = rotation.Limits{Stored: 2, Attached: 2}
	usual    = rotation.Limits{Stored: 4, Attached: 2}
	largest  = rotation.Limits{Stored: 4, Attached: 4}

	inForce    = []method{wantedMethod}
	notInForce = []method{secretMethod, otherMethod}
)

const day = 24 * time.Hour

// Validities, by how the certificates stand at noon.
var (
	farOff    = expiries(10*day, 20*day, 30*day)
	closing   = expiries(20*time.Minute, 30*time.Minute, 30*day) // the published one within its handover
	oldIsOver = expiries(-10*time.Minute, 20*day, 30*day)
	lapsed    = expiries(-20*time.Minute, -10*time.Minute, 30*day) // the published one as well
	unknown   = validity{}
)

func expiries(old, published, wanted time.Duration) validity {
	v := validity{"gone.old": noon.Add(10 * day)}
	for _, owner := range []string{"web", "batch"} {
		v[rotation.Identity(owner+".old")] = noon.Add(old)
		v[rotation.Identity(owner+".published")] = noon.Add(published)
		v[rotation.Identity(owner+".wanted")] = noon.Add(wanted)
		for i, id := range renewed[owner] {
			v[id] = noon.Add(time.Duration(60-10*i) * day)
		}
	}
	return v
}

var families = []family{
	{name: "one ClientCredential", owners: []string{"web"}, certificates: anyCertificate,
		limits: []rotation.Limits{smallest, usual, largest}, validities: []validity{farOff, closing, oldIsOver, lapsed},
		methods: inForce, renewals: 1},
	{name: "one ClientCredential and two renewals", owners: []string{"web"}, certificates: fewCertificates,
		limits: []rotation.Limits{smallest, usual, largest}, validities: []validity{farOff},
		methods: inForce, renewals: 2},
	{name: "one ClientCredential and an accident", owners: []string{"web"}, certificates: fewCertificates,
		limits: []rotation.Limits{smallest, usual}, validities: []validity{farOff},
		methods: inForce, renewals: 1, accidents: 1},
	{name: "matched by subject", owners: []string{"web"}, certificates: fewCertificates,
		limits: []rotation.Limits{smallest, usual}, validities: []validity{farOff, closing, unknown},
		methods: inForce, bySubject: true, renewals: 2},
	{name: "another method in force", owners: []string{"web"}, certificates: fewCertificates,
		limits: []rotation.Limits{smallest, usual}, validities: []validity{farOff},
		methods: notInForce, renewals: 1, accidents: 1},
	{name: "staged under a secret", owners: []string{"web"}, certificates: fewCertificates,
		limits: []rotation.Limits{smallest, usual}, validities: []validity{farOff, oldIsOver},
		methods: []method{secretMethod}, staged: true, renewals: 2, accidents: 1},
	{name: "two ClientCredentials staged under a secret", owners: []string{"web", "batch"}, certificates: plainCertificates,
		limits: []rotation.Limits{smallest}, validities: []validity{farOff},
		methods: []method{secretMethod}, staged: true, renewals: 1, accidents: 1},
	{name: "limits that were lowered", owners: []string{"web"}, certificates: fewCertificates,
		limits: []rotation.Limits{largest}, lowered: smallest, validities: []validity{farOff, oldIsOver},
		methods: inForce, renewals: 1},
	{name: "two ClientCredentials and an accident", owners: []string{"web", "batch"}, certificates: plainCertificates,
		limits: []rotation.Limits{smallest}, validities: []validity{farOff, closing},
		methods: inForce, renewals: 1, accidents: 1},
	{name: "two ClientCredentials", owners: []string{"web", "batch"}, certificates: usableCertificates,
		limits: []rotation.Limits{usual}, validities: []validity{farOff},
		methods: inForce, renewals: 1},
	{name: "two ClientCredentials with room", owners: []string{"web", "batch"}, certificates: plainCertificates,
		limits: []rotation.Limits{largest}, validities: []validity{farOff},
		methods: inForce},
}

// shortened leaves the smallest of the limits, where places are scarce, and the plainest certificates.
func (f family) shortened() family {
	f.validities, f.certificates = f.validities[:1], plainCertificates
	if len(f.owners) > 1 {
		f.certificates = usableCertificates
	}
	if f.lowered == (rotation.Limits{}) {
		f.limits = []rotation.Limits{smallest}
	}
	return f
}

// overlaps are what users may ask for: as long as valid, none, more than the handover.
var overlaps = []*time.Duration{nil, new(time.Duration(0)), new(3 * time.Hour)}

// anyCertificate yields each state that a ClientCredential can be in.
func anyCertificate(owner string) iter.Seq[holder] {
	return certificates(owner, overlaps, []time.Duration{10 * time.Minute, 2 * time.Hour})
}

// fewCertificates leaves out what one ClientCredential alone shows.
func fewCertificates(owner string) iter.Seq[holder] {
	return certificates(owner, overlaps[:2], []time.Duration{10 * time.Minute})
}

// plainCertificates have the overlap that users get unless they ask for one.
func plainCertificates(owner string) iter.Seq[holder] {
	return certificates(owner, overlaps[:1], []time.Duration{10 * time.Minute})
}

// usableCertificates leave out ClientCredentials that have none.
func usableCertificates(owner string) iter.Seq[holder] {
	return func(yield func(holder) bool) {
		for h := range plainCertificates(owner) {
			if h.Wanted != "" && !yield(h) {
				return
			}
		}
	}
}

func certificates(owner string, overlaps []*time.Duration, ages []time.Duration) iter.Seq[holder] {
	published, wanted := rotation.Identity(owner+".published"), rotation.Identity(owner+".wanted")
	return func(yield func(holder) bool) {
		for _, overlap := range overlaps {
			for _, age := range ages {
				for _, h := range []holder{
					{rotation.Certificate{Wanted: wanted}, true},
					{rotation.Certificate{Wanted: wanted, Published: published}, true},
					{rotation.Certificate{Wanted: wanted, Published: wanted}, true},
					{rotation.Certificate{Wanted: wanted, Published: wanted}, false},
					{rotation.Certificate{Published: published}, true},
					{rotation.Certificate{}, true},
				} {
					h.Owner, h.Overlap, h.Handover = owner, overlap, time.Hour
					if h.Published != "" {
						h.PublishedAt = noon.Add(-age)
					} else if age != ages[0] {
						continue
					}
					if !yield(h) {
						return
					}
				}
			}
		}
	}
}

// worlds yields every starting world of the family.
func (f family) worlds() iter.Seq[world] {
	return func(yield func(world) bool) {
		lower := func(w world) bool {
			if f.lowered != (rotation.Limits{}) {
				w.Limits = f.lowered
			}
			return yield(w)
		}
		for _, limits := range f.limits {
			for _, v := range f.validities {
				for _, m := range f.methods {
					empty := world{method: m, validity: v, bySubject: f.bySubject, renewals: f.renewals, accidents: f.accidents,
						Observation: rotation.Observation{Secret: f.staged, Limits: limits, Now: noon}}
					if !f.withOwners(empty, f.owners, lower) {
						return
					}
				}
			}
		}
	}
}

// withOwners adds a certificate for each owner, then each pool of credentials.
func (f family) withOwners(w world, owners []string, yield func(world) bool) bool {
	if len(owners) == 0 {
		return w.withPool(w.candidates(), yield)
	}
	for h := range f.certificates(owners[0]) {
		next := w.clone()
		h.PublishedNotAfter = w.validity[h.Published]
		if h.Published != "" {
			h.PreviousNotAfter = w.validity[rotation.Identity(h.Owner+".old")]
		}
		next.Certificates = append(next.Certificates, h.Certificate)
		next.workloads = append(next.workloads, workload{gated: h.gated, held: h.held()})
		if !f.withOwners(next, owners[1:], yield) {
			return false
		}
	}
	return true
}

// held are the certificates that the workload may present besides the published one.
func (h holder) held() (held []holding) {
	for _, name := range []string{".old", ".published", ".wanted"} {
		id := rotation.Identity(h.Owner + name)
		if id != h.Published && (id != h.Wanted || h.Published == "") {
			held = append(held, holding{id, h.PublishedAt})
		}
	}
	return held
}

// candidates are the credentials that a client may hold, in the world without any.
func (w world) candidates() (candidates []rotation.Credential) {
	add := func(id rotation.Identity, owners ...string) {
		for _, owner := range owners {
			candidates = append(candidates, w.credential(id, owner, false))
			if w.method == wantedMethod || id == "" || owner == "gone" { // of the other method, or a method that lists anything
				candidates = append(candidates, w.credential(id, owner, true))
			}
		}
	}
	add("", "")
	add("gone.old", "gone")
	for _, cert := range w.Certificates {
		add(rotation.Identity(cert.Owner+".old"), cert.Owner)
		if cert.Published != "" && cert.Published != cert.Wanted {
			add(cert.Published, cert.Owner, "")
		}
		if cert.Wanted != "" {
			add(cert.Wanted, cert.Owner, "")
		}
	}
	if w.method == secretMethod {
		candidates = slices.DeleteFunc(candidates, func(c rotation.Credential) bool { return c.Attached })
	}
	return candidates
}

// withPool yields the world with each pool of the candidates that the tenant allows, each of them any number of times.
func (w world) withPool(candidates []rotation.Credential, yield func(world) bool) bool {
	if len(w.attached()) <= w.Limits.Attached && !yield(w.look()) {
		return false
	}
	if len(w.Credentials) == w.Limits.Stored {
		return true
	}
	for i, c := range candidates {
		next := w.clone()
		next.Credentials = append(next.Credentials, w.credential(c.Identity, c.Owner, c.Attached))
		if !next.withPool(candidates[i:], yield) {
			return false
		}
	}
	return true
}
