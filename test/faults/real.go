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

package faults

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
)

// OnCluster stages runs on a real API server, each in a namespace of its own. They can run side by side.
func OnCluster(env *harness.Environment) (Stage, error) {
	codec, err := newCodec()
	if err != nil {
		return nil, err
	}
	return func(t *testing.T, tenant auth0sim.Options, run func(*testing.T, World)) {
		t.Helper()
		w := env.Workspace(t, tenant)
		// The invariants of a run are the run's own, so those of the Workspace rest.
		_ = w.World.ByHand(func() error {
			run(t, &onCluster{env: env, space: w, codec: codec, clock: &shiftedClock{}})
			return nil
		})
	}, nil
}

// onCluster is a World on a real API server.
type onCluster struct {
	env   *harness.Environment
	space *harness.Workspace
	codec *codec
	clock *shiftedClock
}

// Client implements World.
func (w *onCluster) Client() client.Client { return w.env.Client }

// Namespace implements World.
func (w *onCluster) Namespace() string { return w.space.Namespace }

// Sim implements World.
func (w *onCluster) Sim() *auth0sim.Simulator { return w.space.Sim }

// StartOperator implements World.
func (w *onCluster) StartOperator(o OperatorOptions) (Operator, error) {
	return w.env.StartOperator(harness.OperatorOptions{
		Namespace: w.Namespace(), UserAgent: o.Name, Fence: o.Fence, Timeout: o.Timeout, Clock: w.clock,
		Through: func(direct *rest.Config) *rest.Config {
			through := rest.CopyConfig(direct)
			through.Wrap(func(next http.RoundTripper) http.RoundTripper {
				return &hooked{next: next, codec: w.codec, hook: o.Write, curtain: o.Curtain}
			})
			return through
		},
	})
}

// Advance implements World. The operator's timers run by the real clock, so everything is looked at again.
func (w *onCluster) Advance(d time.Duration) {
	w.clock.advance(d)
	w.Sim().Advance(d)
	if err := Touch(context.Background(), w); err != nil {
		panic(err)
	}
}

// shiftedClock is the real clock, moved forward.
type shiftedClock struct {
	clock.RealClock

	mutex  sync.Mutex
	offset time.Duration
}

func (c *shiftedClock) advance(d time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.offset += d
}

// Now implements clock.PassiveClock.
func (c *shiftedClock) Now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return time.Now().Add(c.offset)
}

// Since implements clock.PassiveClock.
func (c *shiftedClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }
