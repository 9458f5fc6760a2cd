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

// Package oauthclient keeps a tenant's clients, their credentials and their grants as OAuthClients and ClientCredentials
// declare them. It observes, lets the pure packages decide, applies one request at a time, folds the tenant's answer into
// what it knows, and decides again. It reads no private key.
package oauthclient

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/budget"
	"github.com/certbound/certbound/internal/controller/answer"
	"github.com/certbound/certbound/internal/controller/shard"
	"github.com/certbound/certbound/internal/controller/urgency"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/status"
)

// +kubebuilder:rbac:groups=certbound.dev,resources=oauthclients,verbs=get;list;watch;update;patch
// +kubebuilder:rbac:groups=certbound.dev,resources=oauthclients/status,verbs=update
// +kubebuilder:rbac:groups=certbound.dev,resources=oauthclients/finalizers,verbs=update
// +kubebuilder:rbac:groups=certbound.dev,resources=clientcredentials;tenants;clustertenants,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=configmaps,verbs=get;list;watch;create;update
// +kubebuilder:rbac:groups="",resources=namespaces,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create

// Finalizer is put on an OAuthClient before its client is created or changed at the tenant. Until then nothing can have
// been created; from then on a client is looked for by its mark before one is created.
const Finalizer = "certbound.dev/oauthclient"

// DefaultFence is how long after a request without an answer the tenant is left alone: longer than any request lives, so
// that what it did is seen by the listing that follows.
const DefaultFence = 30 * time.Second

// Reconciler brings OAuthClients up to date.
type Reconciler struct {
	Client client.Client
	// Live reads past the cache: what takes something away is decided from it.
	Live     client.Reader
	Recorder events.EventRecorder
	Registry *auth0.Registry
	// SignedIn tells of tenants that were signed in to anew.
	SignedIn <-chan event.GenericEvent
	// Wanted is told of tenants of which a listing is waited for.
	Wanted chan<- event.TypedGenericEvent[auth0.Key]
	Clock  clock.PassiveClock
	// Drifted is told of each field that somebody else changed at a tenant and that is put back; nil: nobody is told.
	Drifted func(key auth0.Key, field string)
	// Fence is how long a client is left alone after a request without an answer, whether of this operator or of one before.
	Fence time.Duration
	// Shard is what this operator looks after, which is all that it sees in its cache.
	Shard shard.Shard
	// TookOver tells since when this operator works, and whether the one before it may have left requests unanswered; nil: since it was
	// set up, and nobody can tell, so it may.
	TookOver func() (since time.Time, unclean bool)

	views   views
	claimed claimed
	woken   chan event.GenericEvent // objects to reconcile because of a listing
	paces   answer.Paces[situation]
	written answer.Written
	waits   telling
}

// pass is one reconcile: what was found so far.
type pass struct {
	*Reconciler
	obj         *v1alpha1.OAuthClient
	tenant      tenantFacts
	credentials []v1alpha1.ClientCredential
	fresh       freshness // of the credentials
	view        *view
	absent      bool                  // the tenant says that the client does not exist
	unseen      bool                  // there is no client, or none to look at: what was reported of one is out of date
	unsent      registration.Settings // what is to go along with the next change of the authentication method
	apart       bool                  // settings go by themselves
	report      *status.Report
	next        string // the next step, in words
	now         time.Time
	sent        *atomic.Int32 // requests to the tenant
	current     bool          // a write of the status went through, so no newer one was there
	turn        *auth0.Turn   // taken for the next request
	lane        budget.Lane   // of the last request
	queuedUntil time.Time     // when to come back for a request whose turn it was not; zero: there is none
	queuedFor   budget.Why
}

// Reconcile brings the tenant's client to what the object declares, and reports.
func (r *Reconciler) Reconcile(ctx context.Context, obj *v1alpha1.OAuthClient) (ctrl.Result, error) {
	if again, awaits := r.written.Await(obj); awaits {
		return again, nil
	}
	p := &pass{Reconciler: r, obj: obj, now: r.Clock.Now(), report: status.NewReport(
		v1alpha1.ConditionTenantReady, v1alpha1.ConditionRegistered, v1alpha1.ConditionCredentialsInSync,
		v1alpha1.ConditionGrantsInSync, v1alpha1.ConditionConnectionPublished)}
	ctx, p.sent = auth0.WithCount(ctx)
	defer p.dropTurn()
	var gone bool
	var err error
	var told *alreadyToldError
	defer func() { p.views.rest(obj.UID, p.view, r.Clock.Now()) }()
	if obj.DeletionTimestamp.IsZero() {
		err = p.reconcile(ctx)
	} else {
		gone, err = p.finalize(ctx)
	}
	switch {
	case errors.Is(err, errSigningIn), errors.Is(err, errListing):
		return ctrl.Result{}, nil // SignedIn wakes, or the listing
	case errors.As(err, &told):
		return ctrl.Result{RequeueAfter: told.until.Sub(p.now)}, nil
	case gone || err != nil:
		return answer.OfWrite(err)
	}
	if !p.queuedUntil.IsZero() {
		p.paces.Owe(p.obj.UID, int(p.sent.Load()))
		return p.stayInQueue(ctx)
	}
	return p.write(ctx)
}

// reconcile is the whole way from the object to the tenant and back. A step that does not succeed ends it only where the
// next ones cannot do without: a refused setting does not hold up a renewal.
func (p *pass) reconcile(ctx context.Context) error {
	outcome, err := p.resolveTenant(ctx)
	if err != nil {
		return err
	}
	if !p.report.Set(v1alpha1.ConditionTenantReady, outcome).IsDone() {
		return nil
	}
	if err := p.readCredentials(ctx, ofTheCache); err != nil {
		return err
	}
	if err := p.alreadyTold(); err != nil {
		return err
	}
	if err := p.leftAlone(); err != nil {
		return err
	}
	if outcome, err = p.identify(ctx); err != nil {
		return err
	}
	if !outcome.IsDone() {
		p.report.Set(v1alpha1.ConditionRegistered, outcome)
		return nil
	}
	for _, step := range []struct {
		condition string
		take      func(context.Context) status.Outcome
	}{
		{v1alpha1.ConditionRegistered, p.applySettings},
		{v1alpha1.ConditionCredentialsInSync, p.rotate},
		{v1alpha1.ConditionGrantsInSync, p.applyGrants},
		{v1alpha1.ConditionConnectionPublished, p.publishConnection},
	} {
		p.report.Set(step.condition, step.take(ctx))
		if p.view == nil || !p.queuedUntil.IsZero() {
			return nil // a request was not answered, so nothing more is sent before the tenant was read; or it is not its turn
		}
		if !p.unsent.IsZero() && step.condition == v1alpha1.ConditionCredentialsInSync {
			p.unsent, p.apart = registration.Settings{}, true
			p.report.Set(v1alpha1.ConditionRegistered, p.applySettings(ctx))
			if p.view == nil || !p.queuedUntil.IsZero() {
				return nil
			}
		}
	}
	return nil
}

// write writes the status, once and only when it changed, and tells when to look again. What is changed at the tenant meanwhile, a
// listing or an audit tells.
func (p *pass) write(ctx context.Context) (ctrl.Result, error) {
	after := p.status()
	if err := p.update(ctx, after); err != nil {
		return p.untold(ctx, err)
	}
	again, err := p.again(ctx)
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("client %s: %w", after.ClientID, err)
	}
	return ctrl.Result{RequeueAfter: again, Priority: urgency.Ordinary()}, nil
}

// update writes a status that differs from the one that is there, and tells of a change of Ready.
func (p *pass) update(ctx context.Context, after v1alpha1.OAuthClientStatus) error {
	before := p.obj.Status
	if answer.Unchanged(&before, &after) {
		return nil
	}
	p.obj.Status = after
	if err := p.putStatus(ctx); err != nil {
		return err
	}
	if t, changed := status.ReadyTransition(before.Conditions, after.Conditions); changed {
		p.Recorder.Eventf(p.obj, nil, answer.EventType(t), t.Reason, "Reconcile", "%s", t.Message)
	}
	return nil
}

// putStatus writes the object's status, unless the object was written since it was read.
func (p *pass) putStatus(ctx context.Context) error {
	err := p.Client.Status().Update(ctx, p.obj)
	if err == nil {
		p.current = true
		p.written.Note(p.obj)
	}
	return err
}

// event reports a change that this operator made.
func (p *pass) event(reason, action, message string) {
	p.Recorder.Eventf(p.obj, nil, corev1.EventTypeNormal, reason, action, "%s", message)
}
