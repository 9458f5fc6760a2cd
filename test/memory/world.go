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

package memory

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/apistore"
)

// Namespace is where a run's objects are, SystemNamespace where those are that belong to the operator.
const (
	Namespace       = "run"
	SystemNamespace = "certbound-system"
)

// A World is what one run has for itself. Its time is the bubble's: it begins in the year 2000, and passes when everything waits.
type World struct {
	Store *apistore.Store
	// Client has the rights of an administrator and reads no cache. Its requests pass no hook.
	Client client.WithWatch
	Sim    *auth0sim.Simulator

	network   *network
	others    []*auth0sim.Simulator
	operators []*Operator
	requests  atomic.Int64
}

// Run makes a world in a bubble, runs what is to be run in it, and ends all operators.
func Run(t *testing.T, tenant auth0sim.Options, run func(*testing.T, *World)) {
	t.Helper()
	quieten()
	synctest.Test(t, func(t *testing.T) {
		w, err := newWorld(t.Context(), tenant)
		if err != nil {
			t.Fatal(err)
		}
		defer w.end(t)
		run(t, w)
	})
}

// quieten takes two things from the whole process that do not go with bubbles: the second of these handlers of errors sleeps until
// a moment after the last error of all, which may have been in a bubble with another time.
var quieten = sync.OnceFunc(func() {
	ctrl.SetLogger(logr.Discard())  // operators have loggers of their own
	utilruntime.ErrorHandlers = nil //nolint:reassign // there is no other way
})

func newWorld(ctx context.Context, tenant auth0sim.Options) (*World, error) {
	w := &World{network: newNetwork()}
	var err error
	if w.Store, err = apistore.New(nil); err != nil {
		return nil, err
	}
	if w.Client, err = w.Store.Session(context.WithoutCancel(ctx), apistore.SessionOptions{}).Client(); err != nil {
		return nil, err
	}
	for _, name := range []string{Namespace, SystemNamespace} {
		if err := w.Client.Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}); err != nil {
			return nil, err
		}
	}
	tenant.Listen, tenant.Latency = w.network.listen, max(tenant.Latency, latency)
	w.Sim, err = auth0sim.Start(tenant)
	return w, err
}

// AnotherTenant starts one beside Sim. What it is asked counts for no quiet.
func (w *World) AnotherTenant(o auth0sim.Options) (*auth0sim.Simulator, error) {
	o.Listen, o.Latency = w.network.listen, max(o.Latency, latency)
	other, err := auth0sim.Start(o)
	if err == nil {
		w.others = append(w.others, other)
	}
	return other, err
}

func (w *World) end(t *testing.T) {
	t.Helper()
	// Events are written behind whoever tells of them. A bubble's time ends with its run, and who sleeps then sleeps for ever.
	w.Advance(time.Second)
	for _, o := range w.operators {
		if err := o.Stop(); err != nil {
			t.Errorf("the operator did not end well: %v", err)
		}
	}
	w.Sim.Close()
	for _, other := range w.others {
		other.Close()
	}
}

// latency is how long a request takes at least, to the API server and to the tenant: were there no time between two things that
// happen, their Events would have one name, which is made of the time.
const latency = time.Millisecond

// count lets the hook do its work and counts the operations, but for the watches, which are there all the time.
func (w *World) count(hook apistore.Hook) apistore.Hook {
	return func(ctx context.Context, o apistore.Operation, send func(context.Context) error) error {
		if o.Verb != "watch" {
			w.requests.Add(1)
			time.Sleep(latency) //nolint:forbidigo // in a bubble
		}
		if hook == nil {
			return send(ctx)
		}
		return hook(ctx, o, send)
	}
}

// Advance lets time pass, and all happen that is to happen meanwhile.
func (w *World) Advance(d time.Duration) {
	time.Sleep(d) //nolint:forbidigo // in a bubble time is what the run says it is
	synctest.Wait()
}

// AwaitQuiet lets time pass until the operators have asked nothing of anybody for a while, and tells whether it came to that within
// the time given. The fence and the first retries are shorter than that while.
func (w *World) AwaitQuiet(within time.Duration) bool {
	for end := time.Now().Add(within); !time.Now().After(end); {
		before := w.asked()
		w.Advance(quiet)
		if w.asked() == before {
			return true
		}
	}
	return false
}

// Await lets time pass until a condition holds, and tells whether it came to that within the time given.
func (w *World) Await(within time.Duration, holds func() bool) bool {
	for end := time.Now().Add(within); ; w.Advance(step) {
		synctest.Wait()
		if holds() {
			return true
		}
		if time.Now().After(end) {
			return false
		}
	}
}

const (
	quiet = time.Minute
	step  = 100 * time.Millisecond
)

// asked is how many requests there were, to the API server and to the tenant.
func (w *World) asked() int64 {
	total := w.requests.Load()
	for _, count := range w.Sim.Counters() {
		total += int64(count)
	}
	return total
}
