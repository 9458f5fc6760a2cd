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
	"slices"
	"testing"
	"time"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/registration"
)

// clientAs is the client of the object as it is to be, or edited.
func clientAs(obj *v1alpha1.OAuthClient, edit ...func(*registration.Client)) registration.Client {
	c := registration.Client{
		ID: "id", Method: registration.SelfSignedTLSClientAuth, CredentialIDs: []string{"new", "old"},
		Settings: registration.Require(wantedSettings(obj), registration.SelfSignedTLSClientAuth, registration.Settings{}),
	}
	for _, e := range edit {
		e(&c)
	}
	return c
}

func TestWhatSomebodyElseChanged(t *testing.T) {
	obj := registered(func(c *v1alpha1.OAuthClient) {
		c.Spec.Settings = &v1alpha1.ClientSettings{Name: "shop", Metadata: map[string]v1alpha1.MetadataValue{"team": "a"}}
		c.Spec.Grants = []v1alpha1.ClientGrant{{Audience: "https://api", Scopes: []string{"read"}}}
	})
	inOrder := []registration.Grant{{ID: "g", Audience: "https://api", Scopes: []string{"read"}}}
	as := func(*registration.Client) {}
	for sentence, c := range map[string]struct {
		before, after func(*registration.Client)
		grants        []registration.Grant
		want          []string
	}{
		"nothing":                          {as, as, inOrder, nil},
		"the order of the credentials":     {as, func(c *registration.Client) { slices.Reverse(c.CredentialIDs) }, inOrder, nil},
		"a setting that nobody manages":    {as, func(c *registration.Client) { c.Settings.Description = new("by hand") }, inOrder, nil},
		"a setting":                        {as, func(c *registration.Client) { c.Settings.Name = new("by hand") }, inOrder, []string{"name"}},
		"what was amiss before":            {func(c *registration.Client) { c.Settings.Name = nil }, func(c *registration.Client) { c.Settings.Name = nil }, inOrder, nil},
		"what is as it should be, at last": {func(c *registration.Client) { c.Settings.Name = nil }, as, inOrder, []string{"name"}},
		"metadata": {as, func(c *registration.Client) {
			c.Settings.ClientMetadata = map[string]string{registration.OwnerKey: c.Settings.ClientMetadata[registration.OwnerKey]}
		}, inOrder, []string{"client_metadata.team"}},
		"a detachment": {as, func(c *registration.Client) { c.CredentialIDs = []string{"new"} }, inOrder, []string{"detached credentials old"}},
		"an exchange": {as, func(c *registration.Client) { c.CredentialIDs = []string{"new", "theirs"} }, inOrder,
			[]string{"detached credentials old", "attached credentials theirs"}},
		"the method": {as, func(c *registration.Client) { c.Method, c.CredentialIDs = registration.ClientSecretPost, nil }, inOrder,
			[]string{"token_endpoint_auth_method (client_secret_post, was self_signed_tls_client_auth)", "detached credentials new, old"}},
		"a grant": {as, as, nil, []string{"the grant for https://api"}},
	} {
		before := standingOf(obj, clientAs(obj, c.before), inOrder, true)
		if got := before.changes(standingOf(obj, clientAs(obj, c.after), c.grants, true)); !slices.Equal(got, c.want) {
			t.Errorf("%s: the changes are %q, want %q", sentence, got, c.want)
		}
	}
}

// A page, and the end of a listing, say something only of views that are older than the request for it (I4, I9).
func TestOnlyWhatIsOlderIsCompared(t *testing.T) {
	obj := registered(func(*v1alpha1.OAuthClient) {})
	asked := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	changed := clientAs(obj, func(c *registration.Client) { c.CredentialIDs = []string{"new"} })
	page := Page{Tenant: auth0.Key{Name: "tenant"}, Domain: "domain", Began: asked, Asked: asked}
	for sentence, c := range map[string]struct {
		known *view
		busy  bool
		stays bool
	}{
		"an older view":                    {&view{domain: "domain", asOf: asked.Add(-1)}, false, false},
		"a view of the same moment":        {&view{domain: "domain", asOf: asked}, false, true},
		"a newer view":                     {&view{domain: "domain", asOf: asked.Add(1)}, false, true},
		"one that is about to be newer":    {&view{domain: "domain", asOf: asked.Add(-1)}, true, true},
		"no view, in the midst of the run": {nil, false, true},
	} {
		for _, missing := range []bool{false, true} {
			v := &views{firsts: map[auth0.Key]*first{page.Tenant: {over: true}}}
			if c.known != nil {
				known := *c.known
				known.client = clientAs(obj)
				v.put(obj.UID, &known)
			}
			if c.busy {
				v.ask(obj.UID)
			}
			before := v.look(obj.UID).view
			take := func() bool { return v.compare(obj, changed, page) }
			if missing {
				take = func() bool { return v.missing(obj, asked) }
			}
			wake := take()
			if stays := v.look(obj.UID).view == before; stays != c.stays || wake == c.stays {
				t.Errorf("%s, missing %t: it stays %t, the object is woken %t", sentence, missing, stays, wake)
			}
		}
	}
}

// What a listing shows alike makes the view as new as the listing, in another view: a reconcile may be looking at the old one.
func TestAViewThatIsConfirmedIsReplaced(t *testing.T) {
	obj := registered(func(*v1alpha1.OAuthClient) {})
	asked := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	known := &view{domain: "domain", client: clientAs(obj), asOf: asked.Add(-time.Hour)}
	v := &views{}
	v.put(obj.UID, known)
	page := Page{Domain: "domain", Began: asked, Asked: asked}
	if v.compare(obj, clientAs(obj), page) {
		t.Error("the object is woken, and nothing has changed")
	}
	if now := v.look(obj.UID).view; now == known || !now.asOf.Equal(asked) || known.asOf.Equal(asked) {
		t.Error("the view was not replaced by one as new as the listing")
	}
	edited := clientAs(obj, func(c *registration.Client) { c.Settings.Description = new("by hand") })
	page.Asked = asked.Add(time.Hour)
	if !v.compare(obj, edited, page) || v.look(obj.UID).view.client.Settings.Description == nil {
		t.Error("what nobody manages has changed, and the object does not look at it")
	}
}
