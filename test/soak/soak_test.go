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
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

// A short run, so that the program is always known to work: every client is renewed twice at least, the operator is killed, and
// faults meet it at the tenant and at the API server.
func TestSoak(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	t.Setenv("USE_EXISTING_CLUSTER", "") // the faults are for nobody else's cluster
	ctrl.SetLogger(logr.Discard())
	o := options{seed: 2048, load: 15 * time.Second, clients: 3, every: 100 * time.Millisecond, compress: 30, quiet: 3 * time.Second, folder: t.TempDir()}
	counts := map[kind]int{}
	renewals := make([]int, o.clients)
	for _, a := range schedule(o, newPace(o.compress), members(o.clients)) {
		counts[a.kind]++
		if a.kind == renew {
			renewals[a.member]++
		}
	}
	if slices.Min(renewals) < 2 || counts[kill] == 0 || counts[lateEffect]+counts[timedOutAfter] == 0 || counts[conflict] == 0 {
		t.Fatalf("the seed gives %v renewals and %v: choose another", renewals, counts)
	}
	var out strings.Builder
	err := soak(t.Context(), o, &out)
	if err != nil {
		t.Errorf("%v", err)
	}
	t.Log(out.String())
}
