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

// Package probe proves certificates by logging in with them. It is the one place that both reads a private key and speaks to the
// Internet, so it is a side of its own that does not run by default: it reads the Secret that a ClientCredential's status names and
// no other, uses the key in a TLS handshake with the token endpoint that the tenant's discovery names and in nothing else, and
// keeps neither the key nor the token. It writes ClientCredential.status.verification alone, and calls no Management API.
package probe

import (
	"context"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller/clientcredential"
	"github.com/certbound/certbound/internal/verification"
)

// +kubebuilder:rbac:groups=certbound.dev,resources=clientcredentials;oauthclients;tenants;clustertenants,verbs=get;list;watch
// +kubebuilder:rbac:groups=certbound.dev,resources=clientcredentials/status,verbs=patch
// +kubebuilder:rbac:groups="",resources=secrets;configmaps,verbs=get

// Reconciler logs in with the certificates of ClientCredentials that ask for it.
type Reconciler struct {
	Client client.Client
	// Live reads past the cache: keys are never cached, and no token is requested on the word of a cache that lags behind.
	Live  client.Reader
	Clock clock.PassiveClock
	// Connect is what may be dialled, and how long it may take.
	Connect auth0.Config
	// ClusterResourceNamespace is where the ConfigMaps of ClusterTenants are.
	ClusterResourceNamespace string
}

// Reconcile logs in when that is due.
func (r *Reconciler) Reconcile(ctx context.Context, obj *v1alpha1.ClientCredential) (ctrl.Result, error) {
	due, again, err := r.next(ctx, obj)
	if err != nil || due == nil {
		return again, err
	}
	var live v1alpha1.ClientCredential
	if err := r.Live.Get(ctx, client.ObjectKeyFromObject(obj), &live); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if due, again, err = r.next(ctx, &live); err != nil || due == nil {
		return again, err
	}
	return r.try(ctx, &live, due)
}

// attempt is a login that is due.
type attempt struct {
	subject  verification.Subject
	endpoint string
	secret   types.NamespacedName
	tenant   tenantFacts
}

// next is the login that is due, or nil and when to look again. Where something is missing that a login needs, what brings it wakes.
func (r *Reconciler) next(ctx context.Context, obj *v1alpha1.ClientCredential) (*attempt, ctrl.Result, error) {
	newest := obj.Status.Certificate
	attached := meta.IsStatusConditionTrue(obj.Status.Conditions, v1alpha1.ConditionAttached)
	if !obj.DeletionTimestamp.IsZero() || obj.Spec.Verification == nil || newest == nil || newest.SecretName == "" || !attached {
		return nil, ctrl.Result{}, nil
	}
	var owner v1alpha1.OAuthClient
	if err := r.Client.Get(ctx, types.NamespacedName{Namespace: obj.Namespace, Name: obj.Spec.ClientRef.Name}, &owner); err != nil {
		return nil, ctrl.Result{}, client.IgnoreNotFound(err)
	}
	tenant, err := r.tenantOf(ctx, &owner)
	if err != nil {
		return nil, ctrl.Result{}, client.IgnoreNotFound(err)
	}
	a := &attempt{
		subject: clientcredential.SubjectOf(obj.Spec.Verification, newest, &owner), endpoint: tenant.status.MTLSTokenEndpoint,
		secret: types.NamespacedName{Namespace: obj.Namespace, Name: newest.SecretName}, tenant: tenant,
	}
	now := r.Clock.Now()
	login, again := verification.Next(clientcredential.FindingOf(obj.Status.Verification), a.subject, a.endpoint, now)
	switch {
	case login:
		return a, ctrl.Result{}, nil
	case again.IsZero():
		return nil, ctrl.Result{}, nil
	}
	return nil, ctrl.Result{RequeueAfter: again.Sub(now)}, nil
}

// try takes one attempt and records what came of it. It is recorded before the request that it is under way and when the next one
// may be, so that neither a crash nor a status that cannot be written makes tokens be requested faster than it backs off.
func (r *Reconciler) try(ctx context.Context, obj *v1alpha1.ClientCredential, a *attempt) (ctrl.Result, error) {
	record := begin(obj.Status.Verification, a, r.Clock.Now())
	found, hopeless := a.hopeless()
	if hopeless {
		record.Attempts, record.AttemptedAt = 0, nil
	} else {
		if err := r.write(ctx, obj, record); err != nil {
			return ctrl.Result{}, err
		}
		found = r.login(ctx, a)
	}
	now := r.Clock.Now()
	if err := r.write(ctx, obj, end(record, found, now)); err != nil || found.settled {
		return ctrl.Result{}, err
	}
	return ctrl.Result{RequeueAfter: max(retryAt(record, found, now).Sub(now), time.Second)}, nil
}
