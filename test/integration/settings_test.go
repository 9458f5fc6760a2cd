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
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/test/harness"
)

// with gives the client of a binding settings.
func with(settings v1alpha1.ClientSettings) func(*binding) {
	return func(b *binding) { b.client.Spec.Settings = &settings }
}

var _ = Describe("The settings of a client", func() {
	It("are all set in the request that creates it", func() {
		b := bind(workspace(), with(v1alpha1.ClientSettings{
			Name: "Checkout", Description: new("Takes the money."), AppType: "regular_web",
			GrantTypes:        []string{"client_credentials", "authorization_code"},
			JWTConfiguration:  &v1alpha1.JWTConfiguration{Algorithm: "PS256", LifetimeSeconds: 300},
			ProofOfPossession: v1alpha1.Required, PushedAuthorizationRequests: v1alpha1.Required,
			Metadata:  map[string]v1alpha1.MetadataValue{"team": "payments"},
			Callbacks: &[]string{"https://shop.example.com/callback"}, AllowedLogoutURLs: &[]string{"https://shop.example.com"},
			WebOrigins: &[]string{"https://shop.example.com"},
		}))
		Expect(b.atTenant().Settings).To(And(
			HaveKeyWithValue("name", "Checkout"), HaveKeyWithValue("description", "Takes the money."),
			HaveKeyWithValue("app_type", "regular_web"),
			HaveKeyWithValue("grant_types", ConsistOf("client_credentials", "authorization_code")),
			HaveKeyWithValue("require_proof_of_possession", true), HaveKeyWithValue("require_pushed_authorization_requests", true),
			HaveKeyWithValue("client_metadata", HaveKeyWithValue("team", "payments")),
			HaveKeyWithValue("callbacks", ConsistOf("https://shop.example.com/callback")),
			HaveKeyWithValue("jwt_configuration", And(HaveKeyWithValue("alg", "PS256"), HaveKeyWithValue("lifetime_in_seconds", BeEquivalentTo("300")))),
		))
	})

	It("change field by field: what is edited is sent, and nothing else", func() {
		b := bind(workspace(), with(v1alpha1.ClientSettings{Name: "Checkout", Description: new("Takes the money.")}))
		harness.Edit(b.Workspace, b.client, func(c *v1alpha1.OAuthClient) { c.Spec.Settings.Description = new("Takes all the money.") })

		b.Await(b.client, harness.BeReady())
		Expect(b.atTenant().Settings).To(HaveKeyWithValue("description", "Takes all the money."))
		Expect(b.Routes()).To(Equal([]string{harness.UpdateClient}))
		Expect(b.Sent(harness.UpdateClient)[0]).To(MatchJSON(`{"description":"Takes all the money."}`))
	})

	It("that are unset are not managed: what somebody else writes stays", func() {
		b := bind(workspace(), with(v1alpha1.ClientSettings{Metadata: map[string]v1alpha1.MetadataValue{"team": "payments"}}))
		b.ByHand(func() error {
			return b.Sim.EditClient(b.id(), map[string]any{
				"description": "by hand", "callbacks": []any{"https://by.hand.example.com"}, "client_metadata": map[string]any{"by": "hand"}})
		})
		restart(harness.OperatorOptions{}) // which reads everything anew
		harness.Edit(b.Workspace, b.client, func(c *v1alpha1.OAuthClient) { c.Spec.Settings.Name = "Checkout" })

		b.Await(b.client, harness.BeReady())
		Expect(b.atTenant().Settings).To(And(HaveKeyWithValue("name", "Checkout"), HaveKeyWithValue("description", "by hand"),
			HaveKeyWithValue("callbacks", ConsistOf("https://by.hand.example.com")),
			HaveKeyWithValue("client_metadata", And(HaveKeyWithValue("by", "hand"), HaveKeyWithValue("team", "payments")))))
	})

	It("can be emptied, which is not the same as unset", func() {
		b := bind(workspace(), with(v1alpha1.ClientSettings{Callbacks: &[]string{"https://shop.example.com/callback"}, Description: new("x")}))
		harness.Edit(b.Workspace, b.client, func(c *v1alpha1.OAuthClient) {
			c.Spec.Settings.Callbacks, c.Spec.Settings.Description = &[]string{}, new("")
		})

		b.Await(b.client, harness.BeReady())
		Expect(b.atTenant().Settings).To(And(HaveKeyWithValue("callbacks", BeEmpty()), HaveKeyWithValue("description", BeEmpty())))
	})

	It("that the tenant refuses are reported, and hold up no renewal", func() {
		b := bind(workspace())
		refused := b.Sim.Inject(harness.Refuse("PATCH", "/api/v2/clients/{id}"))
		harness.Edit(b.Workspace, b.client, func(c *v1alpha1.OAuthClient) {
			c.Spec.Settings = &v1alpha1.ClientSettings{Name: "Checkout"}
		})
		b.Await(b.client, harness.BeStalled(v1alpha1.ConditionRegistered, v1alpha1.ReasonInsufficientScope),
			harness.Say(v1alpha1.ConditionRegistered, "name", "stays as it is", "grant the operator's client"))
		refused.Remove()
		renewed := b.renew()

		Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
		b.settle()
		Expect(b.atTenant().Settings).To(HaveKeyWithValue("name", "Checkout"))
	})
})

var _ = Describe("What somebody else changes at the tenant", func() {
	It("is put back when the drift interval is over: settings, an attachment, and the endpoint aliases (promise 2)", func() {
		w := workspace()
		w.CreateTenant(func(s *v1alpha1.TenantSpec) {
			s.DriftIntervalSeconds, s.EndpointAliases = 10, v1alpha1.EndpointAliasesEnabled
		})
		pair := fresh()
		c, credential := w.NewClient("checkout", func(s *v1alpha1.OAuthClientSpec) {
			s.Settings = &v1alpha1.ClientSettings{Name: "Checkout"}
		}), w.NewCredential("cert", "checkout")
		w.Create(w.TLSSecret("cert", pair), c, credential)
		w.Await(credential, harness.BeReady())
		w.Await(c, harness.BeReady())

		id := c.Status.ClientID
		w.ByHand(func() error { return w.Sim.EditClient(id, map[string]any{"name": "By hand"}) })
		w.ByHand(func() error { return w.Sim.RevertToSecret(id, "client_secret_post") })
		w.ByHand(func() error { return w.Sim.EditTenantSettings(map[string]any{"mtls": nil}) })

		Eventually(w.Attached(id)).Should(ConsistOf(pair.Thumbprint()))
		Eventually(func() any { c, _ := w.Sim.Client(id); return c.Name }).Should(Equal("Checkout"))
		Eventually(w.Sim.TenantSettings).Should(HaveKeyWithValue("mtls", HaveKeyWithValue("enable_endpoint_aliases", true)))
		w.Await(c, harness.BeReady())
		w.Await(credential, harness.BeReady())
		Expect(w.Writes()).NotTo(ContainElement(harness.CreateCredential), "the credential was still stored")
	})

	It("is not touched where it concerns nobody: a drift check of a client at rest writes nothing", func() {
		w := workspace()
		w.CreateTenant(func(s *v1alpha1.TenantSpec) { s.DriftIntervalSeconds = 10 })
		c, credential := w.NewClient("checkout"), w.NewCredential("cert", "checkout")
		w.Create(w.TLSSecret("cert", fresh()), c, credential)
		w.Await(credential, harness.BeReady())
		w.Await(c, harness.BeReady())
		w.Sim.ResetLog()

		Eventually(w.Routes).Should(ContainElement(harness.ListClients))
		w.Await(c, harness.BeReady())
		Expect(w.Routes()).To(HaveEach(harness.ListClients))
	})
})
