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
	"sync/atomic"
	"testing"
	"time"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/apistore"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/memory"
)

// A Tenant tells what waits and for how long, at most once a minute, and once when nothing waits any more.
func TestATenantTellsWhatWaitsForItsBudget(t *testing.T) {
	const many = 200
	plan := auth0sim.Plans()["enterprise-nonproduction"]
	memory.Run(t, auth0sim.Options{Plan: &plan}, func(t *testing.T, w *memory.World) {
		t.Helper()
		var written atomic.Int32
		start(t, w, memory.OperatorOptions{SessionOptions: apistore.SessionOptions{
			Hook: func(ctx context.Context, o apistore.Operation, send func(context.Context) error) error {
				if o.Writes() && o.Kind.Kind == "Tenant" {
					written.Add(1)
				}
				return send(ctx)
			},
		}})
		tenant(t, w)
		for i := range many {
			name := fmt.Sprintf("client-%03d", i)
			oneOf(t, w, name, data(harness.SelfSigned(t, name, longLived)), "")
		}
		begin := time.Now()
		await(t, w, "something waits", func() bool { return len(budgetOf(t, w).Waiting) > 0 })
		if b := budgetOf(t, w); b.Waiting[0].Priority != v1alpha1.PriorityNew || b.SecondsToDrain == nil || *b.SecondsToDrain == 0 || b.RequestsPerMinute == nil {
			t.Errorf("new clients wait, and the status says %+v", b)
		}
		await(t, w, "all are created", func() bool { return len(w.Sim.Clients()) >= many })
		await(t, w, "nothing waits any more", func() bool { return len(budgetOf(t, w).Waiting) == 0 })
		took := time.Since(begin)
		if b := budgetOf(t, w); b.SecondsToDrain != nil || b.Breaker != v1alpha1.BreakerClosed {
			t.Errorf("nothing waits, and the status says %+v", b)
		}
		await(t, w, "the operator rests", func() bool { return w.AwaitQuiet(patience) })
		if stored := tenantStatus(t, w).StoredCredentials; stored == nil || *stored != many {
			t.Errorf("%d credentials are stored, and the status says %v", many, stored)
		}
		// Beside those of the numbers: the first, for the finalizer none, and the end.
		if most := int32(took/time.Minute) + 4; written.Load() > most {
			t.Errorf("in %s the status was written %d times, more than %d", took, written.Load(), most)
		}
		t.Logf("%s, %d writes of the Tenant", took, written.Load())
	})
}

func tenantStatus(t *testing.T, w *memory.World) v1alpha1.TenantStatus {
	t.Helper()
	o := &v1alpha1.Tenant{ObjectMeta: named("tenant")}
	read(t, w, o)
	return o.Status
}

func budgetOf(t *testing.T, w *memory.World) v1alpha1.BudgetStatus {
	t.Helper()
	if b := tenantStatus(t, w).Budget; b != nil {
		return *b
	}
	return v1alpha1.BudgetStatus{}
}
