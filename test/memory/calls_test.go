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
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/controller/oauthclient"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/memory"
)

// What is asked of the tenant, in the words of the simulator's log.
const (
	listClients      = "GET /api/v2/clients"
	readClient       = "GET /api/v2/clients/{id}"
	listCredentials  = "GET /api/v2/clients/{id}/credentials"
	createClient     = "POST /api/v2/clients"
	createCredential = "POST /api/v2/clients/{id}/credentials"
	updateClient     = "PATCH /api/v2/clients/{id}"
	deleteCredential = "DELETE /api/v2/clients/{id}/credentials/{credential_id}"
	listGrants       = "GET /api/v2/client-grants"
	createGrant      = "POST /api/v2/client-grants"
)

// interval is the tenants' drift interval; late is what a listing may come later than that.
const (
	interval = time.Hour
	late     = interval/10 + time.Minute
)

// roomy is a tenant with room for the credentials of a thousand clients, whose log keeps what they cause.
var roomy = auth0sim.Options{CredentialsPerTenant: 1 << 20, LogLimit: 1 << 20}

// calls are counted by what was asked.
type calls map[string]int

// pages are so many as list n clients and the one that the operator signs in with.
func pages(n int) int { return (n + 1 + 99) / 100 }

// fleet is a tenant with so many clients, each with a certificate.
type fleet struct {
	w        *memory.World
	metrics  prometheus.Registerer // of its operators; nil: none
	operator *memory.Operator
	audits   atomic.Int64
	names    []string
	pairs    map[string]harness.KeyPair
}

// asked checks what the tenant was asked since the last look, in all. Audits are counted apart.
func (f *fleet) asked(t *testing.T, when string, want calls) {
	t.Helper()
	w := f.w
	got := calls(w.Sim.Counters())
	got[listCredentials] -= int(f.audits.Swap(0))
	maps.DeleteFunc(got, func(route string, n int) bool { return n == 0 || !strings.Contains(route, "/api/v2/") })
	maps.DeleteFunc(want, func(_ string, n int) bool { return n == 0 })
	if !maps.Equal(got, want) {
		t.Errorf("%s the tenant was asked %v, want %v", when, got, want)
	}
	f.forget()
}

// forget makes the next look begin now.
func (f *fleet) forget() {
	f.w.Sim.ResetLog()
	f.audits.Store(0)
}

// start starts an operator whose audits are counted.
func (f *fleet) start(t *testing.T) *memory.Operator {
	t.Helper()
	return start(t, f.w, memory.OperatorOptions{Workers: 4, Metrics: f.metrics, Observe: func(op string, _ int, _ time.Duration) {
		if op == auth0.OpAuditCredentials {
			f.audits.Add(1)
		}
	}})
}

func (f *fleet) restart(t *testing.T) {
	t.Helper()
	if err := f.operator.Stop(); err != nil {
		t.Fatal(err)
	}
	f.operator = f.start(t)
}

func newFleet(t *testing.T, w *memory.World, n int, edit ...func(*v1alpha1.OAuthClient)) *fleet {
	t.Helper()
	return measuredFleet(t, w, n, nil, edit...)
}

// measuredFleet is one whose operator registers its metrics.
func measuredFleet(t *testing.T, w *memory.World, n int, metrics prometheus.Registerer, edit ...func(*v1alpha1.OAuthClient)) *fleet {
	t.Helper()
	f := &fleet{w: w, metrics: metrics, pairs: map[string]harness.KeyPair{}}
	f.operator = f.start(t)
	for i := range n {
		name := fmt.Sprintf("client-%d", i)
		f.names, f.pairs[name] = append(f.names, name), harness.SelfSigned(t, name)
		c := &v1alpha1.OAuthClient{ObjectMeta: named(name), Spec: v1alpha1.OAuthClientSpec{
			TenantRef: v1alpha1.TenantReference{Name: "tenant"}, AuthenticationMethod: v1alpha1.MethodSelfSignedTLSClientAuth,
			Settings: &v1alpha1.ClientSettings{Name: name},
		}}
		for _, e := range edit {
			e(c)
		}
		kind := v1alpha1.TypeX509Cert
		if c.Spec.AuthenticationMethod == v1alpha1.MethodTLSClientAuth {
			kind = v1alpha1.TypeCertSubjectDN
		}
		create(t, w, &corev1.Secret{ObjectMeta: named(name), Type: corev1.SecretTypeTLS, Data: data(f.pairs[name])}, c,
			&v1alpha1.ClientCredential{ObjectMeta: named(name), Spec: v1alpha1.ClientCredentialSpec{
				ClientRef: v1alpha1.LocalReference{Name: name}, Type: kind,
				SecretRef: &v1alpha1.LocalReference{Name: name},
				Rotation:  &v1alpha1.Rotation{OverlapSeconds: new(int32(overlap / time.Second))},
				Publish:   &v1alpha1.Publication{SecretRef: v1alpha1.LocalReference{Name: name + "-published"}},
			}})
	}
	w.Advance(time.Second) // the certificates are known by then: settings go along with the first, and wait for none
	declareTenant(t, w, "tenant", w.Sim)
	return f
}

func (f *fleet) client(t *testing.T, name string) *v1alpha1.OAuthClient {
	t.Helper()
	c := &v1alpha1.OAuthClient{ObjectMeta: named(name)}
	read(t, f.w, c)
	return c
}

// id is that of the client's at the tenant.
func (f *fleet) id(t *testing.T, name string) string {
	t.Helper()
	return f.client(t, name).Status.ClientID
}

// settles waits until all are ready and nothing is asked any more.
func (f *fleet) settles(t *testing.T) {
	t.Helper()
	await(t, f.w, "all rest", func() bool { return f.w.AwaitQuiet(patience) })
	f.allReady(t)
}

func (f *fleet) allReady(t *testing.T) {
	t.Helper()
	for _, name := range f.names {
		c := &v1alpha1.ClientCredential{ObjectMeta: named(name)}
		read(t, f.w, c)
		if !meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady) ||
			!meta.IsStatusConditionTrue(f.client(t, name).Status.Conditions, v1alpha1.ConditionReady) {
			t.Fatalf("%s is not ready", name)
		}
	}
}

func (f *fleet) renew(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		f.pairs[name] = harness.SelfSigned(t, name)
		s := &corev1.Secret{ObjectMeta: named(name)}
		read(t, f.w, s)
		s.Data = data(f.pairs[name])
		if err := f.w.Client.Update(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
}

// changes are the Events that tell what somebody else changed.
func (f *fleet) changes(t *testing.T) (notes []string) {
	t.Helper()
	var list eventsv1.EventList
	if err := f.w.Client.List(t.Context(), &list); err != nil {
		t.Fatal(err)
	}
	for _, e := range list.Items {
		if e.Reason == "ChangedAtTenant" {
			notes = append(notes, e.Regarding.Name+": "+e.Note)
		}
	}
	slices.Sort(notes)
	return notes
}

// sweep lets time pass until the tenant was listed whole once more, and everything that follows is done.
func (f *fleet) sweep(t *testing.T) {
	t.Helper()
	listed := func() int { return f.w.Sim.Counters()[listClients] }
	before := listed()
	if !f.w.Await(interval+late, func() bool { return listed() >= before+pages(len(f.names)) }) {
		t.Fatalf("there were %d pages of a listing", listed()-before)
	}
	f.w.Advance(30 * time.Second)
}

// Promise 5 (I9): the calls are the least possible, for one client and for a thousand.
func TestTheLeastCalls(t *testing.T) {
	forOneAndAThousand(t, func(t *testing.T, w *memory.World, n int) {
		t.Helper()
		f := newFleet(t, w, n)
		f.settles(t)
		f.asked(t, "for the creation", calls{createClient: n})

		f.renew(t, f.names...)
		f.settles(t)
		w.Advance(overlap)
		f.settles(t)
		f.asked(t, "for the renewal", calls{createCredential: n, updateClient: 2 * n, deleteCredential: n})

		w.Advance(10 * time.Minute)
		f.asked(t, "at rest", calls{})

		f.sweep(t)
		f.asked(t, "in a sweep", calls{listClients: pages(n)})

		revision := w.Store.Revision()
		f.restart(t)
		w.Advance(50 * time.Second)
		f.asked(t, "at a restart with all in order", calls{listClients: pages(n)})
		if now := w.Store.Revision(); now != revision {
			t.Errorf("the restart made %d writes to the cluster", now-revision)
		}

		name := f.names[n/2]
		if err := w.Sim.EditClient(f.id(t, name), map[string]any{"name": "by hand", "description": "nobody's"}); err != nil {
			t.Fatal(err)
		}
		f.forget()
		f.sweep(t)
		f.asked(t, "for an edit by hand", calls{listClients: pages(n), readClient: 1, updateClient: 1})
		if c, _ := w.Sim.Client(f.id(t, name)); c.Settings["name"] != name || c.Settings["description"] != "nobody's" {
			t.Errorf("the client is called %v and described as %v", c.Settings["name"], c.Settings["description"])
		}
		if notes := f.changes(t); len(notes) != 1 || !strings.HasPrefix(notes[0], name+": ") || !strings.Contains(notes[0], "tenant: name;") {
			t.Errorf("the Events tell %q", notes)
		}
	})
}

// Promise 5 (I9): who is known by the subject of its certificate goes on to be, and the tenant is told nothing of a renewal.
func TestARenewalOfTheSameSubjectSendsNothing(t *testing.T) {
	forOneAndAThousand(t, func(t *testing.T, w *memory.World, n int) {
		t.Helper()
		f := newFleet(t, w, n, func(c *v1alpha1.OAuthClient) { c.Spec.AuthenticationMethod = v1alpha1.MethodTLSClientAuth })
		f.settles(t)
		f.asked(t, "for the creation", calls{createClient: n})

		f.renew(t, f.names...)
		f.settles(t)
		w.Advance(overlap)
		f.settles(t)
		if got := w.Sim.Counters(); len(got) != 0 {
			t.Errorf("for the renewal the tenant was asked %v", got)
		}
		for _, name := range f.names {
			published := &corev1.Secret{ObjectMeta: named(name + "-published")}
			read(t, w, published)
			if !bytes.Equal(published.Data[corev1.TLSCertKey], f.pairs[name].Certificate) {
				t.Errorf("the renewed certificate of %s is not published", name)
			}
		}
	})
}

// forOneAndAThousand runs a test with so many clients.
func forOneAndAThousand(t *testing.T, run func(t *testing.T, w *memory.World, n int)) {
	t.Helper()
	for _, n := range []int{1, 1000} {
		t.Run(fmt.Sprintf("%d clients", n), func(t *testing.T) {
			if n > 1 && testing.Short() {
				t.Skip("it takes a while")
			}
			memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
				t.Helper()
				run(t, w, n)
			})
		})
	}
}

// Promise 5: a restart takes nothing for granted where something is to be sent: one read, and then what the renewal takes.
func TestARenewalAfterARestartReadsTheCredentialsOnce(t *testing.T) {
	memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
		t.Helper()
		f := newFleet(t, w, 3)
		f.settles(t)
		f.restart(t)
		w.Advance(40 * time.Second)
		f.forget()
		// What the record does not tell: somebody has stored a certificate that nothing uses.
		if _, err := w.Sim.AddCredential(f.id(t, f.names[1]), map[string]any{
			"credential_type": "x509_cert", "pem": string(harness.SelfSigned(t, "foreign").Certificate)}); err != nil {
			t.Fatal(err)
		}
		f.forget()
		f.renew(t, f.names[1])
		w.Advance(time.Second)
		f.asked(t, "for the renewal", calls{listCredentials: 1, createCredential: 1, updateClient: 1})
		if n := len(f.client(t, f.names[1]).Status.Credentials); n != 3 {
			t.Errorf("the status tells of %d credentials, of 3", n)
		}
	})
}

// Promise 5: what people edited while no operator ran takes, with the first listing, just the requests that apply it.
func TestAnEditOfManyObjectsWhileTheOperatorWasDown(t *testing.T) {
	memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
		t.Helper()
		const n = 25
		f := newFleet(t, w, n)
		f.settles(t)
		if err := f.operator.Stop(); err != nil {
			t.Fatal(err)
		}
		for _, name := range f.names {
			c := f.client(t, name)
			c.Spec.Settings.Name = "new-" + name
			if err := w.Client.Update(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
		f.forget()
		f.restart(t)
		w.Advance(50 * time.Second) // what the operator before may have sent is waited for
		f.asked(t, "at the restart", calls{listClients: pages(n), updateClient: n})
		f.allReady(t)
	})
}

// Promise 5: of a client that was caught in the midst of a rotation the credentials are read, once, and no more than that.
func TestManyRotationsThatARestartInterrupts(t *testing.T) {
	memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
		t.Helper()
		const n = 25
		f := newFleet(t, w, n)
		f.settles(t)
		refused := w.Sim.Inject(auth0sim.Fault{Method: http.MethodPatch, Path: "/api/v2/clients/*", Times: -1, Reply: auth0sim.ReplyStatus, Status: http.StatusForbidden})
		f.renew(t, f.names...)
		w.Advance(time.Minute)
		if err := f.operator.Stop(); err != nil {
			t.Fatal(err)
		}
		refused.Remove()
		f.forget()
		f.restart(t)
		w.Advance(50 * time.Second) // what the operator before may have sent is waited for
		f.asked(t, "at the restart", calls{listClients: pages(n), listCredentials: n, updateClient: n})
		w.Advance(time.Minute + overlap)
		f.asked(t, "at the end of the overlap", calls{updateClient: n, deleteCredential: n})
		f.allReady(t)
	})
}

// Promise 1: an edit of a Tenant, which is signed in for anew, keeps what was learnt of the limits and what was spent, unless it bounds that.
func TestAnEditOfATenantKeepsWhatWasLearnt(t *testing.T) {
	plan := auth0sim.Plans()["enterprise"]
	for name, test := range map[string]struct {
		edit  func(*v1alpha1.TenantSpec)
		keeps bool
	}{
		"of the drift interval": {func(s *v1alpha1.TenantSpec) { s.DriftIntervalSeconds = 7200 }, true},
		"of the limits":         {func(s *v1alpha1.TenantSpec) { s.Limits = &v1alpha1.TenantLimits{CredentialsPerTenant: 5000} }, true},
		"of the share":          {func(s *v1alpha1.TenantSpec) { s.RequestBudget = &v1alpha1.RequestBudget{SharePercent: 50} }, false},
		"of the audience":       {func(s *v1alpha1.TenantSpec) { s.Audience = "https://" + s.Domain + "/api/v2/" }, true},
	} {
		t.Run(name, func(t *testing.T) {
			memory.Run(t, auth0sim.Options{Plan: &plan}, func(t *testing.T, w *memory.World) {
				t.Helper()
				registry := prometheus.NewPedanticRegistry()
				f := measuredFleet(t, w, 1, registry)
				f.settles(t)
				f.forget()
				tenant := &v1alpha1.Tenant{ObjectMeta: named("tenant")}
				read(t, w, tenant)
				test.edit(&tenant.Spec)
				if err := w.Client.Update(t.Context(), tenant); err != nil {
					t.Fatal(err)
				}
				await(t, w, "the edit is looked at", func() bool {
					read(t, w, tenant)
					return tenant.Status.ObservedGeneration == tenant.Generation && meta.IsStatusConditionTrue(tenant.Status.Conditions, v1alpha1.ConditionReady)
				})
				if tokens := w.Sim.Counters()["POST /oauth/token"]; tokens != 1 {
					t.Errorf("%d tokens were asked for, want 1", tokens)
				}
				if size := valueOf(t, registry, "certbound_budget_burst", "tenant", memory.Namespace+"/tenant"); (size > 0) != test.keeps {
					t.Errorf("a bucket of %v is known, want it to be known: %v", size, test.keeps)
				}
			})
		})
	}
}

// Promise 2: what was changed while no operator ran is found by the first listing, and read before it is repaired.
func TestAnEditWhileTheOperatorWasDownIsFoundByTheFirstListing(t *testing.T) {
	memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
		t.Helper()
		f := newFleet(t, w, 3)
		f.settles(t)
		if err := f.operator.Stop(); err != nil {
			t.Fatal(err)
		}
		edited, detached := f.names[0], f.names[2]
		if err := w.Sim.EditClient(f.id(t, edited), map[string]any{"name": "by hand"}); err != nil {
			t.Fatal(err)
		}
		c, _ := w.Sim.Client(f.id(t, detached))
		foreign, err := w.Sim.AddCredential(c.ID, map[string]any{
			"credential_type": "x509_cert", "pem": string(harness.SelfSigned(t, "foreign").Certificate)})
		if err == nil {
			err = w.Sim.Attach(c.ID, string(registration.SelfSignedTLSClientAuth), foreign)
		}
		if err != nil {
			t.Fatal(err)
		}
		f.forget()
		f.restart(t)
		w.Advance(50 * time.Second) // what the operator before may have sent is waited for
		f.asked(t, "at the restart", calls{listClients: 1, readClient: 2, listCredentials: 1, updateClient: 2})
		now, _ := w.Sim.Client(c.ID)
		if !slices.Contains(now.Attached, c.Attached[0]) || !slices.Contains(now.Attached, foreign) {
			t.Errorf("the client signs in with %q", now.Attached)
		}
		notes := f.changes(t)
		if len(notes) != 2 || !strings.Contains(notes[0], "name") || !strings.Contains(notes[1], "detached credentials "+c.Attached[0]) {
			t.Errorf("the Events tell %q", notes)
		}
	})
}

// A3.3, P9: that a listing does not show a client is never proof. It is read by itself, and nothing is done.
func TestAClientThatAListingLeavesOutIsReadAndLeftAlone(t *testing.T) {
	behind := roomy
	behind.ListLag = 3 * interval // so that the first listings do not show any client yet
	memory.Run(t, behind, func(t *testing.T, w *memory.World) {
		t.Helper()
		f := newFleet(t, w, 3)
		f.settles(t)
		f.forget()
		w.Advance(interval + late)
		f.asked(t, "in the sweep", calls{listClients: 1, readClient: 3})
		f.settles(t)
		if notes := f.changes(t); len(notes) != 0 {
			t.Errorf("the Events tell %q, and nobody has changed anything", notes)
		}
	})
}

// A page that is older than the last answer says nothing: the client was renewed while it was on its way.
func TestAPageThatIsOlderThanTheViewSaysNothing(t *testing.T) {
	memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
		t.Helper()
		f := newFleet(t, w, 2)
		f.settles(t)
		f.forget()
		page := w.Sim.Inject(auth0sim.Fault{Method: "GET", Path: "/api/v2/clients", Effect: auth0sim.EffectCommitted, Hold: true})
		if !w.Await(interval+late, func() bool { return w.Sim.Counters()[listClients] > 0 }) { // made, and not only asked for
			t.Fatal("there was no listing")
		}
		f.forget()
		f.renew(t, f.names[0])
		w.Advance(time.Second)
		if attached, _ := w.Sim.Client(f.id(t, f.names[0])); len(attached.Attached) != 2 {
			t.Fatal("the client was not renewed while the page was on its way")
		}
		page.Release()
		w.Advance(30 * time.Second)
		f.asked(t, "for the renewal", calls{createCredential: 1, updateClient: 1})
	})
}

// I3, A2: a credential that is stored and that nobody knows of is found by an audit, of one client a minute at most.
func TestAnAuditFindsWhatNobodyKnowsOf(t *testing.T) {
	memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
		t.Helper()
		f := newFleet(t, w, 5)
		f.settles(t)
		c := f.client(t, f.names[3])
		leaked, err := w.Sim.AddCredential(c.Status.ClientID, map[string]any{
			"credential_type": "x509_cert", "pem": string(harness.SelfSigned(t, "leaked").Certificate),
			"name": registration.CredentialName(string(c.UID), f.names[3])})
		if err != nil {
			t.Fatal(err)
		}
		f.forget()
		w.Advance(interval + late)
		var last time.Time
		audited := map[string]int{}
		for _, q := range w.Sim.Requests() {
			if q.Route != listCredentials {
				continue
			}
			audited[q.ClientID]++
			if q.ClientID == c.Status.ClientID {
				continue
			}
			if q.At.Sub(last) < time.Minute {
				t.Errorf("an audit at %v followed one at %v", q.At, last)
			}
			last = q.At
		}
		for _, name := range f.names {
			want := 1
			if name == f.names[3] {
				want = 2 // and the read that follows
			}
			if id := f.id(t, name); audited[id] != want {
				t.Errorf("the credentials of %s were listed %d times, want %d", name, audited[id], want)
			}
		}
		if now, _ := w.Sim.Client(c.Status.ClientID); len(now.Credentials) != 1 {
			t.Errorf("the tenant holds %d credentials", len(now.Credentials))
		}
		if notes := f.changes(t); len(notes) != 1 || !strings.Contains(notes[0], "stored credentials "+leaked) {
			t.Errorf("the Events tell %q", notes)
		}
	})
}

// C × lost answer (A3.3): all who look for the client that was created for them look in one listing, after the fence.
func TestLostCreationsAreFoundByOneListing(t *testing.T) {
	memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
		t.Helper()
		const n, lost = 150, 20
		for i := range lost { // each third of those left, or the tenant would count as one that does not answer
			w.Sim.Inject(auth0sim.Fault{Method: "POST", Path: "/api/v2/clients", Nth: 2*i + 3, Reply: auth0sim.ReplyTruncated})
		}
		f := newFleet(t, w, n)
		f.settles(t)
		got := calls(w.Sim.Counters())
		if got[createClient] != n || got[readClient] != lost || got[listCredentials] != lost {
			t.Errorf("the tenant was asked %v", got)
		}
		if got[listClients] > 3*pages(n) {
			t.Errorf("there were %d pages of listings", got[listClients])
		}
		if clients := len(w.Sim.Clients()) - 2; clients != n {
			t.Errorf("there are %d clients, of %d", clients, n)
		}
	})
}

// Grants are listed for all clients at once, where any are managed, and put back.
func TestAGrantThatIsTakenAwayIsFoundInTheSweep(t *testing.T) {
	memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
		t.Helper()
		if _, err := w.Sim.AddResourceServer(map[string]any{"name": "api", "identifier": "https://api"}); err != nil {
			t.Fatal(err)
		}
		f := newFleet(t, w, 3, func(c *v1alpha1.OAuthClient) {
			if c.Name == "client-1" {
				c.Spec.Grants = []v1alpha1.ClientGrant{{Audience: "https://api"}}
			}
		})
		f.settles(t)
		f.forget()
		f.sweep(t)
		f.asked(t, "in a sweep", calls{listGrants: 1, listClients: 1})
		f.restart(t)
		w.Advance(50 * time.Second)
		f.asked(t, "at a restart with all in order", calls{listGrants: 1, listClients: 1})
	})
}

// Promise 5: adoption looks at the client once, stores a credential, and changes in one request all that there is to change. Many clients
// are looked at together, and none of them waits for what an operator before may have sent, since none has worked on them.
func TestAdoptionWritesTwice(t *testing.T) {
	for n, looks := range map[int]calls{1: {readClient: 1}, 250: {listClients: pages(250)}} {
		t.Run(fmt.Sprintf("%d clients", n), func(t *testing.T) {
			memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
				t.Helper()
				var legacy []string
				for i := range n {
					legacy = append(legacy, addLegacyClient(t, w, fmt.Sprintf("legacy-%d", i)))
				}
				w.Sim.ResetLog()
				f := newFleet(t, w, n, func(c *v1alpha1.OAuthClient) {
					c.Spec.ClientID, legacy = legacy[0], legacy[1:]
				})
				w.Advance(oauthclient.DefaultFence / 2)
				f.allReady(t)
				want := calls{createCredential: n, updateClient: n}
				maps.Copy(want, looks)
				f.asked(t, "for the adoption", want)
			})
		})
	}
}

func addLegacyClient(t *testing.T, w *memory.World, name string) (id string) {
	t.Helper()
	id, err := w.Sim.AddClient(map[string]any{"name": name, "app_type": "non_interactive", "token_endpoint_auth_method": "client_secret_post"})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// I7: that nothing is stored on a client that is adopted is assumed. Where it is not so the tenant refuses to store the certificate
// twice, is asked, and what is there is used.
func TestAdoptionOfAClientThatHoldsTheCertificate(t *testing.T) {
	memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
		t.Helper()
		id, pair := addLegacyClient(t, w, "legacy"), harness.SelfSigned(t, "legacy")
		stored, err := w.Sim.AddCredential(id, map[string]any{"credential_type": "x509_cert", "pem": string(pair.Certificate)})
		if err != nil {
			t.Fatal(err)
		}
		f := newFleet(t, w, 0)
		create(t, w, &corev1.Secret{ObjectMeta: named("one"), Type: corev1.SecretTypeTLS, Data: data(pair)},
			&v1alpha1.OAuthClient{ObjectMeta: named("one"), Spec: v1alpha1.OAuthClientSpec{
				TenantRef: v1alpha1.TenantReference{Name: "tenant"}, AuthenticationMethod: v1alpha1.MethodSelfSignedTLSClientAuth, ClientID: id}},
			&v1alpha1.ClientCredential{ObjectMeta: named("one"), Spec: v1alpha1.ClientCredentialSpec{
				ClientRef: v1alpha1.LocalReference{Name: "one"}, Type: v1alpha1.TypeX509Cert, SecretRef: &v1alpha1.LocalReference{Name: "one"}}})
		f.settles(t)
		if c, _ := w.Sim.Client(id); !slices.Equal(c.Attached, []string{stored}) || !isReady(t, w, "one") {
			t.Errorf("the client signs in with %q, of which %q was stored", c.Attached, stored)
		}
		f.asked(t, "for the adoption", calls{readClient: 2, createCredential: 1, listCredentials: 1, updateClient: 1})
	})
}

// I7: what is stored on a client that was adopted, and that nobody asked for, an audit finds; nobody is said to have put it there since.
func TestAnAuditCompletesWhatAnAdoptionAssumed(t *testing.T) {
	memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
		t.Helper()
		id := addLegacyClient(t, w, "legacy")
		if _, err := w.Sim.AddCredential(id, map[string]any{
			"credential_type": "x509_cert", "pem": string(harness.SelfSigned(t, "theirs").Certificate)}); err != nil {
			t.Fatal(err)
		}
		f := newFleet(t, w, 1, func(c *v1alpha1.OAuthClient) { c.Spec.ClientID = id })
		await(t, w, "it is ready", func() bool { return isReady(t, w, f.names[0]) })
		if n := len(f.client(t, f.names[0]).Status.Credentials); n != 1 {
			t.Fatalf("the status tells of %d credentials", n)
		}
		f.settles(t)
		if n := len(f.client(t, f.names[0]).Status.Credentials); n != 2 {
			t.Errorf("the status tells of %d credentials after an audit", n)
		}
		if notes := f.changes(t); len(notes) > 0 {
			t.Errorf("the Events tell %q", notes)
		}
	})
}

// Two tenant objects for one domain know nothing of each other.
func TestTwoTenantsOfOneDomainAreSweptApart(t *testing.T) {
	memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
		t.Helper()
		f := newFleet(t, w, 2)
		other := &v1alpha1.Tenant{ObjectMeta: named("tenant")}
		read(t, w, other)
		create(t, w, &v1alpha1.Tenant{ObjectMeta: named("other"), Spec: other.Spec},
			&v1alpha1.OAuthClient{ObjectMeta: named("apart"), Spec: v1alpha1.OAuthClientSpec{
				TenantRef: v1alpha1.TenantReference{Name: "other"}, AuthenticationMethod: v1alpha1.MethodClientSecretPost}})
		f.settles(t)
		f.forget()
		w.Advance(interval + late)
		got := calls(w.Sim.Counters())
		if got[listClients] != 2 || got[readClient] != 0 {
			t.Errorf("the tenant was asked %v", got)
		}
	})
}
