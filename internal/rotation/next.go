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

package rotation

import (
	"cmp"
	"slices"
	"time"
)

// Verb names what a Step does.
type Verb string

const (
	// Create stores a credential for Identity. It can not sign in yet.
	Create Verb = "Create"
	// Attach sets the wanted method's list of credentials to Attached, in one request. It adds, removes, or both.
	Attach Verb = "Attach"
	// Revert goes back to a secret, which detaches everything in the same request and deletes nothing.
	Revert Verb = "Revert"
	// Publish hands Identity to workloads. It is the ClientCredential's to do; here it is waited for.
	Publish Verb = "Publish"
	// Delete drops a stored credential that cannot sign in.
	Delete Verb = "Delete"
	// Wait does nothing until Until, or until something changes when Until is zero.
	Wait Verb = "Wait"
	// Blocked does nothing: there is no place left, and nothing here that may be removed.
	Blocked Verb = "Blocked"
	// Done says that nothing is left to do.
	Done Verb = "Done"
)

// Step is one write, or the reason why there is none.
type Step struct {
	Verb     Verb
	Owner    string    // Create, Publish, and what Blocked is about: the ClientCredential
	Identity Identity  // Create, Publish
	Attached []string  // Attach: the whole list of ids
	ID       string    // Delete
	Until    time.Time // Wait
	Why      Why       // Wait, Blocked
}

// Why says what a Step waits for or is blocked by.
type Why string

const (
	// Overlap waits until the old certificate is no longer in use.
	Overlap Why = "Overlap"
	// Handover waits until workloads had the least time to take up the published certificate.
	Handover Why = "Handover"
	// NoCertificate waits for a usable certificate before the method is changed.
	NoCertificate Why = "NoCertificate"
	// StoredLimit is blocked by the number of credentials that the client may hold.
	StoredLimit Why = "StoredLimit"
	// AttachedLimit is blocked by the number of credentials that the method may list.
	AttachedLimit Why = "AttachedLimit"
)

// Writes tells whether the step changes something at the tenant.
func (s Step) Writes() bool {
	return s.Verb == Create || s.Verb == Attach || s.Verb == Revert || s.Verb == Delete
}

// Next returns the one step to take now. In order: make every wanted credential exist, let it sign in, then retire what
// nobody uses. Nothing is taken away to no purpose, and never the last credential that can sign in.
//
// Under a secret nothing is to sign in: what is stored then is staged, so that one request attaches it all.
func Next(o Observation) Step {
	if !o.InForce && o.Secret {
		return Step{Verb: Revert}
	}
	if !o.InForce && !o.complete() {
		return Step{Verb: Wait, Why: NoCertificate}
	}
	var pending Step // the first that has to wait, while what can be done is done
	for _, cert := range o.Certificates {
		if _, stored := o.find(cert.Wanted); cert.Wanted == "" || stored {
			continue
		}
		step := o.create(cert)
		if step.Writes() {
			return step
		}
		pending = pending.or(step)
	}
	if !o.InForce && pending.Verb != "" {
		return pending // the change of method waits until everything that it needs is stored
	}
	if missing := o.missing(); len(missing) > 0 && !o.Secret {
		step := o.attach(missing)
		if step.Writes() {
			return step
		}
		pending = pending.or(step)
	}
	step := o.retire()
	if step.Writes() {
		return step
	}
	return pending.or(step)
}

// or returns s, or other where s is nothing; of two waits, what s waits for until the earlier time. Nothing but a wait has a
// time.
func (s Step) or(other Step) Step {
	if s.Verb == "" {
		return other
	}
	s.Until = earlier(s.Until, other.Until)
	return s
}

// complete tells whether every ClientCredential has a certificate, and there is one at all: before that, a change of
// method would leave a workload with neither the old way to sign in nor the new one.
func (o Observation) complete() bool {
	return len(o.Certificates) > 0 &&
		!slices.ContainsFunc(o.Certificates, func(c Certificate) bool { return c.Wanted == "" })
}

func (o Observation) create(cert Certificate) Step {
	if len(o.Credentials) < o.Limits.Stored {
		return Step{Verb: Create, Owner: cert.Owner, Identity: cert.Wanted}
	}
	if unused, ok := o.unused(); ok {
		return Step{Verb: Delete, ID: unused.ID}
	}
	if staged := o.stagedOverlap(); len(staged) > 0 {
		return Step{Verb: Delete, ID: staged[len(staged)-1].ID} // nobody signs in with it yet
	}
	return o.makeRoom(cert, StoredLimit, len(o.Credentials)+1-o.Limits.Stored)
}

// missing are the credentials that must be able to sign in and cannot, those in the hands of workloads first.
func (o Observation) missing() (missing []requirement) {
	add := func(c Credential, cert Certificate) {
		known := slices.ContainsFunc(missing, func(r requirement) bool { return r.id == c.ID })
		if c.ID != "" && !known && !(c.Attached && o.InForce) {
			missing = append(missing, requirement{c.ID, cert})
		}
	}
	for _, cert := range o.Certificates {
		if c, _ := o.find(cert.Published); o.inUse(c) {
			add(c, cert)
		}
	}
	for _, cert := range o.Certificates {
		c, _ := o.find(cert.Wanted)
		add(c, cert)
	}
	return missing
}

// requirement is a stored credential that must be attached.
type requirement struct {
	id   string
	cert Certificate
}

// attach adds what is missing, and lets go in the same request of what is retired anyway or has to make room.
func (o Observation) attach(missing []requirement) Step {
	list := o.without(o.due())
	free := o.Limits.Attached - len(list)
	if free <= 0 {
		return o.makeRoom(missing[0].cert, AttachedLimit, len(o.attached())+1-o.Limits.Attached, missing[0].id)
	}
	for _, r := range missing[:min(free, len(missing))] {
		list = append(list, r.id)
	}
	for _, c := range o.stagedOverlap() {
		if len(list) < o.Limits.Attached {
			list = append(list, c.ID)
		}
	}
	return Step{Verb: Attach, Attached: list}
}

// makeRoom takes the places of the credentials that can best be spared, as many as cert needs. add are the ids that
// take a place in the same request.
func (o Observation) makeRoom(cert Certificate, limit Why, places int, add ...string) Step {
	victims := o.victims(cert)
	if len(victims) < places || !o.InForce {
		return Step{Verb: Blocked, Owner: cert.Owner, Why: limit}
	}
	var gone []string
	for _, v := range victims[:places] {
		if v.at.After(o.Now) {
			return Step{Verb: Wait, Owner: cert.Owner, Until: v.at, Why: Handover}
		}
		gone = append(gone, v.ID)
	}
	list := append(o.without(gone), add...)
	if len(list) == 0 {
		return Step{Verb: Blocked, Owner: cert.Owner, Why: limit}
	}
	return Step{Verb: Attach, Attached: list}
}

// victim is a credential that may be detached from the time at on.
type victim struct {
	Credential
	at time.Time
}

// victims are the attached credentials that may make room for what cert wants, the best one first: whose time came
// first, and of those the oldest.
func (o Observation) victims(cert Certificate) (victims []victim) {
	for _, c := range o.Credentials {
		if !c.Owned || !c.Attached {
			continue
		}
		if at, ok := o.spared(c, cert); ok {
			victims = append(victims, victim{c, at})
		}
	}
	slices.SortFunc(victims, func(a, b victim) int {
		return cmp.Or(a.at.Compare(b.at), a.CreatedAt.Compare(b.CreatedAt), a.NotAfter.Compare(b.NotAfter), cmp.Compare(a.ID, b.ID))
	})
	return victims
}

// spared tells from when on c may be detached to make room for what cert wants.
func (o Observation) spared(c Credential, cert Certificate) (time.Time, bool) {
	owner, exists := o.certificate(c.Owner)
	switch {
	case o.wanted(c), o.inUse(c):
		return time.Time{}, false
	case !exists, o.expired(c.NotAfter), !o.stands(c):
		return time.Time{}, true
	case owner.Owner == cert.Owner && cert.Published == cert.Wanted:
		return o.sparedUnseen(c, owner), true
	case owner.Published == "":
		return time.Time{}, false // what workloads hold is not known
	}
	at := owner.PublishedAt.Add(owner.Handover)
	if last := owner.PublishedNotAfter.Add(-owner.Handover); !owner.PublishedNotAfter.IsZero() && last.Before(at) {
		at = last // workloads need as long again to take up the next one before this one expires
	}
	return earlier(at, o.retireAt(c)), true
}

// sparedUnseen tells the same where workloads read the certificate's own Secret, so that the newest one is in use already.
// They had c until the one that came after it was there, and the last of those that can sign in until the newest was. One
// that is alone holds the place of what they have by now, and every moment counts.
func (o Observation) sparedUnseen(c Credential, owner Certificate) time.Time {
	followed, alone := time.Time{}, true
	for _, other := range o.Credentials {
		if !other.Owned || !other.Attached || other.Owner != c.Owner || other.ID == c.ID {
			continue
		}
		alone = false
		if other.CreatedAt.After(c.CreatedAt) {
			followed = earlier(other.CreatedAt, followed)
		}
	}
	switch {
	case alone:
		return o.Now
	case followed.IsZero():
		followed = owner.PublishedAt
	}
	return earlier(followed.Add(owner.Handover), o.retireAt(c))
}

func (o Observation) retire() Step {
	if unused, ok := o.unused(); ok {
		return Step{Verb: Delete, ID: unused.ID}
	}
	if due := o.due(); len(due) > 0 {
		return Step{Verb: Attach, Attached: o.without(due)}
	}
	for _, cert := range o.Certificates {
		if cert.Wanted != cert.Published && cert.Wanted != "" {
			return Step{Verb: Publish, Owner: cert.Owner, Identity: cert.Wanted}
		}
	}
	if until, ok := o.nextRetirement(); ok {
		return Step{Verb: Wait, Until: until, Why: Overlap}
	}
	return Step{Verb: Done}
}

// unused is a credential of ours that cannot sign in and stands for nothing.
func (o Observation) unused() (Credential, bool) {
	for _, c := range o.Credentials {
		if c.Owned && !c.Attached && !o.wanted(c) && !o.inUse(c) && !o.staged(c) {
			return c, true
		}
	}
	return Credential{}, false
}
