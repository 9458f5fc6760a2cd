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
// contradicts it, and when the drift interval is over; the tenant is then read again before anything is decided.
type view struct {
	client      registration.Client
	credentials []auth0.Credential
	grants      []registration.Grant
	grantsRead  bool
	readAt      time.Time // when it was last read, not told by the answer to a write
}

// views holds the view of each client between reconciles, and how long a client must be left alone. Losing it costs
// reads, never correctness. The zero value is ready for use.
type views struct {
	mutex sync.Mutex
	byUID map[types.UID]*view
	// halves are those of which only the client was read when it was no longer their turn.
	halves map[types.UID]*view
	fences map[types.UID]status.Outcome
	// inherited are the clients that an operator before this one may have worked on, and until when they stay unchanged.
	inherited map[types.UID]time.Time
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
	delete(v.halves, uid)
}

// forget drops the view, and the fence if there is one.
func (v *views) forget(uid types.UID) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	delete(v.byUID, uid)
	delete(v.fences, uid)
	delete(v.halves, uid)
}

// half returns a view that is still to be completed, if there is one of this client.
func (v *views) half(uid types.UID, clientID string, since time.Time) *view {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if h := v.halves[uid]; h != nil && h.client.ID == clientID && h.readAt.After(since) {
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
	until := v.inherited[uid]
	if !now.Before(until) {
		delete(v.inherited, uid)
		return time.Time{}
	}
	return until
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
