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

package memory_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/memory"
)

// patience is time in the world, which costs none.
const patience = 10 * time.Minute

const overlap = 5 * time.Minute

func TestAClientIsCreatedAndRenewedWithOverlap(t *testing.T) {
	memory.Run(t, auth0sim.Options{}, createAndRenew)
}

func createAndRenew(t *testing.T, w *memory.World) {
	t.Helper()
	start(t, w, memory.OperatorOptions{})
	first, second := harness.SelfSigned(t, "first"), harness.SelfSigned(t, "second")
	declare(t, w, first)
	await(t, w, "the client is ready", func() bool { return ready(t, w) })
	check(t, w, "after the creation", first, first)

	renew(t, w, second)
	await(t, w, "the new certificate is published", func() bool { return published(t, w) == second.Thumbprint() })
	check(t, w, "in the overlap", second, first, second)

	w.Advance(overlap)
	await(t, w, "the operator rests", func() bool { return w.AwaitQuiet(patience) })
	check(t, w, "after the overlap", second, second)
	if !ready(t, w) {
		t.Error("the client is not ready")
	}
}

func start(t *testing.T, w *memory.World, o memory.OperatorOptions) *memory.Operator {
	t.Helper()
	operator, err := w.StartOperator(o)
	if err != nil {
		t.Fatal(err)
	}
	return operator
}

func await(t *testing.T, w *memory.World, what string, holds func() bool) {
	t.Helper()
	if !w.Await(patience, holds) {
		t.Fatalf("it did not come to that: %s", what)
	}
}

// check checks which certificate is published, and which are attached and stored at the tenant.
func check(t *testing.T, w *memory.World, when string, wanted harness.KeyPair, attached ...harness.KeyPair) {
	t.Helper()
	if got := published(t, w); got != wanted.Thumbprint() {
		t.Errorf("%s %q is published", when, got)
	}
	c, _ := w.Sim.Client(oauthClient(t, w).Status.ClientID)
	var want, got []string
	for _, pair := range attached {
		want = append(want, pair.Thumbprint())
	}
	for _, credential := range c.Credentials {
		if !slices.Contains(c.Attached, credential.ID) {
			t.Errorf("%s %s is stored and not attached", when, credential.Thumbprint)
		}
		got = append(got, credential.Thumbprint)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("%s the tenant holds %q, want %q", when, got, want)
	}
}

func named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: memory.Namespace, Name: name}
}

// declare creates a tenant, a client, and its credential with a certificate.
func declare(t *testing.T, w *memory.World, pair harness.KeyPair) {
	t.Helper()
	createTenant(t, w)
	create(t, w,
		&corev1.Secret{ObjectMeta: named("certificate"), Type: corev1.SecretTypeTLS, Data: data(pair)},
		&v1alpha1.OAuthClient{ObjectMeta: named("client"), Spec: v1alpha1.OAuthClientSpec{
			TenantRef: v1alpha1.TenantReference{Name: "tenant"}, AuthenticationMethod: v1alpha1.MethodSelfSignedTLSClientAuth,
		}},
		&v1alpha1.ClientCredential{ObjectMeta: named("credential"), Spec: v1alpha1.ClientCredentialSpec{
			ClientRef: v1alpha1.LocalReference{Name: "client"}, Type: v1alpha1.TypeX509Cert,
			SecretRef: &v1alpha1.LocalReference{Name: "certificate"},
			Rotation:  &v1alpha1.Rotation{OverlapSeconds: new(int32(overlap / time.Second))},
			Publish:   &v1alpha1.Publication{SecretRef: v1alpha1.LocalReference{Name: "published"}},
		}},
	)
}

// createTenant creates the tenant, and what it is signed in to with.
func createTenant(t *testing.T, w *memory.World) {
	t.Helper()
	create(t, w,
		&corev1.Secret{ObjectMeta: named("sign-in"), StringData: map[string]string{"secret": w.Sim.ManagementClientSecret()}},
		&corev1.ConfigMap{ObjectMeta: named("ca"), Data: map[string]string{"ca.crt": string(w.Sim.CABundle())}},
		&v1alpha1.Tenant{ObjectMeta: named("tenant"), Spec: v1alpha1.TenantSpec{
			Domain: w.Sim.Domain(),
			SignIn: v1alpha1.TenantSignIn{ClientSecret: &v1alpha1.ClientSecretSignIn{
				ClientID: w.Sim.ManagementClientID(), SecretRef: v1alpha1.SecretKeyReference{Name: "sign-in", Key: "secret"},
			}},
			CABundleRef: &v1alpha1.CABundleReference{Kind: "ConfigMap", Name: "ca", Key: "ca.crt"},
		}},
	)
}

func data(pair harness.KeyPair) map[string][]byte {
	return map[string][]byte{corev1.TLSCertKey: pair.Certificate, corev1.TLSPrivateKeyKey: pair.Key}
}

func create(t *testing.T, w *memory.World, objects ...client.Object) {
	t.Helper()
	for _, o := range objects {
		if err := w.Client.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
}

func renew(t *testing.T, w *memory.World, pair harness.KeyPair) {
	t.Helper()
	s := &corev1.Secret{ObjectMeta: named("certificate")}
	read(t, w, s)
	s.Data = data(pair)
	if err := w.Client.Update(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, w *memory.World, o client.Object) {
	t.Helper()
	if err := client.IgnoreNotFound(w.Client.Get(t.Context(), client.ObjectKeyFromObject(o), o)); err != nil {
		t.Fatal(err)
	}
}

func oauthClient(t *testing.T, w *memory.World) *v1alpha1.OAuthClient {
	t.Helper()
	c := &v1alpha1.OAuthClient{ObjectMeta: named("client")}
	read(t, w, c)
	return c
}

func ready(t *testing.T, w *memory.World) bool {
	t.Helper()
	c := &v1alpha1.ClientCredential{ObjectMeta: named("credential")}
	read(t, w, c)
	return meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady) &&
		meta.IsStatusConditionTrue(oauthClient(t, w).Status.Conditions, v1alpha1.ConditionReady)
}

// published is the thumbprint of the certificate that workloads are handed.
func published(t *testing.T, w *memory.World) string {
	t.Helper()
	s := &corev1.Secret{ObjectMeta: named("published")}
	read(t, w, s)
	block, _ := pem.Decode(s.Data[corev1.TLSCertKey])
	if block == nil {
		return ""
	}
	return thumbprint(block.Bytes)
}

func thumbprint(der []byte) string {
	digest := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(digest[:])
}
