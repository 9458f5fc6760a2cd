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

// Package sweep looks at tenants for changes that nobody told of: it lists the clients of each on its drift interval, all together, one
// page at a time, and the credentials of one client after the other. It decides nothing: whoever knows the clients compares.
package sweep

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/budget"
	"github.com/certbound/certbound/internal/controller/oauthclient"
	"github.com/certbound/certbound/internal/controller/tenant"
)

// +kubebuilder:rbac:groups=certbound.dev,resources=oauthclients;tenants;clustertenants,verbs=get;list;watch

// Clients know the clients of a tenant, and compare.
type Clients interface {
	Listings
	Audits
}

// Listings take in what is listed.
type Listings interface {
	// ListingWanted is when the next listing is waited for at the earliest, if it is.
	ListingWanted(key auth0.Key) (from time.Time, wanted bool)
	// Objects tells whether there are clients to list, and grants.
	Objects(ctx context.Context, key auth0.Key) (clients, grants bool, err error)
	Listed(ctx context.Context, page oauthclient.Page) error
	ListingEnded(ctx context.Context, key auth0.Key, began time.Time) error
	ListingFailed(ctx context.Context, key auth0.Key, cause error) error
}

// Reconciler lists the clients of tenants.
type Reconciler struct {
	Client   client.Client
	Registry *auth0.Registry
	Clients  Clients
	// Wanted tells of tenants of which a listing is waited for.
	Wanted <-chan event.TypedGenericEvent[auth0.Key]
	Clock  clock.PassiveClock

	rounds sync.Map // auth0.Key to *round; one goroutine at a time works on each
}

const (
	// auditPause is the least time between two audits of a tenant.
	auditPause = time.Minute
	// signInPause is how soon at the latest to look again whether a tenant is signed in to. That costs it nothing.
	signInPause = time.Minute
	// firstRetry and lastRetry bound the pause after a request that failed; it doubles.
	firstRetry, lastRetry = time.Second, 5 * time.Minute
	// gathering is how long those who begin to wait for a listing after one wait for each other, so that one more does for all of them.
	gathering = 5 * time.Second
	// soon is when the next page follows, after whatever else waits for a worker.
	soon = time.Millisecond
)

// Reconcile takes one step of a tenant's round: a page of a listing, or an audit.
func (r *Reconciler) Reconcile(ctx context.Context, key auth0.Key) (ctrl.Result, error) {
	object, err := tenant.Read(ctx, r.Client, key)
	if apierrors.IsNotFound(err) {
		r.rounds.Delete(key)
		return ctrl.Result{}, nil
	}
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("read the tenant object: %w", err)
	}
	spec := object.GetTenantSpec()
	now, interval := r.Clock.Now(), tenant.DriftInterval(spec)
	held, _ := r.rounds.LoadOrStore(key, newRound(now))
	turn := held.(*round)
	session, signedIn := r.Registry.Get(key)
	if !signedIn || session.Domain() != spec.Domain {
		turn.listing = nil
		return ctrl.Result{RequeueAfter: min(signInPause, interval)}, nil
	}
	if turn.session != session {
		turn.mended(session)
	}
	if now.Before(turn.resume) {
		return ctrl.Result{RequeueAfter: turn.resume.Sub(now)}, nil
	}
	if turn.listing == nil && !now.Before(r.due(turn, key, interval)) {
		if err := r.begin(ctx, turn, key, session); err != nil {
			return ctrl.Result{}, err
		}
	}
	if turn.listing != nil {
		return r.page(ctx, turn, key, spec.Domain)
	}
	return r.rest(ctx, turn, key, interval, session)
}

// due is when the tenant is to be listed: on its interval, or when somebody waits for it.
func (r *Reconciler) due(turn *round, key auth0.Key, interval time.Duration) time.Time {
	due := turn.due(interval)
	from, wanted := r.Clients.ListingWanted(key)
	if gathered := turn.ended.Add(gathering); from.Before(gathered) {
		from = gathered
	}
	if wanted && from.Before(due) {
		return from
	}
	return due
}

// begin begins a listing, unless there is nobody to compare.
func (r *Reconciler) begin(ctx context.Context, turn *round, key auth0.Key, session *auth0.Tenant) error {
	clients, grants, err := r.Clients.Objects(ctx, key)
	if err != nil {
		return err
	}
	turn.begin(r.Clock.Now())
	if clients {
		turn.listing = newListing(session, grants, turn.began)
	}
	return nil
}

// page asks for the next page of the listing and hands it on.
func (r *Reconciler) page(ctx context.Context, turn *round, key auth0.Key, domain string) (ctrl.Result, error) {
	l := turn.listing
	lane := budget.Drift
	if _, wanted := r.Clients.ListingWanted(key); wanted {
		lane = budget.Renewal // they may have to renew, and cannot begin before it has ended
	}
	asked := r.Clock.Now()
	clients, ended, err := l.next(claim(ctx, lane, key))
	if err != nil {
		return r.failed(ctx, turn, key, err)
	}
	turn.listed()
	err = r.Clients.Listed(ctx, oauthclient.Page{
		Tenant: key, Domain: domain, Clients: clients, Grants: l.grants, Began: l.began, Asked: asked,
	})
	if err == nil && ended {
		err = r.Clients.ListingEnded(ctx, key, l.began)
	}
	if ended || err != nil {
		turn.listing, turn.ended = nil, r.Clock.Now() // one of which a page got lost is none
	}
	return ctrl.Result{RequeueAfter: soon}, err
}

// failed puts the next request off. The listing goes on where it stood, unless the tenant does not know that place any more.
func (r *Reconciler) failed(ctx context.Context, turn *round, key auth0.Key, err error) (ctrl.Result, error) {
	turn.putOffListing(r.Clock.Now(), err)
	switch auth0.ClassOf(err) {
	case auth0.Queued:
		return ctrl.Result{RequeueAfter: turn.resume.Sub(r.Clock.Now())}, nil
	case auth0.Invalid:
		turn.listing = nil
		turn.abandon()
	}
	ctrl.LoggerFrom(ctx).Info("The tenant could not be looked at; nothing is concluded from that, and it is tried again.",
		"reason", err.Error(), "at", turn.resume)
	err = r.Clients.ListingFailed(ctx, key, err)
	return ctrl.Result{RequeueAfter: turn.resume.Sub(r.Clock.Now())}, err
}

// claim says what a request is for. A tenant's sweep has one place in its queue.
func claim(ctx context.Context, lane budget.Lane, key auth0.Key) context.Context {
	return budget.WithClaim(ctx, budget.Claim{Lane: lane, Key: "sweep of " + tenant.IndexValue(key)})
}

// jitter is the part of its interval by which a listing is late, so that tenants that were listed together are not again.
func jitter() float64 { return rand.Float64() / 10 } // #nosec G404 -- jitter is no secret
