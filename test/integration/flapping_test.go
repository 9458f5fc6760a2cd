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
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
)

// put writes a pair into the source Secret in the name of somebody, and waits until the operator has seen it.
func (b *binding) put(pair harness.KeyPair, writer string) {
	GinkgoHelper()
	secret := &corev1.Secret{ObjectMeta: named(b.Workspace, "cert")}
	Eventually(func() error {
		if err := b.Client().Get(GinkgoTB().Context(), client.ObjectKeyFromObject(secret), secret); err != nil {
			return err
		}
		put(secret, pair)
		return b.Client().Update(GinkgoTB().Context(), secret, client.FieldOwner(writer))
	}).Should(Succeed())
	b.pair = pair
	Eventually(harness.Live(b.Workspace, b.credential)).Should(HaveField("Status.Observed", ContainElement(HaveField("Fingerprint", pair.Thumbprint()))))
	Eventually(func() (string, error) {
		c, err := harness.Live(b.Workspace, b.credential)()
		if err != nil || len(c.Status.Observed) == 0 {
			return "", err
		}
		return c.Status.Observed[len(c.Status.Observed)-1].Fingerprint, nil
	}).Should(Equal(pair.Thumbprint()))
}

// flaps matches a credential whose Secret is not followed.
func flaps() OmegaMatcher {
	return And(harness.BeStalled(v1alpha1.ConditionCertificateReady, v1alpha1.ReasonCertificateFlapping),
		harness.Say(v1alpha1.ConditionCertificateReady, "The Secret cert changes back and forth", "stays attached", "let one alone write it"))
}

var _ = Describe("A Secret that changes back and forth", func() {
	It("between two certificates is followed no more, costs a bounded number of calls, and is followed again after a time of quiet (I1, I9)", func() {
		clock := &skewed{}
		withOperator(harness.OperatorOptions{Clock: clock})
		b := bind(workspace())
		pairs := []harness.KeyPair{b.pair, fresh()}
		for i := range 20 {
			b.put(pairs[(i+1)%2], "somebody")
		}
		b.Await(b.credential, flaps(), harness.Say(v1alpha1.ConditionCertificateReady, "between 2 certificates", "written by"))
		Expect(len(b.Routes())).To(BeNumerically("<=", 10), "at most two renewals and a return: %v", b.Routes())
		Expect(len(b.credential.Status.Observed)).To(BeNumerically("<=", 12))
		published, err := b.Published("cert")()
		Expect(err).NotTo(HaveOccurred())
		Expect(b.Attached(b.id())()).To(ContainElement(published))

		before := len(b.Routes())
		other := pairs[0]
		if published == other.Thumbprint() {
			other = pairs[1]
		}
		b.put(pairs[0], "somebody")
		b.put(pairs[1], "somebody")
		b.put(other, "somebody")
		Expect(b.Published("cert")()).To(Equal(published), "nothing is followed")
		Expect(b.Routes()).To(HaveLen(before), "however long it goes on")

		clock.set(2 * time.Hour)
		touch(b.Workspace, b.credential)
		Eventually(b.Published("cert")).Should(Equal(other.Thumbprint()))
		b.settle()
		Expect(b.Stored(b.id())()).To(ConsistOf(other.Thumbprint()))
	})

	It("is followed again by itself when it has been quiet for a while", func() {
		b := bind(workspace())
		first, second := b.pair, fresh()
		held := b.Sim.Inject(auth0sim.Fault{Method: http.MethodPost, Path: "/api/v2/clients/*/credentials", Hold: true}) // so that the second is not published before it is gone
		for _, pair := range []harness.KeyPair{second, first, second} {
			b.put(pair, "somebody")
		}
		b.Await(b.credential, flaps())
		held.Remove()
		Expect(b.Published("cert")()).To(Equal(first.Thumbprint()))
		Eventually(b.Published("cert")).Should(Equal(second.Thumbprint()))
		b.settle()
	})

	It("because two write it, each with new certificates, is named with both, and none of their certificates is registered any more", func() {
		b := bind(workspace())
		for range 2 { // each return doubles how long it is not followed: after a third round, a minute
			b.put(fresh(), "cert-manager")
			b.put(fresh(), "argocd")
		}
		b.Await(b.credential, flaps(), harness.Say(v1alpha1.ConditionCertificateReady, "cert-manager", "and by argocd"))
		b.settle()
		before := b.Routes()
		for range 3 {
			b.put(fresh(), "cert-manager")
			b.put(fresh(), "argocd")
		}
		Expect(b.Routes()).To(Equal(before))
		published, err := b.Published("cert")()
		Expect(err).NotTo(HaveOccurred())
		Expect(b.Attached(b.id())()).To(ContainElement(published))
		Eventually(func() any { return b.Events(b.credential) }).Should(ContainElement(
			And(HaveField("Type", corev1.EventTypeWarning), HaveField("Reason", v1alpha1.ReasonCertificateFlapping))))
	})

	It("once, as a backup that is restored makes it, does not count: the renewal after it is followed at once", func() {
		b := bind(workspace())
		first := b.pair
		b.put(fresh(), "cert-manager")
		b.rest()
		b.put(first, "velero")
		b.Await(b.credential, harness.BeWaiting(v1alpha1.ConditionCertificateReady, v1alpha1.ReasonOlderCertificate))
		b.put(fresh(), "cert-manager")
		b.settle()
	})

	It("does not keep workloads on a certificate that is about to expire (I1)", func() {
		b := bind(workspace(), func(b *binding) { b.pair = fresh(validity(-time.Hour, 40*time.Second)) })
		short, second := b.pair, fresh()
		for _, pair := range []harness.KeyPair{second, short, second, short, second} {
			b.put(pair, "somebody")
		}
		Eventually(b.Published("cert")).Should(Equal(second.Thumbprint()))
		Expect(time.Now()).To(BeTemporally("<", short.Leaf.NotAfter))
	})
})
