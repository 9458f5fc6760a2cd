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
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller/tenant"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/rotation"
)

// A restart forgets every view. The status of an object remembers one, but may be out of date; the first listing of the tenant shows
// whether it is, for all objects in order together. So those wait for it, and are then known without a request of their own, if
// nothing at all is to be done for them. Whatever is not in order reads its own client at once.

// errListing tells that a listing of the tenant is waited for. It changes nothing in what was reported.
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

// recall is the view that the status and the first listing make together, or nil where the client is to be read.
func (p *pass) recall(ctx context.Context) (*view, error) {
	if p.views.isSuspect(p.obj.UID) {
		return nil, nil
	}
	recorded := p.recorded()
	if recorded == nil || !inOrder(p.obj, p.nextFor(recorded)) {
		return nil, nil
	}
	seen, is := p.views.sighted(p.obj.UID, tenant.KeyOf(p.obj))
	switch is {
	case notYet:
		p.want(ctx)
		return nil, errListing
	case never:
		return nil, nil
	case now:
	}
	recalled := *recorded
	recalled.client, recalled.asOf = seen.client, seen.asked
	recalled.grants, recalled.grantsRead = seen.grants, seen.grantsRead
	before := standing{method: recorded.client.Method, attached: recorded.client.CredentialIDs}
	after := standingOf(p.obj, recalled.client, recalled.grants, recalled.grantsRead)
	readsGrants := len(p.obj.Spec.Grants) > 0 && !recalled.grantsRead
	if len(before.changes(after)) > 0 || readsGrants || !settled(p.nextFor(&recalled)) {
		p.views.doubt(p.obj.UID, before)
		return nil, nil
	}
	p.views.put(p.obj.UID, &recalled)
	return &recalled, nil
}

// recorded is the view that the status alone makes; nil where it makes none.
func (p *pass) recorded() *view {
	if !calledReady(p.obj) {
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
	if p.view.whole || settled(step) {
		return step, nil
	}
	credentials, err := p.ask().Credentials(p.claim(ctx, look, false), p.view.client.ID)
	if err != nil {
		return step, err
	}
	p.view.credentials, p.view.whole, p.view.pooledAt = credentials, true, p.Clock.Now()
	return rotation.Next(p.observation()), nil
}

// want asks for a listing of the tenant.
func (p *pass) want(ctx context.Context) {
	select {
	case p.Wanted <- event.TypedGenericEvent[auth0.Key]{Object: tenant.KeyOf(p.obj)}:
	case <-ctx.Done():
	}
}

// A sighting is a client as the first listing showed it.
type sighting struct {
	client     registration.Client
	grants     []registration.Grant
	grantsRead bool
	asked      time.Time
}

// sight keeps what the first listing shows of a client that there is no view of, and tells whether it does.
func (v *views) sight(obj *v1alpha1.OAuthClient, listed registration.Client, page Page) bool {
	_, busy := v.busy[obj.UID]
	_, suspect := v.suspects[obj.UID]
	_, fenced := v.fences[obj.UID]
	_, was := v.listed[page.Tenant]
	if busy || suspect || fenced || was || !calledReady(obj) {
		return false
	}
	if v.sightings == nil {
		v.sightings = map[types.UID]sighting{}
	}
	v.sightings[obj.UID] = sighting{client: listed, grants: page.Grants[listed.ID], grantsRead: page.Grants != nil, asked: page.Asked}
	return true
}

// shown tells when the first listing shows a client.
type shown int

const (
	notYet shown = iota // it is not over, and is now waited for
	now                 // it has
	never               // it is over, and has not
)

// sighted is what the first listing of the tenant showed of a client. It is told once.
func (v *views) sighted(uid types.UID, key auth0.Key) (sighting, shown) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if s, sighted := v.sightings[uid]; sighted {
		delete(v.sightings, uid)
		return s, now
	}
	if _, over := v.listed[key]; over {
		return sighting{}, never
	}
	if v.awaited == nil {
		v.awaited = map[auth0.Key]struct{}{}
	}
	v.awaited[key] = struct{}{}
	return sighting{}, notYet
}

// end notes that a listing of a tenant is whole, and tells whether it is the first.
func (v *views) end(key auth0.Key) (first bool) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	_, was := v.listed[key]
	if v.listed == nil {
		v.listed = map[auth0.Key]struct{}{}
	}
	v.listed[key] = struct{}{}
	delete(v.awaited, key)
	return !was
}

// unlisted tells whether the object waits for a listing that is over without having shown its client.
func (v *views) unlisted(obj *v1alpha1.OAuthClient) bool {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	_, sighted := v.sightings[obj.UID]
	return v.byUID[obj.UID] == nil && !sighted && calledReady(obj)
}

// doubt notes how the status says that the client was, where a listing shows something else.
func (v *views) doubt(uid types.UID, before standing) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.suspect(uid, before)
}

func (v *views) isSuspect(uid types.UID) bool {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	_, suspect := v.suspects[uid]
	return suspect
}
