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
	"errors"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/budget"
	"github.com/certbound/certbound/internal/controller/tenant"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/rotation"
)

// A restart forgets every view. The first listing of the tenant shows all its clients together, so whoever is in no hurry waits for it.
// The status of an object that is in order remembers the rest of its view, and is out of date only where the listing shows something
// else: nothing more is asked then. Others read the credentials of their client, which no listing shows.

// errListing tells that a listing of the tenant's clients is waited for. It changes nothing in what was reported.
var errListing = errors.New("a listing of the tenant's clients is waited for")

// settled tells whether a step changes nothing, and would change nothing either if it were decided from more than is recorded.
func settled(step rotation.Step) bool {
	return step.Verb == rotation.Done || step.Verb == rotation.Wait && step.Why == rotation.Overlap
}

// inOrder tells whether the status says that nothing is to be done for the object's client; next is what the planner makes of it.
func inOrder(obj *v1alpha1.OAuthClient, next rotation.Step) bool {
	return calledReady(obj) && controllerutil.ContainsFinalizer(obj, Finalizer) && settled(next)
}

// calledReady tells whether the status speaks of the object as it is, and calls it ready.
func calledReady(obj *v1alpha1.OAuthClient) bool {
	ready := meta.FindStatusCondition(obj.Status.Conditions, v1alpha1.ConditionReady)
	return ready != nil && meta.IsStatusConditionTrue(obj.Status.Conditions, ready.Type) && ready.ObservedGeneration == obj.Generation &&
		obj.Status.ObservedGeneration == obj.Generation && obj.Status.ClientID != "" && obj.DeletionTimestamp.IsZero()
}

// recall is the view that the status and the first listing make together, or nil where the client is to be looked at. The error is
// errListing where the listing is to come first.
func (p *pass) recall(ctx context.Context) (*view, error) {
	if p.views.suspected(p.obj.UID) != nil || clientIDOf(p.obj) == "" {
		return nil, nil
	}
	recorded := p.recorded()
	rests := recorded != nil && inOrder(p.obj, p.nextFor(recorded))
	if !rests && (p.workFor(look).lane() == budget.Urgent || !p.unchangedUntil().IsZero()) {
		return nil, nil
	}
	shown := p.known(clientIDOf(p.obj))
	if shown == nil {
		if awaits, err := p.awaitsListing(ctx, rests); err != nil || !awaits {
			return nil, err
		}
		p.want(ctx)
		return nil, errListing
	}
	if recorded == nil {
		return nil, nil
	}
	recalled := *shown
	recalled.credentials = recorded.credentials
	if rests {
		return p.confirm(&recalled, recorded), nil
	}
	if !recorded.attachedAs(shown.client) {
		return nil, nil
	}
	p.views.put(p.obj.UID, &recalled)
	return &recalled, nil
}

// confirm returns what was recalled of an object that rests if there is nothing to do for it, and else casts doubt on its client.
func (p *pass) confirm(recalled, recorded *view) *view {
	before := standing{method: recorded.client.Method, attached: recorded.client.CredentialIDs}
	after := standingOf(p.obj, recalled.client, recalled.grants, recalled.grantsRead)
	readsGrants := len(p.obj.Spec.Grants) > 0 && !recalled.grantsRead
	if len(before.changes(after)) > 0 || readsGrants || !settled(p.nextFor(recalled)) {
		p.views.doubt(p.obj.UID, suspicion{before, recorded})
		return nil
	}
	p.views.put(p.obj.UID, recalled)
	return recalled
}

// known is what is known of the client alone, and recently; nil where nothing is.
func (p *pass) known(id string) *view {
	return p.views.half(p.obj.UID, p.tenant.domain, id, p.now.Add(-p.tenant.driftInterval))
}

// recorded is the view that the status alone makes; nil where it makes none.
func (p *pass) recorded() *view {
	if p.obj.Status.ClientID == "" || clientIDOf(p.obj) != p.obj.Status.ClientID {
		return nil
	}
	v := &view{domain: p.tenant.domain, client: registration.Client{
		ID: p.obj.Status.ClientID, Method: registration.Method(p.obj.Status.AuthenticationMethod),
	}}
	for _, c := range p.obj.Status.Credentials {
		stored := auth0.Credential{ID: c.ID, Type: registration.CredentialType(c.Type), Thumbprint: c.Fingerprint, SubjectDN: c.SubjectDN}
		if c.Owner != "" {
			stored.Name = registration.CredentialName(string(p.obj.UID), c.Owner)
		}
		if c.ExpiresAt != nil {
			stored.ExpiresAt = c.ExpiresAt.Time
		}
		if c.State == v1alpha1.CredentialAttached {
			v.client.CredentialIDs = append(v.client.CredentialIDs, c.ID)
		}
		v.credentials = append(v.credentials, stored)
	}
	return v
}

// nextFor is the next step if v were known.
func (p *pass) nextFor(v *view) rotation.Step {
	as := *p
	as.view = v
	return rotation.Next(as.observation())
}

// decide is the planner's next step. Where it comes from a record of the credentials and is not to do nothing, they are read first.
func (p *pass) decide(ctx context.Context) (rotation.Step, error) {
	step := rotation.Next(p.observation())
	if p.view.pool != recorded || settled(step) {
		return step, nil
	}
	credentials, err := p.ask().Credentials(p.claim(ctx, look, false), p.view.client.ID)
	if err != nil {
		return step, err
	}
	p.view.credentials, p.view.pool, p.view.pooledAt = credentials, listed, p.Clock.Now()
	return rotation.Next(p.observation()), nil
}

// want asks for a listing of the tenant.
func (p *pass) want(ctx context.Context) {
	select {
	case p.Wanted <- event.TypedGenericEvent[auth0.Key]{Object: tenant.KeyOf(p.obj)}:
	case <-ctx.Done():
	}
}
