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
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

// Finalizer keeps a tenant as long as clients are to be deleted there with it.
const Finalizer = "certbound.dev/tenant"

// object is a Tenant or a ClusterTenant: one spec, one status.
type object interface {
	client.Object
	GetTenantSpec() *v1alpha1.TenantSpec
	GetTenantStatus() *v1alpha1.TenantStatus
}

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
	// ClusterResourceNamespace is where the Secrets and ConfigMaps of ClusterTenants are.
	ClusterResourceNamespace string

	sessions sync.Map // auth0.Key to session
}

// reconciler is a Reconciler for one of the two kinds.
type reconciler[T object] struct {
	*Reconciler
	kind string
}

// Reconcile brings one tenant object up to date.
func (r *reconciler[T]) Reconcile(ctx context.Context, obj T) (ctrl.Result, error) {
	key := auth0.Key{Kind: r.kind, Namespace: obj.GetNamespace(), Name: obj.GetName()}
	clients, err := r.clientsOf(ctx, key)
	if err != nil {
		return ctrl.Result{}, err
	}
	if err := r.guard(ctx, obj, clients); err != nil {
		return answer.OfWrite(err)
	}
	if obj.GetDeletionTimestamp().IsZero() {
		return r.report(ctx, obj, r.check(ctx, key, obj, clients))
	}
	if len(obj.GetFinalizers()) == 0 {
		r.forget(key)
		return ctrl.Result{}, nil
	}
	return r.report(ctx, obj, r.inUse(ctx, key, obj, clients))
}

// report writes the status, once and only when it changed, and tells when to look again.
func (r *Reconciler) report(ctx context.Context, obj object, found finding) (ctrl.Result, error) {
	now := r.Clock.Now()
	if wait, untold := found.inQueue(obj, now); untold {
		return ctrl.Result{RequeueAfter: wait}, nil
	}
	before := obj.GetTenantStatus().DeepCopy()
	after := found.status(before)
	after.ObservedGeneration = obj.GetGeneration()
	after.Conditions = found.report.Conditions(obj.GetGeneration(), now, before.Conditions)
	if !equality.Semantic.DeepEqual(*before, after) {
		*obj.GetTenantStatus() = after
		if err := r.Client.Status().Update(ctx, obj); err != nil {
			return answer.OfWrite(err)
		}
		if t, changed := status.ReadyTransition(before.Conditions, after.Conditions); changed {
			r.Recorder.Eventf(obj, nil, answer.EventType(t), t.Reason, "Check", "%s", t.Message)
		}
	}
	again, err := found.report.Next(now)
	if err != nil {
		return ctrl.Result{}, fmt.Errorf("tenant %s: %w", obj.GetTenantSpec().Domain, err)
	}
	if again == 0 {
		again = DriftInterval(obj.GetTenantSpec())
	}
	return ctrl.Result{RequeueAfter: again}, nil
}

// worthTelling is how long a wait is that the status speaks of. A shorter one is over before somebody has read of it.
const worthTelling = 10 * time.Second

// inQueue tells how long a check waits for its turn, and whether the status says nothing of it: the wait is short, or the check is one
// of those that only look whether all is as it was.
func (f *finding) inQueue(obj object, now time.Time) (wait time.Duration, untold bool) {
	if f.queued == nil {
		return 0, false
	}
	wait = max(f.queued.ResumeAt.Sub(now), time.Millisecond)
	return wait, wait < worthTelling || meta.IsStatusConditionTrue(obj.GetTenantStatus().Conditions, v1alpha1.ConditionReady)
}

// forget drops what is held of a tenant that is gone.
func (r *Reconciler) forget(key auth0.Key) {
	r.sessions.Delete(key)
	r.Registry.Remove(key)
}
