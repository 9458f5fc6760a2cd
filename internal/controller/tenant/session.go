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
	"cmp"
	"context"
	"crypto/x509"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/status"
)

const (
	defaultDriftInterval = time.Hour
	safe                 = "clients at the tenant stay as they are"
)

// session is a tenant that was opened, and what it said of itself.
type session struct {
	inputs    inputs
	tenant    *auth0.Tenant
	discovery auth0.Discovery
	checkedAt time.Time // of discovery and endpoint aliases; zero before
	// annotations are those of the object when it was last looked at.
	annotations string
}

// inputs are the versions of what a session was opened from.
type inputs struct {
	uid             types.UID
	generation      int64
	secret, bundle  string
	namespaceSource string
}

// open returns the session for what the objects say now: the one at hand, or a new one. The second result is the condition
// that the third is about, when it cannot be opened.
func (r *Reconciler) open(ctx context.Context, key auth0.Key, obj Object) (session, string, status.Outcome) {
	spec, namespace := obj.GetTenantSpec(), obj.GetNamespace()
	if namespace == "" {
		namespace = r.ClusterResourceNamespace
	}
	secret, version, outcome := r.signInSecret(ctx, namespace, spec.SignIn)
	if !outcome.IsDone() {
		return session{}, v1alpha1.ConditionAuthenticated, outcome
	}
	bundle, bundleVersion, outcome := r.caBundle(ctx, namespace, spec.CABundleRef)
	if !outcome.IsDone() {
		return session{}, v1alpha1.ConditionReachable, outcome
	}
	now := inputs{uid: obj.GetUID(), generation: obj.GetGeneration(), secret: version, bundle: bundleVersion, namespaceSource: namespace}
	loaded, _ := r.sessions.Load(key)
	held, _ := loaded.(session) // that of nothing where there is none
	if held.inputs == now {
		return held, "", status.Outcome{}
	}
	config := r.config(spec, secret, bundle)
	config.Before = held.tenant
	if r.Observe != nil {
		config.Observe = r.Observe(key)
	}
	opened, err := auth0.Open(config)
	if err != nil {
		return session{}, v1alpha1.ConditionAuthenticated,
			status.Blocked(v1alpha1.ReasonSignInInvalid, fmt.Sprintf("The sign-in cannot be used: %v; correct the Secret or the spec; %s.", err, safe))
	}
	return session{inputs: now, tenant: opened}, "", status.Outcome{}
}

func (r *Reconciler) config(spec *v1alpha1.TenantSpec, secret, bundle []byte) auth0.Config {
	c := r.Connect
	c.Domain, c.Audience, c.CABundle = spec.Domain, spec.Audience, bundle
	switch in := spec.SignIn; {
	case in.ClientSecret != nil:
		c.SignIn.ClientSecret = &auth0.ClientSecret{ClientID: in.ClientSecret.ClientID, Secret: string(secret)}
	case in.PrivateKeyJWT != nil:
		c.SignIn.PrivateKeyJWT = &auth0.PrivateKeyJWT{ClientID: in.PrivateKeyJWT.ClientID, Key: secret, Algorithm: in.PrivateKeyJWT.Algorithm}
	case in.AccessToken != nil:
		c.SignIn.AccessToken = string(secret)
	}
	if bound := spec.RequestBudget; bound != nil {
		c.Share = float64(bound.SharePercent) / 100
		c.RequestsPerSecond = float64(bound.RequestsPerSecond)
		c.Burst = int(cmp.Or(bound.Burst, bound.RequestsPerSecond))
	}
	return c
}

func signInRef(in v1alpha1.TenantSignIn) v1alpha1.SecretKeyReference {
	switch {
	case in.ClientSecret != nil:
		return in.ClientSecret.SecretRef
	case in.PrivateKeyJWT != nil:
		return in.PrivateKeyJWT.SecretRef
	case in.AccessToken != nil:
		return in.AccessToken.SecretRef
	}
	return v1alpha1.SecretKeyReference{}
}

func (r *Reconciler) signInSecret(ctx context.Context, namespace string, in v1alpha1.TenantSignIn) ([]byte, string, status.Outcome) {
	ref := signInRef(in)
	var secret corev1.Secret
	err := r.Live.Get(ctx, types.NamespacedName{Namespace: namespace, Name: ref.Name}, &secret)
	switch {
	case apierrors.IsNotFound(err):
		return nil, "", status.Waiting(v1alpha1.ReasonSignInSecretNotFound,
			fmt.Sprintf("The Secret %s/%s of spec.signIn does not exist; create it; %s.", namespace, ref.Name, safe))
	case err != nil:
		return nil, "", status.Failed(v1alpha1.ReasonSignInSecretNotFound,
			fmt.Sprintf("The Secret %s/%s of spec.signIn cannot be read; %s.", namespace, ref.Name, safe), err)
	case len(secret.Data[ref.Key]) == 0:
		return nil, "", status.Waiting(v1alpha1.ReasonSignInSecretNotFound,
			fmt.Sprintf("The Secret %s/%s has no value under the key %s; add it; %s.", namespace, ref.Name, ref.Key, safe))
	}
	return secret.Data[ref.Key], version(&secret), status.Done("", "")
}

func (r *Reconciler) caBundle(ctx context.Context, namespace string, ref *v1alpha1.CABundleReference) ([]byte, string, status.Outcome) {
	if ref == nil {
		return nil, "", status.Done("", "")
	}
	where := types.NamespacedName{Namespace: namespace, Name: ref.Name}
	var bundle []byte
	var source client.Object
	var err error
	if ref.Kind == "Secret" {
		var secret corev1.Secret
		err = r.Live.Get(ctx, where, &secret)
		bundle, source = secret.Data[ref.Key], &secret
	} else {
		var configMap corev1.ConfigMap
		err = r.Live.Get(ctx, where, &configMap)
		bundle, source = []byte(configMap.Data[ref.Key]), &configMap
	}
	if client.IgnoreNotFound(err) != nil {
		return nil, "", status.Failed(v1alpha1.ReasonCABundleInvalid, fmt.Sprintf("The %s %s of spec.caBundleRef cannot be read; %s.", ref.Kind, where, safe), err)
	}
	if len(bundle) == 0 {
		return nil, "", status.Waiting(v1alpha1.ReasonCABundleInvalid,
			fmt.Sprintf("The %s %s of spec.caBundleRef does not exist or has nothing under the key %s; %s.", ref.Kind, where, ref.Key, safe))
	}
	if !x509.NewCertPool().AppendCertsFromPEM(bundle) {
		return nil, "", status.Blocked(v1alpha1.ReasonCABundleInvalid,
			fmt.Sprintf("The %s %s of spec.caBundleRef holds no PEM certificate under the key %s; correct it; %s.", ref.Kind, where, ref.Key, safe))
	}
	return bundle, version(source), status.Done("", "")
}

func version(obj client.Object) string {
	return string(obj.GetUID()) + "/" + obj.GetResourceVersion()
}

// DriftInterval is how often a tenant and its clients are compared with what is wanted.
func DriftInterval(spec *v1alpha1.TenantSpec) time.Duration {
	if spec.DriftIntervalSeconds == 0 {
		return defaultDriftInterval
	}
	return time.Duration(spec.DriftIntervalSeconds) * time.Second
}
