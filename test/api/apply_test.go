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

package api

import (
	"context"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	apply "github.com/certbound/certbound/api/v1alpha1/applyconfiguration/api/v1alpha1"
)

// Two teams apply one OAuthClient, each its own part; what one of them no longer applies goes, and nothing else.
func TestApplyConfigurations(t *testing.T) {
	g := NewWithT(t)
	namespace := newNamespace(t)
	security, payments := client.FieldOwner("security"), client.FieldOwner("payments")
	grant := func(audience string) *apply.ClientGrantApplyConfiguration {
		return apply.ClientGrant().WithAudience(audience).WithScopes("read")
	}
	base := func() *apply.OAuthClientApplyConfiguration {
		return apply.OAuthClient("shared", namespace).WithSpec(apply.OAuthClientSpec().
			WithTenantRef(apply.TenantReference().WithName("tenant")).
			WithAuthenticationMethod(v1alpha1.MethodTLSClientAuth))
	}
	own := func(audience string) *apply.OAuthClientApplyConfiguration {
		return apply.OAuthClient("shared", namespace).WithSpec(apply.OAuthClientSpec().WithGrants(grant(audience)).
			WithSettings(apply.ClientSettings().WithMetadata(map[string]v1alpha1.MetadataValue{audience: "granted"})))
	}

	first := base()
	first.Spec.WithGrants(grant("ledger"))
	g.Expect(env.Client.Apply(t.Context(), first, security)).To(Succeed())
	g.Expect(env.Client.Apply(t.Context(), own("accounts"), payments)).To(Succeed())
	live := &v1alpha1.OAuthClient{}
	key := client.ObjectKey{Namespace: namespace, Name: "shared"}
	g.Expect(env.Client.Get(t.Context(), key, live)).To(Succeed())
	g.Expect(live.Spec.Grants).To(ConsistOf(HaveField("Audience", "ledger"), HaveField("Audience", "accounts")))

	g.Expect(env.Client.Apply(t.Context(), base(), security)).To(Succeed())
	g.Expect(env.Client.Get(t.Context(), key, live)).To(Succeed())
	g.Expect(live.Spec.Grants).To(ConsistOf(HaveField("Audience", "accounts")))
	g.Expect(live.Spec.Settings.Metadata).To(HaveKey("accounts"))

	other := base()
	other.Spec.WithAuthenticationMethod(v1alpha1.MethodClientSecretPost)
	g.Expect(env.Client.Apply(t.Context(), other, payments)).To(MatchError(ContainSubstring(`conflict with "security"`)))
}

// Each kind has apply configurations, for its status as well.
func TestApplyConfigurationsOfEveryKind(t *testing.T) {
	g := NewWithT(t)
	namespace := newNamespace(t)
	owner := client.FieldOwner("test")
	secret := apply.SecretKeyReference().WithName("management").WithKey("client-secret")
	signIn := apply.TenantSignIn().WithClientSecret(apply.ClientSecretSignIn().WithClientID("tH7uVc2nXq").WithSecretRef(secret))

	g.Expect(env.Client.Apply(t.Context(), apply.Tenant("tenant", namespace).
		WithSpec(apply.TenantSpec().WithDomain("example.eu.auth0.com").WithSignIn(signIn)), owner)).To(Succeed())
	g.Expect(env.Client.Apply(t.Context(), apply.ClusterTenant(namespace).
		WithSpec(apply.ClusterTenantSpec().WithDomain("example.eu.auth0.com").WithSignIn(signIn).
			WithAllowedNamespaces(apply.AllowedNamespaces().WithNames(namespace))), owner)).To(Succeed())
	t.Cleanup(func() {
		left := &v1alpha1.ClusterTenant{ObjectMeta: metav1.ObjectMeta{Name: namespace}}
		g.Expect(env.Client.Delete(context.WithoutCancel(t.Context()), left)).To(Succeed())
	})
	g.Expect(env.Client.Apply(t.Context(), apply.ClientCredential("credential", namespace).
		WithSpec(apply.ClientCredentialSpec().WithClientRef(apply.LocalReference().WithName("client")).
			WithType(v1alpha1.TypeX509Cert).WithSecretRef(apply.LocalReference().WithName("by-hand")).
			WithRotation(apply.Rotation().WithOverlapSeconds(0))), owner)).To(Succeed())
	g.Expect(env.Client.Status().Apply(t.Context(), apply.ClientCredential("credential", namespace).
		WithStatus(apply.ClientCredentialStatus().WithObservedGeneration(1)), owner)).To(Succeed())

	live := &v1alpha1.ClientCredential{}
	g.Expect(env.Client.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: "credential"}, live)).To(Succeed())
	g.Expect(live.Spec.Rotation.OverlapSeconds).To(HaveValue(BeZero()), "zero is a wish, not its absence")
	g.Expect(live.Status.ObservedGeneration).To(BeEquivalentTo(1))
}
