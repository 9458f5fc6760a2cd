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

package main

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/workload"
)

// ledger keeps the accounts of all clients.
type ledger struct {
	*journal
	overlap time.Duration

	mu       sync.Mutex
	accounts map[string]*account // by the client's name at the tenant
	stormy   bool
	// removed are the credentials of others that are taken away by hand.
	removed map[string]bool
}

// account is what happened to the certificates of one client.
type account struct {
	member
	mount *mount

	last       auth0sim.Client // as the tenant had it after the last change
	known      map[string]*certificate
	issued     []*certificate // in the order of their writing
	displaced  []displacement
	granted    int
	refused    int // which no client may be
	inWindow   int // before the attachment of a certificate that its workload found in cert-manager's own Secret
	crowdedOut int // with the third certificate within the overlap, see crowded
}

// certificate is one of a client, with the times of what befell it; zero for what did not.
type certificate struct {
	number                      int // in the order of their writing, from 0
	written, attached, detached time.Time
	stormy                      bool // written, or not attached yet, while faults were injected
}

// displacement is a credential of somebody else that the operator detached.
type displacement struct {
	id string
	at time.Time // on the tenant's clock
}

func newLedger(j *journal, p pace) *ledger {
	return &ledger{journal: j, overlap: p.overlap, accounts: map[string]*account{}, removed: map[string]bool{}}
}

func (l *ledger) open(m member, mount *mount, nameAtTenant string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.accounts[nameAtTenant] = &account{member: m, mount: mount, known: map[string]*certificate{}}
}

// weather tells whether faults are injected from now on.
func (l *ledger) weather(stormy bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.stormy = stormy
	for _, a := range l.accounts {
		for _, c := range a.issued {
			c.stormy = c.stormy || (stormy && c.attached.IsZero())
		}
	}
}

// handOver is called before a credential of somebody else is taken away by hand.
func (l *ledger) handOver(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.removed[id] = true
}

// all are the accounts, in the order of their clients. They no longer change when the run is over.
func (l *ledger) all() []*account {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := make([]*account, 0, len(l.accounts))
	for _, a := range l.accounts {
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b *account) int { return a.index - b.index })
	return all
}

// issue notes that cert-manager's own Secret of a client holds a certificate: from now on a workload could read it there.
func (l *ledger) issue(a *account, leaf *x509.Certificate) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	c := a.certificate(thumbprint(leaf))
	if !c.written.IsZero() {
		return
	}
	c.written, c.number, c.stormy = now, len(a.issued), l.stormy
	a.issued = append(a.issued, c)
	l.notef(a.name, "cert-manager wrote certificate %d (%s)", c.number, short(thumbprint(leaf)))
}

func (a *account) certificate(thumbprint string) *certificate {
	c, known := a.known[thumbprint]
	if !known {
		c = &certificate{number: -1}
		a.known[thumbprint] = c
	}
	return c
}

// request judges what a workload was answered.
func (l *ledger) request(a *account, r workload.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var refusal *workload.Refusal
	c, known := a.known[r.Thumbprint]
	switch {
	case r.Err == nil:
		a.granted++
	case a.mode == ungated && known && errors.As(r.Err, &refusal) && (c.attached.IsZero() || r.At.Before(c.attached)):
		a.inWindow++
		l.notef(a.name, "refused with certificate %d, which is not attached yet", c.number)
	case a.mode == ungated && known && errors.As(r.Err, &refusal) && l.crowded(a, c):
		a.crowdedOut++
		l.notef(a.name, "refused with certificate %d, which a third one crowded out", c.number)
	default:
		a.refused++
		l.violatedf("I1", a.name, "a token request with the certificate %s was not granted: %v", short(r.Thumbprint), r.Err)
	}
}

// crowded tells whether a certificate was detached because the tenant has two places, and two newer ones were written before its
// workload had the overlap to take up the first of them. Without `publish` nobody can hold back the third.
func (l *ledger) crowded(a *account, c *certificate) bool {
	if c.detached.IsZero() || c.number < 0 || c.number+2 >= len(a.issued) {
		return false
	}
	next, third := a.issued[c.number+1], a.issued[c.number+2]
	return third.written.Before(c.detached) && third.written.Sub(next.written) < l.overlap
}

// commit takes a change at the tenant, before anybody gets an answer.
func (l *ledger) commit(now auth0sim.Client) {
	at := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	a, ours := l.accounts[now.Name]
	if !ours {
		return
	}
	was := a.last
	a.last = now
	l.note(a, was, now, at)
	l.check(a, was, now)
}

// note notes what was stored, attached, detached and deleted.
func (l *ledger) note(a *account, was, now auth0sim.Client, at time.Time) {
	for _, c := range now.Credentials {
		attached, before := slices.Contains(now.Attached, c.ID), slices.Contains(was.Attached, c.ID)
		if !holds(was, c.ID) {
			l.notef(a.name, "the tenant stored %s %q (%s)", c.ID, c.Name, identity(c))
		}
		if attached && !before {
			l.notef(a.name, "the tenant attached %s (%s); it now lists %v", c.ID, identity(c), now.Attached)
			if c.Thumbprint != "" {
				known := a.certificate(c.Thumbprint)
				known.attached, known.detached = first(known.attached, at), time.Time{}
			}
		}
	}
	for _, c := range was.Credentials {
		if slices.Contains(was.Attached, c.ID) && !slices.Contains(now.Attached, c.ID) {
			l.notef(a.name, "the tenant detached %s (%s); it now lists %v", c.ID, identity(c), now.Attached)
			if c.Thumbprint != "" {
				a.certificate(c.Thumbprint).detached = at
			}
		}
		if !holds(now, c.ID) {
			l.notef(a.name, "the tenant deleted %s (%s)", c.ID, identity(c))
		}
	}
}

// Most credentials that a client of the tenant may hold and list.
const mostStored, mostAttached = 4, 2

// check notes what the operator must never do to a client.
func (l *ledger) check(a *account, was, now auth0sim.Client) {
	if now.Deleted {
		l.violatedf("I1", a.name, "the client was deleted")
	}
	if len(was.Attached) > 0 && len(now.Attached) == 0 {
		l.violatedf("I1", a.name, "its last credential was taken away")
	}
	if held := a.mount.held(); held != nil && was.Accepts(held) && !now.Accepts(held) && !l.excused(a, held) {
		l.violatedf("I1", a.name, "the tenant no longer accepts the certificate %s, which the workload presents", short(thumbprint(held)))
	}
	if len(now.Credentials) > mostStored || len(now.Attached) > mostAttached {
		l.violatedf("I2", a.name, "it holds %d credentials and lists %d", len(now.Credentials), len(now.Attached))
	}
	if was.AuthenticationMethod != "" && now.TokenEndpointAuthMethod != "" {
		l.violatedf("I5", a.name, "it fell back from %s to %s", was.AuthenticationMethod, now.TokenEndpointAuthMethod)
	}
	l.checkForeign(a, was, now)
}

// checkForeign notes what the operator must never do to the credentials of others.
func (l *ledger) checkForeign(a *account, was, now auth0sim.Client) {
	for _, c := range was.Credentials {
		switch {
		case c.Name != foreignName || l.removed[c.ID]:
		case !holds(now, c.ID):
			l.violatedf("I7", a.name, "the credential %s of somebody else was deleted", c.ID)
		case slices.Contains(was.Attached, c.ID) && !slices.Contains(now.Attached, c.ID):
			a.displaced = append(a.displaced, displacement{c.ID, now.At})
		}
	}
}

// excused says that no operator could have kept the certificate attached.
func (l *ledger) excused(a *account, held *x509.Certificate) bool {
	c := a.certificate(thumbprint(held))
	return a.mode == ungated && l.crowded(a, c)
}

// foreignName is the name of the credentials that are stored by hand.
const foreignName = "somebody else's"

func holds(c auth0sim.Client, id string) bool {
	return slices.ContainsFunc(c.Credentials, func(one auth0sim.Credential) bool { return one.ID == id })
}

func identity(c auth0sim.Credential) string {
	if c.Thumbprint != "" {
		return short(c.Thumbprint)
	}
	return "by subject"
}

func first(known, now time.Time) time.Time {
	if known.IsZero() {
		return now
	}
	return known
}

func thumbprint(leaf *x509.Certificate) string {
	return workload.Thumbprint(tls.Certificate{Certificate: [][]byte{leaf.Raw}})
}

func short(thumbprint string) string { return thumbprint[:min(len(thumbprint), 8)] }
