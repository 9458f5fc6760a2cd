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
	"cmp"
	"context"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller/answer"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/status"
)

// identify finds the client at the tenant, or creates it. Done means that p.view is there and the client may be touched.
func (p *pass) identify(ctx context.Context) (status.Outcome, error) {
	known, fence := p.views.get(p.obj.UID)
	if p.now.Before(fence.Again) {
		return fence, nil
	}
	if known != nil && known.domain != p.tenant.domain {
		p.views.forget(p.obj.UID)
		known = nil
	}
	if known == nil && fence.IsZero() { // after a request without an answer only the client itself will do
		var err error
		if known, err = p.recall(ctx); err != nil {
			return status.Outcome{}, err
		}
	}
	if known == nil {
		return p.find(ctx)
	}
	p.view = known
	return p.takeOn(ctx), nil
}

// find looks at the client, wherever it is, or creates it.
func (p *pass) find(ctx context.Context) (status.Outcome, error) {
	if until := p.unchangedUntil(); !until.IsZero() { // what is read now would have to be read again
		return answer.Outcome(unchanged{until: until}.withheld(auth0.OpClient), "look at the client", untouched), nil
	}
	id := clientIDOf(p.obj)
	if id == "" && controllerutil.ContainsFinalizer(p.obj, Finalizer) {
		found, err := p.search(ctx)
		if errors.Is(err, errListing) {
			return status.Outcome{}, err
		}
		if err != nil {
			return p.failed(err, "look for the client among those of the tenant"), nil
		}
		id = found
	}
	if id == "" {
		return p.create(ctx), nil
	}
	if id == p.tenant.managementClient {
		return status.Blocked(v1alpha1.ReasonManagementClient, fmt.Sprintf(
			"The client %s is the one that the operator signs in with; it is never managed; name another in spec.clientID.", id)), nil
	}
	if outcome := p.observe(ctx, id); !outcome.IsDone() {
		return outcome, nil
	}
	return p.takeOn(ctx), nil
}

// clientIDOf is the id of the object's client; empty before it is known.
func clientIDOf(obj *v1alpha1.OAuthClient) string {
	return cmp.Or(obj.Spec.ClientID, obj.Status.ClientID)
}

// takeOn makes sure, before anything is changed at a client, that it is one to manage and that it is not forgotten when the object
// goes. Where the finalizer could not be written, the client is known by the next time, and the finalizer is still missing; unless
// somebody else wrote the object first, which an operator before this one may have been, and may have sent something since it was read.
func (p *pass) takeOn(ctx context.Context) status.Outcome {
	outcome := p.admit()
	if !outcome.IsDone() {
		return outcome
	}
	if err := p.addFinalizer(ctx); err != nil {
		if apierrors.IsConflict(err) && !p.takeover(p.now).IsZero() {
			p.views.forget(p.obj.UID)
			p.view = nil
		}
		return status.Failed(v1alpha1.ReasonFinalizerNotWritten, "The finalizer cannot be written; "+untouched+".", err)
	}
	return outcome
}

// admit drops the view of a client that is not one to manage: whoever manages it changes it unseen, and what the status said
// of it would soon be wrong.
func (p *pass) admit() status.Outcome {
	outcome := p.mayTouch()
	if !outcome.IsDone() {
		p.view, p.unseen = nil, true
	}
	return outcome
}

// mayTouch decides whether the client that was found is one to manage.
func (p *pass) mayTouch() status.Outcome {
	uid, name := p.view.client.MarkedBy()
	switch {
	case p.view.client.Global:
		return status.Blocked(v1alpha1.ReasonManagementClient, fmt.Sprintf(
			"The client %s is the tenant's global client; it is never managed; name another in spec.clientID.", p.view.client.ID))
	case p.obj.Spec.ManagementPolicy == v1alpha1.ManagementCredentialsOnly, p.obj.Spec.ManagementPolicy == v1alpha1.ManagementObserve:
	case uid != "" && uid != string(p.obj.UID) && p.obj.Spec.AdoptionPolicy != v1alpha1.AdoptAlways:
		return status.Blocked(v1alpha1.ReasonOwnedByAnother, fmt.Sprintf(
			"The client %s is marked as managed by the OAuthClient %s (uid %s); %s; if that object is gone, take the client over with adoptionPolicy Always.",
			p.view.client.ID, name, uid, untouched))
	}
	return status.Done(v1alpha1.ReasonRegistered, "")
}

// create creates the client together with its credentials, in one request: it never exists with a secret in force.
func (p *pass) create(ctx context.Context) status.Outcome {
	method := registration.Method(p.obj.Spec.AuthenticationMethod)
	if _, waitingFor := p.initialCredentials(method); waitingFor != "" {
		return status.Waiting(v1alpha1.ReasonWaitingForCertificate, waitingFor) // as far as the cache can tell, which wakes when it can tell more
	}
	within, err := p.takeTurn(p.claim(ctx, settle, false))
	if err != nil {
		return p.failed(err, "create the client")
	}
	if err := p.readCredentials(ctx, byName); err != nil {
		return status.Failed(v1alpha1.ReasonWaitingForCertificate, "The ClientCredentials cannot be read; nothing is created yet.", err)
	}
	credentials, waitingFor := p.initialCredentials(method)
	if waitingFor != "" {
		return status.Waiting(v1alpha1.ReasonWaitingForCertificate, waitingFor)
	}
	if err := p.addFinalizer(ctx); err != nil {
		return status.Failed(v1alpha1.ReasonFinalizerNotWritten, "The finalizer cannot be written; nothing is created yet.", err)
	}
	created, stored, err := p.ask().CreateClient(within, auth0.NewClient{
		Settings: initialSettings(p.obj), Method: method, Credentials: credentials,
	})
	p.dropTurn()
	if err != nil {
		return p.failed(err, "create the client")
	}
	at := p.Clock.Now()
	p.view = &view{domain: p.tenant.domain, client: created, credentials: stored, pool: listed, grantsRead: true, asOf: at, pooledAt: at}
	p.views.put(p.obj.UID, p.view)
	p.event("ClientCreated", "Create", fmt.Sprintf("Created the client %s (credentials: %d).", created.ID, len(stored)))
	return status.Done(v1alpha1.ReasonRegistered, "")
}

// addFinalizer writes the finalizer, unless it is there. The optimistic lock makes sure that no other reconcile, of a
// leader that does not know yet that it is none, came here first.
func (p *pass) addFinalizer(ctx context.Context) error {
	if controllerutil.ContainsFinalizer(p.obj, Finalizer) {
		return nil
	}
	before := p.obj.DeepCopy()
	controllerutil.AddFinalizer(p.obj, Finalizer)
	if err := p.Client.Patch(ctx, p.obj, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return err
	}
	p.written.Note(p.obj)
	p.noteFirst()
	return nil
}
