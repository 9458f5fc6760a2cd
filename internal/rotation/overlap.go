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

// due are the attached credentials of ours that nobody uses any more.
func (o Observation) due() (ids []string) {
	for _, c := range o.retiring() {
		if at := o.retireAt(c); !at.IsZero() && !at.After(o.Now) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// nextRetirement is when the first of the retiring credentials is due.
func (o Observation) nextRetirement() (first time.Time, found bool) {
	for _, c := range o.retiring() {
		if at := o.retireAt(c); !at.IsZero() && (!found || at.Before(first)) {
			first, found = at, true
		}
	}
	return first, found
}

// retiring are the credentials of ours that go as soon as their overlap is over: the attached ones, or under a secret
// the staged ones. There are none while nothing that is wanted or published can sign in: whatever is attached then may be
// all that a workload has.
func (o Observation) retiring() (retiring []Credential) {
	if o.Secret {
		return o.stagedOverlap()
	}
	if !o.covered() {
		return nil
	}
	for _, c := range o.Credentials {
		if c.Owned && c.Attached && !o.wanted(c) && !o.inUse(c) {
			retiring = append(retiring, c)
		}
	}
	return retiring
}

// staged tells whether c stands for a certificate that was replaced and has its overlap still: a change to certificates
// that comes in time takes it along, for the workloads that hold it.
func (o Observation) staged(c Credential) bool {
	return (o.Secret || !o.InForce) && c.Owned && !c.Attached && !o.wanted(c) && !o.inUse(c) && o.retireAt(c).After(o.Now)
}

// stagedOverlap are the staged credentials, the one that is needed longest first.
func (o Observation) stagedOverlap() (staged []Credential) {
	for _, c := range o.Credentials {
		if o.staged(c) {
			staged = append(staged, c)
		}
	}
	slices.SortFunc(staged, func(a, b Credential) int {
		return cmp.Or(o.retireAt(b).Compare(o.retireAt(a)), b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
	})
	return staged
}

// covered tells whether a certificate that is wanted or published can be used for a token request now.
func (o Observation) covered() bool {
	return slices.ContainsFunc(o.Certificates, func(cert Certificate) bool {
		return o.signsIn(cert.Wanted) || (o.signsIn(cert.Published) && !o.expired(cert.PublishedNotAfter))
	})
}

// signsIn tells whether the certificate of this identity is attached and valid.
func (o Observation) signsIn(id Identity) bool {
	c, stored := o.find(id)
	return stored && c.Attached && o.InForce && !o.expired(c.NotAfter)
}

// retireAt is when the overlap of an attached credential that is not needed ends; zero when that is not known.
func (o Observation) retireAt(c Credential) time.Time {
	cert, exists := o.certificate(c.Owner)
	if !exists || !o.stands(c) {
		return o.Now
	}
	if cert.Published == "" || cert.Published == c.Identity {
		return time.Time{} // workloads may hold it until another one is published
	}
	notAfter := c.NotAfter
	if notAfter.IsZero() {
		notAfter = cert.PreviousNotAfter
	}
	end := notAfter.Add(expiryMargin)
	switch {
	case cert.Overlap != nil && notAfter.IsZero():
		return cert.PublishedAt.Add(*cert.Overlap)
	case cert.Overlap != nil:
		return earlier(cert.PublishedAt.Add(*cert.Overlap), end)
	case notAfter.IsZero():
		return cert.PublishedAt.Add(cert.Handover) // nothing tells how long it is valid: the least time must do
	}
	return end
}

// without returns the attached ids that are not in gone.
func (o Observation) without(gone []string) []string {
	return slices.DeleteFunc(o.attached(), func(id string) bool { return slices.Contains(gone, id) })
}

func earlier(a, b time.Time) time.Time {
	if !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
