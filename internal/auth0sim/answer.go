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
	"slices"
	"strings"
)

// clientFields is the order of a client's members in raw answers (auth0/auth0-deploy-cli
// test/e2e/recordings/should-deploy-without-deleting-resources-if-AUTH0_ALLOW_DELETE-is-false.json). Members not named
// here follow alphabetically.
var clientFields = []string{"tenant", "global", "is_token_endpoint_ip_header_trusted", "name", "description", "callbacks",
	"is_first_party", "oidc_conformant", "sso_disabled", "cross_origin_auth", "refresh_token",
	"cross_origin_authentication", "allowed_clients", "signing_keys", "client_id", "callback_url_template",
	"client_secret", "jwt_configuration", "client_aliases", "client_metadata", "token_endpoint_auth_method", "app_type",
	"grant_types", "custom_login_page_on", "client_authentication_methods", "signed_request_object"}

// document is the whole client object, before the caller's scopes and the fields parameter are applied. Credentials named
// by full are written out.
func (s *Simulator) document(owner *client, full []credential) document {
	settings := document{}
	for _, m := range ordered(owner.settings, nil) {
		if m.key != string(slotRequestObject) && m.key != string(slotTokenVault) {
			settings = append(settings, m)
		}
	}
	answer := append(document{
		{"tenant", s.options.TenantName},
		{"global", owner.global},
		{"client_id", owner.id},
		{"signing_keys", []document{{{"cert", s.signing.certificatePEM}, {"subject", "deprecated"}}}},
	}, settings...)
	answer.addIf(!owner.global, "callback_url_template", false)
	answer.addIf(owner.method != "", "token_endpoint_auth_method", owner.method)

	methods, inForce := methodsDocument(owner, full)
	answer.addIf(inForce, "client_authentication_methods", methods)
	answer.addIf(!inForce, "client_secret", owner.secret)
	for _, further := range []slot{slotRequestObject, slotTokenVault} {
		content, present := slotDocument(owner, further, full)
		answer.addIf(present, string(further), content)
	}
	slices.SortStableFunc(answer, func(a, b member) int { return position(a.key) - position(b.key) })
	return answer
}

func position(key string) int {
	if i := slices.Index(clientFields, key); i >= 0 {
		return i
	}
	return len(clientFields)
}

// The scopes that open the members of a client, after the OpenAPI document's GET /clients.
var (
	summaryFields = []string{"client_id", "app_type", "name", "description"}
	keyFields     = []string{"client_secret", "client_authentication_methods", "signing_key", "signing_keys", "encryption_key"}

	readScopes    = []string{"read:clients", "read:client_keys", "read:client_credentials", "read:client_summary"}
	settingScopes = []string{"read:clients", "read:client_keys"}
	keyScopes     = []string{"read:client_keys", "read:client_credentials"}
)

// scopesFor returns the scopes of which any one shows the member.
func scopesFor(key string) []string {
	switch {
	case slices.Contains(summaryFields, key):
		return readScopes
	case slices.Contains(keyFields, key):
		return keyScopes
	default:
		return settingScopes
	}
}

// visible drops the members that the caller's scopes do not show and those it did not select.
func visible(answer document, scopes scopeSet, selected func(string) bool) document {
	return answer.keep(func(key string) bool { return selected(key) && scopes.anyOf(scopesFor(key)...) })
}

// selectFields reads fields and include_fields. Asking for a member that the scopes do not show is refused.
func selectFields(c *call, known []string) (func(string) bool, *failure) {
	include, fail := boolParameter(c.query, "include_fields", true)
	if fail != nil {
		return nil, fail
	}
	if !c.query.Has("fields") {
		return func(string) bool { return true }, nil
	}
	names := strings.Split(c.query.Get("fields"), ",")
	if include && known != nil {
		for _, name := range names {
			if fail := c.require(scopesFor(name)...); fail != nil {
				return nil, fail
			}
		}
	}
	return func(key string) bool { return slices.Contains(names, key) == include }, nil
}
