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
	"github.com/certbound/certbound/test/harness"
)

var _ = Describe("A client that does not exist yet", func() {
	It("is created with its self-signed certificate in one request, and never has a secret in force (promise 5, I5)", func() {
		w := workspace()
		w.CreateTenant()
		c, credential := w.NewClient("checkout"), w.NewCredential("cert", "checkout")
		pair := fresh()
		w.Create(w.TLSSecret("cert", pair), c, credential)

		w.Await(credential, harness.BeReady())
		w.Await(c, harness.BeReady())
		Expect(w.Routes()).To(Equal([]string{harness.CreateClient}), "no read, no second write")
		Expect(w.Sent(harness.CreateClient)[0]).NotTo(ContainSubstring("token_endpoint_auth_method"))

		created, exists := w.Sim.Client(c.Status.ClientID)
		Expect(exists).To(BeTrue())
		Expect(created.AuthenticationMethod).To(Equal("self_signed_tls_client_auth"))
		Expect(created.TokenEndpointAuthMethod).To(BeEmpty())
		Expect(w.Attached(created.ID)()).To(ConsistOf(pair.Thumbprint()))
		Expect(created.Name).To(Equal(w.Namespace + "/checkout"))
		Expect(created.Settings).To(HaveKeyWithValue("grant_types", ConsistOf("client_credentials")))
		Expect(created.Settings).To(HaveKeyWithValue("jwt_configuration", HaveKeyWithValue("alg", "RS256")))

		Expect(c.Status.AuthenticationMethod).To(Equal("self_signed_tls_client_auth"))
		Expect(c.Status.Credentials).To(ConsistOf(And(
			HaveField("State", v1alpha1.CredentialAttached), HaveField("Owner", "cert"), HaveField("Fingerprint", pair.Thumbprint()),
			HaveField("ExpiresAt.Time", BeTemporally("==", pair.Leaf.NotAfter)))))
	})

	It("is created with a CA-signed certificate from its PEM, of which the leaf alone is sent", func() {
		w := workspace()
		w.CreateTenant()
		pair := harness.NewAuthority(GinkgoTB(), "Certbound test CA").Issue(GinkgoTB(), "checkout")
		c := w.NewClient("checkout", byTLS)
		credential := w.NewCredential("cert", "checkout", dn)
		w.Create(w.TLSSecret("cert", pair), c, credential)

		w.Await(credential, harness.BeReady())
		w.Await(c, harness.BeReady())
		Expect(w.Routes()).To(Equal([]string{harness.CreateClient}))
		created, _ := w.Sim.Client(c.Status.ClientID)
		Expect(created.AuthenticationMethod).To(Equal("tls_client_auth"))
		Expect(w.Attached(created.ID)()).To(ConsistOf("O=Certbound\nCN=checkout"))
		bodies := w.Sent(harness.CreateClient)
		Expect(bodies).To(HaveLen(1))
		Expect(bodies[0]).To(ContainSubstring("BEGIN CERTIFICATE"))
		Expect(bodies[0]).NotTo(MatchRegexp("(?s)BEGIN CERTIFICATE.*BEGIN CERTIFICATE"), "the chain stays here")
		Expect(credential.Status.Certificate.SubjectDN).To(Equal("O=Certbound\nCN=checkout"))
	})

	It("is created from a literal subject, in the tenant's form, without any certificate", func() {
		w := workspace()
		w.CreateTenant()
		c := w.NewClient("checkout", byTLS)
		credential := w.NewCredential("cert", "checkout", dn, literal("C=XX\nO=Certbound\nCN=checkout"))
		w.Create(c, credential)

		w.Await(credential, harness.BeReady())
		w.Await(c, harness.BeReady())
		Expect(w.Routes()).To(Equal([]string{harness.CreateClient}))
		Expect(w.Attached(c.Status.ClientID)()).To(ConsistOf("C=XX\nO=Certbound\nCN=checkout"))
		Expect(w.Sent(harness.CreateClient)[0]).NotTo(ContainSubstring("BEGIN"))
	})

	It("waits for a ClientCredential, and is not created without one (I5)", func() {
		w := workspace()
		w.CreateTenant()
		c := w.NewClient("checkout")
		w.Create(c)

		w.Await(c, harness.BeWaiting(v1alpha1.ConditionRegistered, v1alpha1.ReasonWaitingForCertificate),
			harness.Say(v1alpha1.ConditionRegistered, "type x509_cert", "never has a secret in force"))
		Expect(w.Routes()).To(BeEmpty())

		w.Create(w.TLSSecret("cert", fresh()), w.NewCredential("cert", "checkout"))
		w.Await(c, harness.BeReady())
		Expect(w.Writes()).To(Equal([]string{harness.CreateClient}))
	})

	It("waits for a usable certificate, and says which ClientCredential lacks one", func() {
		w := workspace()
		w.CreateTenant()
		c, credential := w.NewClient("checkout"), w.NewCredential("cert", "checkout")
		w.Create(c, credential)

		w.Await(c, harness.BeWaiting(v1alpha1.ConditionRegistered, v1alpha1.ReasonWaitingForCertificate),
			harness.Say(v1alpha1.ConditionRegistered, "ClientCredential cert"))
		w.Await(credential, harness.BeWaiting(v1alpha1.ConditionCertificateReady, v1alpha1.ReasonSecretNotFound))
		Expect(w.Routes()).To(BeEmpty())
	})

	It("is created with a client secret where the method is one, and with no certificate", func() {
		w := workspace()
		w.CreateTenant()
		c := w.NewClient("checkout", func(s *v1alpha1.OAuthClientSpec) { s.AuthenticationMethod = v1alpha1.MethodClientSecretPost })
		w.Create(c)

		w.Await(c, harness.BeReady(), harness.HaveCondition(v1alpha1.ConditionCredentialsInSync, "True", v1alpha1.ReasonNotApplicable))
		created, _ := w.Sim.Client(c.Status.ClientID)
		Expect(created.TokenEndpointAuthMethod).To(Equal("client_secret_post"))
		Expect(c.Status.AuthenticationMethod).To(Equal("client_secret_post"))
		Expect(w.Routes()).To(Equal([]string{harness.CreateClient}))
	})

	It("is registered within a second or so of its Secret being written (point 7)", func() {
		w := workspace()
		w.CreateTenant()
		c := w.NewClient("checkout")
		w.Create(c, w.NewCredential("cert", "checkout"))
		w.Await(c, harness.BeWaiting(v1alpha1.ConditionRegistered, v1alpha1.ReasonWaitingForCertificate))

		written := time.Now()
		w.Create(w.TLSSecret("cert", fresh()))
		Eventually(w.Writes).WithPolling(10 * time.Millisecond).Should(Equal([]string{harness.CreateClient}))
		Expect(time.Since(written)).To(BeNumerically("<", generous), "it is the watch that wakes, not an interval")
	})

	It("says that its tenant does not exist, and is created once it does", func() {
		w := workspace()
		c := w.NewClient("checkout")
		w.Create(w.TLSSecret("cert", fresh()), c, w.NewCredential("cert", "checkout"))

		w.Await(c, harness.BeWaiting(v1alpha1.ConditionTenantReady, v1alpha1.ReasonTenantNotFound),
			harness.Say(v1alpha1.ConditionTenantReady, harness.TenantName, "stays as it is"))
		w.CreateTenant()
		w.Await(c, harness.BeReady())
	})
})

// generous is how long a reaction may take that is promised within a second, on a machine that is busy with something else.
const generous = 10 * time.Second

// byTLS makes an OAuthClient authenticate by the subject of its certificate.
func byTLS(s *v1alpha1.OAuthClientSpec) { s.AuthenticationMethod = v1alpha1.MethodTLSClientAuth }

// dn makes a ClientCredential match the subject of its certificate.
func dn(s *v1alpha1.ClientCredentialSpec) { s.Type = v1alpha1.TypeCertSubjectDN }

// literal makes a ClientCredential name a subject instead of a certificate.
func literal(subject string) func(*v1alpha1.ClientCredentialSpec) {
	return func(s *v1alpha1.ClientCredentialSpec) { s.SecretRef, s.Publish, s.SubjectDN = nil, nil, subject }
}
