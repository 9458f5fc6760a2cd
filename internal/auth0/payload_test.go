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
	"testing"

	"github.com/certbound/certbound/internal/registration"
)

const (
	testPEM = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
	aClient = `{"client_id":"c1"}`
)

// The bodies are those that Auth0's own Terraform provider sends
// (github.com/auth0/terraform-provider-auth0, test/data/recordings/TestAccClientAuthenticationMethods*.yaml).
func TestRequests(t *testing.T) {
	selfSigned, ca := registration.SelfSignedTLSClientAuth, registration.TLSClientAuth
	tests := map[string]struct {
		call                      func(context.Context, *Tenant) error
		reply                     string
		status                    int
		method, path, query, body string
	}{
		"create a client with a certificate": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, _, err := tenant.CreateClient(ctx, NewClient{
					Settings: registration.Settings{
						Name: new("my app"), AppType: new("non_interactive"), ClientMetadata: map[string]string{"k": "v"},
						JWTConfiguration: &registration.JWTConfiguration{Alg: new("RS256")},
					},
					Method:      ca,
					Credentials: []NewCredential{{Name: "n", Type: registration.CertSubjectDN, SubjectDN: "C=XX\nCN=a"}},
				})
				return err
			},
			reply: aClient, status: 201, method: "POST", path: "/api/v2/clients",
			body: `{"name":"my app","app_type":"non_interactive","jwt_configuration":{"alg":"RS256"},"client_metadata":{"k":"v"},` +
				`"client_authentication_methods":{"tls_client_auth":{"credentials":` +
				`[{"name":"n","credential_type":"cert_subject_dn","subject_dn":"C=XX\nCN=a"}]}}}`,
		},
		"create a client with a secret": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, _, err := tenant.CreateClient(ctx, NewClient{
					Settings: registration.Settings{Name: new("my app")}, Method: registration.ClientSecretPost,
				})
				return err
			},
			reply: aClient, status: 201, method: "POST", path: "/api/v2/clients",
			body: `{"name":"my app","token_endpoint_auth_method":"client_secret_post"}`,
		},
		"attach disables the secret in the same call": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, err := tenant.UpdateClient(ctx, "c1", ClientPatch{
					Authentication: &Authentication{Method: selfSigned, CredentialIDs: []string{"cred_1"}},
				})
				return err
			},
			reply: aClient, status: 200, method: "PATCH", path: "/api/v2/clients/c1",
			body: `{"token_endpoint_auth_method":null,` +
				`"client_authentication_methods":{"self_signed_tls_client_auth":{"credentials":[{"id":"cred_1"}]}}}`,
		},
		"attach two, with settings": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, err := tenant.UpdateClient(ctx, "c1", ClientPatch{
					Settings:       registration.Settings{IsTokenEndpointIPHeaderTrusted: new(false)},
					Authentication: &Authentication{Method: selfSigned, CredentialIDs: []string{"cred_1", "cred_2"}},
				})
				return err
			},
			reply: aClient, status: 200, method: "PATCH", path: "/api/v2/clients/c1",
			body: `{"is_token_endpoint_ip_header_trusted":false,"token_endpoint_auth_method":null,` +
				`"client_authentication_methods":{"self_signed_tls_client_auth":{"credentials":[{"id":"cred_1"},{"id":"cred_2"}]}}}`,
		},
		"revert to a secret": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, err := tenant.UpdateClient(ctx, "c1", ClientPatch{
					Authentication: &Authentication{Method: registration.ClientSecretPost},
				})
				return err
			},
			reply: aClient, status: 200, method: "PATCH", path: "/api/v2/clients/c1",
			body: `{"token_endpoint_auth_method":"client_secret_post","client_authentication_methods":null}`,
		},
		"settings alone leave the authentication out, and no list is null": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, err := tenant.UpdateClient(ctx, "c1", ClientPatch{Settings: registration.Settings{
					Description: new(""), Callbacks: new([]string(nil)), GrantTypes: new([]string{"client_credentials"}),
				}})
				return err
			},
			reply: aClient, status: 200, method: "PATCH", path: "/api/v2/clients/c1",
			body: `{"description":"","grant_types":["client_credentials"],"callbacks":[]}`,
		},
		"create an x509_cert": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, err := tenant.CreateCredential(ctx, "c1", NewCredential{Name: "n", Type: registration.X509Cert, PEM: testPEM})
				return err
			},
			reply: `{"id":"cred_1"}`, status: 201, method: "POST", path: "/api/v2/clients/c1/credentials",
			body: `{"name":"n","credential_type":"x509_cert","pem":"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"}`,
		},
		"create a cert_subject_dn": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, err := tenant.CreateCredential(ctx, "c1", NewCredential{
					Name: "n", Type: registration.CertSubjectDN, SubjectDN: "C=XX\nST=StateName\nCN=Common & <Name>",
				})
				return err
			},
			reply: `{"id":"cred_1"}`, status: 201, method: "POST", path: "/api/v2/clients/c1/credentials",
			body: `{"name":"n","credential_type":"cert_subject_dn","subject_dn":"C=XX\nST=StateName\nCN=Common \u0026 \u003cName\u003e"}`,
		},
		"delete a credential, with an id that needs escaping": {
			call:   func(ctx context.Context, tenant *Tenant) error { return tenant.DeleteCredential(ctx, "c1", "cred/1") },
			status: 204, method: "DELETE", path: "/api/v2/clients/c1/credentials/cred%2F1",
		},
		"delete a client": {
			call:   func(ctx context.Context, tenant *Tenant) error { return tenant.DeleteClient(ctx, "c1") },
			status: 204, method: "DELETE", path: "/api/v2/clients/c1",
		},
		"create a grant": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, err := tenant.CreateGrant(ctx, "c1", "https://api", []string{"read:x"})
				return err
			},
			reply: `{"id":"cgr_1"}`, status: 201, method: "POST", path: "/api/v2/client-grants",
			body: `{"client_id":"c1","audience":"https://api","scope":["read:x"]}`,
		},
		"take all scopes off a grant": {
			call:  func(ctx context.Context, tenant *Tenant) error { return tenant.UpdateGrant(ctx, "cgr_1", nil) },
			reply: `{"id":"cgr_1"}`, status: 200, method: "PATCH", path: "/api/v2/client-grants/cgr_1",
			body: `{"scope":[]}`,
		},
		"enable endpoint aliases": {
			call:  func(ctx context.Context, tenant *Tenant) error { return tenant.SetEndpointAliases(ctx, true) },
			reply: `{"mtls":{"enable_endpoint_aliases":true}}`, status: 200, method: "PATCH", path: "/api/v2/tenants/settings",
			body: `{"mtls":{"enable_endpoint_aliases":true}}`,
		},
		"disable endpoint aliases": {
			call:  func(ctx context.Context, tenant *Tenant) error { return tenant.SetEndpointAliases(ctx, false) },
			reply: `{}`, status: 200, method: "PATCH", path: "/api/v2/tenants/settings",
			body: `{"mtls":{"enable_endpoint_aliases":false}}`,
		},
		"read the settings": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, err := tenant.EndpointAliases(ctx)
				return err
			},
			reply: `{}`, status: 200, method: "GET", path: "/api/v2/tenants/settings", query: "fields=mtls&include_fields=true",
		},
		"read a client without its secret": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, err := tenant.Client(ctx, "c1")
				return err
			},
			reply: aClient, status: 200, method: "GET", path: "/api/v2/clients/c1",
			query: "fields=" + fieldsQuery + "&include_fields=true",
		},
		"list clients": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, _, err := tenant.ListClients(ctx, "")
				return err
			},
			reply: `{"clients":[]}`, status: 200, method: "GET", path: "/api/v2/clients",
			query: "fields=" + fieldsQuery + "&include_fields=true&is_global=false&take=100",
		},
		"list clients from a checkpoint": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, _, err := tenant.ListClients(ctx, "chk")
				return err
			},
			reply: `{"clients":[]}`, status: 200, method: "GET", path: "/api/v2/clients",
			query: "fields=" + fieldsQuery + "&from=chk&include_fields=true&is_global=false&take=100",
		},
		"list grants": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, err := tenant.Grants(ctx, "c1")
				return err
			},
			reply: `{"start":0,"limit":100,"total":0,"client_grants":[]}`, status: 200, method: "GET", path: "/api/v2/client-grants",
			query: "client_id=c1&include_totals=true&page=0&per_page=100",
		},
		"list credentials": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, err := tenant.Credentials(ctx, "c1")
				return err
			},
			reply: `[]`, status: 200, method: "GET", path: "/api/v2/clients/c1/credentials",
			query: "include_totals=true&per_page=50",
		},
		"discover": {
			call: func(ctx context.Context, tenant *Tenant) error {
				_, err := tenant.Discover(ctx)
				return err
			},
			reply: `{"issuer":"https://t/","token_endpoint":"https://t/oauth/token"}`, status: 200,
			method: "GET", path: "/.well-known/openid-configuration",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, always(test.status, test.reply), nil)
			if err := test.call(t.Context(), open(t, s.config())); err != nil {
				t.Fatal(err)
			}
			seen := s.api()
			if len(seen) != 1 {
				t.Fatalf("%d requests, want 1: %v", len(seen), seen)
			}
			got := seen[0]
			want := request{method: test.method, path: test.path, query: test.query, body: test.body}
			if want.body != "" {
				want.body += "\n"
			}
			got.header = nil
			if got.method != want.method || got.path != want.path || got.query != want.query || got.body != want.body {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

const fieldsQuery = "client_id%2Cglobal%2Ctoken_endpoint_auth_method%2Cclient_authentication_methods%2Cname%2Cdescription" +
	"%2Capp_type%2Cgrant_types%2Ccallbacks%2Callowed_logout_urls%2Cweb_origins%2Callowed_origins%2Cjwt_configuration" +
	"%2Coidc_conformant%2Crequire_proof_of_possession%2Crequire_pushed_authorization_requests" +
	"%2Cis_token_endpoint_ip_header_trusted%2Cclient_metadata"

func TestHeaders(t *testing.T) {
	s := serve(t, always(200, aClient), nil)
	tenant := open(t, s.config(func(c *Config) { c.UserAgent = "certbound/test" }))
	if _, err := tenant.Client(t.Context(), "c1"); err != nil {
		t.Fatal(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.requests {
		if got := r.header.Get("User-Agent"); got != "certbound/test" {
			t.Errorf("%s: User-Agent %q", r.path, got)
		}
	}
	last := s.requests[len(s.requests)-1]
	if got := last.header.Get("Authorization"); got != "Bearer "+testToken {
		t.Errorf("Authorization %q", got)
	}
}

// What would take a client's last way in, or send a private key, is refused before anything is sent.
func TestRefusedBeforeSending(t *testing.T) {
	s := serve(t, always(200, aClient), nil)
	tenant := open(t, s.config())
	key := "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"
	none := registration.Settings{}
	tests := map[string]error{}
	_, tests["attach nothing"] = tenant.UpdateClient(t.Context(), "c1", ClientPatch{
		Authentication: &Authentication{Method: registration.TLSClientAuth}})
	_, tests["change nothing"] = tenant.UpdateClient(t.Context(), "c1", ClientPatch{Settings: none})
	_, _, tests["create without a certificate"] = tenant.CreateClient(t.Context(), NewClient{Method: registration.TLSClientAuth})
	_, tests["send a key"] = tenant.CreateCredential(t.Context(), "c1", NewCredential{Type: registration.X509Cert, PEM: testPEM + key})
	_, _, tests["send a key with a client"] = tenant.CreateClient(t.Context(), NewClient{
		Method: registration.TLSClientAuth, Credentials: []NewCredential{{Type: registration.CertSubjectDN, PEM: key}}})
	for name, err := range tests {
		if ClassOf(err) != Invalid || err.(*Error).OutcomeUnknown() {
			t.Errorf("%s: %v", name, err)
		}
	}
	if len(s.requests) != 0 {
		t.Errorf("sent %v", s.requests)
	}
}

func TestReadClient(t *testing.T) {
	tests := map[string]struct {
		answer string
		want   registration.Client
	}{
		"certificates": {
			`{"client_id":"c1","client_authentication_methods":{"self_signed_tls_client_auth":{"credentials":[{"id":"a"},{"id":"b"}]}}}`,
			registration.Client{ID: "c1", Method: registration.SelfSignedTLSClientAuth, CredentialIDs: []string{"a", "b"}},
		},
		"another method with credentials": {
			`{"client_id":"c1","client_authentication_methods":{"private_key_jwt":{"credentials":[{"id":"a"}]}}}`,
			registration.Client{ID: "c1", Method: "private_key_jwt", CredentialIDs: []string{"a"}},
		},
		"nulls are as good as absence": {
			`{"client_id":"c1","token_endpoint_auth_method":"client_secret_basic","client_authentication_methods":null,` +
				`"description":null,"callbacks":null,"jwt_configuration":null,"client_metadata":null}`,
			registration.Client{ID: "c1", Method: registration.ClientSecretBasic},
		},
		"the method is not told": {
			`{"client_id":"c1"}`, registration.Client{ID: "c1"},
		},
		"a lifetime that is a text, and unknown fields": {
			`{"client_id":"c1","jwt_configuration":{"alg":"RS256","lifetime_in_seconds":"36000","secret_encoded":false},` +
				`"signing_keys":[{"cert":"x"}],"global":true,"tenant":"t"}`,
			registration.Client{ID: "c1", Global: true, Settings: registration.Settings{
				JWTConfiguration: &registration.JWTConfiguration{Alg: new("RS256"), LifetimeInSeconds: new(int32(36000))}}},
		},
		"settings": {
			`{"client_id":"c1","name":"n","grant_types":["client_credentials"],"client_metadata":{"k":"v"},"oidc_conformant":true}`,
			registration.Client{ID: "c1", Settings: registration.Settings{
				Name: new("n"), GrantTypes: new([]string{"client_credentials"}), ClientMetadata: map[string]string{"k": "v"},
				OIDCConformant: new(true)}},
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, always(http.StatusOK, test.answer), nil)
			got, err := open(t, s.config()).Client(t.Context(), "c1")
			if err != nil {
				t.Fatal(err)
			}
			if !equalJSON(t, got, test.want) {
				t.Errorf("got  %s\nwant %s", asJSON(t, got), asJSON(t, test.want))
			}
		})
	}
}

func TestCreateClientTellsCredentials(t *testing.T) {
	s := serve(t, always(201, `{"client_id":"c1","client_authentication_methods":{"self_signed_tls_client_auth":{"credentials":[`+
		`{"id":"cred_1","name":"n","credential_type":"x509_cert","thumbprint_sha256":"TP","created_at":"2025-11-18T17:28:44.045Z",`+
		`"updated_at":"2025-11-18T17:28:44.045Z","expires_at":"9999-12-31T23:59:59Z"}]}}}`), nil)
	client, credentials, err := open(t, s.config()).CreateClient(t.Context(), NewClient{
		Method:      registration.SelfSignedTLSClientAuth,
		Credentials: []NewCredential{{Name: "n", Type: registration.X509Cert, PEM: testPEM}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := `[{"ID":"cred_1","Name":"n","Type":"x509_cert","Thumbprint":"TP","SubjectDN":"",` +
		`"ExpiresAt":"9999-12-31T23:59:59Z","CreatedAt":"2025-11-18T17:28:44.045Z"}]`
	if got := asJSON(t, credentials); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if len(client.CredentialIDs) != 1 || client.CredentialIDs[0] != "cred_1" {
		t.Errorf("attached %v", client.CredentialIDs)
	}
}
