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
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/apistore"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/memory"
)

// many clients wait for their turns, so that most come back more than once.
const many = 300

// TestManyClientsAreCreatedWithinTheBudget guards that a client that waits for its turn costs neither requests to the tenant nor writes
// to the cluster, and that the tenant's limit is never reached.
func TestManyClientsAreCreatedWithinTheBudget(t *testing.T) {
	plan := &auth0sim.Plan{Management: auth0sim.Bucket{Burst: 10, PerSecond: 16}}
	memory.Run(t, auth0sim.Options{Plan: plan}, func(t *testing.T, w *memory.World) {
		t.Helper()
		writes := &statusWrites{of: map[string]int{}}
		start(t, w, memory.OperatorOptions{Workers: 8, SessionOptions: apistore.SessionOptions{Hook: writes.count}})
		pair := harness.SelfSigned(t, "shared")
		declareTenant(t, w, "tenant", w.Sim)
		create(t, w, &corev1.Secret{ObjectMeta: named("certificate"), Type: corev1.SecretTypeTLS, Data: data(pair)})
		begin := time.Now()
		for i := range many {
			declareClient(t, w, fmt.Sprint("client-", i), "tenant")
		}
		await(t, w, "all clients are ready", func() bool { return len(w.Sim.Clients()) > many && len(readyClients(t, w)) == many })
		// Four fifths of the tenant's rate are for this operator, but for what it takes to get to know so small a bucket.
		if took, most := time.Since(begin), time.Duration(many/(16*0.8)*2*float64(time.Second)); took > most {
			t.Errorf("it took %v, want at most %v", took, most)
		}
		created, limited := 0, 0
		for _, r := range w.Sim.Requests() {
			if r.Method == http.MethodGet && strings.HasPrefix(r.Path, "/api/v2/") {
				t.Errorf("%s was asked for: nothing is in doubt", r.Path)
			}
			if r.Method == http.MethodPost && r.Path == "/api/v2/clients" {
				created++
			}
			if r.Status == 429 {
				limited++
			}
		}
		if created != many || limited != 0 {
			t.Errorf("%d clients were created and %d requests refused, want %d and none", created, limited, many)
		}
		// Waiting for the certificate or for the turn, and being ready.
		if most := writes.most(); most > 3 {
			t.Errorf("the status of a client was written %d times, want at most 3", most)
		}
		t.Logf("%v, %d requests to the tenant", time.Since(begin), len(w.Sim.Requests()))
	})
}

// TestASlowTenantDoesNotHoldUpAnother guards that requests which hang take no more than half of those who work.
func TestASlowTenantDoesNotHoldUpAnother(t *testing.T) {
	for name, fault := range map[string]auth0sim.Fault{
		"that hangs":             {Path: "/api/v2/**", Latency: 30 * time.Second, Times: -1},
		"that wants a pause":     {Path: "/api/v2/**", Reply: auth0sim.ReplyRateLimited, Times: -1},
		"that does not answer":   {Path: "/api/v2/**", Reply: auth0sim.ReplyStatus, Status: 503, Times: -1},
		"that answers nonsense":  {Path: "/api/v2/**", Reply: auth0sim.ReplyOversized, Size: 1 << 10, Times: -1},
		"with a hanging sign-in": {Path: "/oauth/token", Latency: 30 * time.Second, Times: -1},
	} {
		t.Run("beside one "+name, func(t *testing.T) {
			memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
				t.Helper()
				hostile, err := w.AnotherTenant(auth0sim.Options{})
				if err != nil {
					t.Fatal(err)
				}
				hostile.Inject(fault)
				start(t, w, memory.OperatorOptions{Workers: 8})
				create(t, w, &corev1.Secret{ObjectMeta: named("certificate"), Type: corev1.SecretTypeTLS, Data: data(harness.SelfSigned(t, "shared"))})
				declareTenant(t, w, "hostile", hostile)
				for i := range 40 {
					declareClient(t, w, fmt.Sprint("stuck-", i), "hostile")
				}
				w.Advance(5 * time.Second)
				declareTenant(t, w, "tenant", w.Sim)
				begin := time.Now()
				for i := range 20 {
					declareClient(t, w, fmt.Sprint("client-", i), "tenant")
				}
				if !w.Await(patience, func() bool { return len(readyClients(t, w)) >= 20 }) {
					t.Fatal("the clients of the other tenant do not become ready")
				}
				if took := time.Since(begin); took > 3*time.Second {
					t.Errorf("it took %v", took)
				}
				hostile.ClearFaults()
			})
		})
	}
}

// statusWrites counts the writes to the status of each OAuthClient.
type statusWrites struct {
	mutex sync.Mutex
	of    map[string]int
}

func (s *statusWrites) count(ctx context.Context, o apistore.Operation, send func(context.Context) error) error {
	if o.Kind.Kind == "OAuthClient" && o.Subresource == "status" {
		s.mutex.Lock()
		s.of[o.Name]++
		s.mutex.Unlock()
	}
	return send(ctx)
}

func (s *statusWrites) most() (most int) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, n := range s.of {
		most = max(most, n)
	}
	return most
}

func declareTenant(t *testing.T, w *memory.World, name string, sim *auth0sim.Simulator) {
	t.Helper()
	create(t, w,
		&corev1.Secret{ObjectMeta: named(name + "-sign-in"), StringData: map[string]string{"secret": sim.ManagementClientSecret()}},
		&corev1.ConfigMap{ObjectMeta: named(name + "-ca"), Data: map[string]string{"ca.crt": string(sim.CABundle())}},
		&v1alpha1.Tenant{ObjectMeta: named(name), Spec: v1alpha1.TenantSpec{
			Domain: sim.Domain(),
			SignIn: v1alpha1.TenantSignIn{ClientSecret: &v1alpha1.ClientSecretSignIn{
				ClientID: sim.ManagementClientID(), SecretRef: v1alpha1.SecretKeyReference{Name: name + "-sign-in", Key: "secret"},
			}},
			CABundleRef: &v1alpha1.CABundleReference{Kind: "ConfigMap", Name: name + "-ca", Key: "ca.crt"},
		}},
	)
}

// declareClient creates a client whose workload mounts the certificate's own Secret.
func declareClient(t *testing.T, w *memory.World, name, tenant string) {
	t.Helper()
	create(t, w,
		&v1alpha1.OAuthClient{ObjectMeta: named(name), Spec: v1alpha1.OAuthClientSpec{
			TenantRef: v1alpha1.TenantReference{Name: tenant}, AuthenticationMethod: v1alpha1.MethodSelfSignedTLSClientAuth,
		}},
		&v1alpha1.ClientCredential{ObjectMeta: named(name), Spec: v1alpha1.ClientCredentialSpec{
			ClientRef: v1alpha1.LocalReference{Name: name}, Type: v1alpha1.TypeX509Cert,
			SecretRef: &v1alpha1.LocalReference{Name: "certificate"},
		}},
	)
}

func readyClients(t *testing.T, w *memory.World) (ready []string) {
	t.Helper()
	var list v1alpha1.OAuthClientList
	if err := w.Client.List(t.Context(), &list, client.InNamespace(memory.Namespace)); err != nil {
		t.Fatal(err)
	}
	for _, c := range list.Items {
		if meta.IsStatusConditionPresentAndEqual(c.Status.Conditions, v1alpha1.ConditionReady, metav1.ConditionTrue) {
			ready = append(ready, c.Name)
		}
	}
	return ready
}

// I: a tenant whose answers cannot be understood costs no more than one that gives none, however many clients it has.
func TestATenantThatAnswersNonsenseIsTriedEachHalfMinute(t *testing.T) {
	memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
		t.Helper()
		f := newFleet(t, w, 30)
		f.settles(t)
		nonsense := f.w.Sim.Inject(auth0sim.Fault{Path: "/api/v2/**", Reply: auth0sim.ReplyOversized, Size: 1 << 10, Times: -1})
		f.renew(t, f.names...)
		w.Advance(10 * time.Minute)
		f.forget()
		w.Advance(time.Hour)
		if got := len(f.w.Sim.Requests()); got > 120 {
			t.Errorf("it was asked %d times in an hour", got)
		}
		nonsense.Remove()
		w.Advance(10 * time.Minute)
		f.settles(t)
	})
}

// When a tenant begins to refuse everybody, all its clients have that to tell at once; the API server and the workers that they need for it
// are those of other tenants' clients too. It is told by and by, and what a client says meanwhile is what was true before.
func TestAWaitOfManyIsToldByAndBy(t *testing.T) {
	memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
		t.Helper()
		const n = 60
		f := newFleet(t, w, n)
		f.settles(t)
		f.w.Sim.Inject(auth0sim.Fault{Path: "/api/v2/**", Reply: auth0sim.ReplyRateLimited, RetryAfter: time.Minute, Times: -1})
		told := func() (told int) {
			for _, name := range f.names {
				if !meta.IsStatusConditionTrue(f.client(t, name).Status.Conditions, v1alpha1.ConditionReady) {
					told++
				}
			}
			return told
		}
		f.renew(t, f.names...)
		most := 0
		for before, begin := 0, time.Now(); time.Since(begin) < 3*time.Minute; {
			w.Advance(time.Second)
			now := told()
			most, before = max(most, now-before), now
		}
		if most > 11 {
			t.Errorf("%d clients told of it in a second", most)
		}
		w.Advance(20 * time.Minute)
		if got := told(); got != n {
			t.Errorf("in the end %d clients of %d tell of it", got, n)
		}
	})
}
