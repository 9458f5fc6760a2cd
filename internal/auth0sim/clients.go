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
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// clientOf is the client that the path names, which must exist.
func (s *Simulator) clientOf(c *call) (*client, *failure) {
	owner, ok := s.world.lookup(c.path("id"))
	if !ok {
		return nil, inexistentClient
	}
	c.client = owner.id
	return owner, nil
}

func (s *Simulator) getClient(c *call) (int, any, *failure) {
	owner, fail := s.clientOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	selected, fail := selectFields(c, clientFields)
	if fail != nil {
		return 0, nil, fail
	}
	return http.StatusOK, visible(s.document(owner, nil), c.scopes, selected), nil
}

// createClient creates a client and, with inline credentials, its credentials in one step.
func (s *Simulator) createClient(c *call) (int, any, *failure) {
	if fail := s.bodies.createClient.check(c.body); fail != nil {
		return 0, nil, fail
	}
	created := &client{
		id:       newClientID(),
		secret:   newSecret(),
		settings: defaultSettings(c.body),
		method:   stringOf(c.body, "token_endpoint_auth_method"),
		slots:    map[slot][]string{},
	}
	methods := objectOf(c.body, "client_authentication_methods")
	if methods != nil {
		if fail := c.require("create:client_credentials"); fail != nil {
			return 0, nil, fail
		}
		if created.method != "" {
			return 0, nil, bothMethods
		}
		if fail := s.entitled(methods); fail != nil {
			return 0, nil, fail
		}
	}
	if fail := s.fillSlots(created, c.body); fail != nil {
		return 0, nil, fail
	}
	if fail := applySettings(created, c.body); fail != nil {
		return 0, nil, fail
	}
	if fail := consistent(created); fail != nil {
		return 0, nil, fail
	}
	c.client = created.id
	s.store(created)
	c.committed = true
	return http.StatusCreated, s.document(created, created.pool), nil
}

// fillSlots creates the credentials that POST /clients carries inline and attaches each to its slot.
func (s *Simulator) fillSlots(created *client, body map[string]any) *failure {
	for _, in := range slotsIn(body) {
		ids := []string{}
		for _, item := range in.credentials {
			definition, _ := item.(map[string]any)
			if kind := credentialKind(stringOf(definition, "credential_type")); kind != slotKinds[in.slot] {
				return wrongKind(kind, in.slot)
			}
			cred, fail := s.addToPool(created, definition)
			if fail != nil {
				return fail
			}
			ids = append(ids, cred.id)
		}
		created.slots[in.slot] = ids
	}
	return nil
}

func (s *Simulator) updateClient(c *call) (int, any, *failure) {
	owner, fail := s.clientOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	if fail := s.bodies.updateClient.check(c.body); fail != nil {
		return 0, nil, fail
	}
	if fail := c.requireFor("client_secret", "update:client_keys"); fail != nil {
		return 0, nil, fail
	}
	if fail := c.requireFor("client_authentication_methods", "update:client_credentials"); fail != nil {
		return 0, nil, fail
	}
	if fail := s.entitled(objectOf(c.body, "client_authentication_methods")); fail != nil {
		return 0, nil, fail
	}
	updated := owner.clone()
	if fail := s.switchMethod(updated, c.body); fail != nil {
		return 0, nil, fail
	}
	if fail := attachSlots(updated, c.body); fail != nil {
		return 0, nil, fail
	}
	if fail := applySettings(updated, c.body); fail != nil {
		return 0, nil, fail
	}
	if fail := consistent(updated); fail != nil {
		return 0, nil, fail
	}
	updated.secret = orDefault(stringOf(c.body, "client_secret"), updated.secret)
	s.store(updated)
	c.committed = true
	return http.StatusOK, s.document(updated, nil), nil
}

// deleteClient answers 204 also for a client that is gone, as recorded (auth0/go-auth0
// test/data/recordings/TestClient_Delete.yaml). Attached credentials do not block it.
func (s *Simulator) deleteClient(c *call) (int, any, *failure) {
	owner, ok := s.world.lookup(c.path("id"))
	if !ok {
		return http.StatusNoContent, nil, nil
	}
	if owner.global {
		return 0, nil, badRequest("You cannot delete the global client")
	}
	c.client = owner.id
	s.remove(owner)
	c.committed = true
	return http.StatusNoContent, nil, nil
}

// rotateSecret is documented as unusable with private_key_jwt; this refuses it for every credential-based method.
func (s *Simulator) rotateSecret(c *call) (int, any, *failure) {
	owner, fail := s.clientOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	if _, inForce := owner.authentication(); inForce {
		return 0, nil, badRequest("The client does not authenticate with a client secret")
	}
	updated := owner.clone()
	updated.secret = newSecret()
	s.store(updated)
	c.committed = true
	return http.StatusOK, s.document(updated, nil), nil
}

// entitled refuses mTLS methods on a tenant without the add-on.
func (s *Simulator) entitled(methods map[string]any) *failure {
	for _, method := range []slot{slotTLS, slotSelfSignedTLS} {
		if _, named := methods[string(method)]; named && s.options.WithoutMTLS {
			return insufficientEntitlement("mTLS client authentication")
		}
	}
	return nil
}

// defaultSettings are what a new client has beside what the request names, as recorded (auth0/terraform-provider-auth0
// test/data/recordings/TestAccClientAuthenticationMethodsSelfSignedTLSClientAuth.yaml and TestAccClientGrant.yaml). A
// jwt_configuration in the request takes the place of the default lifetime.
func defaultSettings(body map[string]any) map[string]any {
	tokens := map[string]any{"secret_encoded": false}
	if _, given := body["jwt_configuration"]; !given {
		tokens["lifetime_in_seconds"] = json.Number("36000")
	}
	refresh := defaultRefreshToken(2592000, 1296000)
	if stringOf(body, "app_type") == "non_interactive" {
		refresh = defaultRefreshToken(31557600, 2592000)
	}
	return map[string]any{
		"is_first_party":                      true,
		"is_token_endpoint_ip_header_trusted": false,
		"oidc_conformant":                     false,
		"jwt_configuration":                   tokens,
		"sso_disabled":                        false,
		"cross_origin_authentication":         false,
		"grant_types":                         []any{"authorization_code", "implicit", "refresh_token", "client_credentials"},
		"custom_login_page_on":                true,
		"refresh_token":                       refresh,
	}
}

func defaultRefreshToken(lifetime, idleLifetime int) map[string]any {
	return map[string]any{
		"rotation_type": "non-rotating", "expiration_type": "non-expiring", "leeway": 0,
		"token_lifetime": lifetime, "infinite_token_lifetime": true,
		"infinite_idle_token_lifetime": true, "idle_token_lifetime": idleLifetime,
	}
}

// notSettings are the members of a body that are not kept in settings as they came.
var notSettings = []string{"token_endpoint_auth_method", "client_authentication_methods", "client_secret",
	"client_metadata", "jwt_configuration", "signed_request_object", "token_vault_privileged_access"}

// applySettings takes over the settings of a body. null removes a setting: answers omit what is not set.
func applySettings(target *client, body map[string]any) *failure {
	for key, value := range body {
		switch {
		case slices.Contains(notSettings, key):
		case value == nil:
			delete(target.settings, key)
		default:
			target.settings[key] = value
		}
	}
	if given := objectOf(body, "jwt_configuration"); given != nil {
		merged := maps.Clone(objectOf(target.settings, "jwt_configuration"))
		maps.Copy(merged, given)
		target.settings["jwt_configuration"] = merged
	}
	applySlotRemainder(target, body)
	return applyMetadata(target, body)
}

// applyMetadata merges: a key set to null is deleted, and the last one leaves an empty object, as recorded
// (auth0/terraform-provider-auth0 test/data/recordings/TestAccClientMetadataBehavior.yaml).
func applyMetadata(target *client, body map[string]any) *failure {
	given := objectOf(body, "client_metadata")
	if given == nil {
		return nil
	}
	merged := maps.Clone(objectOf(target.settings, "client_metadata"))
	if merged == nil {
		merged = map[string]any{}
	}
	for key, value := range given {
		if len(key) > maxMetadataKey || !metadataKey.MatchString(key) {
			return invalidBody("Payload validation error: 'Additional properties not allowed: " + key +
				"' on property client_metadata (" + metadataDescription + ").")
		}
		if value == nil {
			delete(merged, key)
		} else {
			merged[key] = value
		}
	}
	if len(merged) > maxMetadataKeys {
		return invalidBody(describe("Payload", []violation{{path: "client_metadata", description: metadataDescription,
			what: fmt.Sprintf("Too many properties defined (%d), maximum %d", len(merged), maxMetadataKeys)}}))
	}
	target.settings["client_metadata"] = merged
	return nil
}
