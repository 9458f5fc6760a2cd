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
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/registration"
)

func asJSON(t *testing.T, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func equalJSON(t *testing.T, a, b any) bool {
	t.Helper()
	return asJSON(t, a) == asJSON(t, b)
}

// create is a write, whose outcome matters.
func create(ctx context.Context, tenant *Tenant) error {
	_, err := tenant.CreateCredential(ctx, "c1", NewCredential{Name: "n", Type: registration.X509Cert, PEM: testPEM})
	return err
}

func apiError(status int, code, message string) string {
	return fmt.Sprintf(`{"statusCode":%d,"error":%q,"message":%q,"errorCode":%q}`, status, http.StatusText(status), message, code)
}

// An answer, or the lack of one, makes one error; the request is sent exactly once whatever comes.
func TestAnswers(t *testing.T) {
	html := "<html><body>Welcome</body></html>"
	tests := map[string]struct {
		answer  http.HandlerFunc
		class   Class
		status  int
		code    string
		unknown bool
		message string
		scopes  string
		limit   int
	}{
		"HTML with 200":     {answer: always(200, html), class: BadAnswer, status: 200, unknown: true, message: "not JSON"},
		"HTML with 502":     {answer: always(502, html), class: Unavailable, status: 502, unknown: true, message: "Bad Gateway"},
		"HTML with 404":     {answer: always(404, html), class: BadAnswer, status: 404, unknown: true, message: "as the Management API does"},
		"HTML with 403":     {answer: always(403, html), class: Forbidden, status: 403, message: "does not allow"},
		"empty 200":         {answer: always(200, ""), class: BadAnswer, status: 200, unknown: true, message: "is empty"},
		"no id":             {answer: always(201, `{"name":"n"}`), class: BadAnswer, status: 201, unknown: true, message: "lacks"},
		"an empty object":   {answer: always(201, `{}`), class: BadAnswer, status: 201, unknown: true, message: "lacks"},
		"another JSON type": {answer: always(201, `["a"]`), class: BadAnswer, status: 201, unknown: true, message: "lacks"},
		"400": {
			answer: always(400, apiError(400, "invalid_body", "Payload validation error: 'Missing required property: pem'.")),
			class:  Invalid, status: 400, code: "invalid_body", message: "Missing required property: pem",
		},
		"401 also with a fresh token": {
			answer: always(401, apiError(401, "invalid_token", "Invalid token")), class: Unauthorized, status: 401,
			code: "invalid_token", message: "Invalid token",
		},
		"403 with scopes": {
			answer: always(403, apiError(403, "insufficient_scope", "Insufficient scope, expected any of: create:client_credentials,a:b")),
			class:  InsufficientScope, status: 403, code: "insufficient_scope", scopes: "create:client_credentials a:b",
		},
		"403 of a plan": {
			answer: always(403, apiError(403, "insufficient_entitlement", "Please upgrade your subscription to use mTLS")),
			class:  Forbidden, status: 403, code: "insufficient_entitlement", message: "Please upgrade",
		},
		"404": {
			answer: always(404, apiError(404, "inexistent_client", "The client does not exist")), class: NotFound, status: 404,
			code: "inexistent_client", message: "The client does not exist",
		},
		"404 without a code": {answer: always(404, `{"statusCode":404,"error":"Not Found"}`), class: NotFound, status: 404},
		"409": {
			answer: always(409, apiError(409, "", "Another client exists with the same alias")), class: Conflict, status: 409,
			message: "same alias",
		},
		"the pool is full": {
			answer: always(400, apiError(400, "", "A client can have a maximum of 4 credentials.")), class: CredentialLimit,
			status: 400, limit: 4,
		},
		"the slot is full": {
			answer: always(400, apiError(400, "invalid_body", "Payload validation error: 'Array is too long (3), maximum 2' on property "+
				"client_authentication_methods.tls_client_auth.credentials (Fully defined credentials).")),
			class: CredentialLimit, status: 400, code: "invalid_body", limit: 2,
		},
		"another list is too long": {
			answer: always(400, apiError(400, "invalid_body", "Payload validation error: 'Array is too long (300), maximum 100' on property callbacks.")),
			class:  Invalid, status: 400, code: "invalid_body",
		},
		"the key is there already": {
			answer: always(400, apiError(400, "", "credentials contains public keys that already exist in client")),
			class:  DuplicateCredential, status: 400,
		},
		"the credential is attached": {
			answer: always(400, apiError(400, "", "Cannot delete credential still associated with a client")),
			class:  StillAssociated, status: 400,
		},
		"500": {
			answer: always(500, apiError(500, "", "Internal")), class: Unavailable, status: 500, unknown: true,
			message: "Internal Server Error",
		},
		"a code of an odd form": {
			answer: always(400, apiError(400, "Robert'); DROP", "no")), class: Invalid, status: 400, message: "no",
		},
		"a redirect": {
			answer: always(307, "", "Location", "https://elsewhere.example/"), class: BadAnswer, status: 307, unknown: true,
			message: "redirects elsewhere",
		},
		"2 MiB": {
			answer: always(201, `{"id":"`+strings.Repeat("x", 2<<20)+`"}`), class: BadAnswer, status: 201, unknown: true,
			message: "more than 1 MiB",
		},
		"2 MiB with 404": {
			answer: always(404, strings.Repeat(" ", 2<<20)), class: BadAnswer, status: 404, unknown: true, message: "more than 1 MiB",
		},
		"without end": {
			answer: func(w http.ResponseWriter, _ *http.Request) {
				for line := []byte(strings.Repeat(" ", 1<<16)); ; {
					if _, err := w.Write(line); err != nil {
						return
					}
				}
			},
			class: BadAnswer, status: 200, unknown: true, message: "more than 1 MiB",
		},
		"a scope that is none": {
			answer: always(403, apiError(403, "insufficient_scope", "Insufficient scope, expected any of: "+testToken)),
			class:  InsufficientScope, status: 403, code: "insufficient_scope", message: "[redacted]",
		},
		"cut in the body": {answer: cutBody, class: BadAnswer, status: 201, unknown: true, message: "before its answer was complete"},
		"cut before the status": {
			answer: func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
			class:  BadAnswer, unknown: true, message: "before its answer was complete",
		},
	}
	for name, test := range tests {
		for _, version := range []string{"HTTP/1.1", "HTTP/2"} {
			t.Run(name+"/"+version, func(t *testing.T) {
				s := serve(t, test.answer, nil)
				tenant := open(t, s.config())
				tenant.wire.base.ForceAttemptHTTP2 = version == "HTTP/2"
				err := create(t.Context(), tenant)
				var e *Error
				if !errors.As(err, &e) {
					t.Fatalf("got %v", err)
				}
				if e.Op != OpCreateCredential || e.Class != test.class || e.Status != test.status || e.Code != test.code ||
					e.OutcomeUnknown() != test.unknown || strings.Join(e.MissingScopes, " ") != test.scopes || e.Limit != test.limit {
					t.Errorf("got %+v (outcome unknown: %v), want %+v", *e, e.OutcomeUnknown(), test)
				}
				if !strings.Contains(e.Message, test.message) || e.Message == "" {
					t.Errorf("message %q, want %q in it", e.Message, test.message)
				}
				want := 1
				if test.class == Unauthorized {
					want = 2 // a refused token has no effect
				}
				seen := s.api()
				if len(seen) != want || !strings.HasPrefix(seen[0].protocol, version) {
					t.Errorf("got %d requests by %s, want %d by %s", len(seen), seen[0].protocol, want, version)
				}
			})
		}
	}
}

func cutBody(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	w.WriteHeader(http.StatusCreated)
	_, _ = w.Write([]byte(`{"id":"cred_1",`))
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func TestEmptyAnswers(t *testing.T) {
	s := serve(t, always(200, ""), nil)
	tenant := func() *Tenant { return open(t, s.config()) } // a new connection each time, which has not failed yet
	_, err := tenant().EndpointAliases(t.Context())
	for name, err := range map[string]error{
		"settings": err,
		"aliases":  tenant().SetEndpointAliases(t.Context(), true),
		"grant":    tenant().UpdateGrant(t.Context(), "cgr_1", nil),
	} {
		if ClassOf(err) != BadAnswer {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := tenant().DeleteClient(t.Context(), "c1"); err != nil {
		t.Errorf("a deletion has nothing to tell: %v", err)
	}
}

func TestGoneIsDeleted(t *testing.T) {
	s := serve(t, always(404, apiError(404, "inexistent_client", "The client does not exist")), nil)
	tenant := open(t, s.config())
	for name, err := range map[string]error{
		"client":     tenant.DeleteClient(t.Context(), "c1"),
		"credential": tenant.DeleteCredential(t.Context(), "c1", "cred_1"),
	} {
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	page := serve(t, always(404, "<html>Not Found</html>"), nil)
	if err := open(t, page.config()).DeleteClient(t.Context(), "c1"); ClassOf(err) != BadAnswer {
		t.Errorf("the 404 of a web server was taken for the API's: %v", err)
	}
}

// A listing that is not there must not be taken for an empty one.
func TestNoListing(t *testing.T) {
	for _, body := range []string{`{}`, `null`, `{"clients":null,"client_grants":null}`, `[null]`, `[{}]`, `{"clients":[{}],"client_grants":[{}]}`,
		`{"clients":[null],"client_grants":[null]}`} {
		s := serve(t, always(200, body), nil)
		tenant := func() *Tenant { return open(t, s.config()) }
		_, err := tenant().Credentials(t.Context(), "c1")
		_, _, clientsErr := tenant().ListClients(t.Context(), "")
		_, grantsErr := tenant().Grants(t.Context(), "c1")
		_, clientErr := tenant().Client(t.Context(), "c1")
		for op, err := range map[string]error{"credentials": err, "clients": clientsErr, "grants": grantsErr, "client": clientErr} {
			if ClassOf(err) != BadAnswer {
				t.Errorf("%s from %s: %v", op, body, err)
			}
		}
	}
}

func TestNoConnection(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.StartTLS()
	t.Cleanup(old.Close)
	s := serve(t, always(200, aClient), nil)
	names := resolver(t, map[string]netip.Addr{
		"inner.example.org": netip.MustParseAddr("127.0.0.1"), "metadata.example.com": netip.MustParseAddr("169.254.169.254"),
		"mapped.example.com": netip.MustParseAddr("64:ff9b::10.1.2.3"),
	})
	port := s.domain[strings.LastIndex(s.domain, ":"):]
	otherCA := func(c *Config) { c.CABundle = []byte(someCA) }
	neverDialled := func(_ context.Context, address netip.AddrPort) (net.Conn, error) {
		t.Errorf("%s was dialled", address)
		return nil, net.ErrClosed
	}
	refused := func(context.Context, netip.AddrPort) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	}
	tests := map[string]struct {
		change  func(*Config)
		class   Class
		message string
	}{
		"does not resolve":       {func(c *Config) { c.Domain = "nowhere.example.com" }, Unreachable, "does not resolve"},
		"refuses":                {func(c *Config) { c.Domain = closed.Addr().String() }, Unreachable, "refuses connections"},
		"not TLS":                {func(c *Config) { c.Domain = plain.Listener.Addr().String() }, Unreachable, "does not speak TLS"},
		"TLS 1.1":                {func(c *Config) { c.Domain = old.Listener.Addr().String() }, Unreachable, "refuses the TLS handshake"},
		"unknown authority":      {otherCA, Unreachable, "not trusted by the given CA bundle"},
		"system's authorities":   {func(c *Config) { c.CABundle = nil }, Unreachable, "not trusted by the system's"},
		"another name":           {func(c *Config) { c.Domain = "inner.example.org" + port }, Unreachable, "for another name"},
		"loopback":               {func(c *Config) { c.AllowedNetworks = nil }, ForbiddenNetwork, "127.0.0.1"},
		"resolves to loopback":   {func(c *Config) { c.Domain, c.AllowedNetworks = "inner.example.org"+port, nil }, ForbiddenNetwork, "127.0.0.1"},
		"resolves to metadata":   {func(c *Config) { c.Domain = "metadata.example.com" }, ForbiddenNetwork, "169.254.169.254"},
		"NAT64 of a private one": {func(c *Config) { c.Domain = "mapped.example.com" }, ForbiddenNetwork, "64:ff9b::a01:203"},
		"its own dialer":         {func(c *Config) { c.AllowedNetworks, c.Dial = nil, neverDialled }, ForbiddenNetwork, "127.0.0.1"},
		"its own dialer, a name": {func(c *Config) { c.Domain, c.Dial = "metadata.example.com", neverDialled }, ForbiddenNetwork, "169.254.169.254"},
		"its own dialer refuses": {func(c *Config) { c.Dial = refused }, Unreachable, "refuses connections"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			// With a given token the API request is the first to dial, without one the token request is.
			for _, given := range []string{"", "given-token"} {
				tenant := open(t, s.config(func(c *Config) { c.Resolver = names }, test.change, func(c *Config) {
					if given != "" {
						c.SignIn = SignIn{AccessToken: given}
					}
				}))
				err := create(t.Context(), tenant)
				var e *Error
				if !errors.As(err, &e) || e.Class != test.class || !strings.Contains(e.Message, test.message) || e.OutcomeUnknown() {
					t.Errorf("token %q: got %v", given, err)
				}
				if !strings.HasPrefix(e.Message, tenant.domain) {
					t.Errorf("the message does not name the domain: %q", e.Message)
				}
			}
		})
	}
	if len(s.requests) != 0 {
		t.Errorf("requests arrived: %v", s.requests)
	}
}

func TestHanging(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	short := func(c *Config) { c.Timeout = 50 * time.Millisecond }

	t.Run("the API", func(t *testing.T) {
		s := serve(t, hang, nil)
		tenant := open(t, s.config(short, func(c *Config) { c.SignIn = SignIn{AccessToken: "given"} }))
		err := create(t.Context(), tenant)
		if e := err.(*Error); e.Class != TimedOut || !e.OutcomeUnknown() || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if got := len(s.api()); got > 1 {
			t.Errorf("%d requests", got)
		}
	})
	t.Run("in the body", func(t *testing.T) {
		s := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte(`{"id":`))
			w.(http.Flusher).Flush()
			hang(w, r)
		}, nil)
		tenant := open(t, s.config(short, func(c *Config) { c.SignIn = SignIn{AccessToken: "given"} }))
		if e := create(t.Context(), tenant).(*Error); e.Class != TimedOut || !e.OutcomeUnknown() {
			t.Errorf("got %v", e)
		}
	})
	t.Run("the token endpoint", func(t *testing.T) {
		s := serve(t, always(201, `{"id":"x"}`), hang)
		if e := create(t.Context(), open(t, s.config(short))).(*Error); e.Class != TimedOut || e.OutcomeUnknown() {
			t.Errorf("got %v", e)
		}
		if len(s.api()) != 0 {
			t.Errorf("the API was called without a token")
		}
	})
	t.Run("the handshake", func(t *testing.T) {
		silent, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = silent.Close() }()
		s := serve(t, hang, nil)
		tenant := open(t, s.config(short, func(c *Config) { c.Domain = silent.Addr().String() }))
		if e := create(t.Context(), tenant).(*Error); e.Class != TimedOut || e.OutcomeUnknown() {
			t.Errorf("got %v", e)
		}
	})
}

func TestCallerGivesUp(t *testing.T) {
	arrived := make(chan struct{})
	s := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		close(arrived)
		<-r.Context().Done()
	}, nil)
	tenant := open(t, s.config())
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-arrived; cancel() }()
	err := create(ctx, tenant)
	if e := err.(*Error); e.Class != Canceled || !e.OutcomeUnknown() || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if e := create(ctx, tenant).(*Error); e.Class != Canceled || e.OutcomeUnknown() {
		t.Errorf("given up before it began: %v", e)
	}
}

func TestClassOf(t *testing.T) {
	wrapped := fmt.Errorf("while reconciling: %w", &Error{Op: OpClient, Class: NotFound})
	for err, want := range map[error]Class{nil: "", wrapped: NotFound, errors.New("other"): Unknown} {
		if got := ClassOf(err); got != want {
			t.Errorf("%v: got %q, want %q", err, got, want)
		}
	}
	text := (&Error{Op: OpClient, Class: NotFound, Status: 404, Code: "inexistent_client", Message: "The client does not exist"}).Error()
	if want := "Client: The client does not exist (status 404, inexistent_client)"; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
}

// A connection that is used again and breaks is where HTTP clients like to repeat a request by themselves.
func TestNothingIsRepeatedOnAUsedConnection(t *testing.T) {
	writes := map[string]func(context.Context, *Tenant) error{
		"POST": create,
		"PATCH": func(ctx context.Context, tenant *Tenant) error {
			_, err := tenant.UpdateClient(ctx, "c1", ClientPatch{Settings: registration.Settings{Name: new("n")}})
			return err
		},
		"DELETE": func(ctx context.Context, tenant *Tenant) error { return tenant.DeleteClient(ctx, "c1") },
	}
	for method, write := range writes {
		for _, version := range []string{"HTTP/1.1", "HTTP/2"} {
			t.Run(method+"/"+version, func(t *testing.T) {
				s := serve(t, func(w http.ResponseWriter, r *http.Request) {
					if r.Method == method {
						panic(http.ErrAbortHandler)
					}
					answer(w, 200, aClient)
				}, nil)
				tenant := open(t, s.config())
				tenant.wire.base.ForceAttemptHTTP2 = version == "HTTP/2"
				if _, err := tenant.Client(t.Context(), "c1"); err != nil {
					t.Fatal(err)
				}
				err := write(t.Context(), tenant)
				if e := err.(*Error); e.Class != BadAnswer || !e.OutcomeUnknown() || len(s.api()) != 2 {
					t.Errorf("got %+v after %d requests", *e, len(s.api()))
				}
			})
		}
	}
}

// A change that is not permitted is not sent and has no effect; what only reads is never held back.
func TestPermit(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, 200, `{"client_id":"c1","name":"n"}`) }, nil)
	var asked []time.Duration
	tenant := open(t, s.config(given, func(c *Config) {
		c.Timeout = 7 * time.Second
		c.Permit = func(longest time.Duration) error {
			asked = append(asked, longest)
			return errors.New("another leads")
		}
	}))
	err := create(t.Context(), tenant)
	if e := err.(*Error); e.Class != Withheld || e.OutcomeUnknown() || !strings.Contains(e.Message, "another leads") {
		t.Errorf("got %+v", *e)
	}
	if len(s.api()) != 0 || !slices.Equal(asked, []time.Duration{7 * time.Second}) {
		t.Errorf("%d requests were sent; asked for %v", len(s.api()), asked)
	}
	if _, err := tenant.Client(t.Context(), "c1"); err != nil || len(s.api()) != 1 {
		t.Errorf("a read: %v after %d requests", err, len(s.api()))
	}
}

// Each HTTP request is counted once, by what it was for, also one that got no answer.
func TestObserve(t *testing.T) {
	var mu sync.Mutex
	var seen []string
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			panic(http.ErrAbortHandler)
		}
		answer(w, 404, apiError(404, "inexistent_client", "no"))
	}, nil)
	tenant := open(t, s.config(func(c *Config) {
		c.Observe = func(op string, status int, took time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, fmt.Sprintf("%s %d %v", op, status, took > 0))
		}
	}))
	if err := tenant.DeleteClient(t.Context(), "c1"); err != nil {
		t.Fatal(err)
	}
	if err := create(t.Context(), tenant); err == nil {
		t.Fatal("no error")
	}
	mu.Lock()
	defer mu.Unlock()
	want := []string{"Authorize 200 true", "DeleteClient 404 true", "CreateCredential 0 true"}
	if !slices.Equal(seen, want) {
		t.Errorf("got %v, want %v", seen, want)
	}
}
