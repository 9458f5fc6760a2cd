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
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
)

const (
	orders   = "https://orders.example.com"
	invoices = "https://invoices.example.com"
)

// api creates an API at the tenant.
func api(w *harness.Workspace, identifier string, scopes ...string) {
	GinkgoHelper()
	values := []any{}
	for _, scope := range scopes {
		values = append(values, map[string]any{"value": scope})
	}
	w.ByHand(func() error {
		_, err := w.Sim.AddResourceServer(map[string]any{"name": identifier, "identifier": identifier, "scopes": values})
		return err
	})
}

func granting(grants ...v1alpha1.ClientGrant) func(*binding) {
	return func(b *binding) { b.client.Spec.Grants = grants }
}

func (b *binding) grants() []auth0sim.Grant { return b.Sim.Grants(b.id()) }

func grant(audience string, scopes ...string) OmegaMatcher {
	return And(HaveField("Audience", audience), HaveField("Scopes", ConsistOf(scopes)))
}

var _ = Describe("The grants of a client", func() {
	It("are created without a read before, and changed with one request each", func() {
		w := workspace()
		api(w, orders, "read:orders", "write:orders")
		api(w, invoices, "read:invoices")
		b := bind(w, granting(v1alpha1.ClientGrant{Audience: orders, Scopes: []string{"read:orders"}}))
		Expect(b.grants()).To(ConsistOf(grant(orders, "read:orders")))

		harness.Edit(b.Workspace, b.client, func(c *v1alpha1.OAuthClient) {
			c.Spec.Grants = []v1alpha1.ClientGrant{
				{Audience: orders, Scopes: []string{"read:orders", "write:orders"}}, {Audience: invoices, Scopes: []string{"read:invoices"}}}
		})
		b.Await(b.client, harness.BeReady())
		Expect(b.grants()).To(ConsistOf(grant(orders, "read:orders", "write:orders"), grant(invoices, "read:invoices")))
		Expect(b.Routes()).To(Equal([]string{harness.UpdateGrant, harness.CreateGrant}))
	})

	It("for other audiences are left as they are, also when one is taken out of the spec (promise 3)", func() {
		w := workspace()
		api(w, orders, "read:orders")
		api(w, invoices, "read:invoices")
		b := bind(w, granting(v1alpha1.ClientGrant{Audience: orders, Scopes: []string{"read:orders"}}))
		b.ByHand(func() error {
			_, err := b.Sim.AddGrant(b.id(), invoices, "read:invoices")
			return err
		})

		harness.Edit(b.Workspace, b.client, func(c *v1alpha1.OAuthClient) { c.Spec.Grants = nil })
		b.Await(b.client, harness.HaveCondition(v1alpha1.ConditionGrantsInSync, metav1.ConditionTrue, v1alpha1.ReasonUnmanaged), harness.BeReady())
		Expect(b.grants()).To(ConsistOf(grant(orders, "read:orders"), grant(invoices, "read:invoices")))
		Expect(b.Writes()).To(BeEmpty())
	})

	It("that exist already when a client is adopted are read, and only what differs is changed", func() {
		w := workspace()
		api(w, orders, "read:orders", "write:orders")
		id := secretClient(w, map[string]any{"jwt_configuration": map[string]any{"alg": "RS256"}})
		w.ByHand(func() error {
			_, err := w.Sim.AddGrant(id, orders, "write:orders", "read:orders")
			return err
		})
		w.CreateTenant()
		c := w.NewClient("legacy", adopting(id, v1alpha1.AdoptIfUnowned), func(s *v1alpha1.OAuthClientSpec) {
			s.Grants = []v1alpha1.ClientGrant{{Audience: orders, Scopes: []string{"read:orders", "write:orders"}}}
			s.AuthenticationMethod = v1alpha1.MethodClientSecretPost
		})
		w.Create(c)

		w.Await(c, harness.BeReady())
		Expect(w.Sim.Grants(id)).To(HaveLen(1))
		Expect(w.Writes()).To(Equal([]string{harness.UpdateClient}), "the mark; the order of scopes means nothing")
	})

	It("for an audience that the tenant does not have are reported, and hold up nothing else", func() {
		w := workspace()
		api(w, orders, "read:orders")
		b := &binding{Workspace: w, client: w.NewClient("checkout", func(s *v1alpha1.OAuthClientSpec) {
			s.Grants = []v1alpha1.ClientGrant{{Audience: "https://nowhere.example.com"}}
		}), credential: w.NewCredential("cert", "checkout"), pair: fresh()}
		w.CreateTenant()
		w.Create(w.TLSSecret("cert", b.pair), b.client, b.credential)

		b.Await(b.credential, harness.BeReady())
		b.Await(b.client, harness.BeStalled(v1alpha1.ConditionGrantsInSync, v1alpha1.ReasonAudienceNotFound),
			harness.HaveCondition(v1alpha1.ConditionCredentialsInSync, metav1.ConditionTrue, v1alpha1.ReasonInSync),
			harness.Say(v1alpha1.ConditionGrantsInSync, "https://nowhere.example.com", "create it at the tenant", "stay as they are"))

		harness.Edit(w, b.client, func(c *v1alpha1.OAuthClient) {
			c.Spec.Grants = []v1alpha1.ClientGrant{{Audience: orders, Scopes: []string{"read:orders"}}}
		})
		b.settle()
		Expect(b.grants()).To(ConsistOf(grant(orders, "read:orders")))
	})
})

var _ = Describe("The connection facts of a client", func() {
	facts := func(b *binding) func() (map[string]string, error) {
		return func() (map[string]string, error) {
			var m corev1.ConfigMap
			err := b.Client().Get(GinkgoTB().Context(), keyOf(b.Workspace, "connection"), &m)
			return m.Data, err
		}
	}
	connected := func(b *binding) {
		b.client.Spec.Connection = &v1alpha1.Connection{ConfigMapRef: v1alpha1.LocalReference{Name: "connection"}}
	}

	It("are written to the ConfigMap, and nothing secret is among them", func() {
		w := workspace()
		api(w, orders)
		b := bind(w, connected, granting(v1alpha1.ClientGrant{Audience: orders}))
		Expect(facts(b)()).To(Equal(map[string]string{
			"client_id": b.id(), "issuer": w.Sim.URL() + "/", "token_endpoint": w.Sim.URL() + "/oauth/token",
			"token_endpoint_auth_method": "self_signed_tls_client_auth", "audiences": orders,
		}))
	})

	It("name the mTLS token endpoint once the tenant's aliases are on", func() {
		b := bind(workspace(), connected)
		tenant := harness.Named(b.Workspace, &v1alpha1.Tenant{}, harness.TenantName)
		harness.Edit(b.Workspace, tenant, func(t *v1alpha1.Tenant) { t.Spec.EndpointAliases = v1alpha1.EndpointAliasesEnabled })

		Eventually(facts(b)).Should(HaveKeyWithValue("mtls_token_endpoint", b.Sim.MTLSURL()+"/oauth/token"))
		b.Await(tenant, harness.BeReady())
		Expect(tenant.Status.MTLSTokenEndpoint).To(Equal(b.Sim.MTLSURL() + "/oauth/token"))
	})

	It("are put back where somebody changes or deletes the ConfigMap, without a call to the tenant", func() {
		b := bind(workspace(), connected)
		wanted, err := facts(b)()
		Expect(err).NotTo(HaveOccurred())
		m := &corev1.ConfigMap{ObjectMeta: named(b.Workspace, "connection")}
		harness.Edit(b.Workspace, m, func(m *corev1.ConfigMap) { m.Data["client_id"] = "by hand" })
		Eventually(facts(b)).Should(Equal(wanted))
		b.Delete(m)
		Eventually(facts(b)).Should(Equal(wanted))
		b.Await(b.client, harness.BeReady())
		Expect(b.Routes()).To(BeEmpty())
	})

	It("leave a ConfigMap alone that has the name and is somebody else's, and are written once the name is free", func() {
		w := workspace()
		theirs := &corev1.ConfigMap{ObjectMeta: named(w, "connection"), Data: map[string]string{"theirs": "yes"}}
		w.Create(theirs)
		b := &binding{Workspace: w, client: w.NewClient("checkout"), credential: w.NewCredential("cert", "checkout"), pair: fresh()}
		connected(b)
		w.CreateTenant()
		w.Create(w.TLSSecret("cert", b.pair), b.client, b.credential)

		b.Await(b.client, harness.BeStalled(v1alpha1.ConditionConnectionPublished, v1alpha1.ReasonNameTaken),
			harness.Say(v1alpha1.ConditionConnectionPublished, "left as it is", "choose another name"))
		Expect(facts(b)()).To(Equal(theirs.Data))
		w.Delete(theirs)
		b.settle()
		Expect(facts(b)()).To(HaveKeyWithValue("client_id", b.id()))
	})
})
