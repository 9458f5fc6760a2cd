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

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/registration"
)

// What is counted is what is put back, by names of which there are only so many.
func TestDriftIsWhatIsPutBack(t *testing.T) {
	obj := registered(func(c *v1alpha1.OAuthClient) {
		c.Spec.Settings = &v1alpha1.ClientSettings{Name: "shop", Metadata: map[string]v1alpha1.MetadataValue{"team": "a", "cost centre": "b"}}
		c.Spec.Grants = []v1alpha1.ClientGrant{{Audience: "https://api", Scopes: []string{"read"}}, {Audience: "orders", Scopes: []string{"read"}}}
	})
	inOrder := []registration.Grant{{Audience: "https://api", Scopes: []string{"read"}}, {Audience: "orders", Scopes: []string{"read"}}}
	as := func(*registration.Client) {}
	byHand := func(c *registration.Client) { c.Settings.Name = new("by hand") }
	for sentence, c := range map[string]struct {
		before, after        func(*registration.Client)
		grants               []registration.Grant
		storedWas, storedNow []string
		want                 []string
	}{
		"nothing":                          {as, as, inOrder, nil, nil, nil},
		"a setting":                        {as, byHand, inOrder, nil, nil, []string{"name"}},
		"what was amiss before":            {byHand, byHand, inOrder, nil, nil, nil},
		"what is as it should be, at last": {byHand, as, inOrder, nil, nil, nil},
		"metadata, whatever the keys":      {as, func(c *registration.Client) { c.Settings.ClientMetadata = nil }, inOrder, nil, nil, []string{"client_metadata"}},
		"grants, whatever the audiences":   {as, as, nil, nil, nil, []string{"grants"}},
		"a detachment":                     {as, func(c *registration.Client) { c.CredentialIDs = []string{"new"} }, inOrder, nil, nil, []string{"credentials"}},
		"an attachment":                    {as, func(c *registration.Client) { c.CredentialIDs = []string{"new", "old", "theirs"} }, inOrder, nil, nil, nil},
		"the end of an attachment":         {func(c *registration.Client) { c.CredentialIDs = []string{"new", "old", "theirs"} }, as, inOrder, nil, nil, nil},
		"a deletion":                       {as, as, inOrder, []string{"new", "old"}, []string{"new"}, []string{"credentials"}},
		"a deletion of theirs":             {as, as, inOrder, []string{"new", "theirs"}, []string{"new"}, nil},
		"something that is stored":         {as, as, inOrder, []string{"new"}, []string{"new", "theirs"}, nil},
		"the method": {as, func(c *registration.Client) { c.Method, c.CredentialIDs = registration.ClientSecretPost, nil }, inOrder, nil, nil,
			[]string{"credentials", "token_endpoint_auth_method"}},
	} {
		before, after := standingOf(obj, clientAs(obj, c.before), inOrder, true), standingOf(obj, clientAs(obj, c.after), c.grants, true)
		before.stored, after.stored = c.storedWas, c.storedNow
		if got := before.drift(after, []string{"new", "old"}); !slices.Equal(got, c.want) {
			t.Errorf("%s: the drift is %q, want %q", sentence, got, c.want)
		}
	}
}
