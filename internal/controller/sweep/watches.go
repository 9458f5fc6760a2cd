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

package sweep

import (
	"context"
	"fmt"

	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller/tenant"
)

// SetupWithManager adds the controller, for tenants of both kinds. The index of OAuthClients by tenant must be there.
func (r *Reconciler) SetupWithManager(mgr ctrl.Manager, workers int) error {
	tenants := handler.TypedEnqueueRequestsFromMapFunc(func(_ context.Context, o client.Object) []auth0.Key { return []auth0.Key{tenant.KeyOfObject(o)} })
	wanted := handler.TypedFuncs[auth0.Key, auth0.Key]{GenericFunc: func(
		_ context.Context, e event.TypedGenericEvent[auth0.Key], queue workqueue.TypedRateLimitingInterface[auth0.Key],
	) {
		queue.Add(e.Object)
	}}
	changed := builder.WithPredicates(predicate.GenerationChangedPredicate{})
	err := builder.TypedControllerManagedBy[auth0.Key](mgr).Named("sweep").
		Watches(&v1alpha1.Tenant{}, tenants, changed).
		Watches(&v1alpha1.ClusterTenant{}, tenants, changed).
		WatchesRawSource(source.TypedChannel(r.Wanted, wanted)).
		WithOptions(controller.TypedOptions[auth0.Key]{MaxConcurrentReconciles: workers}).
		Complete(r)
	if err != nil {
		return fmt.Errorf("controller that sweeps tenants: %w", err)
	}
	return nil
}
