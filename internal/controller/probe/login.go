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
	"crypto/tls"
	"errors"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/certificate"
	"github.com/certbound/certbound/internal/controller/tenant"
)

// tenantFacts are what of a tenant a login needs.
type tenantFacts struct {
	name      string // in words
	namespace string // of its CA bundle
	allowed   bool
	caBundle  *v1alpha1.CABundleReference
	status    v1alpha1.TenantStatus
}

func (r *Reconciler) tenantOf(ctx context.Context, owner *v1alpha1.OAuthClient) (tenantFacts, error) {
	key := tenant.KeyOf(owner)
	ready := meta.FindStatusCondition(owner.Status.Conditions, v1alpha1.ConditionTenantReady)
	f := tenantFacts{
		name: key.Kind + " " + key.Name, namespace: key.Namespace,
		allowed: ready == nil || ready.Reason != v1alpha1.ReasonNamespaceNotAllowed,
	}
	if f.namespace == "" {
		f.namespace = r.ClusterResourceNamespace
	}
	t, err := tenant.Read(ctx, r.Client, key)
	f.caBundle, f.status = t.GetTenantSpec().CABundleRef, *t.GetTenantStatus()
	return f, err
}

const (
	unharmed = "what is attached and published stays as it is"
	// countedPause is how long to wait after a login that failed although the tenant issued a token, which may be billed.
	countedPause = time.Hour
)

func failed(reason, format string, args ...any) finding {
	return finding{result: v1alpha1.VerificationFailed, reason: reason, message: fmt.Sprintf(format, args...) + "; " + unharmed + "."}
}

// hopeless is why no login can be tried before somebody says more.
func (a *attempt) hopeless() (why finding, hopeless bool) {
	switch {
	case a.subject.Audience == "":
		why = failed(v1alpha1.ReasonNoAudience, "Nothing says which API to ask a token for: set spec.verification.audience, or give the OAuthClient a grant")
	case a.endpoint == "":
		why = failed(v1alpha1.ReasonNoTokenEndpoint,
			"The discovery document of %s names no mTLS token endpoint: switch its endpointAliases on", a.tenant.name)
	default:
		return finding{}, false
	}
	why.settled = true
	return why, true
}

// login reads the key, uses it once, and drops it.
func (r *Reconciler) login(ctx context.Context, a *attempt) finding {
	if !a.tenant.allowed {
		return failed(v1alpha1.ReasonNamespaceNotAllowed, "The %s does not allow this namespace, so no login is tried there", a.tenant.name)
	}
	config, why := r.connect(ctx, a.tenant)
	if why != "" {
		return failed(v1alpha1.ReasonCABundleInvalid, "%s", why)
	}
	pair, why := r.readKey(ctx, a)
	if why != "" {
		return failed(v1alpha1.ReasonKeyUnreadable, "%s", why)
	}
	issued, err := config.Login(ctx, auth0.Login{
		Endpoint: a.endpoint, ClientID: a.subject.ClientID, Audience: a.subject.Audience, Certificate: pair,
	})
	return a.outcome(issued, err, r.Clock.Now())
}

// outcome says what an answer of the token endpoint means for the certificate.
func (a *attempt) outcome(issued auth0.Issued, err error, now time.Time) finding {
	switch {
	case err != nil:
		return a.refused(err)
	case issued.BoundTo != "" && issued.BoundTo != a.subject.Fingerprint:
		f := failed(v1alpha1.ReasonBoundToAnother, "%s issued a token, bound to another certificate than the one presented: check what stands between", a.endpoint)
		f.issued, f.notBefore = true, now.Add(countedPause)
		return f
	}
	bound := "which is bound to it"
	if issued.BoundTo == "" {
		bound = "which is bound to no certificate, as the API has it"
	}
	return finding{
		result: v1alpha1.VerificationSucceeded, reason: v1alpha1.ReasonLoginSucceeded, settled: true, issued: true,
		message: fmt.Sprintf("%s issued a token for the certificate %s, %s.", a.endpoint, a.subject.Fingerprint, bound),
	}
}

// refused says what an error means for the certificate: a refusal, or nothing at all.
func (a *attempt) refused(err error) finding {
	var e *auth0.Error
	switch {
	case !errors.As(err, &e):
		return failed(v1alpha1.ReasonEndpointUnreachable, "The login could not be tried: see the log of the probe; it is tried again")
	case e.Class == auth0.SignInRefused && (e.Code == "invalid_client" || e.Code == ""):
		return failed(v1alpha1.ReasonLoginRefused, "%s does not accept the certificate %s: %s; check what stands in front of the tenant, and that the client "+
			"has the certificate; it is tried again", a.endpoint, a.subject.Fingerprint, said(e))
	case e.Class == auth0.SignInRefused:
		return failed(v1alpha1.ReasonTokenRefused, "%s gives no token for the audience %q: %s; check the client's grants and grant types; it is tried again",
			a.endpoint, a.subject.Audience, said(e))
	case e.Class == auth0.RateLimited:
		f := failed(v1alpha1.ReasonRateLimited, "%s wants a pause until %s", a.endpoint, e.ResumeAt.UTC().Format(time.RFC3339))
		f.notBefore = e.ResumeAt
		return f
	}
	return failed(v1alpha1.ReasonEndpointUnreachable, "No login could be tried: %s; it is tried again", e.Message)
}

func said(e *auth0.Error) string {
	if e.Code == "" {
		return e.Message
	}
	return e.Message + " (" + e.Code + ")"
}

// connect is how the tenant is reached. A CA bundle is read from a ConfigMap only: of Secrets the probe reads no other than the key's.
func (r *Reconciler) connect(ctx context.Context, t tenantFacts) (c auth0.Config, why string) {
	c = r.Connect
	ref := t.caBundle
	switch {
	case ref == nil:
		return c, ""
	case ref.Kind != "ConfigMap":
		return c, fmt.Sprintf("The CA bundle of %s is in a Secret, which the probe does not read: put it into a ConfigMap", t.name)
	}
	var configMap corev1.ConfigMap
	err := r.Live.Get(ctx, types.NamespacedName{Namespace: t.namespace, Name: ref.Name}, &configMap)
	if err != nil || configMap.Data[ref.Key] == "" {
		return c, fmt.Sprintf("The CA bundle of %s cannot be read: the ConfigMap %s must exist, have the key %s, and be open to the probe", t.name, ref.Name, ref.Key)
	}
	c.CABundle = []byte(configMap.Data[ref.Key])
	return c, ""
}

// readKey reads the pair, with its chain, as workloads present it.
func (r *Reconciler) readKey(ctx context.Context, a *attempt) (pair tls.Certificate, why string) {
	var secret corev1.Secret
	if err := r.Live.Get(ctx, a.secret, &secret); err != nil {
		return pair, fmt.Sprintf("The probe cannot read the Secret %s: it must exist, and the probe must be allowed to get it", a.secret.Name)
	}
	key := secret.Data[corev1.TLSPrivateKeyKey]
	defer clear(key)
	facts, err := certificate.InspectPair(secret.Data[corev1.TLSCertKey], key) // which bounds what is parsed
	if err == nil && string(facts.Fingerprint) != a.subject.Fingerprint {
		return pair, fmt.Sprintf("The Secret %s holds another certificate by now; the login is tried with the one that is attached", a.secret.Name)
	}
	if err == nil {
		pair, err = tls.X509KeyPair(secret.Data[corev1.TLSCertKey], key)
	}
	if err != nil {
		return tls.Certificate{}, fmt.Sprintf("The Secret %s holds no certificate with its key", a.secret.Name)
	}
	return pair, ""
}
