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
	"context"
	"errors"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/types"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/workload"
)

// migration is a client from before Certbound, with a secret that workloads sign in by, and a certificate staged for it.
type migration struct {
	*binding

	clientID string
	tenant   *workload.Tenant
}

// legacy is the API that the client asks tokens for. It binds them to certificates where one is presented.
const legacy = "https://legacy.example.com/"

// migrate creates the client at the tenant by hand, and what a migration declares, and waits for nothing.
func migrate(w *harness.Workspace, settings map[string]any, edit ...func(*binding)) *migration {
	GinkgoHelper()
	m := &migration{clientID: secretClient(w, settings)}
	w.ByHand(func() error {
		_, failed := w.Sim.AddResourceServer(map[string]any{
			"identifier": legacy, "proof_of_possession": map[string]any{"mechanism": "mtls", "required": false}})
		_, refused := w.Sim.AddGrant(m.clientID, legacy)
		return errors.Join(failed, refused, w.Sim.EditTenantSettings(map[string]any{"mtls": aliases(true)}))
	})
	var err error
	m.tenant, err = workload.NewTenant(w.Sim.CABundle())
	Expect(err).NotTo(HaveOccurred())
	m.binding = &binding{Workspace: w, pair: fresh(), credential: w.NewCredential("cert", "legacy"),
		client: w.NewClient("legacy", adopting(m.clientID, v1alpha1.AdoptIfUnowned), bySecret, func(s *v1alpha1.OAuthClientSpec) {
			s.Connection = &v1alpha1.Connection{ConfigMapRef: v1alpha1.LocalReference{Name: "connection"}}
		})}
	for _, change := range edit {
		change(m.binding)
	}
	w.CreateTenant()
	w.Create(w.TLSSecret("cert", m.pair), m.client, m.credential)
	return m
}

// staged is a migration whose certificate is stored and published, and the requests that this took forgotten.
func staged(w *harness.Workspace, edit ...func(*binding)) *migration {
	GinkgoHelper()
	m := migrate(w, signing("RS256"), edit...)
	m.awaitStaged()
	m.Sim.ResetLog()
	return m
}

func signing(alg string) map[string]any {
	return map[string]any{"jwt_configuration": map[string]any{"alg": alg}}
}

func bySecret(s *v1alpha1.OAuthClientSpec) { s.AuthenticationMethod = v1alpha1.MethodClientSecretPost }
func credentialsOnly(b *binding)           { policy(v1alpha1.ManagementCredentialsOnly)(&b.client.Spec) }
func byCertificate(s *v1alpha1.OAuthClientSpec) {
	s.AuthenticationMethod = v1alpha1.MethodSelfSignedTLSClientAuth
}
func bySubject(s *v1alpha1.OAuthClientSpec) { s.AuthenticationMethod = v1alpha1.MethodTLSClientAuth }

// awaitStaged waits until everything is in place for the change, with the newest certificate.
func (m *migration) awaitStaged() {
	GinkgoHelper()
	m.Await(m.credential, harness.BeWaiting(v1alpha1.ConditionAttached, v1alpha1.ReasonStaged),
		HaveField("Status.Published.Fingerprint", m.pair.Thumbprint()))
	m.Await(m.client, harness.BeReady(), inSync(v1alpha1.ReasonReadyToSwitch),
		HaveField("Status.Credentials", ContainElement(
			Or(HaveField("Fingerprint", m.pair.Thumbprint()), HaveField("Type", "cert_subject_dn")))))
}

func inSync(reason string) types.GomegaMatcher {
	return harness.HaveCondition(v1alpha1.ConditionCredentialsInSync, metav1.ConditionTrue, reason)
}

// declare is the one edit that changes to certificates or back. Either way something stops to sign in, on purpose.
func (m *migration) declare(method func(*v1alpha1.OAuthClientSpec)) {
	GinkgoHelper()
	m.World.OnPurpose(m.clientID)
	harness.Edit(m.Workspace, m.client, func(c *v1alpha1.OAuthClient) { method(&c.Spec) })
}

// to is what the connection ConfigMap says now, and by which method it says to sign in.
func (m *migration) to() (to workload.Connection, method string) {
	GinkgoHelper()
	var facts corev1.ConfigMap
	Expect(m.Client().Get(context.Background(), keyOf(m.Workspace, "connection"), &facts)).To(Succeed())
	return workload.ConnectionFrom(facts.Data), facts.Data["token_endpoint_auth_method"]
}

// tokenBySecret asks for a token as a workload of old does, with the secret that the client has.
func (m *migration) tokenBySecret(secret string) error {
	GinkgoHelper()
	to, _ := m.to()
	return m.tenant.TokenBySecret(context.Background(), to, legacy, secret)
}

// tokenByCertificate asks for a token with a certificate.
func (m *migration) tokenByCertificate(pair harness.KeyPair) error {
	GinkgoHelper()
	to, _ := m.to()
	return m.tenant.TokenByCertificate(context.Background(), to, legacy, pair.TLS())
}

func (m *migration) secret() string { return m.Sim.ClientSecret(m.clientID) }

func refused() types.GomegaMatcher {
	var refusal *workload.Refusal
	return WithTransform(func(err error) bool { return errors.As(err, &refusal) && refusal.Status < 500 }, BeTrue())
}

// expectSignIn holds the client to one of its two ways to sign in, with what the tenant says and with what it does.
func (m *migration) expectSignIn(bySecret bool, accepted ...harness.KeyPair) {
	GinkgoHelper()
	secret := Succeed()
	if !bySecret {
		secret = refused()
	}
	Expect(m.tokenBySecret(m.secret())).To(secret, "by the secret")
	var thumbprints []string
	for _, pair := range accepted {
		Expect(m.tokenByCertificate(pair)).To(Succeed(), "by a certificate")
		thumbprints = append(thumbprints, pair.Thumbprint())
	}
	if bySecret {
		Expect(m.tokenByCertificate(m.pair)).To(refused(), "by the certificate")
	}
	Expect(m.Attached(m.clientID)()).To(ConsistOf(thumbprints))
	_, method := m.to()
	Expect(method).To(Equal(map[bool]string{true: "client_secret_post", false: "self_signed_tls_client_auth"}[bySecret]))
}

var _ = Describe("A change from a secret to certificates, first stage: register", func() {
	DescribeTable("stores the certificate of a client that is taken over, and changes nothing else at the tenant (I3, I5, I7, promise 3)",
		func(settings map[string]any) {
			w := workspace()
			m := migrate(w, settings, credentialsOnly)
			before, _ := w.Sim.Client(m.clientID)
			foreign := w.Foreign(m.clientID, harness.SelfSigned(GinkgoTB(), "foreign"))
			m.awaitStaged()

			after := m.atTenant()
			Expect(w.Writes()).To(Equal([]string{harness.CreateCredential}))
			Expect(after.Settings).To(Equal(before.Settings))
			Expect(after.TokenEndpointAuthMethod).To(Equal(before.TokenEndpointAuthMethod))
			Expect(after.Credentials).To(ConsistOf(HaveField("ID", foreign), HaveField("Thumbprint", m.pair.Thumbprint())))
			Expect(m.client.Status.AuthenticationMethod).To(Equal("client_secret_post"))
			Expect(m.client.Status.Credentials).To(ContainElement(And(
				HaveField("Owner", "cert"), HaveField("State", v1alpha1.CredentialStored))))
			m.expectSignIn(true)
		},
		Entry("whose method is set", signing("RS256")),
		Entry("whose method was never set", map[string]any{"token_endpoint_auth_method": nil}),
	)

	It("publishes the certificate, so that workloads have it before the change, and says what the change does", func() {
		m := staged(workspace())
		Expect(m.Published("cert")()).To(Equal(m.pair.Thumbprint()))
		Expect(m.client).To(And(
			harness.Say(v1alpha1.ConditionCredentialsInSync, "set authenticationMethod to self_signed_tls_client_auth", "in one request",
				"from which on the tenant refuses the client secret"),
			HaveField("Status.NextStep", ContainSubstring("until authenticationMethod is changed to self_signed_tls_client_auth"))))
		Expect(m.credential).To(harness.Say(v1alpha1.ConditionAttached, "stored at the tenant", "does not sign in", "authenticates by client_secret_post"))
	})

	It("names what the tenant needs changed as well before it takes certificates", func() {
		m := migrate(workspace(), signing("HS256"))
		m.awaitStaged()
		Expect(m.client).To(harness.Say(v1alpha1.ConditionCredentialsInSync, "jwt_configuration", "the way back does not change it back"))
		Expect(m.atTenant().Settings).To(HaveKeyWithValue("jwt_configuration", HaveKeyWithValue("alg", "HS256")), "and leaves it until then")
	})

	It("keeps up with renewals without a change of how the client signs in (I3, I5)", func() {
		m := staged(workspace())
		first := m.pair
		m.renew()
		m.awaitStaged()
		Expect(m.Published("cert")()).To(Equal(m.pair.Thumbprint()))
		Expect(m.Writes()).To(Equal([]string{harness.CreateCredential}))
		Expect(m.Stored(m.clientID)()).To(ConsistOf(first.Thumbprint(), m.pair.Thumbprint()), "the first has its overlap")
		m.expectSignIn(true)
	})

	It("asks the tenant for nothing when a subject is renewed unchanged", func() {
		m := staged(workspace(), func(b *binding) { b.credential.Spec.Type = v1alpha1.TypeCertSubjectDN })
		m.renew()
		m.awaitStaged()
		Expect(m.Published("cert")()).To(Equal(m.pair.Thumbprint()))
		Expect(m.Writes()).To(BeEmpty())
		Expect(m.client).To(harness.Say(v1alpha1.ConditionCredentialsInSync, "set authenticationMethod to tls_client_auth"))
	})

	It("is aborted by deleting the ClientCredential: its credential goes, and the secret works on (I3, I5, I7)", func() {
		m := staged(workspace())
		foreign := harness.SelfSigned(GinkgoTB(), "foreign")
		m.Foreign(m.clientID, foreign)
		m.Delete(m.credential)
		m.Await(m.client, harness.BeReady(), inSync(v1alpha1.ReasonNotApplicable))
		Eventually(m.Stored(m.clientID)).Should(ConsistOf(foreign.Thumbprint()))
		Expect(m.Writes()).To(Equal([]string{harness.DeleteCredential}))
		Expect(m.tokenBySecret(m.secret())).To(Succeed())
	})

	It("only tells, under Observe", func() {
		w := workspace()
		m := migrate(w, signing("RS256"), func(b *binding) { policy(v1alpha1.ManagementObserve)(&b.client.Spec) })
		m.Await(m.client, harness.BeWaiting(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonWouldChange),
			harness.Say(v1alpha1.ConditionCredentialsInSync, "Store the new certificate of ClientCredential cert"))
		Expect(w.Writes()).To(BeEmpty())
	})
})

var _ = Describe("A change from a secret to certificates, second stage: verify", func() {
	// Each row breaks something, and mends it.
	DescribeTable("names what is missing before anybody depends on it, and asks for nothing at the tenant's client",
		func(spoil, mend func(*migration), words ...string) {
			m := staged(workspace())
			spoil(m)
			m.Await(m.client, harness.BeReady(), inSync(v1alpha1.ReasonNotReadyToSwitch), harness.Say(v1alpha1.ConditionCredentialsInSync, words...))
			mend(m)
			m.Await(m.client, harness.BeReady(), inSync(v1alpha1.ReasonReadyToSwitch))
			m.expectSignIn(true)
		},
		Entry("an mTLS token endpoint", endpointAliases(v1alpha1.EndpointAliasesDisabled), endpointAliases(v1alpha1.EndpointAliasesEnabled), "mTLS token endpoint"),
		Entry("a usable certificate",
			func(m *migration) { m.Delete(m.TLSSecret("cert", m.pair)) },
			func(m *migration) { m.Create(m.TLSSecret("cert", m.pair)) },
			"ClientCredential cert", v1alpha1.ReasonSecretNotFound),
		Entry("a decision between two types",
			func(m *migration) { m.another("second", dn) }, func(m *migration) { m.forget("second") }, "a decision for one type"),
		Entry("places, for more ClientCredentials than the method lists",
			func(m *migration) { m.another("second"); m.another("third") },
			func(m *migration) { m.forget("second"); m.forget("third") },
			"places", "lists 2", "there are 3"),
		Entry("an algorithm that needs no secret", algorithm("HS256"), algorithm("RS256"), "jwtConfiguration.algorithm"),
	)

	It("finds a certificate missing that is not there yet", func() {
		w := workspace()
		m := migrate(w, signing("RS256"), func(b *binding) { b.credential.Spec.SecretRef.Name = "later" })
		m.Await(m.client, harness.BeReady(), inSync(v1alpha1.ReasonNotReadyToSwitch),
			harness.Say(v1alpha1.ConditionCredentialsInSync, "a usable certificate of ClientCredential cert"))
	})
})

func endpointAliases(e v1alpha1.EndpointAliases) func(*migration) {
	return func(m *migration) {
		harness.Edit(m.Workspace, tenantOf(m.Workspace), func(t *v1alpha1.Tenant) { t.Spec.EndpointAliases = e })
	}
}

func algorithm(alg string) func(*migration) {
	return func(m *migration) {
		harness.Edit(m.Workspace, m.client, func(c *v1alpha1.OAuthClient) {
			c.Spec.Settings = &v1alpha1.ClientSettings{JWTConfiguration: &v1alpha1.JWTConfiguration{Algorithm: alg}}
		})
	}
}

// another adds a ClientCredential with a certificate of its own.
func (m *migration) another(name string, edit ...func(*v1alpha1.ClientCredentialSpec)) {
	GinkgoHelper()
	m.Create(m.TLSSecret(name, harness.SelfSigned(GinkgoTB(), name)), m.NewCredential(name, "legacy", edit...))
}

func (m *migration) forget(name string) {
	GinkgoHelper()
	m.Delete(harness.Named(m.Workspace, &v1alpha1.ClientCredential{}, name))
}
