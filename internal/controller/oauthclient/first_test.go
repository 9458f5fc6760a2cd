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
	"testing"
	"time"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/status"
)

var sightedTenant = auth0.Key{Name: "tenant"}

// I1, I4: what the first listing shows is kept where nothing else is known or under way, and where the one before can change it no more.
func TestWhatTheFirstListingShows(t *testing.T) {
	end := began.Add(time.Minute)
	midst := func(c *v1alpha1.OAuthClient) {
		c.Generation++
		c.Status.Credentials = []v1alpha1.CredentialStatus{
			{ID: "old", State: v1alpha1.CredentialAttached}, {ID: "new", State: v1alpha1.CredentialStored}}
	}
	as := func(*v1alpha1.OAuthClient) {}
	for sentence, c := range map[string]struct {
		edit     func(*v1alpha1.OAuthClient)
		views    func(*views)
		began    time.Time
		attached []string
		want     bool
	}{
		"nothing is known":                           {as, func(*views) {}, end, []string{"old"}, true},
		"it began while the fence was up":            {as, func(*views) {}, end.Add(-1), []string{"old"}, false},
		"it is not the first":                        {as, func(v *views) { v.end(sightedTenant, end) }, end, []string{"old"}, false},
		"nobody waits for one":                       {as, func(v *views) { v.firsts = nil }, end, []string{"old"}, false},
		"something is asked":                         {as, func(v *views) { v.ask("uid") }, end, []string{"old"}, false},
		"a request has no answer":                    {as, func(v *views) { v.fence("uid", status.Outcome{}) }, end, []string{"old"}, false},
		"it is suspected":                            {as, func(v *views) { v.doubt("uid", suspicion{}) }, end, []string{"old"}, false},
		"it came from another shard a moment before": {as, func(v *views) { v.inherit("uid", end.Add(1)) }, end, []string{"old"}, false},
		"it came from another shard before":          {as, func(v *views) { v.inherit("uid", end) }, end, []string{"old"}, true},
		"in the midst, as the status says":           {midst, func(*views) {}, end, []string{"old"}, true},
		"in the midst, not as the status says":       {midst, func(*views) {}, end, []string{"old", "new"}, false},
		"it is adopted": {func(c *v1alpha1.OAuthClient) {
			c.Spec.ClientID, c.Status = "id", v1alpha1.OAuthClientStatus{}
		}, func(*views) {}, end, nil, true},
	} {
		v := &views{}
		v.expect(sightedTenant, first{from: end})
		c.views(v)
		got := v.sight(registered(c.edit), registration.Client{ID: "id", CredentialIDs: c.attached},
			Page{Tenant: sightedTenant, Domain: "domain", Began: c.began, Asked: c.began})
		if got != c.want || (v.half("uid", "domain", "id", time.Time{}) != nil) != c.want {
			t.Errorf("%s: it is kept: %t", sentence, got)
		}
	}
}

// Promise 5, and its limit: who rests waits for the first listing as long as it takes; who has something to do, as long as it may come.
func TestWhoWaitsForTheFirstListing(t *testing.T) {
	for sentence, c := range map[string]struct {
		views       func(*views)
		rests, acts bool
	}{
		"it is to come":          {func(*views) {}, true, true},
		"they are few":           {func(v *views) { v.firsts[sightedTenant].apart = true }, true, false},
		"it failed":              {func(v *views) { v.awaits(sightedTenant, true); v.giveUp(sightedTenant) }, true, false},
		"it failed, for nobody":  {func(v *views) { v.giveUp(sightedTenant) }, true, true},
		"one began too early":    {func(v *views) { v.end(sightedTenant, began.Add(-1)) }, true, true},
		"it is over":             {func(v *views) { v.end(sightedTenant, began) }, false, false},
		"one was over unawaited": {func(v *views) { v.firsts = nil; v.end(sightedTenant, began) }, false, false},
	} {
		for _, rests := range []bool{true, false} {
			v := &views{}
			v.expect(sightedTenant, first{from: began})
			c.views(v)
			want := c.acts
			if rests {
				want = c.rests
			}
			if got := v.awaits(sightedTenant, rests); got != want {
				t.Errorf("%s: one that rests (%t) waits: %t", sentence, rests, got)
			}
		}
	}
}
