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

package clientcredential

import (
	"context"
	"fmt"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller/answer"
	"github.com/certbound/certbound/internal/controller/urgency"
)

// clientIndex is the field index of ClientCredentials by the OAuthClient that they refer to. It is a selectable field of
// the kind as well, so that the same selector works past the cache.
const clientIndex = "spec.clientRef.name"

// SetupWithManager adds the controller. The index by client must be there, see IndexByClient.
func (r *Reconciler) SetupWithManager(ctx context.Context, mgr ctrl.Manager, workers int) error {
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.ClientCredential{}, namedIndex, drawersOf); err != nil {
		return fmt.Errorf("index ClientCredentials by what they name: %w", err)
	}
	b := ctrl.NewControllerManagedBy(mgr).
		For(&v1alpha1.ClientCredential{}, builder.WithPredicates(r.written.Passing(), predicate.Or(predicate.GenerationChangedPredicate{}, predicate.AnnotationChangedPredicate{},
			verificationChanged))).
		WatchesMetadata(&corev1.Secret{}, urgency.First(handler.EnqueueRequestsFromMapFunc(r.fromSecret), r.renews)).
		Watches(&v1alpha1.OAuthClient{}, handler.EnqueueRequestsFromMapFunc(r.fromClient)).
		WithOptions(controller.Options{MaxConcurrentReconciles: workers, RateLimiter: answer.NewRateLimiter()})
	_, err := mgr.GetRESTMapper().RESTMapping(cmapi.SchemeGroupVersion.WithKind(cmapi.CertificateKind).GroupKind(), cmapi.SchemeGroupVersion.Version)
	switch {
	case err == nil:
		r.certManager = true
		b = b.WatchesMetadata(&cmapi.Certificate{}, handler.EnqueueRequestsFromMapFunc(r.fromCertificate))
	case meta.IsNoMatchError(err):
		mgr.GetLogger().Info("cert-manager is not installed: spec.certificateRef cannot be used until the operator restarts")
	default:
		return fmt.Errorf("look for cert-manager: %w", err)
	}
	if err := b.Complete(reconcile.AsReconciler(mgr.GetClient(), r)); err != nil {
		return fmt.Errorf("controller of ClientCredentials: %w", err)
	}
	return nil
}

// verificationChanged lets pass what the probe found out. Everything else in the status is this controller's own.
var verificationChanged = predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
	before, after := e.ObjectOld.(*v1alpha1.ClientCredential), e.ObjectNew.(*v1alpha1.ClientCredential)
	return !equality.Semantic.DeepEqual(before.Status.Verification, after.Status.Verification)
}}

// IndexByClient adds clientIndex to the cache.
func IndexByClient(ctx context.Context, mgr ctrl.Manager) error {
	byClient := func(o client.Object) []string { return []string{o.(*v1alpha1.ClientCredential).Spec.ClientRef.Name} }
	if err := mgr.GetFieldIndexer().IndexField(ctx, &v1alpha1.ClientCredential{}, clientIndex, byClient); err != nil {
		return fmt.Errorf("index ClientCredentials by client: %w", err)
	}
	return nil
}

// OfClient are the ClientCredentials that refer to an OAuthClient, in the cache or past it.
func OfClient(ctx context.Context, from client.Reader, name types.NamespacedName, options ...client.ListOption) ([]v1alpha1.ClientCredential, error) {
	var list v1alpha1.ClientCredentialList
	options = append(options, client.InNamespace(name.Namespace), client.MatchingFields{clientIndex: name.Name})
	if err := from.List(ctx, &list, options...); err != nil {
		return nil, fmt.Errorf("list the client's ClientCredentials: %w", err)
	}
	return list.Items, nil
}

// fromSecret maps a Secret to the ClientCredentials that read it, or that write it or would, and to the one whose it is.
func (r *Reconciler) fromSecret(ctx context.Context, secret client.Object) []reconcile.Request {
	requests := r.naming(ctx, secretNamed(secret.GetNamespace(), secret.GetName()))
	if name, issued := secret.GetAnnotations()[cmapi.CertificateNameKey]; issued {
		requests = append(requests, r.naming(ctx, certificateNamed(secret.GetNamespace(), name))...)
	}
	if owner := metav1.GetControllerOf(secret); owner != nil && owner.Kind == "ClientCredential" {
		requests = append(requests, request(secret.GetNamespace(), owner.Name))
	}
	return requests
}

// renews tells whether a change of the source Secret is a renewal that workloads hold already, since they read that Secret.
func (r *Reconciler) renews(ctx context.Context, name reconcile.Request) bool {
	var c v1alpha1.ClientCredential
	err := r.Client.Get(ctx, name.NamespacedName, &c, client.UnsafeDisableDeepCopy)
	return err == nil && c.Spec.Publish == nil && c.Status.Certificate != nil
}

func (r *Reconciler) fromCertificate(ctx context.Context, cert client.Object) []reconcile.Request {
	return r.naming(ctx, certificateNamed(cert.GetNamespace(), cert.GetName()))
}

func (r *Reconciler) fromClient(ctx context.Context, o client.Object) (requests []reconcile.Request) {
	credentials, err := OfClient(ctx, r.Client, client.ObjectKeyFromObject(o), client.UnsafeDisableDeepCopy)
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "map an OAuthClient")
	}
	for i := range credentials {
		requests = append(requests, request(credentials[i].Namespace, credentials[i].Name))
	}
	return requests
}

func request(namespace, name string) reconcile.Request {
	return reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}}
}
