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

package probe

import (
	"context"
	"fmt"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller/answer"
	"github.com/certbound/certbound/internal/controller/clientcredential"
	"github.com/certbound/certbound/internal/controller/tenant"
)

// SetupWithManager adds the controller. The indexes by tenant and by client must be there. No Secret is watched: what the status of a
// ClientCredential says of its Secret is what wakes.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, workers int) error {
	tenants := handler.EnqueueRequestsFromMapFunc(r.fromTenant)
	err := ctrl.NewControllerManagedBy(mgr).Named("probe").
		For(&v1alpha1.ClientCredential{}, builder.WithPredicates(predicate.NewPredicateFuncs(asks))).
		Watches(&v1alpha1.OAuthClient{}, handler.EnqueueRequestsFromMapFunc(r.fromClient)).
		Watches(&v1alpha1.Tenant{}, tenants, builder.WithPredicates(tenant.ConcernsClients)).
		Watches(&v1alpha1.ClusterTenant{}, tenants, builder.WithPredicates(tenant.ConcernsClients)).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers, RateLimiter: answer.NewRateLimiter()}).
		Complete(reconcile.AsReconciler(mgr.GetClient(), r))
	if err != nil {
		return fmt.Errorf("controller of logins: %w", err)
	}
	return nil
}

func asks(o client.Object) bool { return o.(*v1alpha1.ClientCredential).Spec.Verification != nil }

func (r *Reconciler) fromClient(ctx context.Context, o client.Object) (requests []reconcile.Request) {
	credentials, err := clientcredential.OfClient(ctx, r.Client, client.ObjectKeyFromObject(o), client.UnsafeDisableDeepCopy)
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "map an OAuthClient")
	}
	for i := range credentials {
		if asks(&credentials[i]) {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(&credentials[i])})
		}
	}
	return requests
}

// fromTenant wakes those that wait for an endpoint, or for another one.
func (r *Reconciler) fromTenant(ctx context.Context, o client.Object) (requests []reconcile.Request) {
	var list v1alpha1.OAuthClientList
	if err := r.Client.List(ctx, &list, client.MatchingFields{tenant.TenantIndex: tenant.IndexValue(tenant.KeyOfObject(o))}, client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list OAuthClients")
	}
	for i := range list.Items {
		requests = append(requests, r.fromClient(ctx, &list.Items[i])...)
	}
	return requests
}
