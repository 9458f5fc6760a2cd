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
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"maps"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jwt"

	"github.com/certbound/certbound/internal/auth0sim"
)

const api = "https://api.example"

func splitPort(address string) (host, port string) {
	host, port, _ = net.SplitHostPort(address)
	return host, port
}

func (x *tenant) enableAliases() {
	x.t.Helper()
	x.check(x.EditTenantSettings(object{"mtls": object{"enable_endpoint_aliases": true}}))
}

// grantAPI makes an API, unless it exists, and grants the client read and write at it.
func (x *tenant) grantAPI(clientID string) {
	x.t.Helper()
	if got := x.do("GET", "/resource-servers/"+url.PathEscape(api), nil); got.status == 404 {
		_, err := x.AddResourceServer(object{"identifier": api, "token_lifetime": 600})
		x.check(err)
	}
	_, err := x.AddGrant(clientID, api, "read", "write")
	x.check(err)
}

func form(clientID string, more ...string) url.Values {
	values := url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "audience": {api}}
	for i := 0; i+1 < len(more); i += 2 {
		values.Set(more[i], more[i+1])
		if more[i+1] == "" {
			values.Del(more[i])
		}
	}
	return values
}

func (x *tenant) bySecret(clientID string, more ...string) answer {
	x.t.Helper()
	values := form(clientID, more...)
	if !values.Has("client_secret") {
		values.Set("client_secret", x.ClientSecret(clientID))
	}
	return x.tokenRequest(x.client, x.URL(), values, nil)
}

// byCertificate asks at the mTLS alias, by real mutual TLS.
func (x *tenant) byCertificate(clientID string, certificate keyPair, more ...string) answer {
	x.t.Helper()
	client := x.HTTPClient(certificate.tls)
	defer client.CloseIdleConnections()
	return x.tokenRequest(client, x.MTLSURL(), form(clientID, more...), nil)
}

// claims verifies an access token against the published JWKS and returns its claims.
func (x *tenant) claims(got answer) map[string]any {
	x.t.Helper()
	if got.status != http.StatusOK {
		x.t.Fatalf("no token: %d %s", got.status, got.body)
	}
	request, err := http.NewRequestWithContext(x.t.Context(), http.MethodGet, x.URL()+"/.well-known/jwks.json", nil)
	x.check(err)
	published, err := send(x.client, request)
	x.check(err)
	keys, err := jwk.ParseString(published.body)
	x.check(err)
	if key, ok := keys.Key(0); !ok || key.KeyType() != jwa.RSA || strings.Contains(published.body, `"d":`) {
		x.t.Fatalf("the JWKS is %s", published.body)
	}
	token, err := jwt.ParseString(got.text(x.t, "access_token"), jwt.WithKeySet(keys),
		jwt.WithClock(jwt.ClockFunc(x.Now)))
	x.check(err)
	claims, err := token.AsMap(x.t.Context())
	x.check(err)
	return claims
}

func TestTokenBySecret(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("secret")
	x.grantAPI(id)
	secret := x.ClientSecret(id)

	got := x.bySecret(id)
	if answer := got.object(t); answer["token_type"] != "Bearer" || answer["expires_in"] != 600.0 ||
		answer["scope"] != "read write" || got.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the answer is %s", got.body)
	}
	claims := x.claims(got)
	want := map[string]any{"iss": x.URL() + "/", "sub": id + "@clients", "azp": id, "gty": "client-credentials",
		"scope": "read write"}
	for name, value := range want {
		if claims[name] != value {
			t.Errorf("%s is %v, want %v", name, claims[name], value)
		}
	}
	if audience, _ := claims["aud"].([]string); len(audience) != 1 || audience[0] != api {
		t.Errorf("aud is %v", claims["aud"])
	}
	if life := claims["exp"].(time.Time).Sub(claims["iat"].(time.Time)); life != 10*time.Minute {
		t.Errorf("the token lives %s", life)
	}
	if claims["cnf"] != nil {
		t.Errorf("a token without a certificate is bound: %v", claims["cnf"])
	}

	t.Run("basic", func(t *testing.T) {
		header := http.Header{"Authorization": {"Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))}}
		x.claims(x.tokenRequest(x.client, x.URL(), form("", "client_id", ""), header))
		if last := lastToken(x); last.Method != "client_secret_basic" || last.ClientID != id {
			t.Errorf("the log says %+v", last)
		}
	})
	t.Run("JSON", func(t *testing.T) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.URL()+"/oauth/token", strings.NewReader(
			`{"grant_type":"client_credentials","client_id":"`+id+`","client_secret":"`+secret+`","audience":"`+api+`"}`))
		x.check(err)
		request.Header.Set("Content-Type", "application/json")
		got, err := send(x.client, request)
		x.check(err)
		x.claims(got)
	})
	t.Run("at the alias", func(*testing.T) {
		x.claims(x.tokenRequest(x.client, x.MTLSURL(), form(id, "client_secret", secret), nil))
	})
	t.Run("default audience", func(*testing.T) {
		x.check(x.EditTenantSettings(object{"default_audience": api}))
		defer func() { x.check(x.EditTenantSettings(object{"default_audience": nil})) }()
		x.claims(x.bySecret(id, "audience", ""))
	})
	t.Run("fewer scopes", func(t *testing.T) {
		if claims := x.claims(x.bySecret(id, "scope", "write")); claims["scope"] != "write" {
			t.Errorf("scope is %v", claims["scope"])
		}
	})
}

func lastToken(x *tenant) auth0sim.TokenRequest {
	log := x.TokenRequests()
	return log[len(log)-1]
}

func TestTokenRequestsThatAreRefused(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("secret")
	x.grantAPI(id)
	ungranted := x.newClient("ungranted")
	interactive, err := x.AddClient(object{"name": "interactive", "grant_types": []string{"authorization_code"}})
	x.check(err)
	public, err := x.AddClient(object{"name": "public", "grant_types": []string{"authorization_code"},
		"token_endpoint_auth_method": "none"})
	x.check(err)
	secret := x.ClientSecret(id)
	for _, c := range []struct {
		name              string
		form              url.Values
		status            int
		code, description string
	}{
		{"wrong secret", form(id, "client_secret", "wrong"), 401, "access_denied", "Unauthorized"},
		{"no secret", form(id), 401, "access_denied", "Unauthorized"},
		{"unknown client", form("unknown", "client_secret", "x"), 401, "access_denied", "Unauthorized"},
		{"public client", form(public, "client_secret", x.ClientSecret(public)), 401, "access_denied", "Unauthorized"},
		{"assertion for a secret", form(id, "client_assertion_type",
			"urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", "a.b.c"), 401, "invalid_client",
			"Client authentication failed"},
		{"secret and assertion", form(id, "client_secret", secret, "client_assertion_type",
			"urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", "a.b.c"), 400, "invalid_request",
			"Multiple authentication methods provided, please use one."},
		{"no grant type", form(id, "client_secret", secret, "grant_type", ""), 400, "invalid_request",
			"Missing required parameter: grant_type"},
		{"unknown grant type", form(id, "client_secret", secret, "grant_type", "magic"), 403, "unsupported_grant_type",
			"Unsupported grant type: magic"},
		{"grant type not implemented", form(id, "client_secret", secret, "grant_type", "authorization_code"), 501,
			"not_implemented", "the simulator does not implement the grant type authorization_code"},
		{"grant type not allowed", form(interactive, "client_secret", x.ClientSecret(interactive)), 403,
			"unauthorized_client", "Grant type 'client_credentials' not allowed for the client."},
		{"no audience", form(id, "client_secret", secret, "audience", ""), 403, "access_denied",
			"Non-global clients are not allowed access to APIv1"},
		{"unknown audience", form(id, "client_secret", secret, "audience", "https://none.example"), 403, "access_denied",
			"Service not enabled within domain: https://none.example"},
		{"no client grant", form(ungranted, "client_secret", x.ClientSecret(ungranted)), 403, "access_denied",
			`Client is not authorized to access "https://api.example". You need to create a "client-grant" associated to ` +
				`this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants`},
		{"scope not granted", form(id, "client_secret", secret, "scope", "read delete"), 403, "access_denied",
			"Client has not been granted scopes: delete"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := x.tokenRequest(x.client, x.URL(), c.form, nil)
			if answer := got.object(t); got.status != c.status || answer["error"] != c.code ||
				answer["error_description"] != c.description || len(answer) != 2 {
				t.Errorf("got %d %s, want %d %s %q", got.status, got.body, c.status, c.code, c.description)
			}
			if last := lastToken(x); last.Status != c.status || last.Error != c.code {
				t.Errorf("the log says %+v", last)
			}
		})
	}
	t.Run("malformed bodies", func(t *testing.T) {
		for contentType, body := range map[string]string{"application/json": "{", "application/x-www-form-urlencoded": "%zz"} {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.URL()+"/oauth/token", strings.NewReader(body))
			x.check(err)
			request.Header.Set("Content-Type", contentType)
			got, err := send(x.client, request)
			x.check(err)
			if got.status != 400 || got.text(t, "error") != "invalid_request" {
				t.Errorf("%s %q: %d %s", contentType, body, got.status, got.body)
			}
		}
	})
}

func TestManagementTokenByClientCredentials(t *testing.T) {
	x := start(t, auth0sim.Options{ManagementTokenLifetime: time.Hour, ManagementScopes: []string{"read:clients"}})
	got := x.bySecret(x.ManagementClientID(), "audience", x.Audience())
	if answer := got.object(t); answer["expires_in"] != 3600.0 || answer["scope"] != "read:clients" {
		t.Errorf("the answer is %s", got.body)
	}
	y := *x
	y.token = got.text(t, "access_token")
	y.want(200, "GET", "/clients", nil)
	y.want(403, "POST", "/clients", object{"name": "x"})
	x.SetManagementScopes("create:clients")
	y.token = x.bySecret(x.ManagementClientID(), "audience", x.Audience()).text(t, "access_token")
	y.want(201, "POST", "/clients", object{"name": "x"})
	x.Advance(time.Hour)
	y.want(401, "POST", "/clients", object{"name": "x"})
	if last := x.Requests()[len(x.Requests())-1]; last.Status != 401 {
		t.Errorf("the log says %+v", last)
	}
	if caller := x.Requests()[0].Caller; caller != x.ManagementClientID() {
		t.Errorf("the caller in the log is %q", caller)
	}
}

// mtlsWorld is a tenant with clients of every kind and certificates to try on them.
type mtlsWorld struct {
	*tenant
	ca                                       keyPair
	selfSigned, caSigned, secret             string
	registered, second, stranger, expired    keyPair
	issued, renewed, otherSubject, caExpired keyPair
}

func newMTLSWorld(t *testing.T, options auth0sim.Options) *mtlsWorld {
	t.Helper()
	ca := newCertificate(t, nil, authority, named(pkix.Name{CommonName: "CA"}))
	options.ClientCAs = []byte(ca.pem)
	x := &mtlsWorld{tenant: start(t, options), ca: ca}
	x.enableAliases()
	past := validUntil(time.Now().Add(-time.Minute))
	subject := named(pkix.Name{Country: []string{"XX"}, Organization: []string{"Example, Inc."}, CommonName: "workload"})
	x.registered, x.second, x.stranger = newCertificate(t, nil), newCertificate(t, nil), newCertificate(t, nil)
	x.expired = newCertificate(t, nil, past)
	x.issued, x.renewed = newCertificate(t, &ca, subject), newCertificate(t, &ca, subject)
	x.otherSubject, x.caExpired = newCertificate(t, &ca), newCertificate(t, &ca, subject, past)

	x.selfSigned = x.newClient("self-signed")
	x.check(x.Attach(x.selfSigned, "self_signed_tls_client_auth", x.register(x.selfSigned, x.registered),
		x.register(x.selfSigned, x.second)))
	x.register(x.selfSigned, x.stranger) // in the pool, attached to nothing
	x.caSigned = x.newClient("CA-signed")
	dn, err := x.AddCredential(x.caSigned, object{"credential_type": "cert_subject_dn",
		"subject_dn": "C=XX\nO=Example\\, Inc.\nCN=workload"})
	x.check(err)
	x.check(x.Attach(x.caSigned, "tls_client_auth", dn))
	x.secret = x.newClient("secret")
	for _, id := range []string{x.selfSigned, x.caSigned, x.secret} {
		x.grantAPI(id)
	}
	return x
}

// The answers of the token endpoint by real mutual TLS.
func TestTokenByMutualTLS(t *testing.T) {
	x := newMTLSWorld(t, auth0sim.Options{})
	secret := x.ClientSecret(x.secret)
	for _, c := range []struct {
		name        string
		client      string
		certificate *keyPair
		more        []string
		status      int
		code        string
		method      string
	}{
		{"registered", x.selfSigned, &x.registered, nil, 200, "", "self_signed_tls_client_auth"},
		{"second registered", x.selfSigned, &x.second, nil, 200, "", "self_signed_tls_client_auth"},
		{"in the pool but not attached", x.selfSigned, &x.stranger, nil, 401, "invalid_client", "self_signed_tls_client_auth"},
		{"expired and not registered", x.selfSigned, &x.expired, nil, 401, "invalid_client", "self_signed_tls_client_auth"},
		{"no certificate", x.selfSigned, nil, nil, 401, "invalid_client", "none"},
		{"a CA-signed certificate for a self-signed client", x.selfSigned, &x.issued, nil, 401, "invalid_client",
			"tls_client_auth"},
		{"secret for a certificate", x.selfSigned, nil, []string{"client_secret", x.ClientSecret(x.selfSigned)}, 401,
			"invalid_client", "client_secret_post"},
		{"secret and certificate", x.selfSigned, &x.registered, []string{"client_secret", x.ClientSecret(x.selfSigned)}, 400,
			"invalid_request", "client_secret_post"},
		{"assertion for a certificate", x.selfSigned, nil, []string{"client_assertion_type",
			"urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", "a.b.c"}, 401, "invalid_client",
			"private_key_jwt"},

		{"subject", x.caSigned, &x.issued, nil, 200, "", "tls_client_auth"},
		{"renewed, same subject", x.caSigned, &x.renewed, nil, 200, "", "tls_client_auth"},
		{"other subject", x.caSigned, &x.otherSubject, nil, 401, "invalid_client", "tls_client_auth"},
		{"expired, so not verified", x.caSigned, &x.caExpired, nil, 401, "invalid_client", "self_signed_tls_client_auth"},
		{"a self-signed certificate for a CA-signed client", x.caSigned, &x.registered, nil, 401, "invalid_client",
			"self_signed_tls_client_auth"},

		{"secret", x.secret, nil, []string{"client_secret", secret}, 200, "", "client_secret_post"},
		{"certificate beside a secret", x.secret, &x.stranger, []string{"client_secret", secret}, 200, "",
			"client_secret_post"},
		{"certificate in the place of a secret", x.secret, &x.registered, nil, 401, "invalid_client",
			"self_signed_tls_client_auth"},
		{"unknown client", "unknown", &x.registered, nil, 401, "invalid_client", "none"},
		{"no client id", "", &x.registered, nil, 401, "invalid_client", "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got answer
			if c.certificate == nil {
				got = x.tokenRequest(x.client, x.MTLSURL(), form(c.client, c.more...), nil)
			} else {
				got = x.byCertificate(c.client, *c.certificate, c.more...)
			}
			if got.status != c.status || got.text(t, "error") != c.code {
				t.Errorf("got %d %s, want %d %s", got.status, got.body, c.status, c.code)
			}
			last := lastToken(x.tenant)
			if last.Method != c.method || last.Via != "alias" || (c.status != 200 && last.Reason == "") {
				t.Errorf("the log says %+v, want the method %s", last, c.method)
			}
			if c.certificate != nil && last.Thumbprint == "" {
				t.Errorf("the log does not say which certificate: %+v", last)
			}
		})
	}
}

func TestCertificatesCountAtTheAliasOnly(t *testing.T) {
	x := newMTLSWorld(t, auth0sim.Options{})
	client := x.HTTPClient(x.registered.tls)
	defer client.CloseIdleConnections()
	if got := x.tokenRequest(client, x.URL(), form(x.selfSigned), nil); got.text(t, "error") != "invalid_client" {
		t.Errorf("the plain endpoint answers %d %s", got.status, got.body)
	}
	if last := lastToken(x.tenant); last.Thumbprint != "" || last.Via != "direct" {
		t.Errorf("the plain endpoint asked for a certificate: %+v", last)
	}
	x.check(x.EditTenantSettings(object{"mtls": nil}))
	if got := x.byCertificate(x.selfSigned, x.registered); got.text(t, "error") != "invalid_client" {
		t.Errorf("an alias that is switched off answers %d %s", got.status, got.body)
	}
	if last := lastToken(x.tenant); last.Reason != "the tenant's mTLS endpoint aliases are switched off" {
		t.Errorf("the log says %+v", last)
	}
	x.enableAliases()
	x.claims(x.byCertificate(x.selfSigned, x.registered))
}

// Nothing else of the tenant is served at the alias.
func TestAliasServesTokensOnly(t *testing.T) {
	x := start(t, auth0sim.Options{})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.MTLSURL()+"/api/v2/clients", nil)
	x.check(err)
	request.Header.Set("Authorization", "Bearer "+x.token)
	if got, err := send(x.client, request); err != nil || got.status != 501 {
		t.Fatalf("got %v %v", got, err)
	}
}

func TestAcceptsIsWhatTheTokenEndpointDecides(t *testing.T) {
	x := newMTLSWorld(t, auth0sim.Options{})
	for _, c := range []struct {
		client      string
		certificate keyPair
	}{
		{x.selfSigned, x.registered}, {x.selfSigned, x.second}, {x.selfSigned, x.stranger}, {x.caSigned, x.issued},
		{x.caSigned, x.renewed}, {x.caSigned, x.otherSubject}, {x.secret, x.registered},
	} {
		state := x.state(c.client)
		if got := x.byCertificate(c.client, c.certificate).status == 200; got != state.Accepts(c.certificate.leaf) {
			t.Errorf("%s accepts %s: %t, the token endpoint: %t", state.Name, c.certificate.leaf.Subject, !got, got)
		}
	}
}

func TestClientCAsCanBeSetLater(t *testing.T) {
	x := newMTLSWorld(t, auth0sim.Options{})
	x.check(x.SetClientCAs(nil))
	if got := x.byCertificate(x.caSigned, x.issued); got.status != 401 {
		t.Fatalf("without a CA: %d", got.status)
	}
	x.check(x.SetClientCAs([]byte(x.ca.pem)))
	x.claims(x.byCertificate(x.caSigned, x.issued))
}

func TestChainsWithIntermediates(t *testing.T) {
	x := newMTLSWorld(t, auth0sim.Options{})
	intermediate := newCertificate(t, &x.ca, authority, named(pkix.Name{CommonName: "intermediate"}))
	leaf := newCertificate(t, &intermediate, func(c *x509.Certificate) { c.RawSubject = x.issued.leaf.RawSubject })
	if got := x.byCertificate(x.caSigned, leaf); got.status != 401 {
		t.Errorf("without the intermediate: %d %s", got.status, got.body)
	}
	leaf.tls.Certificate = append(leaf.tls.Certificate, intermediate.leaf.Raw)
	x.claims(x.byCertificate(x.caSigned, leaf))
}

func TestExpiredCertificates(t *testing.T) {
	for _, c := range []struct {
		name   string
		accept bool
		status int
	}{{"refused", false, 401}, {"accepted", true, 200}} {
		t.Run(c.name, func(t *testing.T) {
			x := newMTLSWorld(t, auth0sim.Options{AcceptExpired: c.accept})
			x.Advance(24*time.Hour - time.Minute)
			if got := x.byCertificate(x.selfSigned, x.registered); got.status != 200 {
				t.Errorf("before notAfter: %d %s", got.status, got.body)
			}
			x.Advance(time.Minute)
			if got := x.byCertificate(x.selfSigned, x.registered); got.status != c.status {
				t.Errorf("after notAfter: %d %s", got.status, got.body)
			}
		})
	}
	t.Run("credential before its certificate", func(t *testing.T) {
		x := newMTLSWorld(t, auth0sim.Options{})
		credential := x.state(x.selfSigned).Attached[0]
		x.want(200, "PATCH", "/clients/"+x.selfSigned+"/credentials/"+credential,
			object{"expires_at": time.Now().Add(-time.Hour).Format(time.RFC3339)})
		if got := x.byCertificate(x.selfSigned, x.registered); got.status != 401 {
			t.Errorf("got %d %s", got.status, got.body)
		}
		x.claims(x.byCertificate(x.selfSigned, x.second))
	})
}

// Auth0 stops the old method at the very call that switches.
func TestTheSwitchStopsTheOldMethod(t *testing.T) {
	x := newMTLSWorld(t, auth0sim.Options{})
	x.claims(x.bySecret(x.secret))
	x.check(x.Attach(x.secret, "self_signed_tls_client_auth", x.register(x.secret, x.stranger)))
	if got := x.bySecret(x.secret); got.text(t, "error") != "invalid_client" {
		t.Errorf("the secret still answers %d %s", got.status, got.body)
	}
	x.claims(x.byCertificate(x.secret, x.stranger))
	x.check(x.RevertToSecret(x.secret, "client_secret_post"))
	if got := x.byCertificate(x.secret, x.stranger); got.status != 401 {
		t.Errorf("the certificate still answers %d %s", got.status, got.body)
	}
	x.claims(x.bySecret(x.secret))
}

func TestBoundTokens(t *testing.T) {
	type policy = object
	required := policy{"mechanism": "mtls", "required": true}
	allowed := policy{"mechanism": "mtls", "required": false}
	for _, c := range []struct {
		name        string
		policy      any
		clientWants bool
		bySecret    bool
		certificate bool
		status      int
		bound       bool
	}{
		{"no policy", nil, false, false, true, 200, false},
		{"allowed", allowed, false, false, true, 200, true},
		{"required", required, false, false, true, 200, true},
		{"dpop", policy{"mechanism": "dpop", "required": false}, false, false, true, 200, false},
		{"allowed, by secret without a certificate", allowed, false, true, false, 200, false},
		{"allowed, by secret with a certificate", allowed, false, true, true, 200, true},
		{"required, by secret without a certificate", required, false, true, false, 400, false},
		{"required, by secret with a certificate", required, false, true, true, 200, true},
		{"client wants it, no policy", nil, true, false, true, 400, false},
		{"client wants it, allowed", allowed, true, false, true, 200, true},
		{"client wants it, by secret without a certificate", allowed, true, true, false, 400, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newMTLSWorld(t, auth0sim.Options{BoundTokenType: "DPoP"})
			x.want(200, "PATCH", "/resource-servers/"+url.PathEscape(api), object{"proof_of_possession": c.policy})
			id := x.selfSigned
			more := []string{}
			if c.bySecret {
				id = x.secret
				more = append(more, "client_secret", x.ClientSecret(id))
			}
			x.check(x.EditClient(id, object{"require_proof_of_possession": c.clientWants}))
			var got answer
			if c.certificate {
				got = x.byCertificate(id, x.registered, more...)
			} else {
				got = x.tokenRequest(x.client, x.MTLSURL(), form(id, more...), nil)
			}
			if got.status != c.status {
				t.Fatalf("got %d %s, want %d", got.status, got.body, c.status)
			}
			if c.status != 200 {
				if got.text(t, "error") != "invalid_request" {
					t.Errorf("the refusal is %s", got.body)
				}
				return
			}
			want, tokenType := any(nil), "Bearer"
			if c.bound {
				want, tokenType = thumbprintOf(x.registered), "DPoP"
			}
			confirmation, _ := x.claims(got)["cnf"].(object)
			if confirmation["x5t#S256"] != want || got.text(t, "token_type") != tokenType {
				t.Errorf("cnf is %v and the type %s, want %v and %s", confirmation, got.text(t, "token_type"), want, tokenType)
			}
			if last := lastToken(x.tenant); (last.Confirmation != "") != c.bound {
				t.Errorf("the log says %+v", last)
			}
		})
	}
}

// A customer edge forwards certificates in headers; only the key of a ready custom domain makes them count.
func TestTokenThroughACustomerEdge(t *testing.T) {
	x := newMTLSWorld(t, auth0sim.Options{})
	domain := x.want(201, "POST", "/custom-domains",
		object{"domain": "auth.example", "type": "self_managed_certs"}).text(t, "custom_domain_id")
	key := x.want(201, "POST", "/custom-domains/"+domain+"/verify", nil).text(t, "cname_api_key")
	x.want(201, "POST", "/custom-domains", object{"domain": "pending.example", "type": "self_managed_certs"})
	managed := x.want(201, "POST", "/custom-domains",
		object{"domain": "managed.example", "type": "auth0_managed_certs"}).text(t, "custom_domain_id")
	if got := x.want(201, "POST", "/custom-domains/"+managed+"/verify", nil).object(t); got["cname_api_key"] != nil {
		t.Error("a domain with certificates managed by Auth0 got a key for an edge")
	}
	for _, c := range []struct {
		name, client     string
		key, pem, verify string
		status           int
		method           string
	}{
		{"self-signed", x.selfSigned, key, x.registered.pem, "FAILED:self signed certificate", 200,
			"self_signed_tls_client_auth"},
		{"self-signed, with a space", x.selfSigned, key, x.registered.pem, "FAILED: self signed", 200,
			"self_signed_tls_client_auth"},
		{"self-signed, bare", x.selfSigned, key, x.registered.pem, "FAILED", 200, "self_signed_tls_client_auth"},
		{"CA-signed", x.caSigned, key, x.issued.pem, "SUCCESS", 200, "tls_client_auth"},
		{"the edge alone judges", x.caSigned, key, newCertificate(t, nil,
			func(c *x509.Certificate) { c.RawSubject = x.issued.leaf.RawSubject }).pem, "SUCCESS", 200, "tls_client_auth"},
		{"self-signed as verified", x.selfSigned, key, x.registered.pem, "SUCCESS", 401, "tls_client_auth"},
		{"CA-signed as failed", x.caSigned, key, x.issued.pem, "FAILED", 401, "self_signed_tls_client_auth"},
		{"NONE", x.selfSigned, key, x.registered.pem, "NONE", 401, "none"},
		{"no verdict", x.selfSigned, key, x.registered.pem, "", 401, "none"},
		{"no certificate", x.selfSigned, key, "", "FAILED", 401, "none"},
		{"no PEM", x.selfSigned, key, "nonsense", "FAILED", 401, "none"},
		{"wrong key", x.selfSigned, "wrong", x.registered.pem, "FAILED", 401, "none"},
		{"no key", x.selfSigned, "", x.registered.pem, "FAILED", 401, "none"},
		{"over 4096 bytes", x.selfSigned, key, x.registered.pem + strings.Repeat("\n", 1400), "FAILED", 401, "none"},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := http.Header{}
			for name, value := range map[string]string{"Cname-Api-Key": c.key, "Client-Certificate": url.PathEscape(c.pem),
				"Client-Certificate-Ca-Verified": c.verify} {
				if value != "" {
					header.Set(name, value)
				}
			}
			got := x.tokenRequest(x.client, x.URL(), form(c.client), header)
			if got.status != c.status {
				t.Fatalf("got %d %s, want %d", got.status, got.body, c.status)
			}
			last := lastToken(x.tenant)
			if last.Method != c.method || (c.status != 200 && (last.Reason == "" || last.Error != "invalid_client")) {
				t.Errorf("the log says %+v", last)
			}
			if c.status == 200 {
				if issuer := x.claims(got)["iss"]; issuer != "https://auth.example/" || last.Via != "edge" {
					t.Errorf("iss is %v, the log says %+v", issuer, last)
				}
			}
		})
	}
}

// thumbprintOf is x5t#S256 of RFC 8705, section 3.1.
func thumbprintOf(certificate keyPair) string {
	sum := sha256.Sum256(certificate.leaf.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func newRSAKey(t *testing.T) (*rsa.PrivateKey, string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return key, string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func TestTokenByPrivateKeyJWT(t *testing.T) {
	x := start(t, auth0sim.Options{})
	key, publicPEM := newRSAKey(t)
	stranger, _ := newRSAKey(t)
	id := x.newClient("assertions")
	x.grantAPI(id)
	credential, err := x.AddCredential(id, object{"credential_type": "public_key", "pem": publicPEM})
	x.check(err)
	x.check(x.Attach(id, "private_key_jwt", credential))
	valid := map[string]any{"iss": id, "sub": id, "aud": x.URL() + "/", "exp": time.Now().Add(time.Minute), "jti": "once"}
	sign := func(key *rsa.PrivateKey, change map[string]any) string {
		claims := maps.Clone(valid)
		maps.Copy(claims, change)
		token := jwt.New()
		for name, value := range claims {
			if value != nil {
				x.check(token.Set(name, value))
			}
		}
		signed, err := jwt.Sign(token, jwt.WithKey(jwa.RS256, key))
		x.check(err)
		return string(signed)
	}
	request := func(clientID, assertion string) answer {
		return x.tokenRequest(x.client, x.URL(), form(clientID, "client_assertion_type",
			"urn:ietf:params:oauth:client-assertion-type:jwt-bearer", "client_assertion", assertion), nil)
	}
	for _, c := range []struct {
		name      string
		clientID  string
		assertion string
		status    int
	}{
		{"valid", id, sign(key, nil), 200},
		{"used before", id, sign(key, nil), 401},
		{"without client_id", "", sign(key, map[string]any{"jti": "a"}), 200},
		{"audience without a slash", id, sign(key, map[string]any{"jti": "b", "aud": x.URL()}), 200},
		{"audience is the token endpoint", id, sign(key, map[string]any{"jti": "c", "aud": x.URL() + "/oauth/token"}), 200},
		{"another audience", id, sign(key, map[string]any{"jti": "d", "aud": "https://other.example/"}), 401},
		{"another key", id, sign(stranger, map[string]any{"jti": "e"}), 401},
		{"another issuer", id, sign(key, map[string]any{"jti": "f", "iss": "x"}), 401},
		{"another subject", id, sign(key, map[string]any{"jti": "g", "sub": "x"}), 401},
		{"expired", id, sign(key, map[string]any{"jti": "h", "exp": time.Now().Add(-time.Minute)}), 401},
		{"never expires", id, sign(key, map[string]any{"jti": "i", "exp": nil}), 401},
		{"without jti", id, sign(key, map[string]any{"jti": nil}), 401},
		{"no JWT", id, "nonsense", 401},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := request(c.clientID, c.assertion)
			if got.status != c.status || (c.status == 401 && got.text(t, "error") != "invalid_client") {
				t.Errorf("got %d %s, want %d", got.status, got.body, c.status)
			}
			if last := lastToken(x); last.Method != "private_key_jwt" || last.ClientID != id {
				t.Errorf("the log says %+v", last)
			}
		})
	}
	t.Run("secret", func(t *testing.T) {
		if got := x.bySecret(id); got.text(t, "error") != "invalid_client" {
			t.Errorf("got %d %s", got.status, got.body)
		}
	})
	t.Run("expired credential", func(t *testing.T) {
		x.want(200, "PATCH", "/clients/"+id+"/credentials/"+credential, object{"expires_at": "2020-01-01T00:00:00Z"})
		if got := request(id, sign(key, map[string]any{"jti": "k"})); got.status != 401 {
			t.Errorf("got %d %s", got.status, got.body)
		}
	})
}

func TestDiscovery(t *testing.T) {
	x := start(t, auth0sim.Options{})
	document := func(path, host string) object {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, x.URL()+path, nil)
		x.check(err)
		request.Host = host
		got, err := send(x.client, request)
		x.check(err)
		return got.object(t)
	}
	for _, path := range []string{"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"} {
		x.check(x.EditTenantSettings(object{"mtls": nil}))
		off := document(path, "")
		methods := off["token_endpoint_auth_methods_supported"].([]any)
		if off["issuer"] != x.URL()+"/" || off["token_endpoint"] != x.URL()+"/oauth/token" ||
			off["jwks_uri"] != x.URL()+"/.well-known/jwks.json" || len(methods) != 3 || off["mtls_endpoint_aliases"] != nil ||
			off["tls_client_certificate_bound_access_tokens"] != nil {
			t.Errorf("without aliases: %v", off)
		}
		x.enableAliases()
		on := document(path, "")
		aliases, _ := on["mtls_endpoint_aliases"].(object)
		methods = on["token_endpoint_auth_methods_supported"].([]any)
		if len(aliases) != 1 || aliases["token_endpoint"] != x.MTLSURL()+"/oauth/token" || len(methods) != 5 ||
			on["tls_client_certificate_bound_access_tokens"] != true {
			t.Errorf("with aliases: %v", on)
		}
	}
	domain := x.want(201, "POST", "/custom-domains",
		object{"domain": "auth.example", "type": "self_managed_certs"}).text(t, "custom_domain_id")
	x.want(201, "POST", "/custom-domains/"+domain+"/verify", nil)
	id := x.newClient("at the custom domain")
	x.grantAPI(id)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.URL()+"/oauth/token",
		strings.NewReader(form(id, "client_secret", x.ClientSecret(id)).Encode()))
	x.check(err)
	request.Host = "auth.example"
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := send(x.client, request)
	x.check(err)
	if issuer := x.claims(got)["iss"]; issuer != "https://auth.example/" {
		t.Errorf("a token of a custom domain is issued by %v", issuer)
	}
	custom := document("/.well-known/openid-configuration", "auth.example")
	aliases, _ := custom["mtls_endpoint_aliases"].(object)
	if custom["issuer"] != "https://auth.example/" || aliases["token_endpoint"] != "https://mtls.auth.example/oauth/token" {
		t.Errorf("of a custom domain: %v", custom)
	}
}
