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

package auth0sim

import (
	"fmt"
	"net/http"
	"slices"
)

// grant is a client grant: what a client may ask for at one API. Its ordinal is its place in lists.
type grant struct {
	id       string
	ordinal  int
	clientID string
	audience string
	scope    []string
	// settings are the members that the simulator keeps as they are.
	settings map[string]any
}

func (g *grant) document() document {
	return append(document{
		{"id", g.id}, {"client_id", g.clientID}, {"audience", g.audience}, {"scope", g.scope},
	}, ordered(g.settings, []string{"subject_type", "authorization_details_types"})...)
}

func (s *Simulator) listGrants(c *call) (int, any, *failure) {
	if fail := knownParameters(c.query, "client_id", "audience", "page", "per_page", "include_totals", "from", "take",
		"allow_any_organization", "subject_type"); fail != nil {
		return 0, nil, fail
	}
	items := []listItem{}
	for _, g := range s.world.grants {
		if (!c.query.Has("client_id") || g.clientID == c.query.Get("client_id")) &&
			(!c.query.Has("audience") || g.audience == c.query.Get("audience")) &&
			(!c.query.Has("subject_type") || orDefault(stringOf(g.settings, "subject_type"), "client") ==
				c.query.Get("subject_type")) {
			items = append(items, listItem{g.ordinal, func() any { return g.document() }})
		}
	}
	body, fail := page(c, "client_grants", items)
	return http.StatusOK, body, fail
}

func (s *Simulator) grantOf(c *call) (*grant, *failure) {
	at := slices.IndexFunc(s.world.grants, func(g *grant) bool { return g.id == c.path("id") })
	if at < 0 {
		return nil, notFound("inexistent_client_grant", "The client grant does not exist")
	}
	return s.world.grants[at], nil
}

func (s *Simulator) getGrant(c *call) (int, any, *failure) {
	found, fail := s.grantOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	return http.StatusOK, found.document(), nil
}

func (s *Simulator) createGrant(c *call) (int, any, *failure) {
	if fail := s.bodies.createGrant.check(c.body); fail != nil {
		return 0, nil, fail
	}
	clientID, audience := stringOf(c.body, "client_id"), stringOf(c.body, "audience")
	if _, known := s.world.lookup(clientID); !known {
		return 0, nil, inexistentClient
	}
	if _, known := s.resourceServerFor(audience); !known {
		return 0, nil, inexistentResourceServer
	}
	if s.grantFor(clientID, audience) != nil {
		return 0, nil, conflict("client_grant_conflict",
			fmt.Sprintf("A client grant for client '%s' and audience '%s' already exists", clientID, audience))
	}
	created := &grant{id: newGrantID(), ordinal: s.nextOrdinal(), clientID: clientID, audience: audience,
		settings: map[string]any{}}
	created.apply(c.body)
	s.world.grants = append(s.world.grants, created)
	c.committed = true
	return http.StatusCreated, created.document(), nil
}

func (s *Simulator) updateGrant(c *call) (int, any, *failure) {
	found, fail := s.grantOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	if fail := s.bodies.updateGrant.check(c.body); fail != nil {
		return 0, nil, fail
	}
	found.apply(c.body)
	c.committed = true
	return http.StatusOK, found.document(), nil
}

func (s *Simulator) deleteGrant(c *call) (int, any, *failure) {
	before := len(s.world.grants)
	s.world.grants = slices.DeleteFunc(s.world.grants, func(g *grant) bool { return g.id == c.path("id") })
	c.committed = len(s.world.grants) < before
	return http.StatusNoContent, nil, nil
}

func (g *grant) apply(body map[string]any) {
	for key, value := range body {
		switch {
		case key == "client_id" || key == "audience":
		case key == "scope":
			g.scope = stringsOf(body, "scope")
		case value == nil:
			delete(g.settings, key)
		default:
			g.settings[key] = value
		}
	}
}

// grantFor returns what a client is granted at an API, or nil.
func (s *Simulator) grantFor(clientID, audience string) *grant {
	at := slices.IndexFunc(s.world.grants, func(g *grant) bool {
		return g.clientID == clientID && g.audience == audience && stringOf(g.settings, "subject_type") != "user"
	})
	if at < 0 {
		return nil
	}
	return s.world.grants[at]
}
