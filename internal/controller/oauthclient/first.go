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

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller/tenant"
	"github.com/certbound/certbound/internal/registration"
)

// first is the first listing of a tenant, for which those wait of whose client nothing is known yet.
type first struct {
	from    time.Time // it may begin then at the earliest
	awaited bool
	over    bool
	// apart tells that whoever has something to do looks for itself: the listing failed, or they are few, and the clients of the tenant,
	// most of which may be somebody else's, could be many.
	apart bool
}

// few are so many objects of a tenant that they look for their clients themselves, where they have something to do.
const few = 20

// awaitsListing tells whether the object waits for the first listing of its tenant.
func (p *pass) awaitsListing(ctx context.Context, rests bool) (bool, error) {
	key := tenant.KeyOf(p.obj)
	if !p.views.expects(key) {
		objects, err := p.ofTenant(ctx, key)
		if err != nil {
			return false, err
		}
		p.views.expect(key, first{from: p.leftByLast(objects), apart: len(objects) < few})
	}
	return p.views.awaits(key, rests), nil
}

// expects tells whether the first listing of a tenant is spoken of already.
func (v *views) expects(key auth0.Key) bool {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	return v.firsts[key] != nil
}

func (v *views) expect(key auth0.Key, listing first) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.speakOf(key, listing)
}

// speakOf keeps the first listing of a tenant, unless there is one already. The views are locked.
func (v *views) speakOf(key auth0.Key, listing first) {
	if v.firsts == nil {
		v.firsts = map[auth0.Key]*first{}
	}
	if v.firsts[key] == nil {
		v.firsts[key] = &listing
	}
}

// awaits tells whether an object is to wait for the first listing, and notes that it does.
func (v *views) awaits(key auth0.Key, rests bool) bool {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	f := v.firsts[key]
	if f.over || f.apart && !rests {
		return false
	}
	f.awaited = true
	return true
}

// sight keeps what the first listing shows of a client that there is no view of, and tells whether it does. One that is in the midst of
// something, and does not stand as the status says, reads its client itself: a listing can be behind.
func (v *views) sight(obj *v1alpha1.OAuthClient, shown registration.Client, page Page) bool {
	kept, f := v.of(obj.UID), v.firsts[page.Tenant]
	if kept.busy || kept.suspect != nil || kept.fence != nil || f == nil || f.over || page.Began.Before(f.from) || page.Asked.Before(kept.inherited) {
		return false
	}
	if !calledReady(obj) && obj.Status.ClientID != "" && !registration.SameSet(attachedIDs(obj.Status), shown.CredentialIDs) {
		return false
	}
	kept.half = &view{
		domain: page.Domain, client: shown, grants: page.Grants[shown.ID], grantsRead: page.Grants != nil, asOf: page.Asked,
	}
	return true
}

// end notes that a listing of a tenant which began then is whole, and tells whether it is the first.
func (v *views) end(key auth0.Key, began time.Time) bool {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	f := v.firsts[key]
	switch {
	case f == nil:
		v.speakOf(key, first{over: true})
	case f.over, began.Before(f.from):
		return false
	default:
		f.awaited, f.over = false, true
	}
	return true
}

// giveUp notes that the first listing failed, and tells whether that is news to those who wait for it.
func (v *views) giveUp(key auth0.Key) bool {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	f := v.firsts[key]
	if f == nil || f.apart || !f.awaited {
		return false
	}
	f.apart = true
	return true
}

// unknown tells whether nothing is known of an object's client.
func (v *views) unknown(uid types.UID) bool {
	kept := v.look(uid)
	return kept.view == nil && kept.half == nil
}
