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

package urgency

import (
	"context"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const version = "1"

// named is a Secret whose name is that of the object which reads it.
func named(name, version string) client.Object {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "a", Name: name, ResourceVersion: version}}
}

// mapped enqueues the object of the same name, which is urgent when it is called so.
func mapped() handler.EventHandler {
	same := func(_ context.Context, o client.Object) []reconcile.Request {
		return []reconcile.Request{{NamespacedName: client.ObjectKeyFromObject(o)}}
	}
	return First(handler.EnqueueRequestsFromMapFunc(same), func(_ context.Context, r reconcile.Request) bool { return r.Name == "urgent" })
}

func TestWhatIsUrgentOvertakes(t *testing.T) {
	for name, c := range map[string]struct {
		happens func(ctx context.Context, h handler.EventHandler, q requests, o client.Object)
		// ordinary and urgent are the priorities in the queue.
		ordinary, urgent int
	}{
		"a change": {func(ctx context.Context, h handler.EventHandler, q requests, o client.Object) {
			h.Update(ctx, event.UpdateEvent{ObjectOld: named(o.GetName(), "0"), ObjectNew: o}, q)
		}, ordinary, urgent},
		"something new": {func(ctx context.Context, h handler.EventHandler, q requests, o client.Object) {
			h.Create(ctx, event.CreateEvent{Object: o}, q)
		}, ordinary, urgent},
		"something gone": {func(ctx context.Context, h handler.EventHandler, q requests, o client.Object) {
			h.Delete(ctx, event.DeleteEvent{Object: o}, q)
		}, ordinary, urgent},
		"what was there at the start": {func(ctx context.Context, h handler.EventHandler, q requests, o client.Object) {
			h.Create(ctx, event.CreateEvent{Object: o, IsInInitialList: true}, q)
		}, handler.LowPriority, handler.LowPriority},
		"a resync": {func(ctx context.Context, h handler.EventHandler, q requests, o client.Object) {
			h.Update(ctx, event.UpdateEvent{ObjectOld: named(o.GetName(), version), ObjectNew: o}, q)
		}, handler.LowPriority, handler.LowPriority},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			q := priorityqueue.New[reconcile.Request]("test")
			defer q.ShutDown()
			c.happens(t.Context(), mapped(), q, named("ordinary", version))
			c.happens(t.Context(), mapped(), q, named("urgent", version))
			g.Eventually(q.Len).Should(Equal(2))
			names := map[string]int{}
			var order []string
			for range 2 {
				r, priority, _ := q.GetWithPriority()
				names[r.Name] = priority
				order = append(order, r.Name)
			}
			g.Expect(names).To(Equal(map[string]int{"ordinary": c.ordinary, "urgent": c.urgent}))
			if c.urgent > c.ordinary {
				g.Expect(order).To(Equal([]string{"urgent", "ordinary"}))
			}
		})
	}
}

func TestAQueueWithoutPrioritiesTakesBoth(t *testing.T) {
	g := NewWithT(t)
	q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	defer q.ShutDown()
	mapped().Create(t.Context(), event.CreateEvent{Object: named("urgent", version)}, q)
	got, _ := q.Get()
	g.Expect(got.NamespacedName).To(Equal(types.NamespacedName{Namespace: "a", Name: "urgent"}))
}

func TestPriorities(t *testing.T) {
	g := NewWithT(t)
	g.Expect(*Ordinary()).To(BeZero(), "as an event")
	g.Expect([]int{*Waiting(true, false), *Waiting(false, false), *Waiting(true, true), *Waiting(false, true)}).To(Equal(
		[]int{urgent, ordinary, ordinary, last}), "where the tenant refuses everybody, those of others come first")
	g.Expect(last).To(BeNumerically("<", handler.LowPriority), "and so do those of a start")
}
