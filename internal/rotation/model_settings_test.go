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

// setting is what a model is explored from, and what may happen in it.
type setting struct {
	name   string
	starts []state
	limits rotation.Limits

	ungated           marks // ClientCredentials whose workloads read the certificate's own Secret
	bySubject         bool  // credentials are cert_subject_dn: a renewal may keep the subject
	goesBack          bool  // cert-manager's Secret may go back to what it held before
	liveGate          bool  // the client's status is read past the cache before anything is published
	overlap           bool  // of two hours; otherwise an old certificate stays as long as it is valid
	expiry            bool  // certificates that were replaced expire
	departs           bool  // one of two ClientCredentials may be deleted
	rejectsDuplicates bool  // the tenant stores no certificate twice
	hands             hands // what somebody may do by hand

	renewals  int
	turns     uint8 // changes between certificates and a secret
	maxFaults uint8
}

// hands are the edits by hand that there may be.
type hands uint8

const (
	detaches hands = 1 << iota
	deletes
	adds

	anything = detaches | deletes | adds
)

// usually is how most clients are: certificates are published, overlap for two hours, and the tenant refuses duplicates.
func usually(name string, starts ...state) setting {
	return setting{name: name, starts: starts, limits: usual, overlap: true, rejectsDuplicates: true, renewals: 4, maxFaults: 5}
}

// shortened leaves what a minute of a slow build has time for.
func (s setting) shortened() setting {
	s.renewals, s.maxFaults = min(s.renewals, 2), min(s.maxFaults, 2)
	return s
}

func (s setting) with(change func(*setting)) setting {
	change(&s)
	return s
}

// running is a client whose ClientCredentials all have their first certificate attached and published.
func running(owners int) (s state) {
	for i := range uint8(owners) {
		s = s.having(i)
		s.attach(certificateOf(i, 0), i)
		s.owners[i].wanted, s.owners[i].published, s.owners[i].reported, s.owners[i].held = 0, 0, 0, 0
		s.told = s.told.with(certificateOf(i, 0))
	}
	return s
}

// beginning is a client that authenticates as it does, with the first certificate issued.
func beginning(m mode) (s state) {
	s.tenant.method = m
	return s.having(0)
}

// having adds a ClientCredential with its first certificate, of which nobody knows yet.
func (s state) having(owner uint8) state {
	o := &s.owners[owner]
	*o = ownerState{present: true, wanted: none, published: none, reported: none, previous: none, held: none}
	o.names[0] = certificateOf(owner, 0)
	return s
}

// attach adds a credential that the method in force lists.
func (s *state) attach(certificate, owner uint8) {
	s.tenant.pool[s.freeSlot()] = credential{certificate: certificate, owner: owner, stored: true, attached: true}
}

// holding adds credentials, attached ones first.
func (s state) with(attached, stored []credential) state {
	for _, c := range attached {
		s.attach(c.certificate, c.owner)
	}
	for _, c := range stored {
		s.tenant.pool[s.freeSlot()] = credential{certificate: c.certificate, owner: c.owner, stored: true}
	}
	return s
}

func (s state) under(spec mode) state {
	s.spec = spec
	return s
}

var theirs = credential{owner: stranger}

// settings are the observations of which a client may be one.
func settings() []setting {
	ours, copied := credential{owner: departed}, credential{owner: stranger, certificate: certificateOf(0, 0)}
	two := []credential{theirs, theirs}
	return []setting{
		usually("one ClientCredential", running(1)),
		usually("the tenant accepts duplicates", running(1)).with(func(s *setting) {
			s.rejectsDuplicates = false
		}),
		usually("places for two", running(1)).with(func(s *setting) {
			s.limits = smallest
		}),
		usually("places for four", running(1)).with(func(s *setting) {
			s.limits = largest
		}),
		usually("old certificates stay while valid, and the published one is close to its end", running(1)).with(func(s *setting) {
			s.overlap, s.expiry = false, true
		}),
		usually("nothing is published: workloads read the certificate's own Secret", running(1)).with(func(s *setting) {
			s.ungated = 1
		}),
		usually("matched by subject", running(1)).with(func(s *setting) {
			s.bySubject, s.goesBack, s.liveGate = true, true, true
		}),
		usually("matched by subject, while valid", running(1)).with(func(s *setting) {
			s.bySubject, s.overlap, s.expiry = true, false, true
		}),
		usually("matched by subject, and nothing is published", running(1)).with(func(s *setting) {
			s.bySubject, s.ungated = true, 1
		}),
		usually("the certificate goes back", running(1)).with(func(s *setting) {
			s.goesBack, s.liveGate = true, true
		}),
		usually("the first certificate", beginning(byCertificate)),
		usually("adoption", beginning(byCertificate).with(two, nil), beginning(byCertificate).with([]credential{theirs}, two),
			beginning(byCertificate).with([]credential{copied}, nil), beginning(byCertificate).with(nil, []credential{copied, theirs})),
		usually("a foreign credential in the slot", running(1).with([]credential{theirs}, nil)).with(func(s *setting) {
			s.hands = adds
		}),
		usually("from the other method", beginning(byOtherMethod).with([]credential{ours, theirs}, nil), beginning(byOtherMethod).with([]credential{ours, ours}, []credential{theirs})),
		usually("to certificates, and to a secret, and back", beginning(bySecret).under(bySecret), running(1)).with(func(s *setting) {
			s.turns = 3
		}),
		usually("two ClientCredentials with room, one of which departs", running(2)).with(func(s *setting) {
			s.limits, s.departs, s.renewals, s.maxFaults = largest, true, 4, 5
		}),
		usually("two ClientCredentials in two places, one of which departs", running(2)).with(func(s *setting) {
			s.departs = true
		}),
		usually("edits by hand", running(1)).with(func(s *setting) {
			s.hands, s.renewals, s.maxFaults = anything, 3, 4
		}),
		usually("detached and deleted by hand", running(1)).with(func(s *setting) {
			s.hands = detaches | deletes
		}),
		usually("others come and go", running(1)).with(func(s *setting) {
			s.hands = adds
		}),
	}
}
