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
	"crypto/x509/pkix"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller"
	"github.com/certbound/certbound/test/harness"
)

var _ = Describe("A rotation", func() {
	It("takes one Create, one Attach, one Detach and one Delete, and no read in between (promise 5)", func() {
		b := bind(workspace())
		old := b.pair
		renewed := b.renew()

		Eventually(b.Attached(b.id())).Should(ConsistOf(renewed.Thumbprint()))
		b.rest()
		Expect(b.Stored(b.id())()).To(ConsistOf(renewed.Thumbprint()), "the old certificate %s is deleted", old.Thumbprint())
		Expect(b.Routes()).To(Equal([]string{
			harness.CreateCredential, harness.UpdateClient, harness.UpdateClient, harness.DeleteCredential}))
	})

	It("publishes a certificate only after the tenant accepted it (the gate, I1)", func() {
		b := bind(workspace())
		old := b.pair
		held := b.Sim.Inject(harness.HoldBefore("PATCH", "/api/v2/clients/{id}"))
		renewed := b.renew()

		Eventually(held.Fired()).WithTimeout(harness.Patience).Should(BeClosed())
		b.Await(b.credential, harness.BeWaiting(v1alpha1.ConditionAttached, v1alpha1.ReasonWaitingForClient),
			harness.HaveCondition(v1alpha1.ConditionPublished, metav1.ConditionFalse, v1alpha1.ReasonWaitingForAttachment),
			harness.Say(v1alpha1.ConditionAttached, "what is attached stays attached"))
		Expect(b.Published("cert")()).To(Equal(old.Thumbprint()), "the new certificate is held back")
		Expect(b.credential.Status.Certificate.Fingerprint).To(Equal(renewed.Thumbprint()))

		held.Release()
		Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
		b.settle()
	})

	It("keeps the old certificate attached for the overlap, then detaches and deletes it", func() {
		b := bind(workspace(), overlap(3))
		old := b.pair
		renewed := b.renew()

		Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
		published := time.Now()
		b.Await(b.client, harness.HaveCondition(v1alpha1.ConditionCredentialsInSync, metav1.ConditionTrue, v1alpha1.ReasonOverlap), harness.BeReady())
		Expect(b.client.Status.NextStep).To(ContainSubstring("Keep the old certificate attached until"))
		Expect(b.Attached(b.id())()).To(ConsistOf(old.Thumbprint(), renewed.Thumbprint()))

		Eventually(b.Stored(b.id())).Should(ConsistOf(renewed.Thumbprint()))
		Expect(time.Since(published)).To(BeNumerically(">", time.Second), "published-at counts in whole seconds")
	})

	It("keeps the old certificate attached for as long as it is valid, where no overlap is asked for", func() {
		b := bind(workspace(), func(b *binding) { b.credential.Spec.Rotation = nil })
		old := b.pair
		renewed := b.renew()

		b.Await(b.client, harness.HaveCondition(v1alpha1.ConditionCredentialsInSync, metav1.ConditionTrue, v1alpha1.ReasonOverlap))
		Expect(b.Attached(b.id())()).To(ConsistOf(old.Thumbprint(), renewed.Thumbprint()))
		Expect(b.client.Status.NextStep).To(ContainSubstring(old.Leaf.NotAfter.Add(time.Minute).UTC().Format(time.RFC3339)))
	})

	It("lets a third certificate wait until workloads had the least time for the second, then the oldest leaves early (one handover at a time)", func() {
		b := bind(workspace(), overlap(3600), handover(4))
		first := b.pair
		second := b.renew()
		Eventually(b.Published("cert")).Should(Equal(second.Thumbprint()))
		third := b.renew()

		b.Await(b.client, harness.BeWaiting(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonHandover))
		Expect(b.Attached(b.id())()).To(ConsistOf(first.Thumbprint(), second.Thumbprint()))
		Expect(b.Stored(b.id())()).To(ConsistOf(first.Thumbprint(), second.Thumbprint(), third.Thumbprint()))
		Expect(b.Published("cert")()).To(Equal(second.Thumbprint()))

		Eventually(b.Published("cert")).Should(Equal(third.Thumbprint()))
		Eventually(b.Stored(b.id())).Should(ConsistOf(second.Thumbprint(), third.Thumbprint()))
		b.Await(b.client, harness.BeReady())
	})

	It("attaches a certificate that workloads read from its own Secret, and retires the old one (ungated)", func() {
		b := bind(workspace(), ungated)
		Expect(b.credential).To(harness.HaveCondition(v1alpha1.ConditionPublished, metav1.ConditionTrue, v1alpha1.ReasonNotRequested))
		renewed := b.renew()

		// It is Ready all along: no status tells of the last step, which is the deletion.
		Eventually(b.Stored(b.id())).Should(ConsistOf(renewed.Thumbprint()))
		b.Await(b.client, harness.BeReady())
		Expect(b.Attached(b.id())()).To(ConsistOf(renewed.Thumbprint()))
		Expect(b.Writes()).To(Equal([]string{
			harness.CreateCredential, harness.UpdateClient, harness.UpdateClient, harness.DeleteCredential}))
	})

	It("costs no Management call when the subject of a cert_subject_dn stays the same", func() {
		b := bind(workspace(), byDN)
		renewed := b.renew()

		Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
		b.rest()
		Expect(b.Routes()).To(BeEmpty())
	})

	It("exchanges a cert_subject_dn when the subject changes, and gates it as any other", func() {
		b := bind(workspace(), byDN)
		old := b.Attached(b.id())()
		renewed := b.renew(subject(pkix.Name{Organization: []string{"Certbound"}, CommonName: "checkout-2"}))

		Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
		Eventually(b.Stored(b.id())).Should(ConsistOf("O=Certbound\nCN=checkout-2"))
		Expect(old).To(ConsistOf("O=Certbound\nCN=checkout"))
		b.Await(b.client, harness.BeReady())
		Expect(b.Routes()).To(Equal([]string{
			harness.CreateCredential, harness.UpdateClient, harness.UpdateClient, harness.DeleteCredential}))
	})

	It("goes on to count the overlap of a changed subject when the next renewal keeps the subject (I3)", func() {
		b := bind(workspace(), byDN, overlap(3600))
		old := b.pair.Leaf
		rename := subject(pkix.Name{Organization: []string{"Certbound"}, CommonName: "checkout-2"})
		b.renew(rename)
		b.rest()
		changed := b.credential.Status.Published.PublishedAt
		b.renew(rename)
		b.rest()

		published := b.credential.Status.Published
		Expect(published.SubjectPublishedAt.Time).To(BeTemporally("==", changed.Time))
		Expect(published.PreviousNotAfter.Time).To(BeTemporally("==", old.NotAfter))
		Expect(b.Stored(b.id())()).To(ConsistOf("O=Certbound\nCN=checkout", "O=Certbound\nCN=checkout-2"))
		Expect(b.client.Status.NextStep).To(ContainSubstring(changed.Add(time.Hour).UTC().Format(time.RFC3339)))
	})

	It("puts a published Secret that was deleted back, without a call to the tenant", func() {
		b := bind(workspace())
		b.Delete(&corev1.Secret{ObjectMeta: named(b.Workspace, "cert"+harness.PublishSuffix)})

		Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
		b.rest()
		Expect(b.Routes()).To(BeEmpty())
	})

	It("puts a published Secret that was changed by hand back, without a call to the tenant", func() {
		b := bind(workspace())
		harness.Edit(b.Workspace, &corev1.Secret{ObjectMeta: named(b.Workspace, "cert"+harness.PublishSuffix)}, func(s *corev1.Secret) {
			put(s, harness.SelfSigned(GinkgoTB(), "by hand"))
		})

		Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
		b.rest()
		Expect(b.Routes()).To(BeEmpty())
	})

	It("goes on where the two sides of the operator run as two programs", func() {
		Expect(operator.Stop()).To(Succeed())
		var sides []*harness.Operator
		for _, side := range []string{controller.TenantSide, controller.ClusterSide} {
			one, err := env.StartOperator(harness.OperatorOptions{Sides: []string{side}})
			Expect(err).NotTo(HaveOccurred())
			sides = append(sides, one)
		}
		DeferCleanup(func() {
			for _, side := range sides {
				Expect(side.Stop()).To(Succeed())
			}
			start(harness.OperatorOptions{})
		})
		b := bind(workspace())
		b.renew()
		Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
		b.settle()
	})

	It("leaves a Secret alone that has the name to publish to and is somebody else's", func() {
		w := workspace()
		foreign := harness.SelfSigned(GinkgoTB(), "theirs")
		theirs := w.TLSSecret("cert"+harness.PublishSuffix, foreign)
		w.Create(theirs)
		b := &binding{Workspace: w, client: w.NewClient("checkout"), credential: w.NewCredential("cert", "checkout"),
			pair: harness.SelfSigned(GinkgoTB(), "checkout")}
		w.CreateTenant()
		w.Create(w.TLSSecret("cert", b.pair), b.client, b.credential)

		b.Await(b.credential, harness.BeStalled(v1alpha1.ConditionPublished, v1alpha1.ReasonNameTaken),
			harness.Say(v1alpha1.ConditionPublished, "left as it is", "choose another name"))
		Expect(b.Published("cert")()).To(Equal(foreign.Thumbprint()))

		b.Delete(theirs)
		Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
		b.settle()
	})

	It("reports what is published: the fingerprint, since when, and until when", func() {
		b := bind(workspace())
		published := b.credential.Status.Published
		Expect(published.Fingerprint).To(Equal(b.pair.Thumbprint()))
		Expect(published.PublishedAt.Time).To(BeTemporally("~", time.Now(), harness.Patience))
		Expect(published.NotAfter.Time).To(BeTemporally("==", b.pair.Leaf.NotAfter))
		Expect(b.client.Status.ExpiresAt.Time).To(BeTemporally("==", b.pair.Leaf.NotAfter))

		var secret corev1.Secret
		Expect(b.Client().Get(GinkgoTB().Context(), keyOf(b.Workspace, "cert"+harness.PublishSuffix), &secret)).To(Succeed())
		Expect(secret.Type).To(Equal(corev1.SecretTypeTLS))
		Expect(secret.Data).To(HaveKeyWithValue(corev1.TLSPrivateKeyKey, b.pair.Key))
		Expect(metav1.IsControlledBy(&secret, b.credential)).To(BeTrue(), "it goes with the ClientCredential")
	})
})
