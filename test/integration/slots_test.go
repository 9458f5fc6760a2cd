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
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
)

var _ = Describe("Several ClientCredentials", func() {
	It("of different types on one client: the one that goes with the method is used, the other says why it is not", func() {
		b := bind(workspace())
		other := b.NewCredential("by-dn", "checkout", dn)
		b.Create(b.TLSSecret("by-dn", fresh()), other)

		b.Await(other, harness.BeStalled(v1alpha1.ConditionAttached, v1alpha1.ReasonMethodMismatch),
			harness.Say(v1alpha1.ConditionAttached, "cert_subject_dn does not go with", "set that to tls_client_auth", "what is attached stays attached"),
			harness.HaveCondition(v1alpha1.ConditionCertificateReady, metav1.ConditionTrue, v1alpha1.ReasonUsable))
		Eventually(harness.Live(b.Workspace, b.client)).Should(harness.Say(v1alpha1.ConditionCredentialsInSync, "by-dn (cert_subject_dn)"))
		b.Await(b.client, harness.BeReady())
		Expect(b.Published("by-dn")()).To(BeEmpty())
		Expect(b.Routes()).To(BeEmpty())
	})

	It("of the type that goes with the method are attached together, and either is published", func() {
		b := bind(workspace())
		second := b.NewCredential("second", "checkout", noOverlap)
		pair := harness.SelfSigned(GinkgoTB(), "second")
		b.Create(b.TLSSecret("second", pair), second)

		b.Await(second, harness.BeReady())
		Eventually(b.Attached(b.id())).Should(ConsistOf(b.pair.Thumbprint(), pair.Thumbprint()))
		Expect(b.Published("cert")()).To(Equal(b.pair.Thumbprint()))
		Expect(b.Published("second")()).To(Equal(pair.Thumbprint()))
	})

	It("of type x509_cert leave no place for a renewal, which is said, and nothing in use is taken away (I1, I2)", func() {
		b := bind(workspace())
		second := b.NewCredential("second", "checkout", noOverlap)
		pair := harness.SelfSigned(GinkgoTB(), "second")
		b.Create(b.TLSSecret("second", pair), second)
		b.Await(second, harness.BeReady())
		old := b.pair
		b.renew()

		b.Await(b.client, harness.BeStalled(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonCredentialLimitReached),
			harness.Say(v1alpha1.ConditionCredentialsInSync, "ClientCredential cert", "may list 2 credentials", "what is attached stays attached", "use cert_subject_dn"))
		Expect(b.Attached(b.id())()).To(ConsistOf(old.Thumbprint(), pair.Thumbprint()))
		Expect(b.Published("cert")()).To(Equal(old.Thumbprint()))

		b.Delete(second)
		Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
		b.settle()
	})

	It("that is deleted has its credential retired where another remains", func() {
		b := bind(workspace())
		second := b.NewCredential("second", "checkout", noOverlap)
		pair := harness.SelfSigned(GinkgoTB(), "second")
		b.Create(b.TLSSecret("second", pair), second)
		b.Await(second, harness.BeReady())
		b.Sim.ResetLog()
		b.Delete(second)

		Eventually(b.Stored(b.id())).Should(ConsistOf(b.pair.Thumbprint()))
		b.Await(b.client, harness.BeReady())
		Expect(b.Writes()).To(Equal([]string{harness.UpdateClient, harness.DeleteCredential}))
	})

	It("the last of which is deleted leaves the client its last credential (I1)", func() {
		b := bind(workspace())
		b.Delete(b.credential)

		b.Await(b.client, harness.BeWaiting(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonNoCredential),
			harness.Say(v1alpha1.ConditionCredentialsInSync, "create one of type x509_cert", "what is attached stays attached"))
		Expect(b.Attached(b.id())()).To(ConsistOf(b.pair.Thumbprint()))
		Expect(b.Writes()).To(BeEmpty())
	})

	It("one after the other for the same certificate take it over without a new credential", func() {
		b := bind(workspace())
		b.Delete(b.credential)
		b.Await(b.client, harness.BeWaiting(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonNoCredential))
		again := b.NewCredential("again", "checkout", noOverlap, func(s *v1alpha1.ClientCredentialSpec) { s.SecretRef.Name = "cert" })
		b.Create(again)

		b.Await(again, harness.BeReady())
		b.Await(b.client, harness.BeReady())
		Expect(b.Attached(b.id())()).To(ConsistOf(b.pair.Thumbprint()))
		Expect(b.Writes()).To(BeEmpty())
	})
})

var _ = Describe("What the tenant allows", func() {
	It("is what the Tenant's limits say, however much more the tenant would take", func() {
		b := bind(workspace())
		harness.Edit(b.Workspace, tenantOf(b.Workspace), func(t *v1alpha1.Tenant) {
			t.Spec.Limits = &v1alpha1.TenantLimits{CredentialsPerMethod: 1}
		})
		b.Await(tenantOf(b.Workspace), harness.BeReady())
		old := b.pair
		b.renew()
		b.Await(b.client, harness.BeStalled(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonCredentialLimitReached),
			harness.Say(v1alpha1.ConditionCredentialsInSync, "may list 1 credentials", "what is attached stays attached"))
		Expect(b.Attached(b.id())()).To(ConsistOf(old.Thumbprint()))
	})

	It("may be each key only once: a renewal with the same key says so and what to do, and loses nothing", func() {
		b := bind(workspace(func(o *auth0sim.Options) { o.Duplicates = auth0sim.DuplicateKey }))
		old := b.pair
		b.pair = harness.WithSameKey(GinkgoTB(), "checkout", old)
		b.Renew("cert", b.pair)

		b.Await(b.client, harness.BeStalled(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonDuplicateCredential),
			harness.Say(v1alpha1.ConditionCredentialsInSync, "rotationPolicy: Always", "stays as it is"))
		Expect(b.Attached(b.id())()).To(ConsistOf(old.Thumbprint()))
		Expect(b.Published("cert")()).To(Equal(old.Thumbprint()))

		b.renew()
		Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
		b.settle()
	})

	It("may be no mutual TLS at all: a plan without it is named, and no client with a secret is made instead (I5)", func() {
		w := workspace(func(o *auth0sim.Options) { o.WithoutMTLS = true })
		t := w.CreateTenant(func(s *v1alpha1.TenantSpec) { s.EndpointAliases = v1alpha1.EndpointAliasesEnabled })
		w.Await(t, harness.BeStalled(v1alpha1.ConditionEndpointAliasesInSync, v1alpha1.ReasonForbidden),
			harness.Say(v1alpha1.ConditionEndpointAliasesInSync, "the tenant's plan", "stays as it is"))
		c := w.NewClient("checkout")
		w.Create(w.TLSSecret("cert", fresh()), c, w.NewCredential("cert", "checkout"))
		w.Await(c, harness.BeStalled(v1alpha1.ConditionRegistered, v1alpha1.ReasonForbidden),
			harness.Say(v1alpha1.ConditionRegistered, "the tenant's plan"))
		Expect(created(w, "checkout")).To(BeEmpty())
	})

	It("may be no place for the mark: a client with ten metadata keys is reported, and gets its certificate nevertheless", func() {
		w := workspace()
		metadata := map[string]any{}
		for i := range 10 {
			metadata[fmt.Sprintf("key%d", i)] = "taken"
		}
		id := secretClient(w, map[string]any{"client_metadata": metadata, "jwt_configuration": map[string]any{"alg": "RS256"}})
		w.CreateTenant()
		c, credential := w.NewClient("legacy", adopting(id, v1alpha1.AdoptIfUnowned)), w.NewCredential("cert", "legacy")
		pair := fresh()
		w.Create(w.TLSSecret("cert", pair), c, credential)

		w.Await(credential, harness.BeReady())
		w.Await(c, harness.BeStalled(v1alpha1.ConditionRegistered, v1alpha1.ReasonRejected),
			harness.Say(v1alpha1.ConditionRegistered, "client_metadata", "stays as it is"))
		Expect(w.Attached(id)()).To(ConsistOf(pair.Thumbprint()))
	})
})

var _ = Describe("Credentials of others on a client", func() {
	It("are counted, shown as nobody's, and left alone through a whole rotation (promise 3)", func() {
		b := bind(workspace())
		foreign := harness.SelfSigned(GinkgoTB(), "foreign")
		id := b.Foreign(b.id(), foreign)
		restart(harness.OperatorOptions{}) // which reads everything anew
		old := b.pair
		b.renew()

		Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
		b.rest()
		Expect(b.Stored(b.id())()).To(ConsistOf(b.pair.Thumbprint(), foreign.Thumbprint()), "%s is retired", old.Thumbprint())
		Expect(b.client.Status.Credentials).To(ContainElement(And(
			HaveField("ID", id), HaveField("Owner", ""), HaveField("State", v1alpha1.CredentialStored))))
	})

	It("that fill the method leave no place, which is said, and nothing is detached (promise 3)", func() {
		b := bind(workspace())
		ours := b.atTenant().Attached
		foreign := harness.SelfSigned(GinkgoTB(), "foreign")
		id := b.Foreign(b.id(), foreign)
		b.ByHand(func() error { return b.Sim.Attach(b.id(), "self_signed_tls_client_auth", append(ours, id)...) })
		restart(harness.OperatorOptions{})
		old := b.pair
		b.renew()

		b.Await(b.client, harness.BeStalled(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonCredentialLimitReached),
			harness.Say(v1alpha1.ConditionCredentialsInSync, "may list 2 credentials", id, "remove at the tenant what is no longer used", "what is attached stays attached"))
		Expect(b.Attached(b.id())()).To(ConsistOf(old.Thumbprint(), foreign.Thumbprint()))
		Expect(b.Published("cert")()).To(Equal(old.Thumbprint()))
	})

	It("that fill the client leave no place, which is said, and it goes on once one is removed", func() {
		b := bind(workspace())
		var ids []string
		for range 3 {
			ids = append(ids, b.Foreign(b.id(), harness.SelfSigned(GinkgoTB(), "foreign")))
		}
		restart(harness.OperatorOptions{})
		b.renew()
		b.Await(b.client, harness.BeStalled(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonCredentialLimitReached),
			harness.Say(v1alpha1.ConditionCredentialsInSync, "may hold 4 credentials", ids[0], ids[1], ids[2]))

		b.ByHand(func() error { return b.Sim.DeleteCredential(b.id(), ids[0]) })
		restart(harness.OperatorOptions{})
		Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
		b.settle()
	})

	It("that are added behind the operator's back make the tenant refuse, which is answered by a look, not by force (promise 2)", func() {
		b := bind(workspace())
		for range 3 {
			b.Foreign(b.id(), harness.SelfSigned(GinkgoTB(), "foreign"))
		}
		b.renew()
		b.Await(b.client, harness.BeStalled(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonCredentialLimitReached))
		Expect(b.Routes()).To(Equal([]string{harness.CreateCredential, harness.ReadClient, harness.ListCredentials}))
		b.Excuse("A client can have a maximum of 4 credentials")
	})
})
