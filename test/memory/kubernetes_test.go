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
	"context"
	"fmt"
	"maps"
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

// A tally counts the requests of an operator to the API server, by verb and kind. Events are told, not asked, and stand apart.
type tally struct {
	mutex sync.Mutex
	n     map[string]int
}

func (c *tally) hook(ctx context.Context, o apistore.Operation, send func(context.Context) error) error {
	c.mutex.Lock()
	what := o.Verb + " " + o.Kind.Kind
	if o.Subresource != "" {
		what += "/" + o.Subresource
	}
	c.n[what]++
	c.mutex.Unlock()
	return send(ctx)
}

// take returns what was counted, and begins anew.
func (c *tally) take() map[string]int {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	taken := c.n
	c.n = map[string]int{}
	return taken
}

// within checks that there were no requests but those of the table, and no more of them than that many for each client; a few more
// are due to what happens to come together.
func within(t *testing.T, when string, counts map[string]int, clients int, most map[string]int) {
	t.Helper()
	for what, n := range counts {
		if limit := most[what]*clients + few; n > limit || most[what] == 0 {
			t.Errorf("%s: %s %d times, for %d clients at most %d", when, what, n, clients, limit)
		}
	}
	t.Logf("%s: %v", when, counts)
}

const few = 5

// A flotilla is a tenant with clients, whose requests to the API server are counted.
type flotilla struct {
	*memory.World

	t       *testing.T
	n       int
	pairs   []harness.KeyPair
	counts  *tally
	options memory.OperatorOptions
}

// launch makes a flotilla of so many clients, without them, and starts an operator.
func launch(t *testing.T, w *memory.World, n int) (*flotilla, *memory.Operator) {
	t.Helper()
	f := &flotilla{World: w, t: t, n: n, counts: &tally{n: map[string]int{}}}
	for range 2 * n {
		f.pairs = append(f.pairs, harness.SelfSigned(t, "x"))
	}
	f.options = memory.OperatorOptions{SessionOptions: apistore.SessionOptions{Hook: f.counts.hook}}
	operator := start(t, w, f.options)
	declareTenant(t, w, "tenant", w.Sim)
	return f, operator
}

func (f *flotilla) name(i int, what string) metav1.ObjectMeta {
	return named(fmt.Sprintf("%s-%d", what, i))
}

func (f *flotilla) add() {
	for i := range f.n {
		create(f.t, f.World,
			&corev1.Secret{ObjectMeta: f.name(i, "certificate"), Type: corev1.SecretTypeTLS, Data: data(f.pairs[2*i])},
			&v1alpha1.OAuthClient{ObjectMeta: f.name(i, "client"), Spec: v1alpha1.OAuthClientSpec{
				TenantRef: v1alpha1.TenantReference{Name: "tenant"}, AuthenticationMethod: v1alpha1.MethodSelfSignedTLSClientAuth,
			}},
			&v1alpha1.ClientCredential{ObjectMeta: f.name(i, "credential"), Spec: v1alpha1.ClientCredentialSpec{
				ClientRef: v1alpha1.LocalReference{Name: f.name(i, "client").Name}, Type: v1alpha1.TypeX509Cert,
				SecretRef: &v1alpha1.LocalReference{Name: f.name(i, "certificate").Name},
				Rotation:  &v1alpha1.Rotation{OverlapSeconds: new(int32(overlap / time.Second))},
				Publish:   &v1alpha1.Publication{SecretRef: v1alpha1.LocalReference{Name: f.name(i, "published").Name}},
			}})
	}
}

func (f *flotilla) renewAll() {
	for i := range f.n {
		s := &corev1.Secret{ObjectMeta: f.name(i, "certificate")}
		read(f.t, f.World, s)
		s.Data = data(f.pairs[2*i+1])
		if err := f.Client.Update(f.t.Context(), s); err != nil {
			f.t.Fatal(err)
		}
	}
}

func (f *flotilla) ready() bool {
	var list v1alpha1.ClientCredentialList
	if err := f.Client.List(f.t.Context(), &list, client.InNamespace(memory.Namespace)); err != nil {
		f.t.Fatal(err)
	}
	for _, c := range list.Items {
		if !meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady) {
			return false
		}
	}
	return len(list.Items) == f.n
}

// ofTheTenant takes out what is asked for the Tenant, whatever the number of its clients: its sign-in, its CA bundle, and its status, which
// tells how many clients it has, and how many credentials.
func ofTheTenant(counts map[string]int) {
	for _, what := range []string{"get ConfigMap", "get Secret", "update Tenant/status"} {
		if counts[what] <= 2 {
			delete(counts, what)
		}
	}
}

// An operator asks the API server for nothing that its cache tells, writes no status that says what it said, and does nothing at rest;
// what a client costs does not grow with the number of clients.
func TestKubernetesRequests(t *testing.T) {
	const n = 20
	memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
		t.Helper()
		f, operator := launch(t, w, n)
		w.AwaitQuiet(patience)
		f.counts.take()

		f.add()
		await(t, w, "all are ready", f.ready)
		w.AwaitQuiet(patience)
		created := f.counts.take()
		if updates := created["update Tenant/status"]; updates > 2 {
			t.Errorf("the number of the tenant's clients was written %d times while they were created", updates)
		}
		ofTheTenant(created)
		within(t, "create", created, n, map[string]int{
			"create Event": 7, "create Secret": 1, "get ClientCredential": 1, "get OAuthClient": 1, "get Secret": 4,
			"patch ClientCredential/status": 2, "patch OAuthClient": 1, "update OAuthClient/status": 3,
		})

		f.renewAll()
		await(t, w, "all are ready", f.ready)
		w.AwaitQuiet(patience)
		renewed := f.counts.take()
		ofTheTenant(renewed)
		within(t, "renew", renewed, n, map[string]int{
			"create Event": 7, "update Secret": 1, "get ClientCredential": 1, "get OAuthClient": 1, "get Secret": 4,
			"patch ClientCredential/status": 2, "update OAuthClient/status": 2,
		})

		w.Advance(overlap)
		w.AwaitQuiet(patience)
		retired := f.counts.take()
		ofTheTenant(retired)
		within(t, "the overlap ends", retired, n, map[string]int{
			"create Event": 2, "list ClientCredential": 1, "update OAuthClient/status": 2,
		})

		w.Advance(30 * time.Minute)
		within(t, "rest", f.counts.take(), n, nil)

		if err := operator.Stop(); err != nil {
			t.Fatal(err)
		}
		start(t, w, f.options)
		w.AwaitQuiet(patience)
		restarted := f.counts.take()
		maps.DeleteFunc(restarted, func(what string, n int) bool { return strings.HasPrefix(what, "watch ") && n == 1 })
		ofTheTenant(restarted)
		within(t, "restart", restarted, n, nil)
	})
}

// I1, I8: what changed while no operator looked is found by the next one, which reads only that: a renewal, a published Secret that somebody
// overwrote, and one that somebody removed.
func TestWhatChangedWhileNobodyLooked(t *testing.T) {
	const n = 20
	memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
		t.Helper()
		f, operator := launch(t, w, n)
		f.add()
		await(t, w, "all are ready", f.ready)
		w.AwaitQuiet(patience)
		if err := operator.Stop(); err != nil {
			t.Fatal(err)
		}
		const renewed, overwritten, removed = 3, 5, 7
		change := func(i int, what string, edit func(*corev1.Secret) error) {
			secret := &corev1.Secret{ObjectMeta: f.name(i, what)}
			read(t, w, secret)
			if err := edit(secret); err != nil {
				t.Fatal(err)
			}
		}
		replace := func(with harness.KeyPair) func(*corev1.Secret) error {
			return func(s *corev1.Secret) error {
				s.Data = data(with)
				return w.Client.Update(t.Context(), s)
			}
		}
		change(renewed, "certificate", replace(f.pairs[2*renewed+1]))
		change(overwritten, "published", replace(harness.SelfSigned(t, "theirs")))
		change(removed, "published", func(s *corev1.Secret) error { return w.Client.Delete(t.Context(), s) })
		f.counts.take()

		start(t, w, f.options)
		w.AwaitQuiet(patience)
		for i := range n {
			want := f.pairs[2*i]
			if i == renewed {
				want = f.pairs[2*i+1]
			}
			published := &corev1.Secret{ObjectMeta: f.name(i, "published")}
			read(t, w, published)
			if !bytes.Equal(published.Data[corev1.TLSCertKey], want.Certificate) {
				t.Errorf("workloads of client %d are handed another certificate than the newest", i)
			}
		}
		if !f.ready() {
			t.Error("not all are ready")
		}
		if reads, most := f.counts.take()["get Secret"], 3*6+few; reads > most {
			t.Errorf("%d Secrets were read for three changes, at most %d are needed", reads, most)
		}
	})
}
