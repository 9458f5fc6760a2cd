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
	"fmt"
	"reflect"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller/tenant"
	"github.com/certbound/certbound/internal/registration"
)

// A listing of the tenant shows all its clients at once. What it shows is never acted on: where it differs from the view, the view is
// dropped and the object woken, which reads its own client. A client that it does not show may exist all the same.

// listedIndex is the field index of OAuthClients by their tenant and their client's id.
const listedIndex = "listedAs"

func listedAs(o client.Object) []string {
	c := o.(*v1alpha1.OAuthClient)
	if clientIDOf(c) == "" {
		return nil
	}
	return []string{listedValue(tenant.KeyOf(c), clientIDOf(c))}
}

func listedValue(key auth0.Key, id string) string { return tenant.IndexValue(key) + "/" + id }

// A Page is a part of a listing of a tenant's clients.
type Page struct {
	Tenant  auth0.Key
	Domain  string
	Clients []registration.Client
	// Grants are those of all clients, by client; nil where they were not listed.
	Grants map[string][]registration.Grant
	// Began is when the listing began, of which the grants come first; Asked is when this page was asked for.
	Began, Asked time.Time
}

// Listed takes in a page: it compares each client with what is known of it.
func (r *Reconciler) Listed(ctx context.Context, page Page) error {
	for _, listed := range page.Clients {
		if uid, _ := listed.MarkedBy(); uid != "" {
			if sought := r.views.found(types.UID(uid), listed.ID); sought != nil {
				r.wake(ctx, *sought)
			}
		}
		var list v1alpha1.OAuthClientList
		// What is read here is not changed, so that there is no need to copy it.
		err := r.Client.List(ctx, &list, client.MatchingFields{listedIndex: listedValue(page.Tenant, listed.ID)}, client.UnsafeDisableDeepCopy)
		if err != nil {
			return fmt.Errorf("list the OAuthClients of a client: %w", err)
		}
		for i := range list.Items {
			obj := &list.Items[i]
			if !obj.DeletionTimestamp.IsZero() || page.Began.Before(r.leftBy(obj)) {
				continue
			}
			if r.views.compare(obj, listed, page) {
				r.wake(ctx, client.ObjectKeyFromObject(obj))
			}
		}
	}
	return nil
}

// ListingEnded takes in that a listing which began then is whole.
func (r *Reconciler) ListingEnded(ctx context.Context, key auth0.Key, began time.Time) error {
	objects, err := r.ofTenant(ctx, key)
	if err != nil {
		return err
	}
	first := r.views.end(key, began)
	for i := range objects {
		if obj := &objects[i]; r.views.missing(obj, began) || first && r.views.unknown(obj.UID) {
			r.wake(ctx, client.ObjectKeyFromObject(obj))
		}
	}
	for _, seeker := range r.views.answer(key, began) {
		r.wake(ctx, seeker)
	}
	return nil
}

// ListingFailed tells those who look for their client why they wait, and those who could do without the listing that it is not coming.
func (r *Reconciler) ListingFailed(ctx context.Context, key auth0.Key, cause error) error {
	for _, seeker := range r.views.disappoint(key, cause) {
		r.wake(ctx, seeker)
	}
	if !r.views.giveUp(key) {
		return nil
	}
	objects, err := r.ofTenant(ctx, key)
	for i := range objects {
		if obj := &objects[i]; r.views.unknown(obj.UID) {
			r.wake(ctx, client.ObjectKeyFromObject(obj))
		}
	}
	return err
}

// ListingWanted is when the next listing is waited for at the earliest; wanted is false where nobody waits.
func (r *Reconciler) ListingWanted(key auth0.Key) (from time.Time, wanted bool) {
	return r.views.want(key)
}

// Objects tells whether a tenant has clients to list, and whether any of them has grants to list.
func (r *Reconciler) Objects(ctx context.Context, key auth0.Key) (clients, grants bool, err error) {
	objects, err := r.ofTenant(ctx, key)
	return len(objects) > 0, slices.ContainsFunc(objects, func(c v1alpha1.OAuthClient) bool { return len(c.Spec.Grants) > 0 }), err
}

func (r *Reconciler) ofTenant(ctx context.Context, key auth0.Key) ([]v1alpha1.OAuthClient, error) {
	var list v1alpha1.OAuthClientList
	err := r.Client.List(ctx, &list, client.MatchingFields{tenant.TenantIndex: tenant.IndexValue(key)}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, fmt.Errorf("list the tenant's OAuthClients: %w", err)
	}
	return list.Items, nil
}

func (r *Reconciler) wake(ctx context.Context, name types.NamespacedName) {
	obj := &v1alpha1.OAuthClient{}
	obj.Namespace, obj.Name = name.Namespace, name.Name
	select {
	case r.woken <- event.GenericEvent{Object: obj}:
	case <-ctx.Done():
	}
}

// compare takes in what a listing shows of an object's client, and tells whether the object is to look at it. Where the view is as old
// as the page, or about to be newer, the page may show what was before the last write: it says nothing.
func (v *views) compare(obj *v1alpha1.OAuthClient, shown registration.Client, page Page) (wake bool) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	kept := v.byUID[obj.UID]
	if kept == nil || kept.view == nil {
		return v.sight(obj, shown, page)
	}
	known := kept.view
	if kept.busy || !known.asOf.Before(page.Asked) || known.domain != page.Domain {
		return false
	}
	grants, grantsRead := known.grants, known.grantsRead
	if page.Grants != nil && grantsRead && known.asOf.Before(page.Began) {
		grants = page.Grants[shown.ID]
	}
	before := standingOf(obj, known.client, known.grants, grantsRead)
	if changed := before.changes(standingOf(obj, shown, grants, grantsRead)); len(changed) > 0 {
		before.stored = known.stored()
		kept.doubts(suspicion{before, known})
		return true
	}
	next := *known
	next.client, next.grants, next.asOf = shown, grants, page.Asked
	kept.view = &next
	return !reflect.DeepEqual(known.client, shown) // nothing that is managed, but maybe something that is told
}

// stored are the ids of the credentials, nil where the tenant has not listed them.
func (v *view) stored() []string {
	if v.pool != listed {
		return nil
	}
	return ids(v.credentials)
}

// missing drops the view of a client that a whole listing has not shown, and tells whether it was one.
func (v *views) missing(obj *v1alpha1.OAuthClient, began time.Time) bool {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	kept := v.byUID[obj.UID]
	if !kept.rests() || !kept.view.asOf.Before(began) {
		return false
	}
	known := kept.view
	before := standingOf(obj, known.client, known.grants, known.grantsRead)
	before.stored = known.stored()
	kept.doubts(suspicion{before, known})
	return true
}
