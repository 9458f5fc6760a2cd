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

package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
)

// Names of what all clients of a tenant share.
const (
	tenantName = "auth0"
	signIn     = "management"
)

// description is what every client is declared with: somebody else changes it where clients are to drift.
const description = "declared by the benchmark"

// Drift intervals: one that no scenario lives to see, and the shortest that there is.
const (
	seldom   = 24 * time.Hour
	shortest = 10 * time.Second
)

// member is one client.
type member struct {
	name string
	// gated says that workloads are handed what `publish` writes. Without it a renewal is urgent, because workloads have the new
	// certificate before the tenant does.
	gated bool
	// lazy says that an old certificate stays attached as long as it is valid. The next but one takes its place.
	lazy bool
	kind v1alpha1.CredentialType
	// adopts is the client that is taken over; empty for one that is created.
	adopts string
	// clientID is the client at the tenant, once it is known.
	clientID string
}

// renewal is the least number of calls that a renewal takes: store the new one, attach it, detach the old one, delete it. Where the
// old one stays until the next renewal, the request that attaches the next one detaches it as well.
func (m member) renewal() int {
	switch {
	case m.kind == v1alpha1.TypeCertSubjectDN:
		return 0
	case m.lazy:
		return 3
	}
	return 4
}

func renewals(members []member) (calls int) {
	for _, m := range members {
		calls += m.renewal()
	}
	return calls
}

// members are n clients, of which a tenth, at most ten, is not gated.
func members(n int) []member {
	all := make([]member, n)
	for i := range all {
		all[i] = member{name: fmt.Sprintf("client-%05d", i), gated: true, kind: v1alpha1.TypeX509Cert}
	}
	for i := range urgentOnes(n) {
		all[i].gated = false
	}
	return all
}

func urgentOnes(n int) int { return min(max(n/10, 2), 10) }

func namesOf(members []member) []string {
	all := make([]string, len(members))
	for i, m := range members {
		all[i] = m.name
	}
	return all
}

// declare declares clients with their certificates, some at a time, and waits until the certificates were read.
func (s *stand) declare(ctx context.Context, t *tenant, members []member) ([]pair, error) {
	certificates, err := pairs(ctx, namesOf(members))
	if err != nil {
		return nil, err
	}
	err = each(ctx, len(members), func(ctx context.Context, i int) error {
		m := members[i]
		return s.create(ctx, t.secret(m.name, certificates[i]), t.client(m), t.credential(m))
	})
	if err != nil {
		return nil, err
	}
	var failed error
	err = poll(ctx, s.limits.patience(len(members)), between(len(members)), "the certificates to be read", func() bool {
		var list v1alpha1.ClientCredentialList
		failed = s.client.List(ctx, &list, client.InNamespace(t.namespace))
		for i := range list.Items {
			if list.Items[i].Status.Certificate == nil {
				return false
			}
		}
		return failed == nil
	})
	if failed != nil {
		return nil, fmt.Errorf("list the ClientCredentials: %w", failed)
	}
	return certificates, err
}

// between is the time between two listings of so many objects, so that they are not what keeps the API server busy.
func between(objects int) time.Duration {
	return max(time.Duration(objects)*time.Millisecond/2, 100*time.Millisecond)
}

// open declares the Tenant itself.
func (s *stand) open(ctx context.Context, t *tenant) error {
	object := &v1alpha1.Tenant{ObjectMeta: t.object(tenantName), Spec: v1alpha1.TenantSpec{
		Domain: t.Domain(),
		SignIn: v1alpha1.TenantSignIn{ClientSecret: &v1alpha1.ClientSecretSignIn{
			ClientID: t.ManagementClientID(), SecretRef: v1alpha1.SecretKeyReference{Name: signIn, Key: "secret"},
		}},
		CABundleRef:          &v1alpha1.CABundleReference{Kind: "ConfigMap", Name: tenantName, Key: "ca.crt"},
		DriftIntervalSeconds: int32(seldom.Seconds()),
		Limits:               &v1alpha1.TenantLimits{CredentialsPerTenant: int32(t.credentials)},
		// All that the tenant allows: what is left to others by default would show in every time.
		RequestBudget: &v1alpha1.RequestBudget{SharePercent: 100},
	}}
	return s.create(ctx,
		&corev1.Secret{ObjectMeta: t.object(signIn), StringData: map[string]string{"secret": t.ManagementClientSecret()}},
		&corev1.ConfigMap{ObjectMeta: t.object(tenantName), Data: map[string]string{"ca.crt": string(t.CABundle())}},
		object)
}

// setDrift changes how often clients are compared with the tenant.
func (s *stand) setDrift(ctx context.Context, t *tenant, interval time.Duration) error {
	return retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		object := &v1alpha1.Tenant{}
		if err := s.client.Get(ctx, client.ObjectKey{Namespace: t.namespace, Name: tenantName}, object); err != nil {
			return err
		}
		object.Spec.DriftIntervalSeconds = int32(interval.Seconds())
		return s.client.Update(ctx, object)
	})
}

// renewAll writes new certificates into the Secrets of clients, some at a time, and tells when each was written.
func (s *stand) renewAll(ctx context.Context, t *tenant, members []member, certificates []pair) ([]time.Time, error) {
	written := make([]time.Time, len(members))
	err := each(ctx, len(members), func(ctx context.Context, i int) (err error) {
		written[i], err = s.renew(ctx, t, members[i], certificates[i])
		return err
	})
	return written, err
}

// renew writes a new certificate into a client's Secret.
func (s *stand) renew(ctx context.Context, t *tenant, m member, certificate pair) (time.Time, error) {
	at := time.Now()
	if err := s.client.Update(ctx, t.secret(m.name, certificate)); err != nil {
		return at, fmt.Errorf("renew the certificate of %s: %w", m.name, err)
	}
	return at, nil
}

func (t *tenant) object(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: t.namespace, Name: name}
}

func (t *tenant) secret(name string, certificate pair) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: t.object(name), Type: corev1.SecretTypeTLS, Data: map[string][]byte{
		corev1.TLSCertKey: certificate.certificate, corev1.TLSPrivateKeyKey: certificate.key,
	}}
}

func (t *tenant) client(m member) *v1alpha1.OAuthClient {
	method := v1alpha1.MethodSelfSignedTLSClientAuth
	if m.kind == v1alpha1.TypeCertSubjectDN {
		method = v1alpha1.MethodTLSClientAuth
	}
	c := &v1alpha1.OAuthClient{ObjectMeta: t.object(m.name), Spec: v1alpha1.OAuthClientSpec{
		TenantRef: v1alpha1.TenantReference{Name: tenantName}, AuthenticationMethod: method,
		Settings: &v1alpha1.ClientSettings{Description: new(description)},
	}}
	if m.adopts != "" {
		c.Spec.ClientID, c.Spec.AdoptionPolicy = m.adopts, v1alpha1.AdoptIfUnowned
	}
	return c
}

// credential reads its certificate from the Secret of its own name. Unless it is lazy, its overlap ends at once, so that a renewal
// shows at once all the calls that it takes in the end.
func (t *tenant) credential(m member) *v1alpha1.ClientCredential {
	c := &v1alpha1.ClientCredential{ObjectMeta: t.object(m.name), Spec: v1alpha1.ClientCredentialSpec{
		ClientRef: v1alpha1.LocalReference{Name: m.name}, Type: m.kind, SecretRef: &v1alpha1.LocalReference{Name: m.name},
		Rotation: &v1alpha1.Rotation{HandoverSeconds: new(int32(0))},
	}}
	if !m.lazy {
		c.Spec.Rotation.OverlapSeconds = new(int32(0))
	}
	if m.gated {
		c.Spec.Publish = &v1alpha1.Publication{SecretRef: v1alpha1.LocalReference{Name: m.name + "-published"}}
	}
	return c
}

// identify notes the ids of clients, by the certificates that they have.
func (t *tenant) identify(members []member, certificates []pair) {
	byThumbprint := map[string]string{}
	for _, c := range t.Clients() {
		byThumbprint[attached(c)] = c.ID
	}
	for i := range members {
		members[i].clientID = byThumbprint[certificates[i].thumbprint]
	}
}

func idsOf(members []member) []string {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.clientID
	}
	return ids
}

// repaired is a client that is again as it was declared.
func repaired(c auth0sim.Client) string {
	if c.Settings["description"] == description {
		return c.ID
	}
	return ""
}

func thumbprints(certificates []pair) []string {
	all := make([]string, len(certificates))
	for i, c := range certificates {
		all[i] = c.thumbprint
	}
	return all
}

// allReady waits until clients have all that they were declared with.
func (s *stand) allReady(ctx context.Context, t *tenant, many int) error {
	return poll(ctx, s.limits.patience(many), between(many), "the clients to be ready", func() bool {
		var list v1alpha1.OAuthClientList
		if err := s.client.List(ctx, &list, client.InNamespace(t.namespace)); err != nil {
			return false
		}
		for i := range list.Items {
			if !meta.IsStatusConditionTrue(list.Items[i].Status.Conditions, v1alpha1.ConditionReady) {
				return false
			}
		}
		return len(list.Items) == many
	})
}

// published waits until workloads are handed certificates.
func (s *stand) published(ctx context.Context, t *tenant, certificates []pair) error {
	return poll(ctx, s.limits.patience(2*len(certificates)), between(len(certificates)), "the certificates to be published", func() bool {
		var list v1alpha1.ClientCredentialList
		if err := s.client.List(ctx, &list, client.InNamespace(t.namespace)); err != nil {
			return false
		}
		handed := map[string]bool{}
		for i := range list.Items {
			if p := list.Items[i].Status.Published; p != nil {
				handed[p.Fingerprint] = true
			}
		}
		return !slices.ContainsFunc(certificates, func(c pair) bool { return !handed[c.thumbprint] })
	})
}
