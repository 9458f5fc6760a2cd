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
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
)

var _ = Describe("A change from a secret to certificates, third stage: switch", func() {
	It("is one edit and one request, after which the certificate signs in and the secret does not (I1, I5)", func() {
		m := staged(workspace())
		m.expectSignIn(true)
		m.declare(byCertificate)
		m.rest()

		Expect(m.Writes()).To(Equal([]string{harness.UpdateClient}))
		Expect(m.Sent(harness.UpdateClient)[0]).To(MatchJSON(`{"token_endpoint_auth_method": null, "client_authentication_methods":
			{"self_signed_tls_client_auth": {"credentials": [{"id": "` + m.atTenant().Attached[0] + `"}]}}}`))
		m.expectSignIn(false, m.pair)
		Eventually(func() any { return m.Events(m.client) }).Should(ContainElement(And(HaveField("Reason", "SwitchedToCertificates"),
			HaveField("Note", And(ContainSubstring("before: client_secret_post"), ContainSubstring("refuses the client secret from this request on"))))))
	})

	It("takes along what workloads may hold from before a renewal (I1)", func() {
		m := staged(workspace())
		first := m.pair
		m.renew()
		m.awaitStaged()
		m.Sim.ResetLog()
		m.declare(byCertificate)
		m.rest()
		Expect(m.Writes()).To(Equal([]string{harness.UpdateClient}))
		m.expectSignIn(false, first, m.pair)
	})

	It("to subjects is one request as well (I1, I5)", func() {
		ca := harness.NewAuthority(GinkgoTB(), "Certbound test CA")
		m := staged(workspace(), func(b *binding) {
			b.pair, b.credential.Spec.Type = ca.Issue(GinkgoTB(), "checkout"), v1alpha1.TypeCertSubjectDN
		})
		Expect(m.Sim.SetClientCAs(ca.Certificate)).To(Succeed())
		m.declare(bySubject)
		m.rest()
		Expect(m.Writes()).To(Equal([]string{harness.UpdateClient}))
		Expect(m.tokenByCertificate(m.pair)).To(Succeed())
		Expect(m.tokenBySecret(m.secret())).To(refused())
	})

	It("changes in the same request what a client with certificates cannot have", func() {
		m := migrate(workspace(), signing("HS256"))
		m.awaitStaged()
		m.Sim.ResetLog()
		m.declare(byCertificate)
		m.rest()
		Expect(m.Writes()).To(Equal([]string{harness.UpdateClient}))
		Expect(m.Sent(harness.UpdateClient)).To(HaveExactElements(And(ContainSubstring("RS256"), ContainSubstring("client_authentication_methods"))))
		m.expectSignIn(false, m.pair)
	})

	// Each row lets something happen to the one request.
	DescribeTable("ends where it was to, when its answer is lost (I1, I5)",
		func(fault auth0sim.Fault, attempts int) {
			m := staged(workspace())
			m.Sim.Inject(at("PATCH", oneClient, fault))
			m.declare(byCertificate)
			m.rest()
			Expect(count(m.Routes(), harness.UpdateClient)).To(Equal(attempts))
			Expect(m.Writes()).To(HaveEach(harness.UpdateClient))
			m.expectSignIn(false, m.pair)
		},
		Entry("after it took effect", harness.Lose("", ""), 1),
		Entry("before it took effect", auth0sim.Fault{Reply: auth0sim.ReplyCut}, 2),
		Entry("and it takes effect late, within the fence",
			auth0sim.Fault{Effect: auth0sim.EffectLate, Delay: 300 * time.Millisecond, Reply: auth0sim.ReplyCut}, 1),
	)

	It("is finished by the next operator, when one dies in it, and not made twice (I1, I5)", func() {
		DeferCleanup(func() { restart(harness.OperatorOptions{}) })
		m := staged(workspace())
		held := m.Sim.Inject(harness.HoldAfter("PATCH", oneClient))
		m.declare(byCertificate)
		Eventually(held.Fired()).WithTimeout(harness.Patience).Should(BeClosed())
		crash(held)
		m.rest()
		Expect(m.Writes()).To(Equal([]string{harness.UpdateClient}))
		m.expectSignIn(false, m.pair)
	})

	It("stores again what somebody deleted unseen, with the secret in force until all is there (I1, I5)", func() {
		m := staged(workspace())
		m.ByHand(func() error { return m.Sim.DeleteCredential(m.clientID, m.client.Status.Credentials[0].ID) })
		m.declare(byCertificate)
		m.rest()
		Expect(m.Writes()).To(Equal([]string{harness.UpdateClient, harness.CreateCredential, harness.UpdateClient}), "the first is refused")
		m.expectSignIn(false, m.pair)
	})

	It("that the tenant refuses leaves the secret in force, and is aborted by the edit back (I5)", func() {
		m := staged(workspace())
		m.Sim.Inject(harness.Refuse("PATCH", oneClient))
		m.declare(byCertificate)
		m.Await(m.client, harness.BeStalled(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonInsufficientScope))
		m.expectSignIn(true)
		Expect(m.Published("cert")()).To(Equal(m.pair.Thumbprint()))
		m.declare(bySecret)
		m.awaitStaged()
		m.expectSignIn(true)
	})

	It("that is aborted while it is under way goes back, in one more request (I5)", func() {
		m := staged(workspace())
		held := m.Sim.Inject(harness.HoldBefore("PATCH", oneClient))
		m.declare(byCertificate)
		Eventually(held.Fired()).WithTimeout(harness.Patience).Should(BeClosed())
		m.declare(bySecret)
		held.Release()
		Eventually(m.Writes).Should(Equal([]string{harness.UpdateClient, harness.UpdateClient}))
		m.awaitStaged()
		m.expectSignIn(true)
	})
})

var _ = Describe("A change from a secret to certificates, fourth stage: watch, or go back", func() {
	// switched is a migration after the switch.
	switched := func(w *harness.Workspace, edit ...func(*binding)) *migration {
		m := staged(w, edit...)
		m.declare(byCertificate)
		m.settle()
		return m
	}

	It("goes back by one edit and one request, keeps what is stored, and goes forward again by one more (I3, I5)", func() {
		m := switched(workspace())
		m.declare(bySecret)
		m.awaitStaged()
		m.expectSignIn(true)
		Expect(m.Writes()).To(Equal([]string{harness.UpdateClient}))
		Expect(m.Sent(harness.UpdateClient)[0]).To(MatchJSON(`{"token_endpoint_auth_method": "client_secret_post", "client_authentication_methods": null}`))
		Eventually(func() any { return m.Events(m.client) }).Should(ContainElement(And(HaveField("Reason", "RevertedToSecret"),
			HaveField("Note", And(ContainSubstring("stay stored"), ContainSubstring("the one from before or a new one, which is not documented"))))))

		m.Sim.ResetLog()
		m.declare(byCertificate)
		m.rest()
		Expect(m.Writes()).To(Equal([]string{harness.UpdateClient}))
		m.expectSignIn(false, m.pair)
	})

	It("goes back to whatever secret the tenant has then, as it may make a new one", func() {
		w := workspace(func(o *auth0sim.Options) { o.RevertedSecret = auth0sim.SecretReplaced })
		m := staged(w)
		old := m.secret()
		m.declare(byCertificate)
		m.rest()
		m.declare(bySecret)
		m.awaitStaged()
		Expect(m.tokenBySecret(old)).To(refused())
		m.expectSignIn(true)
	})

	It("goes back with a renewal under way, which is staged then (I1, I3, I5)", func() {
		m := switched(workspace())
		first := m.pair
		held := m.Sim.Inject(harness.HoldBefore("POST", pool))
		m.renew()
		Eventually(held.Fired()).WithTimeout(harness.Patience).Should(BeClosed())
		m.declare(bySecret)
		held.Release()
		m.awaitStaged()
		Expect(m.Stored(m.clientID)()).To(ConsistOf(first.Thumbprint(), m.pair.Thumbprint()))
		m.expectSignIn(true)

		m.Sim.ResetLog()
		m.declare(byCertificate)
		m.rest()
		Expect(m.Writes()).To(Equal([]string{harness.UpdateClient}))
		m.expectSignIn(false, first, m.pair)
	})

	It("publishes no renewal while the way back is declared and not yet made (I1)", func() {
		m := switched(workspace())
		first := m.pair
		refusal := m.Sim.Inject(harness.Refuse("PATCH", oneClient))
		m.renew()
		m.Await(m.client, harness.BeStalled(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonInsufficientScope),
			HaveField("Status.Credentials", ContainElement(HaveField("Fingerprint", m.pair.Thumbprint()))))
		m.declare(bySecret)
		m.Await(m.client, harness.BeStalled(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonInsufficientScope))
		m.Await(m.credential, harness.BeWaiting(v1alpha1.ConditionAttached, v1alpha1.ReasonWaitingForClient))
		Consistently(m.Published("cert")).WithTimeout(quiet).Should(Equal(first.Thumbprint()))
		m.expectSignIn(false, first)

		refusal.Remove()
		touch(m.Workspace, m.client)
		m.awaitStaged()
		m.expectSignIn(true)
	})

	DescribeTable("goes back when the answer is lost (I5)",
		func(fault auth0sim.Fault, attempts int) {
			m := switched(workspace())
			m.Sim.Inject(at("PATCH", oneClient, fault))
			m.declare(bySecret)
			m.awaitStaged()
			Expect(count(m.Routes(), harness.UpdateClient)).To(Equal(attempts))
			Expect(m.Writes()).To(HaveEach(harness.UpdateClient))
			m.expectSignIn(true)
		},
		Entry("after it took effect", harness.Lose("", ""), 1),
		Entry("before it took effect", auth0sim.Fault{Reply: auth0sim.ReplyCut}, 2),
	)

	It("leaves nothing behind when it is given up for good (I3, I7)", func() {
		m := switched(workspace())
		m.declare(bySecret)
		m.awaitStaged()
		m.Delete(m.credential)
		Eventually(m.Stored(m.clientID)).Should(BeEmpty())
		m.Await(m.client, harness.BeReady(), inSync(v1alpha1.ReasonNotApplicable))
		Expect(m.tokenBySecret(m.secret())).To(Succeed())
	})
})
