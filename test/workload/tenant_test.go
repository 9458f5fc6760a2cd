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

package workload

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jwt"

	"github.com/certbound/certbound/internal/auth0sim"
)

const (
	boundAPI   = "https://bound.example"
	unboundAPI = "https://unbound.example"
)

func TestTokenByCertificate(t *testing.T) {
	sim, tenant := startTenant(t)
	mine, other := newCertificate(t), newCertificate(t)
	as := registerClient(t, sim, mine)

	if err := tenant.TokenByCertificate(t.Context(), as, boundAPI, mine); err != nil {
		t.Errorf("with the registered certificate: %v", err)
	}
	var refusal *Refusal
	if err := tenant.TokenByCertificate(t.Context(), as, boundAPI, other); !errors.As(err, &refusal) || refusal.Code != "invalid_client" {
		t.Errorf("with another certificate: %v, want the refusal invalid_client", err)
	}
	if err := tenant.TokenByCertificate(t.Context(), as, unboundAPI, mine); err == nil || !strings.Contains(err.Error(), "bound to <nil>") {
		t.Errorf("from an API that does not bind tokens: %v, want that the token is not bound", err)
	}
	if got := sim.TokenRequests(); len(got) != 3 || got[0].Thumbprint != Thumbprint(mine) || got[0].Via != "alias" {
		t.Errorf("the tenant saw %+v, want three requests by way of the alias, the first with %s", got, Thumbprint(mine))
	}
}

func TestTokenBySecret(t *testing.T) {
	sim, tenant := startTenant(t)
	id, err := sim.AddClient(map[string]any{
		"name": "old", "app_type": "non_interactive", "token_endpoint_auth_method": "client_secret_post",
		"grant_types": []string{"client_credentials"},
	})
	grant(t, sim, id, err)
	as := connection(sim, id)

	if err := tenant.TokenBySecret(t.Context(), as, unboundAPI, sim.ClientSecret(id)); err != nil {
		t.Errorf("with the secret: %v", err)
	}
	var refusal *Refusal
	if err := tenant.TokenBySecret(t.Context(), as, unboundAPI, "guessed"); !errors.As(err, &refusal) || refusal.Status != http.StatusUnauthorized {
		t.Errorf("with another secret: %v, want a refusal with status 401", err)
	}
}

// A token that somebody else signed is none, whatever it says.
func TestForeignSignature(t *testing.T) {
	published, foreign := newKey(t), newKey(t)
	mine := newCertificate(t)
	mux := http.NewServeMux()
	server := httptest.NewTLSServer(mux)
	defer server.Close()
	as := Connection{ClientID: "me", Issuer: server.URL + "/", MTLSTokenEndpoint: server.URL + "/oauth/token"}
	signer := foreign
	answer := func(body func() string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(body())) }
	}
	mux.HandleFunc("/.well-known/openid-configuration", answer(func() string { return `{"jwks_uri":"` + server.URL + `/keys"}` }))
	mux.HandleFunc("/keys", answer(func() string { return keySet(t, published) }))
	mux.HandleFunc("/oauth/token", answer(func() string {
		return `{"access_token":"` + signed(t, signer, as.Issuer, Thumbprint(mine)) + `"}`
	}))
	tenant, err := NewTenant(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
	if err != nil {
		t.Fatal(err)
	}

	if err := tenant.TokenByCertificate(t.Context(), as, boundAPI, mine); err == nil || !strings.Contains(err.Error(), "does not verify") {
		t.Errorf("signed by another key: %v, want that the token does not verify", err)
	}
	signer = published
	if err := tenant.TokenByCertificate(t.Context(), as, boundAPI, mine); err != nil {
		t.Errorf("signed by the published key: %v", err)
	}
}

func startTenant(t *testing.T) (*auth0sim.Simulator, *Tenant) {
	t.Helper()
	sim, err := auth0sim.Start(auth0sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	if err := sim.EditTenantSettings(map[string]any{"mtls": map[string]any{"enable_endpoint_aliases": true}}); err != nil {
		t.Fatal(err)
	}
	for _, api := range []map[string]any{
		{"identifier": boundAPI, "proof_of_possession": map[string]any{"mechanism": "mtls", "required": true}},
		{"identifier": unboundAPI},
	} {
		if _, err := sim.AddResourceServer(api); err != nil {
			t.Fatal(err)
		}
	}
	tenant, err := NewTenant(sim.CABundle())
	if err != nil {
		t.Fatal(err)
	}
	return sim, tenant
}

func registerClient(t *testing.T, sim *auth0sim.Simulator, certificate tls.Certificate) Connection {
	t.Helper()
	encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Certificate[0]})
	id, err := sim.AddClient(map[string]any{
		"name": "me", "app_type": "non_interactive", "grant_types": []string{"client_credentials"},
		"jwt_configuration": map[string]any{"alg": "RS256"},
		"client_authentication_methods": map[string]any{"self_signed_tls_client_auth": map[string]any{
			"credentials": []map[string]any{{"credential_type": "x509_cert", "name": "mine", "pem": string(encoded)}},
		}},
	})
	grant(t, sim, id, err)
	return connection(sim, id)
}

func grant(t *testing.T, sim *auth0sim.Simulator, id string, err error) {
	t.Helper()
	for _, api := range []string{boundAPI, unboundAPI} {
		if err == nil {
			_, err = sim.AddGrant(id, api)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
}

func connection(sim *auth0sim.Simulator, id string) Connection {
	return ConnectionFrom(map[string]string{
		"client_id": id, "issuer": sim.URL() + "/",
		"token_endpoint": sim.URL() + "/oauth/token", "mtls_token_endpoint": sim.MTLSURL() + "/oauth/token",
	})
}

func newCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "workload"},
		NotBefore: time.Now().Add(-time.Minute), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

func newKey(t *testing.T) jwk.Key {
	t.Helper()
	raw, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := jwk.FromRaw(raw)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]any{jwk.KeyIDKey: "the same", jwk.AlgorithmKey: jwa.ES256} {
		if err := key.Set(name, value); err != nil {
			t.Fatal(err)
		}
	}
	return key
}

func keySet(t *testing.T, key jwk.Key) string {
	t.Helper()
	public, err := key.PublicKey()
	if err != nil {
		t.Fatal(err)
	}
	set := jwk.NewSet()
	if err := set.AddKey(public); err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func signed(t *testing.T, key jwk.Key, issuer, thumbprint string) string {
	t.Helper()
	token, err := jwt.NewBuilder().Issuer(issuer).Audience([]string{boundAPI}).Claim("cnf", map[string]any{"x5t#S256": thumbprint}).Build()
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Sign(token, jwt.WithKey(jwa.ES256, key))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
