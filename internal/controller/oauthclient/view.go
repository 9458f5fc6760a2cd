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

// views holds the view of each client between reconciles, how long a client must be left alone, and what listings of the tenant
// told or are to tell. Losing it costs reads, never correctness. The zero value is ready for use.
//
// A client's reconcile changes its view as the answers come, so nothing but it may look at the view of a client that is busy. To a
// view that is not, a listing makes no change either, but puts another in its place.
type views struct {
	mutex sync.Mutex
	byUID map[types.UID]*view
	// halves are those of which only the client is known: from its own answer, when it was no longer their turn, or from a listing that
	// was waited for.
	halves map[types.UID]*view
	fences map[types.UID]status.Outcome
	// inherited are the clients that an operator before this one may have worked on, and until when they stay unchanged.
	inherited map[types.UID]time.Time
	// busy are the clients of which something was asked whose answer may not be in the view yet.
	busy     map[types.UID]struct{}
	suspects map[types.UID]suspicion
	seeks    map[types.UID]*seek
	// firsts are the first listings, one of each tenant.
	firsts map[auth0.Key]*first
}

// get returns the view, or nil, and the fence: until its time nothing may be asked of the tenant, and its words say why.
func (v *views) get(uid types.UID) (*view, status.Outcome) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	return v.byUID[uid], v.fences[uid]
}

func (v *views) put(uid types.UID, known *view) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if v.byUID == nil {
		v.byUID = map[types.UID]*view{}
	}
	v.byUID[uid] = known
	delete(v.fences, uid)
	delete(v.seeks, uid)
	delete(v.halves, uid)
}

// forget drops all that is known of the client, and the fence if there is one.
func (v *views) forget(uid types.UID) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	delete(v.byUID, uid)
	delete(v.fences, uid)
	delete(v.suspects, uid)
	delete(v.seeks, uid)
	delete(v.halves, uid)
}

// gone drops also what is to be kept of an object as long as there is one.
func (v *views) gone(uid types.UID) {
	v.forget(uid)
	v.mutex.Lock()
	defer v.mutex.Unlock()
	delete(v.inherited, uid)
}

// ask notes that something is asked of the tenant about the client.
func (v *views) ask(uid types.UID) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if v.busy == nil {
		v.busy = map[types.UID]struct{}{}
	}
	v.busy[uid] = struct{}{}
}

// rest ends what ask began: known holds each answer, unless it is nil. It is not kept where a listing has cast doubt on it since.
func (v *views) rest(uid types.UID, known *view, now time.Time) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if _, busy := v.busy[uid]; !busy {
		return
	}
	delete(v.busy, uid)
	if known != nil && v.byUID[uid] != nil {
		known.asOf = now
		v.byUID[uid] = known
	}
}

// half returns a view that is still to be completed, if there is one of this client that is of the tenant and not too old.
func (v *views) half(uid types.UID, domain, clientID string, since time.Time) *view {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if h := v.halves[uid]; h != nil && h.domain == domain && h.client.ID == clientID && h.asOf.After(since) {
		return h
	}
	return nil
}

func (v *views) putHalf(uid types.UID, half *view) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if v.halves == nil {
		v.halves = map[types.UID]*view{}
	}
	v.halves[uid] = half
}

// fence drops the view and leaves the client alone until the outcome's time.
func (v *views) fence(uid types.UID, outcome status.Outcome) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	delete(v.byUID, uid)
	delete(v.seeks, uid)
	delete(v.halves, uid)
	if v.fences == nil {
		v.fences = map[types.UID]status.Outcome{}
	}
	v.fences[uid] = outcome
}

// inherit leaves the client unchanged until a time, for the sake of an operator before this one.
func (v *views) inherit(uid types.UID, until time.Time) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if v.inherited == nil {
		v.inherited = map[types.UID]time.Time{}
	}
	v.inherited[uid] = until
}

// unchangedUntil is until when the client is left unchanged, for the sake of an operator before this one; zero when it is
// not.
func (v *views) unchangedUntil(uid types.UID, now time.Time) time.Time {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if until := v.inherited[uid]; now.Before(until) {
		return until
	}
	return time.Time{}
}

// settled tells whether no request that was sent can take effect any more.
func (v *views) settled(now time.Time) bool {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	for _, fence := range v.fences {
		if now.Before(fence.Again) {
			return false
		}
	}
	return true
}
