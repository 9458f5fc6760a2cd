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
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/registration"
)

// A listing of clients shows which credentials are attached, and nothing of those that are only stored. So the credentials of clients at
// rest are listed one client after the other, seldom: a credential that nobody knows of takes a place for ever otherwise.

// An Audit is a client whose credentials are to be compared with what is known of them.
type Audit struct {
	ClientID string
	// Due is when: as long after they were last listed as the tenant's drift interval is.
	Due time.Time

	object types.NamespacedName
	uid    types.UID
}

// NextAudit is the client at rest of a tenant whose credentials were not listed for the longest time; false where there is none.
func (r *Reconciler) NextAudit(ctx context.Context, key auth0.Key, interval time.Duration) (next Audit, found bool, err error) {
	objects, err := r.ofTenant(ctx, key)
	if err != nil {
		return Audit{}, false, err
	}
	for i := range objects {
		obj := &objects[i]
		id, pooledAt, rests := r.views.resting(obj)
		if due := pooledAt.Add(interval); rests && (!found || due.Before(next.Due)) {
			next, found = Audit{ClientID: id, Due: due, object: client.ObjectKeyFromObject(obj), uid: obj.UID}, true
		}
	}
	return next, found, nil
}

// Audited takes in what the tenant answered when it was asked then.
func (r *Reconciler) Audited(ctx context.Context, a Audit, credentials []auth0.Credential, asked time.Time) error {
	var obj v1alpha1.OAuthClient
	if err := r.Client.Get(ctx, a.object, &obj); err != nil {
		return client.IgnoreNotFound(err)
	}
	if obj.UID == a.uid && r.views.audit(&obj, credentials, asked) {
		r.wake(ctx, a.object)
	}
	return nil
}

// AuditFailed takes in that the tenant gave no answer to use when it was asked then. The client has had its turn: one that can never be
// audited neither costs more than others nor keeps them from theirs.
func (r *Reconciler) AuditFailed(a Audit, asked time.Time) { r.views.skip(a.uid, asked) }

// resting is the client of an object of which nothing is asked or waited for, and when its credentials were last listed.
func (v *views) resting(obj *v1alpha1.OAuthClient) (id string, pooledAt time.Time, rests bool) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	kept := v.byUID[obj.UID]
	if !kept.rests() || !obj.DeletionTimestamp.IsZero() {
		return "", time.Time{}, false
	}
	return kept.view.client.ID, kept.view.pooledAt, true
}

// audit compares, and tells whether the object is to look at its client. What was sent meanwhile makes the answer worthless.
func (v *views) audit(obj *v1alpha1.OAuthClient, credentials []auth0.Credential, asked time.Time) (wake bool) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	kept := v.byUID[obj.UID]
	if !kept.rests() || !kept.view.asOf.Before(asked) {
		return false
	}
	known := kept.view
	same := registration.SameSet(ids(known.credentials), ids(credentials))
	if !same && known.pool != assumed {
		before := standingOf(obj, known.client, known.grants, known.grantsRead)
		before.stored = ids(known.credentials)
		kept.doubts(suspicion{before: before})
		return true
	}
	next := *known
	next.credentials, next.pool, next.pooledAt = credentials, listed, asked
	kept.view = &next
	return !same
}

// skip puts off the next audit as if the credentials had been listed.
func (v *views) skip(uid types.UID, asked time.Time) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	kept := v.byUID[uid]
	if !kept.rests() {
		return
	}
	next := *kept.view
	next.pooledAt = asked
	kept.view = &next
}
