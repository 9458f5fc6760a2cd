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

package oauthclient

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller/answer"
	"github.com/certbound/certbound/internal/controller/clientcredential"
	"github.com/certbound/certbound/internal/controller/tenant"
	"github.com/certbound/certbound/internal/controller/urgency"
)

// connectionIndex is the field index of OAuthClients by the ConfigMap that they write, or would.
const connectionIndex = "spec.connection.configMapRef.name"

// SetupWithManager adds the controller. The indexes by tenant and by client must be there.
func (r *Reconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager, workers int) error {
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.OAuthClient{}, connectionIndex, connectionOf); err != nil {
		return fmt.Errorf("index OAuthClients by ConfigMap: %w", err)
	}
	if r.TookOver == nil {
		begun := r.Clock.Now()
		r.TookOver = func() (time.Time, bool) { return begun, true }
	}
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.OAuthClient{}, listedIndex, listedAs); err != nil {
		return fmt.Errorf("index OAuthClients by client: %w", err)
	}
	r.woken = make(chan event.GenericEvent)
	tenants := handler.EnqueueRequestsFromMapFunc(r.fromTenant)
	err := ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.OAuthClient{}, builder.WithPredicates(r.noteArrivals(), r.forgetGone(), r.written.Passing(), predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		WatchesMetadata(&corev1.ConfigMap{}, handler.EnqueueRequestsFromMapFunc(r.fromConfigMap)).
		WatchesMetadata(&corev1.Namespace{}, handler.EnqueueRequestsFromMapFunc(r.fromNamespace), builder.WithPredicates(predicate.LabelChangedPredicate{})).
		Watches(&v1alpha1.ClientCredential{}, urgency.First(handler.EnqueueRequestsFromMapFunc(fromCredential), r.uncovered)).
		Watches(&v1alpha1.Tenant{}, tenants, builder.WithPredicates(tenant.ConcernsClients)).
		Watches(&v1alpha1.ClusterTenant{}, tenants, builder.WithPredicates(tenant.ConcernsClients)).
		WatchesRawSource(source.Channel(r.SignedIn, tenants)).
		WatchesRawSource(source.Channel(r.woken, &handler.EnqueueRequestForObject{})).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers, RateLimiter: answer.NewRateLimiter()}).
		Complete(reconcile.AsReconciler(mgr.GetClient(), r))
	if err != nil {
		return fmt.Errorf("controller of OAuthClients: %w", err)
	}
	return nil
}

func fromCredential(_ context.Context, o client.Object) []reconcile.Request {
	name := o.(*v1alpha1.ClientCredential).Spec.ClientRef.Name
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: o.GetNamespace(), Name: name}}}
}

// uncovered tells whether workloads of a client that is there hold a certificate that is not reported as attached.
func (r *Reconciler) uncovered(ctx context.Context, name reconcile.Request) bool {
	var c v1alpha1.OAuthClient
	if err := r.Client.Get(ctx, name.NamespacedName, &c, client.UnsafeDisableDeepCopy); err != nil || c.Status.ClientID == "" {
		return false
	}
	credentials, err := clientcredential.OfClient(ctx, r.Client, name.NamespacedName, client.UnsafeDisableDeepCopy)
	return err == nil && slices.ContainsFunc(credentials, heldUnattached)
}

func heldUnattached(c v1alpha1.ClientCredential) bool {
	wanted, held := c.Status.Certificate, c.Status.Published
	return wanted != nil && held != nil && held.Fingerprint == wanted.Fingerprint && !meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionAttached)
}

func connectionOf(o client.Object) []string {
	connection := o.(*v1alpha1.OAuthClient).Spec.Connection
	if connection == nil {
		return nil
	}
	return []string{connection.ConfigMapRef.Name}
}

// fromConfigMap maps a ConfigMap to the clients that write it, or would if it were not somebody else's.
func (r *Reconciler) fromConfigMap(ctx context.Context, o client.Object) []reconcile.Request {
	return r.list(ctx, client.InNamespace(o.GetNamespace()), client.MatchingFields{connectionIndex: o.GetName()})
}

// fromNamespace maps a namespace to its clients: its labels decide which ClusterTenants they may use.
func (r *Reconciler) fromNamespace(ctx context.Context, o client.Object) []reconcile.Request {
	return r.list(ctx, client.InNamespace(o.GetName()))
}

// fromTenant maps a Tenant or ClusterTenant to its clients.
func (r *Reconciler) fromTenant(ctx context.Context, o client.Object) []reconcile.Request {
	return r.list(ctx, client.MatchingFields{tenant.TenantIndex: tenant.IndexValue(tenant.KeyOfObject(o))})
}

func (r *Reconciler) list(ctx context.Context, which ...client.ListOption) (requests []reconcile.Request) {
	var list v1alpha1.OAuthClientList
	if err := r.Client.List(ctx, &list, append(which, client.UnsafeDisableDeepCopy)...); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list OAuthClients")
	}
	for i := range list.Items {
		requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&list.Items[i])})
	}
	return requests
}
