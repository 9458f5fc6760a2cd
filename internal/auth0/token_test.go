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
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwt"
	clocktesting "k8s.io/utils/clock/testing"

	"github.com/certbound/certbound/internal/backoff"
)

// numbered gives token-1, token-2, … each for an hour.
func (s *server) numbered(w http.ResponseWriter, _ *http.Request) {
	answer(w, 200, fmt.Sprintf(`{"access_token":"token-%d","expires_in":3600,"scope":"read:clients create:clients"}`, s.tokensFetched()))
}

// refusing is an API that takes every token but one.
func refusing(token string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer "+token {
			answer(w, 401, apiError(401, "invalid_token", "Expired token received for JSON Web Token validation"))
			return
		}
		answer(w, 201, `{"client_id":"c1","id":"cred_1"}`)
	}
}

// atOnce runs n calls at the same time and returns what failed.
func atOnce(n int, call func() error) (failed []error) {
	var wait sync.WaitGroup
	var mu sync.Mutex
	start := make(chan struct{})
	for range n {
		wait.Go(func() {
			<-start
			if err := call(); err != nil {
				mu.Lock()
				failed = append(failed, err)
				mu.Unlock()
			}
		})
	}
	close(start)
	wait.Wait()
	return failed
}

// plenty is a budget for crowds.
func plenty(c *Config) { c.RequestsPerSecond, c.Burst = 1000, 1000 }

func TestOneTokenForAll(t *testing.T) {
	var s *server
	s = serve(t, always(200, aClient), func(w http.ResponseWriter, r *http.Request) { s.numbered(w, r) })
	tenant := open(t, s.config(plenty))
	read := func() error { _, err := tenant.Client(t.Context(), "c1"); return err }
	for range 3 {
		if failed := atOnce(20, read); failed != nil {
			t.Fatal(failed)
		}
	}
	if s.tokensFetched() != 1 || len(s.api()) != 60 {
		t.Errorf("%d tokens and %d requests, want 1 and 60", s.tokensFetched(), len(s.api()))
	}
}

func TestRefusedTokenIsRenewedOnce(t *testing.T) {
	var s *server
	s = serve(t, refusing("token-1"), func(w http.ResponseWriter, r *http.Request) { s.numbered(w, r) })
	tenant := open(t, s.config())
	if err := create(t.Context(), tenant); err != nil {
		t.Fatal(err)
	}
	seen := s.api()
	if s.tokensFetched() != 2 || len(seen) != 2 || seen[0].body != seen[1].body || seen[1].body == "" {
		t.Errorf("%d tokens, requests %v", s.tokensFetched(), seen)
	}
	// A crowd that meets the refusal renews once as well.
	tenant = open(t, s.config(plenty))
	s.mu.Lock()
	s.tokens = 0
	s.mu.Unlock()
	if failed := atOnce(20, func() error { return create(t.Context(), tenant) }); failed != nil {
		t.Fatal(failed)
	}
	if got := s.tokensFetched(); got != 2 {
		t.Errorf("%d tokens, want 2", got)
	}
}

func TestRenewalFails(t *testing.T) {
	var s *server
	s = serve(t, refusing("token-1"), func(w http.ResponseWriter, r *http.Request) {
		if s.tokensFetched() > 1 {
			answer(w, 403, `{"error":"access_denied","error_description":"Unauthorized"}`)
			return
		}
		s.numbered(w, r)
	})
	err := create(t.Context(), open(t, s.config()))
	if e := err.(*Error); e.Class != SignInRefused || e.Op != OpCreateCredential || e.OutcomeUnknown() {
		t.Errorf("got %+v", err)
	}
}

// The request that the API refused had no effect, whatever ends the renewal.
func TestRenewalIsGivenUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var s *server
	s = serve(t, refusing("token-1"), func(w http.ResponseWriter, r *http.Request) {
		if s.tokensFetched() > 1 {
			cancel()
			<-r.Context().Done()
			return
		}
		s.numbered(w, r)
	})
	tenant := open(t, s.config(func(c *Config) { c.Timeout = time.Second }))
	err := create(ctx, tenant)
	if e := err.(*Error); e.Class != Canceled || e.OutcomeUnknown() {
		t.Errorf("got %+v", err)
	}
}

// Whoever comes late, to a fetch that has ended or with a refusal of an older token, leaves the new token alone.
func TestLateComersFetchNothing(t *testing.T) {
	var s *server
	s = serve(t, always(200, aClient), func(w http.ResponseWriter, r *http.Request) { s.numbered(w, r) })
	tokens := open(t, s.config()).tokens
	get := func() *managementToken {
		token, err := tokens.get(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	first := get()
	if again, err := tokens.renew(); err != nil || again.(*managementToken) != first {
		t.Errorf("renewed a new token: %v", err)
	}
	tokens.discard(first)
	second := get()
	tokens.discard(first)
	if get() != second || second == first || s.tokensFetched() != 2 {
		t.Errorf("%d fetched, want 2", s.tokensFetched())
	}
}

func TestGivenTokenIsNotRenewed(t *testing.T) {
	s := serve(t, refusing("given-token"), nil)
	err := create(t.Context(), open(t, s.config(given)))
	if ClassOf(err) != Unauthorized || len(s.api()) != 1 || s.tokensFetched() != 0 {
		t.Errorf("got %v after %d requests and %d tokens", err, len(s.api()), s.tokensFetched())
	}
}

func TestTokenLife(t *testing.T) {
	clock := clocktesting.NewFakeClock(testTime)
	refused := false
	var s *server
	s = serve(t, always(200, aClient), func(w http.ResponseWriter, r *http.Request) {
		if refused {
			answer(w, 401, `{"error":"access_denied","error_description":"Unauthorized"}`)
			return
		}
		s.numbered(w, r)
	})
	tenant := open(t, s.config(func(c *Config) { c.Clock = clock }))
	steps := []struct {
		at      time.Duration // since the start
		refused bool
		fetched int
		class   Class
	}{
		{0, false, 1, ""},
		{47 * time.Minute, false, 1, ""},                // the token lives an hour
		{48 * time.Minute, true, 2, ""},                 // a new one cannot be had: the old one is used,
		{48*time.Minute + 59*time.Second, true, 2, ""},  // without asking each time,
		{49 * time.Minute, true, 3, ""},                 // but again after a minute
		{59 * time.Minute, true, 4, ""},                 //
		{60 * time.Minute, true, 5, SignInRefused},      // it has expired
		{60 * time.Minute, false, 5, SignInRefused},     // and what was refused is not asked for again at once;
		{61 * time.Minute, false, 6, ""},                // the next lives an hour again
		{61*time.Minute + 47*time.Minute, false, 6, ""}, //
		{61*time.Minute + 48*time.Minute, false, 7, ""}, //
	}
	for _, step := range steps {
		clock.SetTime(testTime.Add(step.at))
		refused = step.refused
		_, err := tenant.Client(t.Context(), "c1")
		if ClassOf(err) != step.class || s.tokensFetched() != step.fetched {
			t.Errorf("after %v: %v, %d fetched; want class %q, %d fetched", step.at, err, s.tokensFetched(), step.class, step.fetched)
		}
	}
}

// However many ask, a sign-in that is refused is tried at most 80 times a day, until somebody may have mended it.
func TestARefusedSignInHasAnAllowance(t *testing.T) {
	clock := clocktesting.NewFakeClock(testTime)
	status := 401
	var s *server
	s = serve(t, always(200, aClient), func(w http.ResponseWriter, r *http.Request) {
		if status == 200 {
			s.numbered(w, r)
			return
		}
		answer(w, status, `{"error":"access_denied","error_description":"Unauthorized"}`)
	})
	tenant := open(t, s.config(func(c *Config) { c.Clock = clock }))
	for range 24 * 60 {
		clock.Step(time.Minute)
		_, err := tenant.Client(t.Context(), "c1")
		if e, ok := err.(*Error); !ok || e.Class != SignInRefused || !e.ResumeAt.After(clock.Now()) || e.Op != OpClient {
			t.Fatalf("got %#v", err)
		}
	}
	if n := s.tokensFetched(); n > backoff.Burst+backoff.Daily || n < backoff.Daily {
		t.Errorf("it was tried %d times in a day", n)
	}
	status = 200
	tenant.SignInAfresh()
	if _, err := tenant.Client(t.Context(), "c1"); err != nil {
		t.Errorf("when somebody may have mended it: %v", err)
	}
}

// A fetch serves everybody who waits for it, whatever becomes of the one who started it.
func TestFetchOutlivesItsCaller(t *testing.T) {
	arrived, release := make(chan struct{}), make(chan struct{})
	var s *server
	s = serve(t, always(200, aClient), func(w http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-release
		s.numbered(w, r)
	})
	tenant := open(t, s.config())
	ctx, cancel := context.WithCancel(t.Context())
	first, second := make(chan error), make(chan error)
	go func() { _, err := tenant.Authorize(ctx); first <- err }()
	<-arrived
	go func() { _, err := tenant.Authorize(t.Context()); second <- err }()
	cancel()
	if err := <-first; ClassOf(err) != Canceled || err.(*Error).OutcomeUnknown() {
		t.Errorf("the first: %v", err)
	}
	close(release)
	if err := <-second; err != nil || s.tokensFetched() != 1 {
		t.Errorf("the second: %v, %d fetched", err, s.tokensFetched())
	}
}

func TestSignInFails(t *testing.T) {
	tests := map[string]struct {
		answer  http.HandlerFunc
		class   Class
		code    string
		message string
	}{
		"wrong secret": {
			always(401, `{"error":"access_denied","error_description":"Unauthorized"}`), SignInRefused, "access_denied", "Unauthorized",
		},
		"no grant for the API": {
			always(403, `{"error":"access_denied","error_description":"Client is not authorized to access \"x\"."}`),
			SignInRefused, "access_denied", "not authorized",
		},
		"two ways to authenticate": {
			always(400, `{"error":"invalid_request","error_description":"Multiple authentication methods provided, please use one."}`),
			SignInRefused, "invalid_request", "Multiple",
		},
		"no reason":            {always(401, `{"error":"invalid_client"}`), SignInRefused, "invalid_client", "does not accept"},
		"429":                  {always(429, `{"error":"too_many_requests"}`), RateLimited, "", "rate limit"},
		"503":                  {always(503, `{}`), Unavailable, "", "Service Unavailable"},
		"404":                  {always(404, "<html>"), BadAnswer, "", "is it a tenant?"},
		"404 as the API's":     {always(404, apiError(404, "", "Not Found")), BadAnswer, "", "is it a tenant?"},
		"401 of a web page":    {always(401, "<html>"), BadAnswer, "", "is it a tenant?"},
		"HTML":                 {always(200, "<html>"), BadAnswer, "", "is it a tenant?"},
		"no token":             {always(200, `{"token_type":"Bearer"}`), BadAnswer, "", "is it a tenant?"},
		"an error with 200":    {always(200, `{"error":"access_denied","access_token":"x"}`), BadAnswer, "", "is it a tenant?"},
		"a redirect":           {always(302, "", "Location", "/login"), BadAnswer, "", "redirects"},
		"2 MiB":                {always(200, strings.Repeat("x", 2<<20)), BadAnswer, "", "more than 1 MiB"},
		"cut":                  {cutBody, BadAnswer, "", "before its answer was complete"},
		"a token of two lines": {always(200, `{"access_token":"a\r\nX-Evil: b"}`), Unreachable, "", "cannot be reached"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, always(201, `{"id":"cred_1"}`), test.answer)
			err := create(t.Context(), open(t, s.config()))
			e := err.(*Error)
			if e.Op != OpCreateCredential || e.Class != test.class || e.Code != test.code || !strings.Contains(e.Message, test.message) {
				t.Errorf("got %+v", *e)
			}
			if e.OutcomeUnknown() || len(s.api()) != 0 || s.tokensFetched() != 1 {
				t.Errorf("outcome unknown: %v; %d requests, %d for a token", e.OutcomeUnknown(), len(s.api()), s.tokensFetched())
			}
		})
	}
}

func TestAuthorize(t *testing.T) {
	sign := func(claims map[string]any) string {
		token := jwt.New()
		for name, value := range claims {
			if err := token.Set(name, value); err != nil {
				t.Fatal(err)
			}
		}
		signed, err := jwt.Sign(token, jwt.WithKey(jwa.HS256, []byte("k")))
		if err != nil {
			t.Fatal(err)
		}
		return string(signed)
	}
	exp := testTime.Add(2 * time.Hour)
	full := sign(map[string]any{"azp": "the-client", "scope": "read:clients update:clients", "exp": exp.Unix()})
	fetched := func(body string) func(*testing.T) Config {
		return func(t *testing.T) Config {
			t.Helper()
			return serve(t, always(500, ""), always(200, body)).config()
		}
	}
	static := func(token string) func(*testing.T) Config {
		return func(t *testing.T) Config {
			t.Helper()
			return serve(t, always(500, ""), nil).config(func(c *Config) { c.SignIn = SignIn{AccessToken: token} })
		}
	}
	tests := map[string]struct {
		config func(*testing.T) Config
		want   Authorization
	}{
		"the response tells": {
			fetched(`{"access_token":"opaque","expires_in":3600,"scope":"read:clients"}`),
			Authorization{ClientID: "operator", Scopes: []string{"read:clients"}, ExpiresAt: testTime.Add(time.Hour)},
		},
		"only the token tells": {
			fetched(`{"access_token":"` + full + `"}`),
			Authorization{ClientID: "the-client", Scopes: []string{"read:clients", "update:clients"}, ExpiresAt: exp},
		},
		"no scope at all":    {fetched(`{"access_token":"x","scope":"","expires_in":60}`), Authorization{"operator", []string{}, testTime.Add(time.Minute)}},
		"nobody tells":       {fetched(`{"access_token":"opaque"}`), Authorization{"operator", nil, testTime.Add(unknownLife)}},
		"a given JWT":        {static(full), Authorization{"the-client", []string{"read:clients", "update:clients"}, exp}},
		"a given opaque one": {static("opaque"), Authorization{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			config := test.config(t)
			config.Clock = clocktesting.NewFakeClock(testTime)
			got, err := open(t, config).Authorize(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			sameScopes := slices.Equal(got.Scopes, test.want.Scopes) && (got.Scopes == nil) == (test.want.Scopes == nil)
			if got.ClientID != test.want.ClientID || !got.ExpiresAt.Equal(test.want.ExpiresAt) || !sameScopes {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
	t.Run("a given token that has expired", func(t *testing.T) {
		s := serve(t, always(200, aClient), nil)
		tenant := open(t, s.config(func(c *Config) {
			c.SignIn = SignIn{AccessToken: full}
			c.Clock = clocktesting.NewFakeClock(exp)
		}))
		if _, err := tenant.Authorize(t.Context()); ClassOf(err) != Unauthorized {
			t.Errorf("Authorize: %v", err)
		}
		if _, err := tenant.Client(t.Context(), "c1"); ClassOf(err) != Unauthorized || len(s.requests) != 0 {
			t.Errorf("Client: %v after %d requests", err, len(s.requests))
		}
	})
}

func keyPEM(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestPrivateKeyJWT(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	pkcs1 := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(rsaKey)})
	tests := map[string]struct {
		key       []byte
		algorithm string
		verify    jwa.SignatureAlgorithm
		public    any
	}{
		"default":          {keyPEM(t, rsaKey), "", jwa.RS256, rsaKey.Public()},
		"PS256 from PKCS1": {pkcs1, "PS256", jwa.PS256, rsaKey.Public()},
		"ES384":            {keyPEM(t, ecKey), "ES384", jwa.ES384, ecKey.Public()},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, refusing("first"), always(200, `{"access_token":"first"}`))
			tenant := open(t, s.config(func(c *Config) {
				c.SignIn = SignIn{PrivateKeyJWT: &PrivateKeyJWT{ClientID: "operator", Key: test.key, Algorithm: test.algorithm}}
				c.Clock = clocktesting.NewFakeClock(testTime)
			}))
			if _, err := tenant.Client(t.Context(), "c1"); ClassOf(err) != Unauthorized {
				t.Fatal(err)
			}
			ids := map[string]bool{}
			for _, r := range s.requests {
				if r.path != "/oauth/token" {
					continue
				}
				form, err := url.ParseQuery(r.body)
				if err != nil {
					t.Fatal(err)
				}
				if got := form.Get("audience"); got != "https://"+s.domain+"/api/v2/" || form.Has("client_secret") {
					t.Errorf("form %v", form)
				}
				if got := form.Get("client_assertion_type"); got != "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" {
					t.Errorf("client_assertion_type %q", got)
				}
				assertion, err := jwt.Parse([]byte(form.Get("client_assertion")), jwt.WithKey(test.verify, test.public), jwt.WithValidate(false))
				if err != nil {
					t.Fatal(err)
				}
				audience := []string{"https://" + s.domain + "/"}
				if assertion.Issuer() != "operator" || assertion.Subject() != "operator" || !slices.Equal(assertion.Audience(), audience) {
					t.Errorf("assertion %v", assertion)
				}
				if !assertion.IssuedAt().Equal(testTime) || !assertion.Expiration().Equal(testTime.Add(time.Minute)) {
					t.Errorf("valid from %v to %v", assertion.IssuedAt(), assertion.Expiration())
				}
				ids[assertion.JwtID()] = true
			}
			if len(ids) != 2 || ids[""] {
				t.Errorf("the assertions' ids are not two: %v", ids)
			}
		})
	}
}

func TestTokenStaysAtItsHost(t *testing.T) {
	s := serve(t, always(200, aClient), nil)
	seen := make(chan string, 1)
	plain := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		seen <- r.Header.Get("Authorization")
	}))
	t.Cleanup(plain.Close)
	for domain, address := range map[string]string{
		"elsewhere.example.com":        "https://" + s.domain + "/api/v2/clients/c1",
		plain.Listener.Addr().String(): plain.URL + "/api/v2/clients/c1",
	} {
		tenant := open(t, s.config(given, func(c *Config) { c.Domain = domain }))
		if err := tenant.api.Request(t.Context(), http.MethodGet, address, nil); err == nil {
			t.Errorf("%s was called", address)
		}
	}
	if len(s.requests)+len(seen) != 0 {
		t.Errorf("requests arrived: %v", s.requests)
	}
}
