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
	"encoding/json"
	"net/http"
	"slices"
	"time"
)

// resourceServer is an API. settings is its whole answer but the members below.
type resourceServer struct {
	id         string
	ordinal    int
	identifier string
	// system is the Management API itself.
	system   bool
	settings map[string]any
}

var (
	inexistentResourceServer = notFound("inexistent_resource_server", "The resource server does not exist")

	resourceServerFields = []string{"allow_offline_access", "skip_consent_for_verifiable_first_party_clients",
		"subject_type_authorization", "token_lifetime", "token_lifetime_for_web", "signing_alg", "scopes",
		"enforce_policies", "token_dialect", "proof_of_possession", "authorization_details"}
)

// document keeps the recorded order (auth0/terraform-provider-auth0 test/data/recordings/TestAccResourceServer.yaml).
func (r *resourceServer) document() document {
	answer := document{{"id", r.id}}
	name, named := r.settings["name"]
	answer.addIf(named, "name", name)
	answer.add("identifier", r.identifier)
	answer = append(answer, ordered(r.settings, resourceServerFields).keep(func(key string) bool { return key != "name" })...)
	answer.addIf(r.system, "is_system", true)
	return answer
}

// tokenLifetime is how long the API's access tokens live.
func (r *resourceServer) tokenLifetime() time.Duration {
	number, _ := r.settings["token_lifetime"].(json.Number)
	seconds, err := number.Int64()
	if err != nil {
		return 24 * time.Hour
	}
	return time.Duration(seconds) * time.Second
}

// bindsByMTLS is the API's policy on certificate-bound tokens (auth0.com/docs/secure/sender-constraining): whether a
// presented certificate binds the token, and whether there is no token without one.
func (r *resourceServer) bindsByMTLS() (allowed, required bool) {
	policy := objectOf(r.settings, "proof_of_possession")
	allowed = stringOf(policy, "mechanism") == "mtls"
	return allowed, allowed && boolOf(policy, "required")
}

func (s *Simulator) listResourceServers(c *call) (int, any, *failure) {
	if fail := knownParameters(c.query, "page", "per_page", "include_totals", "include_fields", "identifiers", "from",
		"take"); fail != nil {
		return 0, nil, fail
	}
	items := []listItem{}
	for _, r := range s.world.resourceServers {
		if !c.query.Has("identifiers") || slices.Contains(c.query["identifiers"], r.identifier) {
			items = append(items, listItem{r.ordinal, func() any { return r.document() }})
		}
	}
	body, fail := page(c, "resource_servers", items)
	return http.StatusOK, body, fail
}

// resourceServerOf accepts the id and the identifier in the path.
func (s *Simulator) resourceServerOf(c *call) (*resourceServer, *failure) {
	name := c.path("id")
	at := slices.IndexFunc(s.world.resourceServers, func(r *resourceServer) bool {
		return r.id == name || r.identifier == name
	})
	if at < 0 {
		return nil, inexistentResourceServer
	}
	return s.world.resourceServers[at], nil
}

func (s *Simulator) resourceServerFor(identifier string) (*resourceServer, bool) {
	at := slices.IndexFunc(s.world.resourceServers, func(r *resourceServer) bool { return r.identifier == identifier })
	if at < 0 {
		return nil, false
	}
	return s.world.resourceServers[at], true
}

func (s *Simulator) getResourceServer(c *call) (int, any, *failure) {
	found, fail := s.resourceServerOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	return http.StatusOK, found.document(), nil
}

func (s *Simulator) createResourceServer(c *call) (int, any, *failure) {
	if fail := s.bodies.createResourceServer.check(c.body); fail != nil {
		return 0, nil, fail
	}
	identifier := stringOf(c.body, "identifier")
	if _, exists := s.resourceServerFor(identifier); exists {
		return 0, nil, conflict("resource_server_conflict", "A resource server with the same identifier already exists")
	}
	created := &resourceServer{id: newResourceServerID(), ordinal: s.nextOrdinal(), identifier: identifier,
		settings: map[string]any{
			"allow_offline_access":                            false,
			"skip_consent_for_verifiable_first_party_clients": false,
			"token_lifetime":                                  json.Number("86400"),
			"token_lifetime_for_web":                          json.Number("7200"),
			"signing_alg":                                     "RS256",
		}}
	if fail := created.apply(c.body); fail != nil {
		return 0, nil, fail
	}
	s.world.resourceServers = append(s.world.resourceServers, created)
	c.committed = true
	return http.StatusCreated, created.document(), nil
}

func (s *Simulator) updateResourceServer(c *call) (int, any, *failure) {
	found, fail := s.resourceServerOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	if fail := s.bodies.updateResourceServer.check(c.body); fail != nil {
		return 0, nil, fail
	}
	if _, given := c.body["scopes"]; given && found.system {
		return 0, nil, invalidBody("Payload validation error: 'Additional properties not allowed: scopes'.")
	}
	if fail := found.apply(c.body); fail != nil {
		return 0, nil, fail
	}
	c.committed = true
	return http.StatusOK, found.document(), nil
}

func (s *Simulator) deleteResourceServer(c *call) (int, any, *failure) {
	found, _ := s.resourceServerOf(c)
	if found == nil {
		return http.StatusNoContent, nil, nil
	}
	if found.system {
		return 0, nil, badRequest("System resource servers cannot be deleted")
	}
	s.world.resourceServers = slices.DeleteFunc(s.world.resourceServers,
		func(r *resourceServer) bool { return r == found })
	s.world.grants = slices.DeleteFunc(s.world.grants, func(g *grant) bool { return g.audience == found.identifier })
	c.committed = true
	return http.StatusNoContent, nil, nil
}

// apply takes over the settings of a body. With mtls, tokens can be bound for all clients only
// (auth0.com/docs/secure/sender-constraining/configure-sender-constraining).
func (r *resourceServer) apply(body map[string]any) *failure {
	policy := objectOf(body, "proof_of_possession")
	if stringOf(policy, "mechanism") == "mtls" && stringOf(policy, "required_for") == "public_clients" {
		return invalidBody("Payload validation error: 'required_for must be all_clients with mechanism mtls' " +
			"on property proof_of_possession.")
	}
	for key, value := range body {
		switch {
		case key == "identifier":
		case value == nil:
			delete(r.settings, key)
		default:
			r.settings[key] = value
		}
	}
	return nil
}
