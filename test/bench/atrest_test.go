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

package main

import (
	"errors"
	"testing"
)

// A reconcile with nothing to do must cost next to nothing: after a restart each object has one.
func BenchmarkReconcileAtRest(b *testing.B) {
	for _, kind := range []string{oauthClient, clientCredential} {
		b.Run(kind, func(b *testing.B) {
			if err := benchmarkAtRest(b.Context(), b, kind); err != nil {
				b.Fatal(err)
			}
		})
	}
}

// A time depends on the machine; what is allocated does not, and most of the time goes with it.
func TestAllocationsAtRest(t *testing.T) {
	const most = 100
	r, err := newResting(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	asked := r.asked()
	for kind, reconcile := range r.reconciles() {
		if made := testing.AllocsPerRun(100, func() { err = errors.Join(err, reconcile(t.Context())) }); made > most {
			t.Errorf("a reconcile of a %s with nothing to do makes %.0f allocations, want at most %d", kind, made, most)
		}
	}
	if more := r.asked() - asked; more > 0 {
		t.Errorf("a reconcile with nothing to do asks for something: %d requests", more)
	}
	if err := errors.Join(err, r.end()); err != nil {
		t.Error(err)
	}
}
