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
	"net/http"
	"testing"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/apistore"
	"github.com/certbound/certbound/test/memory"
)

// InMemory stages runs in bubbles, where time passes at once.
func InMemory() (Stage, error) {
	codec, err := newCodec()
	if err != nil {
		return nil, err
	}
	return func(t *testing.T, tenant auth0sim.Options, run func(*testing.T, World)) {
		t.Helper()
		memory.Run(t, tenant, func(t *testing.T, w *memory.World) {
			t.Helper()
			run(t, &inMemory{world: w, codec: codec})
		})
	}, nil
}

// inMemory is a World in a bubble.
type inMemory struct {
	world *memory.World
	codec *codec
}

// Client implements World.
func (w *inMemory) Client() client.Client { return w.world.Client }

// Namespace implements World.
func (w *inMemory) Namespace() string { return memory.Namespace }

// Sim implements World.
func (w *inMemory) Sim() *auth0sim.Simulator { return w.world.Sim }

// StartOperator implements World.
func (w *inMemory) StartOperator(o OperatorOptions) (Operator, error) {
	return w.world.StartOperator(memory.OperatorOptions{
		Name: o.Name, Fence: o.Fence, Timeout: o.Timeout,
		SessionOptions: apistore.SessionOptions{Transport: func(next http.RoundTripper) http.RoundTripper {
			return &hooked{next: next, codec: w.codec, hook: o.Write, curtain: o.Curtain}
		}},
	})
}

// Advance implements World.
func (w *inMemory) Advance(d time.Duration) { w.world.Advance(d) }
