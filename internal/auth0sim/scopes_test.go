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

package auth0sim_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

// What each scope shows of a client, after the OpenAPI document of the Management API.
func TestMembersByScope(t *testing.T) {
	x := start(t, auth0sim.Options{})
	mtls, err := x.AddClient(object{"name": "mtls", "description": "d", "app_type": "non_interactive",
		"client_metadata": object{"k": "v"}, "client_authentication_methods": object{"tls_client_auth": object{
			"credentials": []object{{"credential_type": "cert_subject_dn", "subject_dn": "CN=x"}}}}})
	x.check(err)
	secret := x.newClient("secret")
	summary := []string{"client_id", "app_type", "name"}
	settings := append([]string{"client_metadata", "jwt_configuration", "grant_types", "tenant"}, summary...)
	for _, c := range []struct {
		scope       string
		shows       []string
		hides       []string
		secretShows []string
	}{
		{"read:client_summary", summary, []string{"client_metadata", "jwt_configuration", "client_authentication_methods",
			"client_secret", "signing_keys", "token_endpoint_auth_method", "tenant"}, nil},
		{"read:clients", settings, []string{"client_authentication_methods", "client_secret", "signing_keys"},
			[]string{"token_endpoint_auth_method"}},
		{"read:client_keys", append(settings, "client_authentication_methods", "signing_keys"), nil,
			[]string{"client_secret", "token_endpoint_auth_method"}},
		{"read:client_credentials", append([]string{"client_authentication_methods", "signing_keys"}, summary...),
			[]string{"client_metadata", "jwt_configuration", "token_endpoint_auth_method"}, []string{"client_secret"}},
	} {
		t.Run(c.scope, func(t *testing.T) {
			y := x.with(c.scope)
			y.t = t
			for _, got := range []object{
				y.want(200, "GET", "/clients/"+mtls, nil).object(t),
				y.want(200, "GET", "/clients?is_global=false", nil).array(t)[1],
			} {
				for _, name := range c.shows {
					if _, shown := got[name]; !shown {
						t.Errorf("%s is not shown", name)
					}
				}
				for _, name := range c.hides {
					if _, shown := got[name]; shown {
						t.Errorf("%s is shown", name)
					}
				}
			}
			got := y.want(200, "GET", "/clients/"+secret, nil).object(t)
			for _, name := range []string{"client_secret", "token_endpoint_auth_method"} {
				if _, shown := got[name]; shown != slices.Contains(c.secretShows, name) {
					t.Errorf("%s of a client with a secret: shown is %t", name, shown)
				}
			}
		})
	}
	t.Run("asking for what is hidden", func(t *testing.T) {
		y := x.with("read:clients")
		y.t = t
		y.want(200, "GET", "/clients/"+mtls+"?fields=name,client_metadata", nil)
		for _, path := range []string{"/clients/" + mtls, "/clients"} {
			y.refused(403, "Insufficient scope, expected any of: read:client_keys,read:client_credentials", "GET",
				path+"?fields=name,client_authentication_methods", nil)
		}
		got := y.want(200, "GET", "/clients/"+mtls+"?fields=name,client_metadata&include_fields=false", nil).object(t)
		if got["name"] != nil || got["client_id"] != mtls {
			t.Errorf("excluding members answers %v", got)
		}
	})
}

// Every operation refuses a token without its scope and names the scopes that would do.
func TestScopesOfOperations(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("scopes")
	credential := x.register(id, newCertificate(t, nil))
	const reading = "read:clients,read:client_keys,read:client_credentials,read:client_summary"
	for operation, scopes := range map[string]string{
		"GET /clients":                                         reading,
		"POST /clients":                                        "create:clients",
		"GET /clients/" + id:                                   reading,
		"PATCH /clients/" + id:                                 "update:clients",
		"POST /clients/" + id + "/rotate-secret":               "update:client_keys",
		"GET /clients/" + id + "/credentials":                  "read:client_credentials",
		"POST /clients/" + id + "/credentials":                 "create:client_credentials",
		"GET /clients/" + id + "/credentials/" + credential:    "read:client_credentials",
		"PATCH /clients/" + id + "/credentials/" + credential:  "update:client_credentials",
		"DELETE /clients/" + id + "/credentials/" + credential: "delete:client_credentials",
		"DELETE /clients/" + id:                                "delete:clients",
		"GET /client-grants":                                   "read:client_grants",
		"POST /client-grants":                                  "create:client_grants",
		"GET /client-grants/cgr_x":                             "read:client_grants",
		"PATCH /client-grants/cgr_x":                           "update:client_grants",
		"DELETE /client-grants/cgr_x":                          "delete:client_grants",
		"GET /resource-servers":                                "read:resource_servers",
		"POST /resource-servers":                               "create:resource_servers",
		"GET /resource-servers/x":                              "read:resource_servers",
		"PATCH /resource-servers/x":                            "update:resource_servers",
		"DELETE /resource-servers/x":                           "delete:resource_servers",
		"GET /custom-domains":                                  "read:custom_domains",
		"POST /custom-domains":                                 "create:custom_domains",
		"GET /custom-domains/cd_x":                             "read:custom_domains",
		"PATCH /custom-domains/cd_x":                           "update:custom_domains",
		"DELETE /custom-domains/cd_x":                          "delete:custom_domains",
		"POST /custom-domains/cd_x/verify":                     "create:custom_domains",
		"GET /tenants/settings":                                "read:tenant_settings",
		"PATCH /tenants/settings":                              "update:tenant_settings",
	} {
		t.Run(operation, func(t *testing.T) {
			method, path, _ := strings.Cut(operation, " ")
			enough := strings.Split(scopes, ",")
			lacking := slices.DeleteFunc(auth0sim.ManagementScopes(), func(s string) bool { return slices.Contains(enough, s) })
			y := x.with(lacking...)
			y.t = t
			y.refused(403, "Insufficient scope, expected any of: "+scopes, method, path, object{})
			for _, scope := range enough {
				if got := x.with(scope).do(method, path, object{}); got.status == 403 {
					t.Errorf("%s is not enough: %s", scope, got.body)
				}
			}
		})
	}
}

func TestScopesOfMembers(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("scopes")
	credential := x.register(id, newCertificate(t, nil))
	attach := object{"token_endpoint_auth_method": nil, "client_authentication_methods": object{
		"self_signed_tls_client_auth": object{"credentials": []object{{"id": credential}}}}}
	inline := object{"name": "inline", "client_authentication_methods": object{"tls_client_auth": object{
		"credentials": []object{{"credential_type": "cert_subject_dn", "subject_dn": "CN=x"}}}}}

	x.with("update:clients").refused(403, "Insufficient scope, expected any of: update:client_credentials", "PATCH",
		"/clients/"+id, attach)
	x.with("update:clients").refused(403, "Insufficient scope, expected any of: update:client_keys", "PATCH",
		"/clients/"+id, object{"client_secret": "chosen"})
	x.with("create:clients").refused(403, "Insufficient scope, expected any of: create:client_credentials", "POST",
		"/clients", inline)
	if state := x.state(id); state.AuthenticationMethod != "" || x.ClientSecret(id) == "chosen" {
		t.Fatalf("refused requests changed the client: %+v", state)
	}
	x.with("update:clients", "update:client_credentials").want(200, "PATCH", "/clients/"+id, attach)
	x.with("create:clients", "create:client_credentials").want(201, "POST", "/clients", inline)
}

func TestManagementTokensThatAreRefused(t *testing.T) {
	x := start(t, auth0sim.Options{})
	other := start(t, auth0sim.Options{})
	expired := x.ManagementToken()
	const attributes = `{"statusCode":401,"error":"Unauthorized","message":"%","attributes":{"error":"%"}}`
	body := func(message string) string { return strings.ReplaceAll(attributes, "%", message) }
	const expiry = "Expired token received for JSON Web Token validation"
	x.client = x.HTTPClient()
	for _, c := range []struct {
		name, header string
		status       int
		body         string
	}{
		{"none", "", 401, `{"statusCode":401,"error":"Unauthorized","message":"Missing authentication"}`},
		{"no scheme", expired, 400,
			`{"statusCode":400,"error":"Bad Request","message":"Bad HTTP authentication header format","errorCode":"Bearer"}`},
		{"no JWT", "Bearer nonsense", 401, body("Invalid token")},
		{"changed", "Bearer " + expired[:len(expired)-8] + "AAAAAAAA", 401,
			body("Invalid signature received for JSON Web Token validation")},
		{"of another tenant", "Bearer " + other.ManagementToken(), 401, body("Bad audience: " + other.Audience())},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := get(t, x, c.header)
			if got.status != c.status || got.body != c.body {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, c.status, c.body)
			}
		})
	}
	t.Run("expired by time", func(t *testing.T) {
		token := x.ManagementToken()
		x.Advance(24*time.Hour - time.Second)
		if got := get(t, x, "Bearer "+token); got.status != 200 {
			t.Fatalf("a second before its end: %d %s", got.status, got.body)
		}
		x.Advance(time.Second)
		if got := get(t, x, "Bearer "+token); got.status != 401 || got.body != body(expiry) {
			t.Fatalf("at its end: %d %s", got.status, got.body)
		}
	})
	t.Run("expired by order", func(t *testing.T) {
		token := x.ManagementToken()
		x.ExpireTokens()
		if got := get(t, x, "Bearer "+token); got.status != 401 || got.body != body(expiry) {
			t.Fatalf("after ExpireTokens: %d %s", got.status, got.body)
		}
		if got := get(t, x, "Bearer "+x.ManagementToken()); got.status != 200 {
			t.Fatalf("a new token: %d %s", got.status, got.body)
		}
	})
}

func get(t *testing.T, x *tenant, authorization string) answer {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.URL()+"/api/v2/clients", nil)
	if err != nil {
		t.Fatal(err)
	}
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	got, err := send(x.client, request)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Whatever is not implemented says so.
func TestWhatIsNotImplementedSaysSo(t *testing.T) {
	x := start(t, auth0sim.Options{})
	for operation, name := range map[string]string{
		"GET /api/v2/users":              "GET /api/v2/users",
		"POST /api/v2/connections":       "POST /api/v2/connections",
		"PUT /api/v2/clients/abc":        "PUT /api/v2/clients/abc",
		"GET /api/v2/clients/search":     "GET /api/v2/clients/search",
		"GET /authorize":                 "GET /authorize",
		"POST /oauth/par":                "POST /oauth/par",
		"GET /userinfo":                  "GET /userinfo",
		"GET /oauth/token":               "GET /oauth/token",
		"GET /api/v2/clients?q=x&take=5": "the parameter q of GET /api/v2/clients",
	} {
		t.Run(operation, func(t *testing.T) {
			method, path, _ := strings.Cut(operation, " ")
			request, err := http.NewRequestWithContext(t.Context(), method, x.URL()+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			request.Header.Set("Authorization", "Bearer "+x.token)
			got, err := send(x.client, request)
			if err != nil {
				t.Fatal(err)
			}
			if got.status != 501 || got.text(t, "message") != "the simulator does not implement "+name {
				t.Errorf("got %d %s", got.status, got.body)
			}
		})
	}
}
