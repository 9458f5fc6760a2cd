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

package auth0

import (
	"context"
	"net/http"

	"github.com/auth0/go-auth0/management"

	"github.com/certbound/certbound/internal/registration"
)

// maxGrantPages bounds a listing whose pages do not end; no client has a thousand grants.
const maxGrantPages = 10

// Grants reads what a client may ask of each API by itself. Grants for acting on behalf of users (subject_type "user")
// are another matter and are left out.
func (t *Tenant) Grants(ctx context.Context, clientID string) ([]registration.Grant, error) {
	var grants []registration.Grant
	for page := range maxGrantPages {
		more, err := t.grantPage(ctx, clientID, page, &grants)
		if err != nil {
			return nil, err
		}
		if !more {
			return grants, nil
		}
	}
	return nil, &Error{Op: OpGrants, Class: BadAnswer, Message: "the listing of grants does not end"}
}

func (t *Tenant) grantPage(
	ctx context.Context, clientID string, page int, grants *[]registration.Grant,
) (more bool, err error) {
	err = t.call(ctx, OpGrants, func(ctx context.Context) error {
		list, err := t.api.ClientGrant.List(ctx,
			management.Parameter("client_id", clientID), management.PerPage(pageSize), management.Page(page))
		if err != nil {
			return err
		}
		if list == nil || list.ClientGrants == nil { // not the same as none
			return errIncomplete
		}
		for _, grant := range list.ClientGrants {
			if grant.GetID() == "" {
				return errIncomplete
			}
			if grant.GetSubjectType() != "user" {
				*grants = append(*grants, readGrant(grant))
			}
		}
		more = list.HasNext() && len(list.ClientGrants) > 0
		return nil
	})
	return more, err
}

// ListGrants reads a page of the grants of all clients, by client, without those for acting on behalf of users. An empty from
// starts; next is empty on the last page.
func (t *Tenant) ListGrants(ctx context.Context, from string) (grants map[string][]registration.Grant, next string, err error) {
	options := []management.RequestOption{management.Take(pageSize)}
	if from != "" {
		options = append(options, management.From(from))
	}
	err = t.call(ctx, OpListGrants, func(ctx context.Context) error {
		var page struct {
			Grants *[]*management.ClientGrant `json:"client_grants"`
			Next   string                     `json:"next"`
		}
		if err := t.request(ctx, http.MethodGet, []string{"client-grants"}, &message{receive: &page}, options...); err != nil {
			return err
		}
		if page.Grants == nil { // not the same as none
			return errIncomplete
		}
		grants, next = map[string][]registration.Grant{}, page.Next
		for _, grant := range *page.Grants {
			if grant.GetID() == "" || grant.GetClientID() == "" {
				return errIncomplete
			}
			if grant.GetSubjectType() != "user" {
				grants[grant.GetClientID()] = append(grants[grant.GetClientID()], readGrant(grant))
			}
		}
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return grants, next, nil
}

// CreateGrant lets a client ask for scopes of an API; Conflict when it has a grant for that API.
func (t *Tenant) CreateGrant(ctx context.Context, clientID, audience string, scopes []string) (registration.Grant, error) {
	var grant registration.Grant
	err := t.call(ctx, OpCreateGrant, func(ctx context.Context) error {
		body := management.ClientGrant{ClientID: &clientID, Audience: &audience, Scope: scopeList(scopes)}
		if err := t.api.ClientGrant.Create(ctx, &body); err != nil {
			return err
		}
		if body.GetID() == "" {
			return errIncomplete
		}
		grant = readGrant(&body)
		return nil
	})
	return grant, err
}

// UpdateGrant replaces the scopes of a grant.
func (t *Tenant) UpdateGrant(ctx context.Context, grantID string, scopes []string) error {
	return t.call(ctx, OpUpdateGrant, func(ctx context.Context) error {
		return t.api.ClientGrant.Update(ctx, grantID, &management.ClientGrant{Scope: scopeList(scopes)})
	})
}

// scopeList is never null: no scopes is an empty list.
func scopeList(scopes []string) *[]string {
	return new(append([]string{}, scopes...))
}

func readGrant(g *management.ClientGrant) registration.Grant {
	return registration.Grant{ID: g.GetID(), Audience: g.GetAudience(), Scopes: g.GetScope()}
}
