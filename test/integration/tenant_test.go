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

package integration

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
)

var signInRef = v1alpha1.SecretKeyReference{Name: harness.SignInSecret, Key: harness.SignInKey}

// keyClient creates, by hand, a management client that signs in by private_key_jwt, and returns its id and private key.
func keyClient(w *harness.Workspace) (id string, key []byte) {
	GinkgoHelper()
	private, err := rsa.GenerateKey(rand.Reader, 2048)
	Expect(err).NotTo(HaveOccurred())
	public, err := x509.MarshalPKIXPublicKey(private.Public())
	Expect(err).NotTo(HaveOccurred())
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	Expect(err).NotTo(HaveOccurred())
	credential := map[string]any{"credential_type": "public_key", "name": "operator", "alg": "RS256",
		"pem": string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))}
	w.ByHand(func() error {
		id, err = w.Sim.AddClient(map[string]any{
			"name": "operator", "app_type": "non_interactive", "grant_types": []any{"client_credentials"},
			"jwt_configuration":             map[string]any{"alg": "RS256"},
			"client_authentication_methods": map[string]any{"private_key_jwt": map[string]any{"credentials": []any{credential}}},
		})
		if err != nil {
			return err
		}
		_, err = w.Sim.AddGrant(id, w.Sim.Audience(), auth0sim.ManagementScopes()...)
		return err
	})
	return id, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8})
}

var _ = Describe("A Tenant", func() {
	Context("signs in", func() {
		It("by client secret, and shows what the tenant says of itself", func() {
			w := workspace()
			t := w.CreateTenant()
			w.Await(t, harness.BeReady())
			Expect(t.Status.Issuer).To(Equal(w.Sim.URL() + "/"))
			Expect(t.Status.TokenEndpoint).To(Equal(w.Sim.URL() + "/oauth/token"))
			Expect(t.Status.MTLSTokenEndpoint).To(BeEmpty())
			Expect(*t.Status.Clients).To(BeZero())
			Expect(w.Sim.TokenRequests()).To(HaveLen(1))
			Expect(w.Sim.TokenRequests()[0].Method).To(HavePrefix("client_secret"))
		})

		It("by private_key_jwt", func() {
			w := workspace()
			id, key := keyClient(w)
			t := w.NewTenant(func(s *v1alpha1.TenantSpec) {
				s.SignIn = v1alpha1.TenantSignIn{PrivateKeyJWT: &v1alpha1.PrivateKeyJWTSignIn{ClientID: id, SecretRef: signInRef}}
			})
			w.Create(w.SignIn(string(key)), w.CABundle(), t)
			w.Await(t, harness.BeReady())
			Expect(w.Sim.TokenRequests()).To(ConsistOf(And(HaveField("Method", "private_key_jwt"), HaveField("Status", 200))))
		})

		It("with a ready-made access token, which it tries before it calls it good", func() {
			w := workspace()
			t := w.NewTenant(accessToken)
			w.Create(w.SignIn(w.Sim.ManagementToken()), w.CABundle(), t)
			w.Await(t, harness.BeReady())
			Expect(w.Routes()).To(Equal([]string{harness.ListClients}))
			Expect(w.Sim.TokenRequests()).To(BeEmpty())
		})

		It("not with an access token that the tenant does not accept", func() {
			w := workspace()
			t := w.NewTenant(accessToken)
			w.Create(w.SignIn(w.Sim.ManagementToken()), w.CABundle())
			w.Sim.ExpireTokens()
			w.Create(t)
			w.Await(t, harness.BeRetrying(v1alpha1.ConditionAuthenticated, v1alpha1.ReasonSignInRefused),
				harness.Say(v1alpha1.ConditionAuthenticated, "spec.signIn", "stay as they are"))
		})

		It("anew when its Secret is rotated, with the new secret, and its clients go on", func() {
			b := bind(workspace())
			const rotated = "rotated-secret-0123456789-0123456789-0123456789"
			b.ByHand(func() error {
				return b.Sim.EditClient(b.Sim.ManagementClientID(), map[string]any{"client_secret": rotated})
			})
			b.Sim.ExpireTokens()
			harness.Edit(b.Workspace, b.SignIn(""), func(s *corev1.Secret) { s.Data[harness.SignInKey] = []byte(rotated) })

			Eventually(b.Sim.TokenRequests).Should(ContainElement(HaveField("Status", 200)))
			b.Await(tenantOf(b.Workspace), harness.BeReady())
			renewed := b.renew()
			Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
			b.settle()
		})

		It("again by itself when its token has expired, once, whatever the number of requests", func() {
			b := bind(workspace())
			b.Sim.ExpireTokens()
			b.renew()
			Eventually(b.Attached(b.id())).Should(ConsistOf(b.pair.Thumbprint()))
			b.Await(b.client, harness.BeReady())
			Expect(b.Sim.TokenRequests()).To(HaveLen(1))
		})
	})

	Context("waits", func() {
		It("for its Secret", func() {
			w := workspace()
			t := w.NewTenant()
			w.Create(w.CABundle(), t)
			w.Await(t, harness.BeWaiting(v1alpha1.ConditionAuthenticated, v1alpha1.ReasonSignInSecretNotFound),
				harness.Say(v1alpha1.ConditionAuthenticated, harness.SignInSecret, "create it", "stay as they are"))
			w.Create(w.SignIn(w.Sim.ManagementClientSecret()))
			w.Await(t, harness.BeReady())
		})

		It("for the key in its Secret", func() {
			w := workspace()
			t := w.NewTenant()
			w.Create(w.CABundle(), w.SignIn(""), t)
			w.Await(t, harness.BeWaiting(v1alpha1.ConditionAuthenticated, v1alpha1.ReasonSignInSecretNotFound),
				harness.Say(v1alpha1.ConditionAuthenticated, "the key "+harness.SignInKey, "add it"))
		})

		It("for its CA bundle", func() {
			w := workspace()
			t := w.NewTenant()
			w.Create(w.SignIn(w.Sim.ManagementClientSecret()), t)
			w.Await(t, harness.BeWaiting(v1alpha1.ConditionReachable, v1alpha1.ReasonCABundleInvalid),
				harness.Say(v1alpha1.ConditionReachable, harness.CABundleName, "stay as they are"))
			w.Create(w.CABundle())
			w.Await(t, harness.BeReady())
		})
	})

	It("takes its CA bundle from a Secret as well", func() {
		w := workspace()
		t := w.NewTenant(func(s *v1alpha1.TenantSpec) { s.CABundleRef.Kind = "Secret" })
		w.Create(w.SignIn(w.Sim.ManagementClientSecret()), t, &corev1.Secret{
			ObjectMeta: named(w, harness.CABundleName), Data: map[string][]byte{harness.CABundleKey: w.Sim.CABundle()}})
		w.Await(t, harness.BeReady())
	})

	It("is told where its CA bundle holds no certificate, and what stays safe", func() {
		w := workspace()
		bundle := w.CABundle()
		bundle.Data[harness.CABundleKey] = "no certificate"
		t := w.NewTenant()
		w.Create(w.SignIn(w.Sim.ManagementClientSecret()), bundle, t)
		w.Await(t, harness.BeStalled(v1alpha1.ConditionReachable, v1alpha1.ReasonCABundleInvalid),
			harness.Say(v1alpha1.ConditionReachable, "correct", "stay as they are"))
		harness.Edit(w, bundle, func(m *corev1.ConfigMap) { m.Data = w.CABundle().Data })
		w.Await(t, harness.BeReady())
	})

	It("is told where its private key cannot be used, and what stays safe", func() {
		w := workspace()
		t := w.NewTenant(func(s *v1alpha1.TenantSpec) {
			s.SignIn = v1alpha1.TenantSignIn{PrivateKeyJWT: &v1alpha1.PrivateKeyJWTSignIn{ClientID: "x", SecretRef: signInRef}}
		})
		w.Create(w.SignIn("no key"), w.CABundle(), t)
		w.Await(t, harness.BeStalled(v1alpha1.ConditionAuthenticated, v1alpha1.ReasonSignInInvalid),
			harness.Say(v1alpha1.ConditionAuthenticated, "correct the Secret", "stay as they are"))
	})

	DescribeTable("keeps the mTLS endpoint aliases as asked for",
		func(asked v1alpha1.EndpointAliases, before map[string]any, after any, writes int) {
			w := workspace()
			w.ByHand(func() error { return w.Sim.EditTenantSettings(map[string]any{"mtls": before}) })
			t := w.CreateTenant(func(s *v1alpha1.TenantSpec) { s.EndpointAliases = asked })
			w.Await(t, harness.BeReady())
			Expect(w.Sim.TenantSettings()["mtls"]).To(after.(OmegaMatcher))
			Expect(w.Writes()).To(HaveLen(writes))
			if enabled := HaveKeyWithValue("enable_endpoint_aliases", true); asked == v1alpha1.EndpointAliasesEnabled {
				Expect(w.Sim.TenantSettings()["mtls"]).To(enabled)
				Expect(t.Status.MTLSTokenEndpoint).To(Equal(w.Sim.MTLSURL() + "/oauth/token"))
			}
		},
		Entry("Enabled, off before: one request", v1alpha1.EndpointAliasesEnabled, aliases(false), HaveKeyWithValue("enable_endpoint_aliases", true), 1),
		Entry("Enabled, on before: none", v1alpha1.EndpointAliasesEnabled, aliases(true), HaveKeyWithValue("enable_endpoint_aliases", true), 0),
		Entry("Disabled, on before: one request", v1alpha1.EndpointAliasesDisabled, aliases(true), HaveKeyWithValue("enable_endpoint_aliases", false), 1),
		Entry("Disabled, never set: none", v1alpha1.EndpointAliasesDisabled, nil, BeNil(), 0),
		Entry("Unmanaged: none", v1alpha1.EndpointAliasesUnmanaged, aliases(true), HaveKeyWithValue("enable_endpoint_aliases", true), 0),
		Entry("unset: none", v1alpha1.EndpointAliases(""), aliases(true), HaveKeyWithValue("enable_endpoint_aliases", true), 0),
	)

	It("names the scopes that are missing for what is asked of it, and those that are needlessly wide", func() {
		w := workspace(func(o *auth0sim.Options) {
			o.ManagementScopes = append(without(auth0sim.ManagementScopes(), "create:client_credentials", "delete:clients", "create:client_grants"), "read:users")
		})
		t := w.CreateTenant()
		w.Await(t, harness.BeStalled(v1alpha1.ConditionScopesSufficient, v1alpha1.ReasonScopesMissing),
			harness.Say(v1alpha1.ConditionScopesSufficient, "create:client_credentials", "what needs none of them goes on"))
		Expect(t.Status.MissingScopes).To(Equal([]string{"create:client_credentials"}), "nobody asks for deletion or grants")
		Expect(t.Status.UnneededScopes).To(ContainElements("read:users", "read:client_keys"))

		w.Create(w.NewClient("checkout", func(s *v1alpha1.OAuthClientSpec) {
			s.DeletionPolicy, s.Grants = v1alpha1.DeletionDelete, []v1alpha1.ClientGrant{{Audience: orders}}
		}))
		Eventually(harness.Live(w, t)).Should(HaveField("Status.MissingScopes",
			ConsistOf("create:client_credentials", "create:client_grants", "delete:clients")))
		Expect(*t.Status.Clients).To(Equal(int32(1)))
	})

	It("is ready again once missing scopes are granted", func() {
		w := workspace(func(o *auth0sim.Options) { o.ManagementScopes = without(auth0sim.ManagementScopes(), "update:clients") })
		t := w.CreateTenant()
		w.Await(t, harness.BeStalled(v1alpha1.ConditionScopesSufficient, v1alpha1.ReasonScopesMissing))
		w.Sim.SetManagementScopes(auth0sim.ManagementScopes()...)
		recheck(w, t)
		w.Await(t, harness.BeReady())
		Expect(t.Status.MissingScopes).To(BeEmpty())
	})
})

var _ = Describe("A ClusterTenant", func() {
	clusterTenant := func(w *harness.Workspace, allowed *v1alpha1.AllowedNamespaces) *v1alpha1.ClusterTenant {
		secret, bundle, spec := w.SignIn(w.Sim.ManagementClientSecret()), w.CABundle(), w.NewTenant().Spec
		secret.Namespace, bundle.Namespace = harness.SystemNamespace, harness.SystemNamespace
		secret.Name, bundle.Name = w.Namespace, w.Namespace
		spec.SignIn.ClientSecret.SecretRef.Name, spec.CABundleRef.Name = w.Namespace, w.Namespace
		t := &v1alpha1.ClusterTenant{ObjectMeta: metav1.ObjectMeta{Name: w.Namespace},
			Spec: v1alpha1.ClusterTenantSpec{TenantSpec: spec, AllowedNamespaces: allowed}}
		w.Create(secret, bundle, t)
		return t
	}
	using := func(t *v1alpha1.ClusterTenant) func(*v1alpha1.OAuthClientSpec) {
		return func(s *v1alpha1.OAuthClientSpec) {
			s.TenantRef = v1alpha1.TenantReference{Kind: v1alpha1.KindClusterTenant, Name: t.Name}
		}
	}

	It("serves the namespaces that it names, with Secrets of the operator's namespace", func() {
		w := workspace()
		t := clusterTenant(w, nil)
		w.Await(t, harness.BeReady())
		c := w.NewClient("checkout", using(t))
		w.Create(w.TLSSecret("cert", fresh()), c, w.NewCredential("cert", "checkout"))
		w.Await(c, harness.BeStalled(v1alpha1.ConditionTenantReady, v1alpha1.ReasonNamespaceNotAllowed),
			harness.Say(v1alpha1.ConditionTenantReady, "spec.allowedNamespaces", "stays as it is"))
		Expect(w.Writes()).To(BeEmpty())

		harness.Edit(w, t, func(t *v1alpha1.ClusterTenant) {
			t.Spec.AllowedNamespaces = &v1alpha1.AllowedNamespaces{Names: []string{w.Namespace}}
		})
		w.Await(c, harness.BeReady())
	})

	It("serves the namespaces that its selector finds, also when the label comes later", func() {
		w := workspace()
		t := clusterTenant(w, &v1alpha1.AllowedNamespaces{Selector: &metav1.LabelSelector{MatchLabels: map[string]string{"auth0": "yes"}}})
		c := w.NewClient("checkout", using(t))
		w.Create(w.TLSSecret("cert", fresh()), c, w.NewCredential("cert", "checkout"))
		w.Await(c, harness.BeStalled(v1alpha1.ConditionTenantReady, v1alpha1.ReasonNamespaceNotAllowed))
		Expect(w.Writes()).To(BeEmpty())

		harness.Edit(w, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.Namespace}}, func(n *corev1.Namespace) {
			n.Labels["auth0"] = "yes"
		})
		w.Await(c, harness.BeReady())
	})
})

func accessToken(s *v1alpha1.TenantSpec) {
	s.SignIn = v1alpha1.TenantSignIn{AccessToken: &v1alpha1.AccessTokenSignIn{SecretRef: signInRef}}
}

func aliases(enabled bool) map[string]any { return map[string]any{"enable_endpoint_aliases": enabled} }

// recheck makes the operator look at a tenant anew, before the drift interval is over: it does so when the spec changes.
func recheck(w *harness.Workspace, t *v1alpha1.Tenant) {
	GinkgoHelper()
	harness.Edit(w, t, func(t *v1alpha1.Tenant) {
		if t.Spec.DriftIntervalSeconds == 0 {
			t.Spec.DriftIntervalSeconds = 3600
		}
		t.Spec.DriftIntervalSeconds++
	})
}
