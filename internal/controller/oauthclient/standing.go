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
	"fmt"
	"slices"
	"strings"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/registration"
)

// standing is all of a client at the tenant that decides whether anything is to be done there.
type standing struct {
	method   registration.Method
	attached []string
	amiss    []string // the settings and grants that are not as wanted
	stored   []string // the ids of all credentials; nil where they are not known
}

// standingOf is how a client stands against what its object declares. Grants that were not read are in order, as far as is known.
func standingOf(obj *v1alpha1.OAuthClient, c registration.Client, grants []registration.Grant, grantsRead bool) standing {
	s := standing{method: c.Method, attached: c.CredentialIDs}
	wanted := registration.Require(wantedSettings(obj), registration.Method(obj.Spec.AuthenticationMethod), c.Settings)
	patch, fields := registration.Diff(wanted, c.Settings)
	for _, field := range fields {
		if field == "client_metadata" {
			continue
		}
		s.amiss = append(s.amiss, field)
	}
	for key := range patch.ClientMetadata {
		s.amiss = append(s.amiss, "client_metadata."+key)
	}
	for _, wanted := range obj.Spec.Grants {
		if grantsRead && !granted(grants, wanted) {
			s.amiss = append(s.amiss, "the grant for "+wanted.Audience)
		}
	}
	return s
}

func granted(grants []registration.Grant, wanted v1alpha1.ClientGrant) bool {
	return slices.ContainsFunc(grants, func(g registration.Grant) bool {
		return g.Audience == wanted.Audience && registration.SameSet(g.Scopes, wanted.Scopes)
	})
}

func ids(credentials []auth0.Credential) []string {
	list := []string{}
	for _, c := range credentials {
		list = append(list, c.ID)
	}
	return list
}

// changes are what differs in after, in words. A setting that nobody manages here is none, nor is one that was amiss and still is.
func (s standing) changes(after standing) (changes []string) {
	if s.method != after.method {
		changes = append(changes, fmt.Sprintf("token_endpoint_auth_method (%s, was %s)", orNone(string(after.method)), orNone(string(s.method))))
	}
	differ := append(registration.Without(after.amiss, s.amiss), registration.Without(s.amiss, after.amiss)...)
	slices.Sort(differ)
	changes = append(changes, differ...)
	say := func(what string, ids []string) {
		if len(ids) > 0 {
			changes = append(changes, what+" "+strings.Join(ids, ", "))
		}
	}
	say("detached credentials", registration.Without(s.attached, after.attached))
	say("attached credentials", registration.Without(after.attached, s.attached))
	if s.stored != nil && after.stored != nil {
		say("deleted credentials", registration.Without(s.stored, after.stored))
		say("stored credentials", registration.Without(after.stored, s.stored))
	}
	return changes
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}
