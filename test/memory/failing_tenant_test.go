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

package memory_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/memory"
)

const (
	tokenPath    = "/oauth/token"
	settingsPath = "/api/v2/tenants/settings"
)

// A tenantWay is how a Tenant is broken for good, and what a person does about it.
type tenantWay struct {
	name   string
	status int
	// breaks decides which requests are answered with the status.
	breaks func(method, path string) bool
	// fits makes the Tenant one that is broken so; may be nil.
	fits func(*v1alpha1.TenantSpec)
	// later says that it is broken when it has long been in order, and clients have something to do.
	later bool
	mend  func(t *testing.T, w *memory.World)
}

var tenantWays = []tenantWay{
	{name: "403 to the change of its aliases", status: 403, breaks: to(http.MethodPatch, settingsPath), fits: aliased, mend: annotate},
	{name: "400 to the change of its aliases", status: 400, breaks: to(http.MethodPatch, settingsPath), fits: aliased, mend: editTenant},
	{name: "401 to the change of its aliases", status: 401, breaks: to(http.MethodPatch, settingsPath), fits: aliased, mend: annotate},
	{name: "503 to the change of its aliases", status: 503, breaks: to(http.MethodPatch, settingsPath), fits: aliased, mend: annotate},
	{name: "404 where its aliases are read", status: 404, breaks: to(http.MethodGet, settingsPath), fits: aliased, mend: signInAnew},
	{name: "its sign-in is refused", status: 401, breaks: to(http.MethodPost, tokenPath), mend: signInAnew},
	{name: "its sign-in is refused, and an annotation follows", status: 403, breaks: to(http.MethodPost, tokenPath), mend: annotate},
	{name: "its sign-in is refused from some day on", status: 401, breaks: to(http.MethodPost, tokenPath), later: true, mend: annotate},
	{name: "its listings are refused from some day on", status: 403, breaks: listings, later: true, mend: annotate},
	{name: "its access token is refused", status: 401, breaks: to("", "/api/v2/"), fits: tokenGiven, mend: signInAnew},
}

// to are the requests with a method, or any, whose path begins so.
func to(method, path string) func(string, string) bool {
	return func(m, p string) bool { return (method == "" || m == method) && strings.HasPrefix(p, path) }
}

func listings(method, path string) bool { return method == http.MethodGet && path == "/api/v2/clients" }

func aliased(s *v1alpha1.TenantSpec) { s.EndpointAliases = v1alpha1.EndpointAliasesEnabled }

func tokenGiven(s *v1alpha1.TenantSpec) {
	s.SignIn = v1alpha1.TenantSignIn{AccessToken: &v1alpha1.AccessTokenSignIn{SecretRef: s.SignIn.ClientSecret.SecretRef}}
}

// A gate stands before a tenant, counts, and answers in its place what is broken while it is.
type gate struct {
	way              tenantWay
	broken           atomic.Bool
	requests, tokens atomic.Int64 // of the Management API, as far as they are the Tenant's, and of the token endpoint
	reached          atomic.Int64 // all of them
}

func (g *gate) intercept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.reached.Add(1)
		switch path := r.URL.Path; {
		case path == tokenPath:
			g.tokens.Add(1)
		case path == settingsPath, strings.HasPrefix(path, "/api/v2/") && g.way.breaks(r.Method, path):
			g.requests.Add(1)
		}
		if !g.broken.Load() || !g.way.breaks(r.Method, r.URL.Path) {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(g.way.status)
		_, _ = fmt.Fprintf(w, `{"statusCode":%d,"error":"access_denied","error_description":"not this one","message":"not this one"}`, g.way.status)
	})
}

func (g *gate) reset() {
	g.requests.Store(0)
	g.tokens.Store(0)
	g.reached.Store(0)
}

// I: a Tenant that stays broken costs at most 100 requests of the Management API and as many of tokens a day, whatever is wanted for its
// clients meanwhile. What a person does is acted on at once.
func TestABrokenTenantCostsLittle(t *testing.T) {
	for _, way := range tenantWays {
		t.Run(way.name, func(t *testing.T) {
			g := &gate{way: way}
			memory.Run(t, auth0sim.Options{Intercept: g.intercept, LogLimit: 10}, func(t *testing.T, w *memory.World) {
				t.Helper()
				g.broken.Store(!way.later)
				start(t, w, memory.OperatorOptions{})
				brokenTenant(t, w, way)
				oneOf(t, w, "client", data(harness.SelfSigned(t, "client", longLived)), "")
				if way.later {
					await(t, w, "the client is ready", func() bool { return isReady(t, w, "client") })
					w.Sim.ExpireTokens()
					g.broken.Store(true)
					g.reset()
				}
				for i := range 24 * 6 {
					describe(t, w, "client", fmt.Sprint(i)) // so that it is sent for, and the Tenant looked at
					w.Advance(10 * time.Minute)
				}
				t.Logf("%d requests of the Management API in 24 hours, %d of tokens", g.requests.Load(), g.tokens.Load())
				if g.requests.Load() > mostPerDay || g.tokens.Load() > mostPerDay {
					t.Errorf("the Tenant cost %d requests in 24 hours, and %d of tokens", g.requests.Load(), g.tokens.Load())
				}
				if isTenantReady(t, w) && !way.later {
					t.Error("the Tenant is ready")
				}
				g.broken.Store(false)
				takes(t, w, soon, "what a person did about the Tenant", func() { way.mend(t, w) }, func() bool { return isTenantReady(t, w) })
				takes(t, w, soon, "an edit of its client", func() { edit(t, w, "client") }, func() bool { return isReady(t, w, "client") })
			})
		})
	}
}

// I: a Tenant that is dead is tried once each half minute, so that it is noticed soon when it is back.
func TestADeadTenantIsTriedEachHalfMinute(t *testing.T) {
	for name, first := range map[string]bool{"from the start": true, "from some day on": false} {
		t.Run(name, func(t *testing.T) {
			g := &gate{way: tenantWay{status: 503, breaks: to("", "/")}}
			memory.Run(t, auth0sim.Options{Intercept: g.intercept, LogLimit: 10}, func(t *testing.T, w *memory.World) {
				t.Helper()
				g.broken.Store(first)
				start(t, w, memory.OperatorOptions{})
				brokenTenant(t, w, tenantWay{fits: aliased})
				if !first {
					await(t, w, "the Tenant is ready", func() bool { return isTenantReady(t, w) })
					g.broken.Store(true)
				}
				w.Advance(2 * time.Hour) // the next look at it is due each hour
				g.reset()
				w.Advance(6 * time.Hour)
				if tries, most := g.reached.Load(), int64(6*time.Hour/(30*time.Second)); tries > most || tries < most*8/10 {
					t.Errorf("the dead tenant got %d requests in 6 hours", tries)
				}
				g.broken.Store(false)
				takes(t, w, afterOutage, "its return", func() {}, func() bool { return isTenantReady(t, w) })
			})
		})
	}
}

func brokenTenant(t *testing.T, w *memory.World, way tenantWay) {
	t.Helper()
	tenant(t, w, func(s *v1alpha1.TenantSpec) {
		if way.fits != nil {
			way.fits(s)
		}
	})
}

func theTenant(t *testing.T, w *memory.World) *v1alpha1.Tenant {
	t.Helper()
	o := &v1alpha1.Tenant{ObjectMeta: named("tenant")}
	read(t, w, o)
	return o
}

func isTenantReady(t *testing.T, w *memory.World) bool {
	t.Helper()
	o := theTenant(t, w)
	return o.Status.ObservedGeneration == o.Generation && meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionReady)
}

func describe(t *testing.T, w *memory.World, name, description string) {
	t.Helper()
	c := &v1alpha1.OAuthClient{ObjectMeta: named(name)}
	read(t, w, c)
	c.Spec.Settings = &v1alpha1.ClientSettings{Description: &description}
	if err := w.Client.Update(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}

func annotate(t *testing.T, w *memory.World) {
	t.Helper()
	o := theTenant(t, w)
	o.Annotations = map[string]string{"example.com/looked-at": "now"}
	if err := w.Client.Update(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

func editTenant(t *testing.T, w *memory.World) {
	t.Helper()
	o := theTenant(t, w)
	o.Spec.DriftIntervalSeconds = 7200
	if err := w.Client.Update(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

// signInAnew writes the Secret anew with what is right in it.
func signInAnew(t *testing.T, w *memory.World) {
	t.Helper()
	s := &corev1.Secret{ObjectMeta: named("sign-in")}
	read(t, w, s)
	value := w.Sim.ManagementClientSecret()
	if theTenant(t, w).Spec.SignIn.AccessToken != nil {
		value = w.Sim.ManagementToken()
	}
	s.Data = map[string][]byte{"secret": []byte(value), "since": []byte("now")}
	if err := w.Client.Update(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}
