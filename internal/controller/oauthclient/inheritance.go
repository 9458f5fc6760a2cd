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
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/registration"
)

// A request of the operator before this one can take effect after this one has read the tenant, and a write replaces a
// client's whole list of credentials, without a precondition. So what the one before may have been working on is read only when
// its last request can have no effect any more, since what was read before would have to be read again. An object without the finalizer was never worked
// on, nor was one that this operator put the finalizer on: the optimistic lock of that write tells that nobody had come first.
// When an object was first seen tells nothing: who stands by sees them all long before it leads.

// claimed are the objects that this operator put the finalizer on while it waits for what the one before may have sent.
type claimed struct {
	mutex sync.Mutex
	uids  map[types.UID]struct{}
}

func (c *claimed) add(uid types.UID) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.uids == nil {
		c.uids = map[types.UID]struct{}{}
	}
	c.uids[uid] = struct{}{}
}

func (c *claimed) has(uid types.UID) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	_, has := c.uids[uid]
	return has
}

func (c *claimed) clear() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.uids = nil
}

// takeoverEnd is from when on nothing that the operator before this one sent can take effect; zero when it left nothing.
func (r *Reconciler) takeoverEnd() time.Time {
	if since, unclean := r.TookOver(); unclean {
		return since.Add(r.Fence)
	}
	return time.Time{}
}

// takeover is until when what the operator before this one worked on stays unchanged; zero when that is over, or was never called for.
func (r *Reconciler) takeover(now time.Time) time.Time {
	if end := r.takeoverEnd(); now.Before(end) {
		return end
	}
	r.claimed.clear()
	return time.Time{}
}

// leftBy is from when on nothing that the operator before this one sent for an object can take effect; zero where it cannot have worked
// on it.
func (r *Reconciler) leftBy(obj *v1alpha1.OAuthClient) time.Time {
	if !controllerutil.ContainsFinalizer(obj, Finalizer) || r.claimed.has(obj.UID) {
		return time.Time{}
	}
	return r.takeoverEnd()
}

// leftByLast is the latest of them: where the operator before worked on none, as in a cluster that is new to it, nobody waits.
func (r *Reconciler) leftByLast(objects []v1alpha1.OAuthClient) (last time.Time) {
	for i := range objects {
		if end := r.leftBy(&objects[i]); end.After(last) {
			last = end
		}
	}
	return last
}

// noteFirst notes that this operator put the finalizer on the object.
func (p *pass) noteFirst() {
	if !p.takeover(p.now).IsZero() {
		p.claimed.add(p.obj.UID)
	}
}

// unchangedUntil is until when the client is left unchanged, for the sake of another operator that worked on it; zero when it is not.
func (p *pass) unchangedUntil() time.Time {
	until := p.views.unchangedUntil(p.obj.UID, p.now)
	if end := p.takeover(p.now); end.After(until) && !p.leftBy(p.obj).IsZero() {
		return end
	}
	return until
}

// noteArrivals notes the objects that come from another shard, whose operator may still have a request under way: what was known of
// them here is old. It lets every event pass.
func (r *Reconciler) noteArrivals() predicate.Predicate {
	return predicate.Funcs{CreateFunc: func(e event.CreateEvent) bool {
		if !r.Shard.Whole() && !e.IsInInitialList && controllerutil.ContainsFinalizer(e.Object, Finalizer) {
			r.views.forget(e.Object.GetUID())
			r.views.inherit(e.Object.GetUID(), r.Clock.Now().Add(r.Fence))
		}
		return true
	}}
}

// forgetGone forgets what is known of an object that is gone without a reconcile having seen it go.
func (r *Reconciler) forgetGone() predicate.Predicate {
	return predicate.Funcs{DeleteFunc: func(e event.DeleteEvent) bool {
		r.views.gone(e.Object.GetUID())
		return true
	}}
}

// Settled tells whether every request that this operator sent was answered, or can have no effect any more.
func (r *Reconciler) Settled() bool { return r.views.settled(r.Clock.Now()) }

// tenantAPI is all that is asked of a tenant.
type tenantAPI interface {
	clientAPI
	credentialAPI
	grantAPI
	turnAPI
}

// unchanged is a tenant that can be read and is not changed until a time.
type unchanged struct {
	tenantAPI

	until time.Time
}

func (u unchanged) withheld(op string) error {
	return &auth0.Error{Op: op, Class: auth0.Withheld, ResumeAt: u.until, Message: "the operator has just taken over, and a request of the one before it may still take effect"}
}

func (u unchanged) CreateClient(context.Context, auth0.NewClient) (registration.Client, []auth0.Credential, error) {
	return registration.Client{}, nil, u.withheld(auth0.OpCreateClient)
}

func (u unchanged) UpdateClient(context.Context, string, auth0.ClientPatch) (registration.Client, error) {
	return registration.Client{}, u.withheld(auth0.OpUpdateClient)
}

func (u unchanged) DeleteClient(context.Context, string) error {
	return u.withheld(auth0.OpDeleteClient)
}

func (u unchanged) CreateCredential(context.Context, string, auth0.NewCredential) (auth0.Credential, error) {
	return auth0.Credential{}, u.withheld(auth0.OpCreateCredential)
}

func (u unchanged) DeleteCredential(context.Context, string, string) error {
	return u.withheld(auth0.OpDeleteCredential)
}

func (u unchanged) CreateGrant(context.Context, string, string, []string) (registration.Grant, error) {
	return registration.Grant{}, u.withheld(auth0.OpCreateGrant)
}

func (u unchanged) UpdateGrant(context.Context, string, []string) error {
	return u.withheld(auth0.OpUpdateGrant)
}
