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

package tenant

import (
	"context"
	"math"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/budget"
)

// seldom is how often figures are written that change by themselves while there is work: often enough for a person, and no
// burden with a thousand tenants.
const seldom = time.Minute

// figures are the numbers of a tenant's status that change without anybody's doing.
type figures struct {
	budget *v1alpha1.BudgetStatus
	stored *int32
}

// figuresOf are those of a status.
func figuresOf(s *v1alpha1.TenantStatus) figures {
	return figures{budget: s.Budget, stored: s.StoredCredentials}
}

func (f figures) equal(other figures) bool {
	return equality.Semantic.DeepEqual(f.budget, other.budget) && equality.Semantic.DeepEqual(f.stored, other.stored)
}

// into writes the figures into a status.
func (f figures) into(s *v1alpha1.TenantStatus) { s.Budget, s.StoredCredentials = f.budget, f.stored }

// next decides which figures to show, and when to look again although nothing happens, zero for never. writtenAt is when those that are
// shown were written.
func (f figures) next(seen figures, writtenAt, now time.Time) (figures, time.Time) {
	if seen.budget == nil {
		seen.budget = atRest(f.budget)
	}
	var again time.Time
	if seen.waits() {
		again = now.Add(seldom)
	}
	due := writtenAt.Add(seldom)
	switch {
	case f.equal(seen):
		return f, again
	case f.waits() && !seen.waits():
		return seen, again // it is over: nothing would come to say so later
	case now.Before(due):
		return f, due
	}
	return seen, again
}

// atRest is what a status said of the budget, but for what is over when nothing is known of a budget: after a restart, before the
// tenant's first answer.
func atRest(shown *v1alpha1.BudgetStatus) *v1alpha1.BudgetStatus {
	if shown == nil {
		return nil
	}
	rest := *shown
	rest.Waiting, rest.SecondsToDrain, rest.PausedUntil, rest.Breaker = nil, nil, nil, v1alpha1.BreakerClosed
	return &rest
}

// waits tells whether something waits for its turn, or everything does.
func (f figures) waits() bool {
	return f.budget != nil && (len(f.budget.Waiting) > 0 || f.budget.PausedUntil != nil || f.budget.Breaker == v1alpha1.BreakerOpen)
}

// budgetStatus is what a status says of the budget; nil while nothing is known of it. What changes from second to second is left out.
func budgetStatus(s budget.State, now time.Time) *v1alpha1.BudgetStatus {
	shown := &v1alpha1.BudgetStatus{SharePercent: number(s.Share * 100), Breaker: v1alpha1.BreakerClosed}
	if s.Rate > 0 {
		shown.RequestsPerMinute, shown.Burst = new(number(s.Rate*60)), new(number(s.Burst))
	}
	for _, lane := range budget.Lanes() {
		if n := s.Waiting[lane]; n > 0 {
			shown.Waiting = append(shown.Waiting, v1alpha1.WaitingRequests{Priority: priority(lane), Waiting: number(float64(n))})
		}
	}
	if len(shown.Waiting) > 0 && s.Rate > 0 {
		shown.SecondsToDrain = new(number(math.Ceil(s.Drain.Seconds())))
	}
	if s.PausedUntil.After(now) {
		shown.PausedUntil = &metav1.Time{Time: s.PausedUntil.UTC().Truncate(time.Second)}
	}
	if s.Broken {
		shown.Breaker = v1alpha1.BreakerOpen
	}
	if s.Rate == 0 && !(figures{budget: shown}).waits() {
		return nil
	}
	return shown
}

// priority is a lane's name in the API.
func priority(lane budget.Lane) v1alpha1.RequestPriority {
	name := lane.String()
	return v1alpha1.RequestPriority(strings.ToUpper(name[:1]) + name[1:])
}

// mostShown is the greatest number that a status shows.
const mostShown = 1_000_000

func number(x float64) int32 { return int32(min(max(math.Round(x), 0), mostShown)) }

// awaitWork wakes the tenants for whose turn something waits, and those whose tenant wants a pause or is silent: that begins and goes on
// without any event. It looks at what is in memory.
func (r *reconciler[T]) awaitWork(ctx context.Context, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) error {
	go wait.UntilWithContext(ctx, func(context.Context) {
		now := r.Clock.Now()
		for key, t := range r.Registry.All() {
			if seen := budgetStatus(t.Budget(now), now); key.Kind == r.kind && (figures{budget: seen}).waits() {
				queue.Add(reconcile.Request{NamespacedName: types.NamespacedName{Namespace: key.Namespace, Name: key.Name}})
			}
		}
	}, seldom)
	return nil
}

// credentialsChanged lets pass clients that hold another number of credentials than before.
var credentialsChanged = predicate.Funcs{
	CreateFunc: func(event.CreateEvent) bool { return false },
	DeleteFunc: func(event.DeleteEvent) bool { return false },
	UpdateFunc: func(e event.UpdateEvent) bool {
		before, after := e.ObjectOld.(*v1alpha1.OAuthClient), e.ObjectNew.(*v1alpha1.OAuthClient)
		return len(before.Status.Credentials) != len(after.Status.Credentials)
	},
}

// countLater wakes the tenant in a while, once for all clients that change until then.
func (r *reconciler[T]) countLater() handler.EventHandler {
	return handler.Funcs{UpdateFunc: func(ctx context.Context, e event.UpdateEvent, queue workqueue.TypedRateLimitingInterface[reconcile.Request]) {
		for _, request := range r.referredBy(ctx, e.ObjectNew) {
			queue.AddAfter(request, seldom)
		}
	}}
}
