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
	"net/http"
	"net/url"
	"time"
)

// call is one Management API request after it was authenticated, while the tenant is locked.
type call struct {
	now    time.Time
	path   func(name string) string
	query  url.Values
	body   map[string]any
	scopes scopeSet
	// unrestricted is a foreign writer within the test, who has every scope.
	unrestricted bool

	// client is the client that the request concerns, and committed whether it changed anything. Handlers set both.
	client    string
	committed bool
}

// require fails unless the caller has one of the scopes.
func (c *call) require(anyOf ...string) *failure {
	if c.unrestricted || c.scopes.anyOf(anyOf...) {
		return nil
	}
	return insufficientScope(anyOf...)
}

// requireFor fails if the body has the member and the caller lacks the scope that it needs.
func (c *call) requireFor(member, scope string) *failure {
	if _, given := c.body[member]; !given {
		return nil
	}
	return c.require(scope)
}

// endpoint is one operation of the Management API.
type endpoint struct {
	pattern string
	// scopes are those of which the caller needs any one.
	scopes []string
	handle func(*call) (status int, body any, fail *failure)
	// takesBody says whether a JSON object is read from the request.
	takesBody bool
	// special picks the plan's bucket that holds in addition to the general one.
	special func(Plan) Bucket
}

// endpoints is everything of the Management API that the simulator implements, with the scopes of
// auth0.com/docs/api/management/v2.
func (s *Simulator) endpoints() []endpoint {
	scope := func(names ...string) []string { return names }
	listing := func(p Plan) Bucket { return p.ListClients }
	verifying := func(p Plan) Bucket { return p.VerifyDomain }
	return []endpoint{
		{"GET /api/v2/clients", readScopes, s.listClients, false, listing},
		{"POST /api/v2/clients", scope("create:clients"), s.createClient, true, nil},
		{"GET /api/v2/clients/{id}", readScopes, s.getClient, false, nil},
		{"PATCH /api/v2/clients/{id}", scope("update:clients"), s.updateClient, true, nil},
		{"DELETE /api/v2/clients/{id}", scope("delete:clients"), s.deleteClient, false, nil},
		{"POST /api/v2/clients/{id}/rotate-secret", scope("update:client_keys"), s.rotateSecret, false, nil},

		{"GET /api/v2/clients/{id}/credentials", scope("read:client_credentials"), s.listCredentials, false, nil},
		{"POST /api/v2/clients/{id}/credentials", scope("create:client_credentials"), s.createCredential, true, nil},
		{"GET /api/v2/clients/{id}/credentials/{credential_id}", scope("read:client_credentials"), s.getCredential, false,
			nil},
		{"PATCH /api/v2/clients/{id}/credentials/{credential_id}", scope("update:client_credentials"), s.updateCredential,
			true, nil},
		{"DELETE /api/v2/clients/{id}/credentials/{credential_id}", scope("delete:client_credentials"),
			s.deleteCredential, false, nil},

		{"GET /api/v2/client-grants", scope("read:client_grants"), s.listGrants, false, nil},
		{"POST /api/v2/client-grants", scope("create:client_grants"), s.createGrant, true, nil},
		{"GET /api/v2/client-grants/{id}", scope("read:client_grants"), s.getGrant, false, nil},
		{"PATCH /api/v2/client-grants/{id}", scope("update:client_grants"), s.updateGrant, true, nil},
		{"DELETE /api/v2/client-grants/{id}", scope("delete:client_grants"), s.deleteGrant, false, nil},

		{"GET /api/v2/resource-servers", scope("read:resource_servers"), s.listResourceServers, false, nil},
		{"POST /api/v2/resource-servers", scope("create:resource_servers"), s.createResourceServer, true, nil},
		{"GET /api/v2/resource-servers/{id}", scope("read:resource_servers"), s.getResourceServer, false, nil},
		{"PATCH /api/v2/resource-servers/{id}", scope("update:resource_servers"), s.updateResourceServer, true, nil},
		{"DELETE /api/v2/resource-servers/{id}", scope("delete:resource_servers"), s.deleteResourceServer, false, nil},

		{"GET /api/v2/custom-domains", scope("read:custom_domains"), s.listDomains, false, nil},
		{"POST /api/v2/custom-domains", scope("create:custom_domains"), s.createDomain, true, nil},
		{"GET /api/v2/custom-domains/{id}", scope("read:custom_domains"), s.getDomain, false, nil},
		{"PATCH /api/v2/custom-domains/{id}", scope("update:custom_domains"), s.updateDomain, true, nil},
		{"DELETE /api/v2/custom-domains/{id}", scope("delete:custom_domains"), s.deleteDomain, false, nil},
		{"POST /api/v2/custom-domains/{id}/verify", scope("create:custom_domains"), s.verifyDomain, false, verifying},

		{"GET /api/v2/tenants/settings", scope("read:tenant_settings"), s.getSettings, false, nil},
		{"PATCH /api/v2/tenants/settings", scope("update:tenant_settings"), s.updateSettings, true, nil},
	}
}

// unlikeThem are operations that the patterns above would take for others.
var unlikeThem = []string{"GET /api/v2/clients/search", "GET /api/v2/custom-domains/default"}

const (
	routeToken               = "POST /oauth/token"
	routeKeys                = "GET /.well-known/jwks.json"
	routeOpenIDConfiguration = "GET /.well-known/openid-configuration"
	routeServerMetadata      = "GET /.well-known/oauth-authorization-server"
)

// handler routes the requests of one listener. Whatever has no route is answered 501.
func (s *Simulator) handler(alias bool) http.Handler {
	mux := http.NewServeMux()
	route := func(pattern string, answer func(*http.Request, []byte) exchange) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, pattern, answer) })
	}
	if !alias {
		for _, e := range s.endpoints() {
			route(e.pattern, func(r *http.Request, body []byte) exchange { return s.manage(e, r, body) })
		}
	}
	route(routeToken, func(r *http.Request, body []byte) exchange { return s.token(r, body, alias) })
	route(routeKeys, s.keys)
	route(routeOpenIDConfiguration, s.configuration)
	route(routeServerMetadata, s.configuration)
	for _, pattern := range append([]string{"/"}, unlikeThem...) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.serve(w, r, "not implemented", func(r *http.Request, _ []byte) exchange {
				return failed(notImplemented(r.Method + " " + r.URL.Path))
			})
		})
	}
	return mux
}
