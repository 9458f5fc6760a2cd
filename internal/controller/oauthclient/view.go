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

package oauthclient

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/status"
)

// view is what the tenant last said of a client, in answers alone. It is dropped whenever an answer is missing or
// contradicts it, and when a listing of the tenant shows something else; the client is then read again before anything is decided.
type view struct {
	domain      string // of the tenant that said it
	client      registration.Client
	credentials []auth0.Credential
	pool        pool
	grants      []registration.Grant
	grantsRead  bool
	asOf        time.Time // it holds as of this time: that of the last answer, or of the request for the last listing that said the same
	pooledAt    time.Time // when the credentials were last listed; zero when they never were
}

// attachedAs tells whether a client signs in with the same credentials as this one.
func (v *view) attachedAs(c registration.Client) bool {
	return v.client.Method == c.Method && registration.SameSet(v.client.CredentialIDs, c.CredentialIDs)
}

// pool is where the credentials of a view are from.
type pool int

const (
	// recorded in the status, after a restart. A listing of clients shows only that the same ones are attached: enough to do nothing, and
	// not enough to send anything.
	recorded pool = iota
	// assumed to be none, of a client that never signed in by certificates and for which nothing was ever sent: enough to send, since the
	// tenant refuses what does not go with what it has.
	assumed
	// listed by the tenant, or of its answers since the client was created.
	listed
)

// record is what is kept of one object's client between reconciles.
type record struct {
	view *view
	// half is a view of which only the client is known: from its own answer, when it was no longer its turn, or from a listing that was
	// waited for.
	half  *view
	fence *status.Outcome // nothing may be asked of the tenant until its time, and its words say why
	// inherited is until when the client stays unchanged, since an operator before this one may have worked on it.
	inherited time.Time
	// busy tells that something was asked whose answer may not be in the view yet.
	busy    bool
	suspect *suspicion
}

// rests tells whether there is a view, and nothing is asked that could make it another.
func (r *record) rests() bool { return r != nil && r.view != nil && !r.busy }

// views holds a record for each object, by its UID, and what listings of the tenant told or are to tell. Losing it costs reads, never
// correctness. The zero value is ready for use.
//
// A client's reconcile changes its view as the answers come, so nothing but it may look at the view of a client that is busy. To a
// view that is not, a listing makes no change either, but puts another in its place.
type views struct {
	mutex sync.Mutex
	byUID map[types.UID]*record
	seeks map[types.UID]*seek
	// firsts are the first listings, one of each tenant.
	firsts map[auth0.Key]*first
}

// of returns the record of an object, which begins now if there is none. The views are locked.
func (v *views) of(uid types.UID) *record {
	if v.byUID == nil {
		v.byUID = map[types.UID]*record{}
	}
	if v.byUID[uid] == nil {
		v.byUID[uid] = &record{}
	}
	return v.byUID[uid]
}

// look returns what is recorded of an object.
func (v *views) look(uid types.UID) record {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if kept := v.byUID[uid]; kept != nil {
		return *kept
	}
	return record{}
}

// get returns the view, or nil, and the fence: until its time nothing may be asked of the tenant, and its words say why.
func (v *views) get(uid types.UID) (*view, status.Outcome) {
	kept := v.look(uid)
	if kept.fence == nil {
		return kept.view, status.Outcome{}
	}
	return kept.view, *kept.fence
}

func (v *views) put(uid types.UID, known *view) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	kept := v.of(uid)
	kept.view, kept.half, kept.fence = known, nil, nil
	delete(v.seeks, uid)
}

// forget drops all that is known of the client, and the fence if there is one.
func (v *views) forget(uid types.UID) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if kept := v.byUID[uid]; kept != nil {
		*kept = record{busy: kept.busy, inherited: kept.inherited}
	}
	delete(v.seeks, uid)
}

// gone drops also what is to be kept of an object as long as there is one.
func (v *views) gone(uid types.UID) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	delete(v.byUID, uid)
	delete(v.seeks, uid)
}

// ask notes that something is asked of the tenant about the client.
func (v *views) ask(uid types.UID) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.of(uid).busy = true
}

// rest ends what ask began: known holds each answer, unless it is nil. It is not kept where a listing has cast doubt on it since.
func (v *views) rest(uid types.UID, known *view, now time.Time) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	kept := v.byUID[uid]
	if kept == nil || !kept.busy {
		return
	}
	kept.busy = false
	if known != nil && kept.view != nil {
		known.asOf = now
		kept.view = known
	}
}

// half returns a view that is still to be completed, if there is one of this client that is of the tenant and not too old.
func (v *views) half(uid types.UID, domain, clientID string, since time.Time) *view {
	if h := v.look(uid).half; h != nil && h.domain == domain && h.client.ID == clientID && h.asOf.After(since) {
		return h
	}
	return nil
}

func (v *views) putHalf(uid types.UID, half *view) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.of(uid).half = half
}

// fence drops the view and leaves the client alone until the outcome's time.
func (v *views) fence(uid types.UID, outcome status.Outcome) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	kept := v.of(uid)
	kept.view, kept.half, kept.fence = nil, nil, &outcome
	delete(v.seeks, uid)
}

// inherit leaves the client unchanged until a time, for the sake of an operator before this one.
func (v *views) inherit(uid types.UID, until time.Time) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.of(uid).inherited = until
}

// unchangedUntil is until when the client is left unchanged, for the sake of an operator before this one; zero when it is
// not.
func (v *views) unchangedUntil(uid types.UID, now time.Time) time.Time {
	if until := v.look(uid).inherited; now.Before(until) {
		return until
	}
	return time.Time{}
}

// settled tells whether no request that was sent can take effect any more.
func (v *views) settled(now time.Time) bool {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	for _, kept := range v.byUID {
		if kept.fence != nil && now.Before(kept.fence.Again) {
			return false
		}
	}
	return true
}
