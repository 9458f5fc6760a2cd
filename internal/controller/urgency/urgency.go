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

// Package urgency lets what may cost a refused sign-in overtake everything else in a controller's queue, and what waits for a tenant that
// refuses everybody come last. A tenant's budget has lanes for its requests, but before the first of them an object waits for a worker,
// behind as many others as changed before it, whose tenants may be other ones.
package urgency

import (
	"context"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	urgent = 100
	// ordinary is the priority of an event. Those of a start or a resync have handler.LowPriority.
	ordinary = 0
	last     = 2 * handler.LowPriority
)

// Ordinary is the priority of an object which is to be reconciled again. It must be told: by itself it would stay what it was, also when
// nothing is urgent any more.
func Ordinary() *int { return new(ordinary) }

// Waiting is the priority of an object which is to be reconciled again when its turn comes at a tenant. Where the tenant refuses everybody
// there is little to be gained by it, and the objects of other tenants come first.
func Waiting(isUrgent, refused bool) *int {
	switch {
	case isUrgent && !refused:
		return new(urgent)
	case !isUrgent && refused:
		return new(last)
	}
	return new(ordinary)
}

// First is a handler whose urgent requests come before all others.
func First(h handler.EventHandler, isUrgent func(context.Context, reconcile.Request) bool) handler.EventHandler {
	return overtaking{h, isUrgent}
}

type overtaking struct {
	handler.EventHandler
	isUrgent func(context.Context, reconcile.Request) bool
}

type requests = workqueue.TypedRateLimitingInterface[reconcile.Request]

// Create implements EventHandler.
func (o overtaking) Create(ctx context.Context, e event.CreateEvent, q requests) {
	o.EventHandler.Create(ctx, e, o.queue(ctx, q))
}

// Update implements EventHandler.
func (o overtaking) Update(ctx context.Context, e event.UpdateEvent, q requests) {
	o.EventHandler.Update(ctx, e, o.queue(ctx, q))
}

// Delete implements EventHandler.
func (o overtaking) Delete(ctx context.Context, e event.DeleteEvent, q requests) {
	o.EventHandler.Delete(ctx, e, o.queue(ctx, q))
}

// queue is the controller's queue, which takes what is urgent with its priority. A queue without priorities stays as it is.
func (o overtaking) queue(ctx context.Context, q requests) requests {
	if prioritised, is := q.(priorityqueue.PriorityQueue[reconcile.Request]); is {
		return queue{prioritised, func(r reconcile.Request) bool { return o.isUrgent(ctx, r) }}
	}
	return q
}

type queue struct {
	priorityqueue.PriorityQueue[reconcile.Request]
	isUrgent func(reconcile.Request) bool
}

// Add implements the work queue.
func (q queue) Add(item reconcile.Request) { q.AddWithOpts(priorityqueue.AddOpts{}, item) }

// AddWithOpts implements PriorityQueue. What comes with a low priority changes nothing, as far as is known, and keeps it.
func (q queue) AddWithOpts(o priorityqueue.AddOpts, items ...reconcile.Request) {
	for _, item := range items {
		as := o
		if o.Priority == nil && q.isUrgent(item) {
			as.Priority = new(urgent)
		}
		q.PriorityQueue.AddWithOpts(as, item)
	}
}
