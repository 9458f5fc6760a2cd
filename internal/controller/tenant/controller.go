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

// Package tenant signs in to Auth0 tenants and keeps their mTLS endpoint aliases as asked for. It is the only place that
// reads sign-in Secrets, and hands the signed-in tenants to the OAuthClient controller through a registry.
package tenant

import (
	"context"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller/answer"
	"github.com/certbound/certbound/internal/status"
)

// +kubebuilder:rbac:groups=certbound.dev,resources=tenants;clustertenants,verbs=get;list;watch;update;patch
// +kubebuilder:rbac:groups=certbound.dev,resources=tenants/status;clustertenants/status,verbs=update
// +kubebuilder:rbac:groups=certbound.dev,resources=tenants/finalizers;clustertenants/finalizers,verbs=update
// +kubebuilder:rbac:groups=certbound.dev,resources=oauthclients,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets;configmaps,verbs=get;list;watch
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create

// Finalizer keeps a tenant as long as clients are to be deleted there with it.
const Finalizer = "certbound.dev/tenant"

// Reconciler signs in to tenants and reports on them.
type Reconciler struct {
	Client client.Client
	// Live reads past the cache: the content of Secrets and ConfigMaps is never cached.
	Live     client.Reader
	Recorder events.EventRecorder
	Registry *auth0.Registry
	// SignedIn is told of each tenant object that was signed in to anew. Its status need not change with it: after a restart
	// of the operator it says what it said before.
	SignedIn chan<- event.GenericEvent
	Clock    clock.PassiveClock
	// Connect is the part of the configuration that is the same for all tenants: what may be dialled, and how long it may take.
	Connect auth0.Config
	// Observe returns what is told of each request to a tenant; nil: nobody is told.
	Observe func(auth0.Key) func(op string, status int, took time.Duration)
	// ClusterResourceNamespace is where the Secrets and ConfigMaps of ClusterTenants are.
	ClusterResourceNamespace string

	sessions sync.Map // auth0.Key to session
	shownAt  sync.Map // auth0.Key to the time when the figures of its status were written
	last     sync.Map // auth0.Key to the finding of the last check
	paces    answer.Paces[situation]
	written  answer.Written
}

// reconciler is a Reconciler for one of the two kinds.
type reconciler[T Object] struct {
	*Reconciler
	kind string
}

// Reconcile brings one tenant object up to date.
func (r *reconciler[T]) Reconcile(ctx context.Context, obj T) (ctrl.Result, error) {
	if again, awaits := r.written.Await(obj); awaits {
		return again, nil
	}
	key := auth0.Key{Kind: r.kind, Namespace: obj.GetNamespace(), Name: obj.GetName()}
	clients, err := r.clientsOf(ctx, key)
	if err != nil {
		return ctrl.Result{}, err
	}
	if err := r.guard(ctx, obj, clients); err != nil {
		return answer.OfWrite(err)
	}
	if obj.GetDeletionTimestamp().IsZero() {
		return r.report(ctx, key, obj, clients, r.check(ctx, key, obj, clients))
	}
	if len(obj.GetFinalizers()) == 0 {
		r.forget(key)
		return ctrl.Result{}, nil
	}
	return r.report(ctx, key, obj, clients, r.inUse(ctx, key, obj, clients))
}

// report writes the status, once and only when it changed, and tells when to look again.
func (r *Reconciler) report(
	ctx context.Context, key auth0.Key, obj Object, clients []v1alpha1.OAuthClient, found finding,
) (ctrl.Result, error) {
	now := r.Clock.Now()
	if wait, untold := found.inQueue(obj, now); untold {
		r.paces.Owe(obj.GetUID(), found.sent)
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	// It is decided before the status is written: where that fails, it is no reason to ask the tenant again.
	again, err := r.again(ctx, key, obj, found, now)
	before := obj.GetTenantStatus().DeepCopy()
	held := stored(clients)
	found.report.Aside(credentialQuota(held, Quota(obj.GetTenantSpec().Limits)))
	after := found.status(before)
	after.ObservedGeneration = obj.GetGeneration()
	after.Conditions = found.report.Conditions(obj.GetGeneration(), now, before.Conditions)
	shown, look := r.figures(key, before, after, figures{budget: found.budget(now), stored: new(number(float64(held)))}, now)
	shown.into(&after)
	if !equality.Semantic.DeepEqual(*before, after) {
		*obj.GetTenantStatus() = after
		if err := r.Client.Status().Update(ctx, obj); err != nil {
			return answer.OfWrite(err)
		}
		r.written.Note(obj)
		if !figuresOf(before).equal(shown) {
			r.shownAt.Store(key, now)
		}
		r.tell(obj, before.Conditions, after.Conditions)
	}
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("tenant %s: %w", obj.GetTenantSpec().Domain, err)
	}
	if again == 0 {
		again = DriftInterval(obj.GetTenantSpec())
	}
	if !look.IsZero() {
		again = min(again, max(look.Sub(now), time.Millisecond))
	}
	return ctrl.Result{RequeueAfter: again}, nil
}

// figures decides which figures the status shows. What was written for another spec, or before the quota came close, waits for nothing.
func (r *Reconciler) figures(key auth0.Key, before *v1alpha1.TenantStatus, after v1alpha1.TenantStatus, seen figures, now time.Time) (figures, time.Time) {
	if before.ObservedGeneration != after.ObservedGeneration {
		return figures{}.next(seen, time.Time{}, now)
	}
	var writtenAt time.Time
	if t, ok := r.shownAt.Load(key); ok && !changed(v1alpha1.ConditionCredentialQuota, before.Conditions, after.Conditions) {
		writtenAt = t.(time.Time)
	}
	return figuresOf(before).next(seen, writtenAt, now)
}

// changed tells whether a condition has another reason than before.
func changed(conditionType string, before, after []metav1.Condition) bool {
	old, now := meta.FindStatusCondition(before, conditionType), meta.FindStatusCondition(after, conditionType)
	return old == nil || now == nil || old.Reason != now.Reason
}

// tell reports as Events what a person should see although nobody looks at the status.
func (r *Reconciler) tell(obj Object, before, after []metav1.Condition) {
	if t, is := status.ReadyTransition(before, after); is {
		r.Recorder.Eventf(obj, nil, answer.EventType(t), t.Reason, "Check", "%s", t.Message)
	}
	if t, warns := status.WarningTransition(v1alpha1.ConditionCredentialQuota, before, after); warns {
		r.Recorder.Eventf(obj, nil, answer.EventType(t), t.Reason, "Check", "%s", t.Message)
	}
}

// worthTelling is how long a wait is that the status speaks of. A shorter one is over before somebody has read of it.
const worthTelling = 10 * time.Second

// inQueue tells how long a check waits for its turn, and whether the status says nothing of it: the wait is short, or the check is one
// of those that only look whether all is as it was.
func (f *finding) inQueue(obj Object, now time.Time) (wait time.Duration, untold bool) {
	if f.queued == nil {
		return 0, false
	}
	wait = max(f.queued.ResumeAt.Sub(now), time.Millisecond)
	return wait, wait < worthTelling || meta.IsStatusConditionTrue(obj.GetTenantStatus().Conditions, v1alpha1.ConditionReady)
}

// forget drops what is held of a tenant that is gone.
func (r *Reconciler) forget(key auth0.Key) {
	r.sessions.Delete(key)
	r.shownAt.Delete(key)
	r.last.Delete(key)
	r.Registry.Remove(key)
}
