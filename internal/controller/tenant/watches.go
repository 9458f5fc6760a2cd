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
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller/answer"
)

// TenantIndex is the field index of OAuthClients by the tenant that they refer to; its values are made by IndexValue.
const TenantIndex = "spec.tenantRef"

// IndexValue is the value of TenantIndex for a tenant.
func IndexValue(key auth0.Key) string {
	return key.Kind + "/" + key.Namespace + "/" + key.Name
}

// KeyOf is the tenant that an OAuthClient refers to.
func KeyOf(c *v1alpha1.OAuthClient) auth0.Key {
	key := auth0.Key{Kind: c.Spec.TenantRef.KindOrDefault(), Name: c.Spec.TenantRef.Name}
	if key.Kind == v1alpha1.KindTenant {
		key.Namespace = c.Namespace
	}
	return key
}

// IndexByTenant adds TenantIndex to the cache.
func IndexByTenant(ctx context.Context, mgr ctrl.Manager) error {
	index := func(o client.Object) []string { return []string{IndexValue(KeyOf(o.(*v1alpha1.OAuthClient)))} }
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.OAuthClient{}, TenantIndex, index); err != nil {
		return fmt.Errorf("index OAuthClients by tenant: %w", err)
	}
	return nil
}

// ConcernsClients lets pass what a tenant's clients and their logins depend on: all but the numbers in its status, which change by
// themselves, and would wake thousands each time.
var ConcernsClients = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(Object), e.ObjectNew.(Object)
	if before.GetGeneration() != after.GetGeneration() || before.GetUID() != after.GetUID() || before.GetDeletionTimestamp().IsZero() != after.GetDeletionTimestamp().IsZero() {
		return true
	}
	was, is := before.GetTenantStatus().DeepCopy(), after.GetTenantStatus().DeepCopy()
	for _, s := range []*v1alpha1.TenantStatus{was, is} {
		figures{}.into(s)
		s.Clients = nil
	}
	return !equality.Semantic.DeepEqual(was, is)
}}

// SetupWithManager adds the controllers of both kinds. The index by tenant must be there, see IndexByTenant.
func (r *Reconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager) error {
	if err := setup(ctx, mgr, &reconciler[*v1alpha1.Tenant]{r, v1alpha1.KindTenant}, &v1alpha1.Tenant{}); err != nil {
		return err
	}
	return setup(ctx, mgr, &reconciler[*v1alpha1.ClusterTenant]{r, v1alpha1.KindClusterTenant}, &v1alpha1.ClusterTenant{})
}

// workers is how many tenants are checked at a time: one that does not answer must not hold up the sign-in to the others.
const workers = 4

func setup[T Object](ctx context.Context, mgr ctrl.Manager, r *reconciler[T], obj T) error {
	if err := mgr.GetFieldIndexer().IndexField(ctx, obj, sourceIndex, sourcesOf); err != nil {
		return fmt.Errorf("index %ss by what they read: %w", r.kind, err)
	}
	err := ctrl.NewControllerManagedBy(mgr).
		For(obj, builder.WithPredicates(r.written.Passing(), predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{}))).
		WatchesMetadata(&corev1.Secret{}, handler.EnqueueRequestsFromMapFunc(r.referring("Secret"))).
		WatchesMetadata(&corev1.ConfigMap{}, handler.EnqueueRequestsFromMapFunc(r.referring("ConfigMap"))).
		Watches(&v1alpha1.OAuthClient{}, gathered(r.referredBy),
			builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.OAuthClient{}, r.countLater(), builder.WithPredicates(credentialsChanged)).
		WatchesRawSource(source.Func(r.awaitWork)).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers, RateLimiter: answer.NewRateLimiter()}).
		Complete(reconcile.AsReconciler(mgr.GetClient(), r))
	if err != nil {
		return fmt.Errorf("controller of %ss: %w", r.kind, err)
	}
	return nil
}

// gathering is how long a tenant waits for more of its clients to change before it looks at them all.
const gathering = time.Second

// gathered enqueues once for what changes within a while: a thousand clients that are created are not counted a thousand times.
func gathered(tenants handler.MapFunc) handler.EventHandler {
	later := func(ctx context.Context, o client.Object, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
		for _, request := range tenants(ctx, o) {
			q.AddAfter(request, gathering)
		}
	}
	return handler.Funcs{
		CreateFunc: func(ctx context.Context, e event.CreateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			later(ctx, e.Object, q)
		},
		UpdateFunc: func(ctx context.Context, e event.UpdateEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			later(ctx, e.ObjectOld, q)
			later(ctx, e.ObjectNew, q)
		},
		DeleteFunc: func(ctx context.Context, e event.DeleteEvent, q workqueue.TypedRateLimitingInterface[reconcile.Request]) {
			later(ctx, e.Object, q)
		},
	}
}

// referring maps a Secret or ConfigMap to the tenants whose sign-in or CA bundle it is.
func (r *reconciler[T]) referring(kind string) handler.MapFunc {
	return func(ctx context.Context, source client.Object) (requests []reconcile.Request) {
		reads := client.MatchingFields{sourceIndex: sourceNamed(kind, source.GetName())}
		var list client.ObjectList
		switch {
		case r.kind == v1alpha1.KindTenant:
			list = &v1alpha1.TenantList{}
		case source.GetNamespace() == r.ClusterResourceNamespace:
			list = &v1alpha1.ClusterTenantList{}
		default:
			return nil
		}
		options := []client.ListOption{reads, client.UnsafeDisableDeepCopy}
		if r.kind == v1alpha1.KindTenant {
			options = append(options, client.InNamespace(source.GetNamespace()))
		}
		if err := r.Client.List(ctx, list, options...); err != nil {
			ctrl.LoggerFrom(ctx).Error(err, "list tenants by what they read")
		}
		_ = meta.EachListItem(list, func(o runtime.Object) error {
			requests = append(requests, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(o.(client.Object))})
			return nil
		})
		return requests
	}
}

// sourceIndex is the field index of tenants by the Secrets and ConfigMaps that they read.
const sourceIndex = "certbound.dev/source"

func sourceNamed(kind, name string) string { return kind + "/" + name }

func sourcesOf(o client.Object) []string {
	spec := o.(Object).GetTenantSpec()
	sources := []string{sourceNamed("Secret", signInRef(spec.SignIn).Name)}
	if bundle := spec.CABundleRef; bundle != nil && sourceNamed(bundle.Kind, bundle.Name) != sources[0] {
		sources = append(sources, sourceNamed(bundle.Kind, bundle.Name))
	}
	return sources
}

func (r *reconciler[T]) referredBy(_ context.Context, o client.Object) []reconcile.Request {
	key := KeyOf(o.(*v1alpha1.OAuthClient))
	if key.Kind != r.kind {
		return nil
	}
	return []reconcile.Request{{NamespacedName: types.NamespacedName{Namespace: key.Namespace, Name: key.Name}}}
}

// clientsOf are the clients that refer to a tenant, for reading alone: with thousands, copies would cost more than all else.
func (r *Reconciler) clientsOf(ctx context.Context, key auth0.Key) ([]v1alpha1.OAuthClient, error) {
	var list v1alpha1.OAuthClientList
	if err := r.Client.List(ctx, &list, client.MatchingFields{TenantIndex: IndexValue(key)}, client.UnsafeDisableDeepCopy); err != nil {
		return nil, fmt.Errorf("list the tenant's OAuthClients: %w", err)
	}
	return list.Items, nil
}

// guard puts the finalizer on a tenant while clients are to be deleted there, and takes it off afterwards: without the
// tenant they could not be.
func (r *Reconciler) guard(ctx context.Context, obj Object, clients []v1alpha1.OAuthClient) error {
	needed := false
	for i := range clients {
		c := &clients[i]
		needed = needed || c.Spec.DeletionPolicy == v1alpha1.DeletionDelete
	}
	before := obj.DeepCopyObject().(client.Object)
	switch {
	case !needed && controllerutil.RemoveFinalizer(obj, Finalizer):
	case needed && obj.GetDeletionTimestamp().IsZero() && controllerutil.AddFinalizer(obj, Finalizer):
	default:
		return nil
	}
	return r.Client.Patch(ctx, obj, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
}
