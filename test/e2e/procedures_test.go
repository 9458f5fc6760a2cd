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

package e2e

import (
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/workload"
)

// refused matches the token endpoint's answer to a client that does not prove who it is.
func refused() OmegaMatcher {
	return BeAssignableToTypeOf(&workload.Refusal{})
}

var _ = Describe("Every procedure of Auth0's guide, as a declaration", func() {
	It("enables the tenant's mTLS endpoint aliases", func() {
		s := newScene()
		t := harness.Named(s.Workspace, &v1alpha1.Tenant{}, harness.TenantName)
		s.Await(t, harness.BeReady())
		Expect(t.Status.MTLSTokenEndpoint).To(Equal(s.Sim.MTLSURL() + "/oauth/token"))
	})

	It("creates a client with a self-signed certificate", func(ctx SpecContext) {
		s := newScene()
		c := s.createX509("payments")

		pair, to := s.keyPair("payments"+harness.PublishSuffix), s.connection("payments")
		Expect(s.tenant.TokenByCertificate(ctx, to, api, pair)).To(Succeed())
		Expect(s.tenant.TokenBySecret(ctx, to, api, s.Sim.ClientSecret(c.Status.ClientID))).To(refused())
		Expect(s.atTenant(c)()).To(And(
			HaveField("AuthenticationMethod", "self_signed_tls_client_auth"), HaveField("TokenEndpointAuthMethod", ""),
			HaveField("Credentials", ContainElement(HaveField("Thumbprint", workload.Thumbprint(pair)))),
		))
		Expect(s.states(c.Status.ClientID)[0]).To(HaveField("Attached", HaveLen(1)), "the client comes into being with its certificate")
	})

	It("creates a client with a CA-signed certificate", func(ctx SpecContext) {
		s := newScene()
		s.createAuthority()
		c := s.createBySubject("reports")

		pair := s.keyPair("reports" + harness.PublishSuffix)
		Expect(s.tenant.TokenByCertificate(ctx, s.connection("reports"), api, pair)).To(Succeed())
		Expect(s.atTenant(c)()).To(And(
			HaveField("AuthenticationMethod", "tls_client_auth"), HaveField("TokenEndpointAuthMethod", ""),
			HaveField("Credentials", ConsistOf(HaveField("SubjectDN", "O=Example\nCN=reports"))),
		))
	})

	It("creates a client with a literal subject", func(ctx SpecContext) {
		s := newScene()
		s.createAuthority()
		c := s.client("literal", v1alpha1.MethodTLSClientAuth)
		credential := s.credential("literal", v1alpha1.TypeCertSubjectDN, func(spec *v1alpha1.ClientCredentialSpec) {
			spec.CertificateRef, spec.Publish, spec.SubjectDN = nil, nil, "O=Example\nCN=literal"
		})
		s.Create(s.certificate("literal", authority), c, credential)
		s.Await(credential, harness.BeReady())
		s.Await(c, harness.BeReady())

		Eventually(func() error {
			return s.tenant.TokenByCertificate(ctx, s.connection("literal"), api, s.keyPair("literal"))
		}).Should(Succeed())
		Expect(s.atTenant(c)()).To(HaveField("Credentials", ConsistOf(HaveField("SubjectDN", "O=Example\nCN=literal"))))
	})

	It("adds a certificate to an existing client, which disables its secret in the same request", func(ctx SpecContext) {
		s := newScene()
		id := s.addSecretClient()
		c := s.client("adopted", v1alpha1.MethodSelfSignedTLSClientAuth, func(spec *v1alpha1.OAuthClientSpec) {
			spec.ClientID, spec.AdoptionPolicy = id, v1alpha1.AdoptIfUnowned
		})
		to := workload.Connection{ClientID: id, Issuer: s.Sim.URL() + "/", TokenEndpoint: s.Sim.URL() + "/oauth/token"}
		Expect(s.tenant.TokenBySecret(ctx, to, secretAPI, s.Sim.ClientSecret(id))).To(Succeed())

		credential := s.credential("adopted", v1alpha1.TypeX509Cert)
		s.Create(s.certificate("adopted", selfSigned), c, credential)
		s.Await(credential, harness.BeReady())
		s.Await(c, harness.BeReady())

		Expect(s.tenant.TokenBySecret(ctx, to, secretAPI, s.Sim.ClientSecret(id))).To(refused())
		Expect(s.tenant.TokenByCertificate(ctx, s.connection("adopted"), api, s.keyPair("adopted"+harness.PublishSuffix))).To(Succeed())
		for _, state := range s.states(id) {
			bySecret, byCertificate := state.TokenEndpointAuthMethod != "", state.AuthenticationMethod != ""
			Expect(bySecret).NotTo(Equal(byCertificate), "at every moment there is exactly one way to sign in")
		}
	})

	It("reverts to a client secret", func(ctx SpecContext) {
		s := newScene()
		c := s.createX509("reverted")
		pair, to := s.keyPair("reverted"+harness.PublishSuffix), s.connection("reverted")
		Expect(s.tenant.TokenByCertificate(ctx, to, api, pair)).To(Succeed())

		s.World.OnPurpose(c.Status.ClientID)
		harness.Edit(s.Workspace, c, func(c *v1alpha1.OAuthClient) { c.Spec.AuthenticationMethod = v1alpha1.MethodClientSecretPost })
		s.Await(c, harness.BeReady())

		Expect(s.tenant.TokenByCertificate(ctx, to, api, pair)).To(refused())
		Expect(s.grantSecretAPI(c.Status.ClientID)).To(Succeed())
		Expect(s.tenant.TokenBySecret(ctx, to, secretAPI, s.Sim.ClientSecret(c.Status.ClientID))).To(Succeed())
		Expect(s.atTenant(c)()).To(And(HaveField("TokenEndpointAuthMethod", "client_secret_post"), HaveField("Attached", BeEmpty())))
	})

	It("moves a client from its secret to a certificate in steps: at the switch each certificate that was handed out signs in", func(ctx SpecContext) {
		s := newScene()
		id := s.addSecretClient()
		c := s.client("moved", v1alpha1.MethodClientSecretPost, func(spec *v1alpha1.OAuthClientSpec) {
			spec.ClientID, spec.AdoptionPolicy = id, v1alpha1.AdoptIfUnowned
		})
		credential := s.credential("moved", v1alpha1.TypeX509Cert)
		s.Create(s.certificate("moved", selfSigned), c, credential)
		staged := harness.BeWaiting(v1alpha1.ConditionAttached, v1alpha1.ReasonStaged)
		s.Await(credential, staged, HaveField("Status.Published", Not(BeNil())))
		first, published := s.keyPair("moved"+harness.PublishSuffix), credential.Status.Published.Fingerprint
		s.renew("moved")
		s.Await(credential, staged, HaveField("Status.Published.Fingerprint", Not(Equal(published))))
		s.Await(c, harness.BeReady(), harness.HaveCondition(v1alpha1.ConditionCredentialsInSync, "True", v1alpha1.ReasonReadyToSwitch))
		Expect(s.tenant.TokenBySecret(ctx, s.connection("moved"), secretAPI, s.Sim.ClientSecret(id))).To(Succeed())

		harness.Edit(s.Workspace, c, func(c *v1alpha1.OAuthClient) { c.Spec.AuthenticationMethod = v1alpha1.MethodSelfSignedTLSClientAuth })
		s.Await(credential, harness.BeReady())
		s.Await(c, harness.BeReady())
		to := s.connection("moved")
		Expect(s.tenant.TokenByCertificate(ctx, to, api, first)).To(Succeed())
		Expect(s.tenant.TokenByCertificate(ctx, to, api, s.keyPair("moved"+harness.PublishSuffix))).To(Succeed())
		Expect(s.tenant.TokenBySecret(ctx, to, secretAPI, s.Sim.ClientSecret(id))).To(refused())
	})

	It("grants what is declared, and leaves other grants alone", func() {
		s := newScene()
		c := s.createX509("granted")
		grants := func() []auth0sim.Grant { return s.Sim.Grants(c.Status.ClientID) }
		Expect(grants()).To(ConsistOf(And(HaveField("Audience", api), HaveField("Scopes", ConsistOf(apiScope)))))
		Expect(s.grantSecretAPI(c.Status.ClientID)).To(Succeed())

		harness.Edit(s.Workspace, c, func(c *v1alpha1.OAuthClient) { c.Spec.Grants[0].Scopes = []string{apiScope, "write:things"} })
		s.Await(c, harness.BeReady())
		Expect(grants()).To(ConsistOf(
			And(HaveField("Audience", api), HaveField("Scopes", ConsistOf(apiScope, "write:things"))),
			HaveField("Audience", secretAPI),
		))
	})

	It("deletes the client with its object where that is asked for", func() {
		s := newScene()
		c := s.createX509("deleted")
		harness.Edit(s.Workspace, c, func(c *v1alpha1.OAuthClient) { c.Spec.DeletionPolicy = v1alpha1.DeletionDelete })
		s.Await(c, harness.BeReady())
		s.World.OnPurpose(c.Status.ClientID)
		s.Delete(c)
		Eventually(func() bool { return apierrors.IsNotFound(s.read(c.Name, c)) }).Should(BeTrue())
		_, exists := s.Sim.Client(c.Status.ClientID)
		Expect(exists).To(BeFalse())
	})

	It("leaves the client and its certificate in force when its object is deleted otherwise", func(ctx SpecContext) {
		s := newScene()
		c := s.createX509("retained")
		pair, to := s.keyPair("retained"+harness.PublishSuffix), s.connection("retained")
		s.Delete(c)
		Eventually(func() bool { return apierrors.IsNotFound(s.read(c.Name, c)) }).Should(BeTrue())
		Expect(s.tenant.TokenByCertificate(ctx, to, api, pair)).To(Succeed())
	})
})

// secretAPI is an API that issues tokens without a certificate.
const secretAPI = "https://secret.example.com/"

// addSecretClient makes a client as there are many: with a secret.
func (s *scene) addSecretClient() (id string) {
	GinkgoHelper()
	Expect(s.World.ByHand(func() (err error) {
		id, err = s.Sim.AddClient(map[string]any{
			"name": "by hand", "app_type": "non_interactive", "token_endpoint_auth_method": "client_secret_post",
			"grant_types": []string{"client_credentials"},
		})
		return err
	})).To(Succeed())
	Expect(s.grantSecretAPI(id)).To(Succeed())
	return id
}

func (s *scene) grantSecretAPI(id string) error {
	if _, err := s.Sim.AddResourceServer(map[string]any{"identifier": secretAPI}); err != nil {
		return err
	}
	_, err := s.Sim.AddGrant(id, secretAPI)
	return err
}

// states are the states of a client after each request that changed it.
func (s *scene) states(id string) (states []auth0sim.Client) {
	for _, r := range s.Sim.Requests() {
		if r.Committed && r.After != nil && r.ClientID == id {
			states = append(states, *r.After)
		}
	}
	return states
}
