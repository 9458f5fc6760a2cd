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
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

const loginAPI = "https://api.example.com/"

// keyPairOf makes a self-signed certificate with its key, and its thumbprint.
func keyPairOf(t *testing.T, name string) (pair tls.Certificate, thumbprint string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, base64.RawURLEncoding.EncodeToString(sum[:])
}

// loginSimulated starts a simulated tenant with a client that signs in with a certificate.
func loginSimulated(t *testing.T, api map[string]any) (sim *auth0sim.Simulator, c Config, l Login, thumbprint string) {
	t.Helper()
	sim = simulate(t, auth0sim.Options{})
	pair, thumbprint := keyPairOf(t, "app")
	encoded := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})
	api["identifier"] = loginAPI
	id, err := sim.AddClient(map[string]any{
		"name": "app", "app_type": "non_interactive", "grant_types": []string{"client_credentials"}, "jwt_configuration": map[string]any{"alg": "RS256"},
		"client_authentication_methods": map[string]any{"self_signed_tls_client_auth": map[string]any{
			"credentials": []map[string]any{{"credential_type": "x509_cert", "name": "c", "pem": string(encoded)}},
		}},
	})
	for _, edit := range []func() error{
		func() error { return err },
		func() error {
			return sim.EditTenantSettings(map[string]any{"mtls": map[string]any{"enable_endpoint_aliases": true}})
		},
		func() error { _, err := sim.AddResourceServer(api); return err },
		func() error { _, err := sim.AddGrant(id, loginAPI); return err },
	} {
		if err := edit(); err != nil {
			t.Fatal(err)
		}
	}
	sim.ResetLog()
	c = Config{CABundle: sim.CABundle(), AllowedNetworks: loopback}
	return sim, c, Login{Endpoint: sim.MTLSURL() + "/oauth/token", ClientID: id, Audience: loginAPI, Certificate: pair}, thumbprint
}

func TestLogin(t *testing.T) {
	sim, c, l, thumbprint := loginSimulated(t, map[string]any{"proof_of_possession": map[string]any{"mechanism": "mtls", "required": true}})
	issued, err := c.Login(t.Context(), l)
	if err != nil || issued.BoundTo != thumbprint {
		t.Errorf("%+v, %v; want a token bound to %s", issued, err, thumbprint)
	}
	if requests := sim.TokenRequests(); len(requests) != 1 || requests[0].Thumbprint != thumbprint || requests[0].Via != "alias" {
		t.Errorf("the tenant saw %+v", requests)
	}
	if calls := sim.Requests(); len(calls) != 0 {
		t.Errorf("a login cost %d calls of the Management API", len(calls))
	}
}

func TestLoginAtAnAPIThatBindsNoTokens(t *testing.T) {
	_, c, l, _ := loginSimulated(t, map[string]any{})
	if issued, err := c.Login(t.Context(), l); err != nil || issued.BoundTo != "" {
		t.Errorf("%+v, %v; want a token that is bound to nothing", issued, err)
	}
}

func TestLoginIsRefused(t *testing.T) {
	_, c, l, _ := loginSimulated(t, map[string]any{})
	stranger, _ := keyPairOf(t, "stranger")
	for name, row := range map[string]struct {
		change func(*Login)
		code   string
	}{
		"with a certificate that is not attached":     {func(l *Login) { l.Certificate = stranger }, "invalid_client"},
		"for a client that does not exist":            {func(l *Login) { l.ClientID = "nobody" }, "invalid_client"},
		"for an API that the client has no grant for": {func(l *Login) { l.Audience = "https://other.example.com/" }, "access_denied"},
	} {
		t.Run(name, func(t *testing.T) {
			refused := l
			row.change(&refused)
			_, err := c.Login(t.Context(), refused)
			if e, ok := err.(*Error); !ok || e.Class != SignInRefused || e.Code != row.code || e.Op != OpLogin || e.Message == "" {
				t.Errorf("%#v, want the refusal %s", err, row.code)
			}
		})
	}
}

func TestLoginAtAnEndpointThatIsNone(t *testing.T) {
	pair, _ := keyPairOf(t, "app")
	elsewhere := serve(t, always(200, `{}`), nil)
	for name, row := range map[string]struct {
		answer http.HandlerFunc
		change func(*Config, *Login)
		class  Class
		words  string
	}{
		"that answers HTML":                {always(200, "<html>"), nil, BadAnswer, "as a token endpoint does"},
		"that answers without a token":     {always(200, `{"token_type":"Bearer"}`), nil, BadAnswer, "as a token endpoint does"},
		"that answers 404":                 {always(404, `{"error":"not_found"}`), nil, BadAnswer, "as a token endpoint does"},
		"that refuses in no known form":    {always(401, `no`), nil, BadAnswer, "as a token endpoint does"},
		"that redirects":                   {always(307, ``, "Location", elsewhere.URL+"/oauth/token"), nil, BadAnswer, ""},
		"that answers without end":         {always(200, strings.Repeat("x", 2<<20)), nil, BadAnswer, ""},
		"that answers 503":                 {always(503, ``), nil, Unavailable, ""},
		"that wants a pause":               {always(429, ``, "Retry-After", "60"), nil, RateLimited, ""},
		"whose certificate is not trusted": {nil, func(c *Config, _ *Login) { c.CABundle = nil }, Unreachable, "not trusted"},
		"in a network that is not allowed": {nil, func(c *Config, _ *Login) { c.AllowedNetworks = nil }, ForbiddenNetwork, "may not be dialled"},
		"where nothing listens":            {nil, func(_ *Config, l *Login) { l.Endpoint = "https://127.0.0.1:1/oauth/token" }, Unreachable, "refuses connections"},
		"without encryption":               {nil, func(_ *Config, l *Login) { l.Endpoint = strings.Replace(l.Endpoint, "https", "http", 1) }, Invalid, "no https URL"},
		"with a user":                      {nil, func(_ *Config, l *Login) { l.Endpoint = "https://u:p@127.0.0.1/" }, Invalid, "no https URL"},
		"that is no URL":                   {nil, func(_ *Config, l *Login) { l.Endpoint = "https://[" }, Invalid, "no https URL"},
		"with a CA bundle that is none":    {nil, func(c *Config, _ *Login) { c.CABundle = []byte("none") }, Invalid, "CA bundle"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, always(200, `{}`), row.answer)
			c, l := s.config(), Login{Endpoint: s.URL + "/oauth/token", ClientID: "me", Audience: loginAPI, Certificate: pair}
			if row.change != nil {
				row.change(&c, &l)
			}
			_, err := c.Login(t.Context(), l)
			if ClassOf(err) != row.class || !strings.Contains(err.Error(), row.words) {
				t.Errorf("%v (%s), want %s with %q", err, ClassOf(err), row.class, row.words)
			}
		})
	}
	if n := elsewhere.tokensFetched(); n != 0 {
		t.Errorf("%d redirects were followed", n)
	}
}

// An edge that trusts CAs of its own refuses a certificate in the handshake: that is a refusal, not an endpoint out of reach.
func TestLoginIsRefusedInTheHandshake(t *testing.T) {
	pair, _ := keyPairOf(t, "app")
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		s := serve(t, always(200, `{}`), nil)
		s.TLS.ClientAuth, s.TLS.ClientCAs, s.TLS.MaxVersion = tls.RequireAndVerifyClientCert, x509.NewCertPool(), version
		_, err := s.config().Login(t.Context(), Login{Endpoint: s.URL + "/oauth/token", ClientID: "me", Audience: loginAPI, Certificate: pair})
		refused := ClassOf(err) == SignInRefused && strings.Contains(err.Error(), "refuses the TLS handshake with this certificate")
		// In TLS 1.3 the server's alert comes after the handshake, and the reset of the connection can overtake it.
		overtaken := version == tls.VersionTLS13 && ClassOf(err) == BadAnswer && strings.Contains(err.Error(), "that may be how it refuses this certificate")
		if !refused && !overtaken {
			t.Errorf("%s: %v (%s)", tls.VersionName(version), err, ClassOf(err))
		}
		if n := s.tokensFetched(); n != 0 {
			t.Errorf("%d requests came through", n)
		}
	}
}

func TestLoginEndsInTime(t *testing.T) {
	pair, _ := keyPairOf(t, "app")
	release := make(chan struct{})
	s := serve(t, always(200, `{}`), func(http.ResponseWriter, *http.Request) { <-release })
	defer close(release)
	c := s.config(func(c *Config) { c.Timeout = 100 * time.Millisecond })
	if _, err := c.Login(t.Context(), Login{Endpoint: s.URL + "/oauth/token", ClientID: "me", Certificate: pair}); ClassOf(err) != TimedOut {
		t.Errorf("%v (%s), want that it ends", err, ClassOf(err))
	}
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Login(canceled, Login{Endpoint: s.URL + "/oauth/token", ClientID: "me", Certificate: pair}); ClassOf(err) != Canceled {
		t.Errorf("%v (%s), want that the caller ends it", err, ClassOf(err))
	}
}

// Neither the token nor the key is in what a login returns or prints (I6).
func TestLoginTellsNoSecret(t *testing.T) {
	pair, _ := keyPairOf(t, "app")
	const canary = "canary-access-token-9Qx"
	l := Login{ClientID: "me", Audience: loginAPI, Certificate: pair}
	for _, status := range []int{200, 400, 401, 500} {
		s := serve(t, always(200, `{}`), always(status,
			`{"access_token":"`+canary+`","error":"invalid_client","error_description":"Bearer `+canary+`"}`))
		l.Endpoint = s.URL + "/oauth/token"
		issued, err := s.config().Login(t.Context(), l)
		if found := leaks(fmt.Sprintf("%+v %v", issued, err), canary); found != nil {
			t.Errorf("%d: %+v, %v", status, issued, err)
		}
	}
	key, err := pair.PrivateKey.(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	secret := new(big.Int).SetBytes(key).String()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x"} {
		if text := fmt.Sprintf(verb, l); !strings.Contains(text, "[redacted]") || leaks(text, secret) != nil {
			t.Errorf("%s prints %s", verb, text)
		}
	}
	text, err := json.Marshal(l)
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("m", "value", l)
	if err != nil || strings.Count(string(text)+logged.String(), "[redacted]") != 2 {
		t.Errorf("%s %s, %v", text, logged.String(), err)
	}
}
