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
	mutex  sync.Mutex
	byUID  map[types.UID]*view
	fences map[types.UID]time.Time
}

func (v *views) get(uid types.UID) (*view, time.Time) {
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
}

// forget drops the view. A time that is not zero is the fence: nothing may be asked of the tenant before.
func (v *views) forget(uid types.UID, fence time.Time) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	delete(v.byUID, uid)
	if v.fences == nil {
		v.fences = map[types.UID]time.Time{}
	}
	if fence.IsZero() {
		delete(v.fences, uid)
		return
	}
	v.fences[uid] = fence
}
