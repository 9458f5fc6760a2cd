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

var _ = Describe("The authentication method of a client", func() {
	It("changes from a secret to a certificate in the one request that attaches it (adoption)", func() {
		w := workspace()
		w.CreateTenant()
		id := secretClient(w, nil)
		c, credential := w.NewClient("legacy", adopting(id, v1alpha1.AdoptIfUnowned)), w.NewCredential("cert", "legacy")
		pair := fresh()
		w.Create(w.TLSSecret("cert", pair), credential)
		Eventually(harness.Live(w, credential)).Should(HaveField("Status.Certificate", Not(BeNil())), "settings wait for no certificate")
		w.Create(c)

		w.Await(credential, harness.BeReady())
		w.Await(c, harness.BeReady())
		adopted, _ := w.Sim.Client(id)
		Expect(adopted.AuthenticationMethod).To(Equal("self_signed_tls_client_auth"))
		Expect(adopted.TokenEndpointAuthMethod).To(BeEmpty(), "the secret is no longer in force")
		Expect(w.Attached(id)()).To(ConsistOf(pair.Thumbprint()))
		Expect(w.Writes()).To(Equal([]string{harness.CreateCredential, harness.UpdateClient}))
		Expect(w.Sent(harness.UpdateClient)).To(HaveExactElements(And(ContainSubstring("certbound_owner"), ContainSubstring("RS256"),
			ContainSubstring(`"token_endpoint_auth_method":null`), ContainSubstring("client_authentication_methods"))))
	})

	It("stays a secret for as long as there is no usable certificate to replace it", func() {
		w := workspace()
		w.CreateTenant()
		id := secretClient(w, nil)
		c := w.NewClient("legacy", adopting(id, v1alpha1.AdoptIfUnowned))
		w.Create(c, w.NewCredential("cert", "legacy"))

		w.Await(c, harness.BeWaiting(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonWaitingForCertificate),
			harness.Say(v1alpha1.ConditionCredentialsInSync, "goes on to authenticate as it does"))
		adopted, _ := w.Sim.Client(id)
		Expect(adopted.TokenEndpointAuthMethod).To(Equal("client_secret_post"))
	})

	It("goes back to a client secret, which detaches the certificates in one request, and keeps them stored for the next change", func() {
		b := bind(workspace())
		b.World.OnPurpose(b.id())
		harness.Edit(b.Workspace, b.client, func(c *v1alpha1.OAuthClient) {
			c.Spec.AuthenticationMethod = v1alpha1.MethodClientSecretPost
		})

		b.Await(b.client, harness.BeReady(), inSync(v1alpha1.ReasonNotReadyToSwitch))
		Expect(b.atTenant().TokenEndpointAuthMethod).To(Equal("client_secret_post"))
		Expect(b.Stored(b.id())()).To(ConsistOf(b.pair.Thumbprint()))
		Expect(b.Writes()).To(Equal([]string{harness.UpdateClient}))
		Expect(b.Sent(harness.UpdateClient)[0]).To(And(
			ContainSubstring(`"token_endpoint_auth_method":"client_secret_post"`), ContainSubstring(`"client_authentication_methods":null`)))
		b.Await(b.credential, harness.BeWaiting(v1alpha1.ConditionAttached, v1alpha1.ReasonStaged))
	})

	It("comes back from a secret to the certificate", func() {
		b := bind(workspace())
		b.World.OnPurpose(b.id())
		method := func(m v1alpha1.AuthenticationMethod) func(*v1alpha1.OAuthClient) {
			return func(c *v1alpha1.OAuthClient) { c.Spec.AuthenticationMethod = m }
		}
		harness.Edit(b.Workspace, b.client, method(v1alpha1.MethodClientSecretBasic))
		b.Await(b.client, harness.BeReady())
		Expect(b.atTenant().TokenEndpointAuthMethod).To(Equal("client_secret_basic"))
		harness.Edit(b.Workspace, b.client, method(v1alpha1.MethodSelfSignedTLSClientAuth))

		b.settle()
		Expect(b.Attached(b.id())()).To(ConsistOf(b.pair.Thumbprint()))
	})

	It("switches from self_signed_tls_client_auth to tls_client_auth with a second ClientCredential, and is never without one", func() {
		b := bind(workspace())
		other := harness.NewAuthority(GinkgoTB(), "Certbound test CA").Issue(GinkgoTB(), "checkout")
		byCA := b.NewCredential("by-ca", "checkout", dn)
		b.Create(b.TLSSecret("by-ca", other), byCA)
		b.Await(byCA, harness.BeStalled(v1alpha1.ConditionAttached, v1alpha1.ReasonMethodMismatch),
			harness.Say(v1alpha1.ConditionAttached, "tls_client_auth", "what is attached stays attached"))
		b.Await(b.client, harness.BeReady())
		Expect(b.Routes()).To(BeEmpty())

		b.World.OnPurpose(b.id())
		harness.Edit(b.Workspace, b.client, func(c *v1alpha1.OAuthClient) { c.Spec.AuthenticationMethod = v1alpha1.MethodTLSClientAuth })
		b.Await(byCA, harness.BeReady())
		b.Await(b.client, harness.BeReady())
		Expect(b.atTenant().AuthenticationMethod).To(Equal("tls_client_auth"))
		Expect(b.Stored(b.id())()).To(ConsistOf("O=Certbound\nCN=checkout"))
		Expect(b.Writes()).To(Equal([]string{harness.CreateCredential, harness.UpdateClient, harness.DeleteCredential}))
		b.Await(b.credential, harness.BeStalled(v1alpha1.ConditionAttached, v1alpha1.ReasonMethodMismatch))
		Expect(b.Published("by-ca")()).To(Equal(other.Thumbprint()))
	})

	It("is not switched while no ClientCredential has the type that goes with it", func() {
		b := bind(workspace())
		harness.Edit(b.Workspace, b.client, func(c *v1alpha1.OAuthClient) { c.Spec.AuthenticationMethod = v1alpha1.MethodTLSClientAuth })

		b.Await(b.client, harness.BeStalled(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonMethodMismatch),
			harness.Say(v1alpha1.ConditionCredentialsInSync, "cert (x509_cert)", "what is attached stays attached"))
		Expect(b.Attached(b.id())()).To(ConsistOf(b.pair.Thumbprint()))
		Expect(b.Routes()).To(BeEmpty())
	})
})
