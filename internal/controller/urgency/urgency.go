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

// Package urgency lets what may cost a refused sign-in overtake everything else in a controller's queue. A tenant's budget has lanes for
// its requests, but before the first of them an object waits for a worker, behind as many others as changed before it.
package urgency

import (
	"context"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/controller/priorityqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// first is the priority of what is urgent; events have 0, and those of a start or a resync less.
const first = 100

// Priority is that of an object which is to be reconciled again. It must be told: by itself it would stay what it was, also when nothing
// is urgent any more.
func Priority(urgent bool) *int {
	if urgent {
		return new(first)
	}
	return new(0)
}

// First is a handler whose urgent requests come before all others.
func First(h handler.EventHandler, urgent func(context.Context, reconcile.Request) bool) handler.EventHandler {
	return overtaking{h, urgent}
}

type overtaking struct {
	handler.EventHandler
	urgent func(context.Context, reconcile.Request) bool
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
		return queue{prioritised, func(r reconcile.Request) bool { return o.urgent(ctx, r) }}
	}
	return q
}

type queue struct {
	priorityqueue.PriorityQueue[reconcile.Request]
	urgent func(reconcile.Request) bool
}

// Add implements the work queue.
func (q queue) Add(item reconcile.Request) { q.AddWithOpts(priorityqueue.AddOpts{}, item) }

// AddWithOpts implements PriorityQueue. What comes with a low priority changes nothing, as far as is known, and keeps it.
func (q queue) AddWithOpts(o priorityqueue.AddOpts, items ...reconcile.Request) {
	for _, item := range items {
		as := o
		if o.Priority == nil && q.urgent(item) {
			as.Priority = Priority(true)
		}
		q.PriorityQueue.AddWithOpts(as, item)
	}
}
