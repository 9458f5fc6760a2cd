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
	"net/netip"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/controller"
	"github.com/certbound/certbound/internal/controller/probe"
	"github.com/certbound/certbound/test/harness"
)

// probing is an operator that proves certificates by logging in.
var probing = harness.OperatorOptions{Sides: []string{controller.TenantSide, controller.ClusterSide, controller.ProbeSide}}

// mtlsAPI creates an API whose tokens are bound to certificates, at a tenant with mTLS endpoint aliases.
func mtlsAPI(w *harness.Workspace) {
	GinkgoHelper()
	w.ByHand(func() error {
		_, err := w.Sim.AddResourceServer(map[string]any{"name": orders, "identifier": orders,
			"proof_of_possession": map[string]any{"mechanism": "mtls", "required": true}})
		return err
	})
	w.ByHand(func() error {
		return w.Sim.EditTenantSettings(map[string]any{"mtls": map[string]any{"enable_endpoint_aliases": true}})
	})
}

// verifying asks for logins, and gives the client what they need.
func verifying(mode v1alpha1.VerificationMode, edit ...func(*v1alpha1.Verification)) func(*binding) {
	return func(b *binding) {
		b.client.Spec.Grants = []v1alpha1.ClientGrant{{Audience: orders}}
		b.credential.Spec.Verification = &v1alpha1.Verification{Mode: mode}
		for _, change := range edit {
			change(b.credential.Spec.Verification)
		}
	}
}

// logins are the token requests of the client itself.
func (b *binding) logins() (logins []auth0sim.TokenRequest) {
	for _, r := range b.Sim.TokenRequests() {
		if r.ClientID == b.id() {
			logins = append(logins, r)
		}
	}
	return logins
}

func proven(thumbprint string) OmegaMatcher {
	return And(harness.HaveCondition(v1alpha1.ConditionVerified, metav1.ConditionTrue, v1alpha1.ReasonLoginSucceeded),
		harness.Say(v1alpha1.ConditionVerified, thumbprint, "bound to it"))
}

// unproven matches a credential whose login failed and is tried again.
func unproven(reason string) OmegaMatcher {
	return harness.BeRetrying(v1alpha1.ConditionVerified, reason)
}

// heldBack matches a credential that hands nothing out before a login.
func heldBack() OmegaMatcher {
	return And(harness.HaveCondition(v1alpha1.ConditionPublished, metav1.ConditionFalse, v1alpha1.ReasonWaitingForVerification),
		harness.HaveCondition(v1alpha1.ConditionAttached, metav1.ConditionTrue, v1alpha1.ReasonAttached))
}

// lagging reads a ClientCredential as it was, as a cache does that lags behind.
type lagging struct {
	client.Client
	was *v1alpha1.ClientCredential
}

func (l *lagging) Get(ctx context.Context, key client.ObjectKey, o client.Object, options ...client.GetOption) error {
	if c, is := o.(*v1alpha1.ClientCredential); is {
		l.was.DeepCopyInto(c)
		return nil
	}
	return l.Client.Get(ctx, key, o, options...)
}

// issuers are two authorities, of which the tenant trusts the first, and a binding by subject with a certificate of that one. A
// change of the issuer leaves the subject, so the tenant's API has nothing to say about it: only a login shows that it fails.
func issuers(mode v1alpha1.VerificationMode, edit ...func(*v1alpha1.Verification)) (b *binding, trusted, other harness.Authority) {
	GinkgoHelper()
	trusted, other = harness.NewAuthority(GinkgoTB(), "trusted"), harness.NewAuthority(GinkgoTB(), "other")
	w := workspace(func(o *auth0sim.Options) { o.ClientCAs = trusted.Certificate })
	mtlsAPI(w)
	b = bind(w, byDN, verifying(mode, edit...), func(b *binding) { b.pair = trusted.Issue(GinkgoTB(), "checkout") })
	return b, trusted, other
}

// reissue writes a certificate of another authority, with the same subject, into the source Secret.
func (b *binding) reissue(by harness.Authority) harness.KeyPair {
	GinkgoHelper()
	b.pair = by.Issue(GinkgoTB(), "checkout")
	b.Renew("cert", b.pair)
	return b.pair
}

var _ = Describe("A login with a certificate", func() {
	BeforeEach(func() { withOperator(probing) })

	It("is tried once for each renewal, is reported, and costs no call of the Management API (promise 5)", func() {
		w := workspace()
		mtlsAPI(w)
		b := bind(w, verifying(v1alpha1.VerificationReport))
		b.Await(b.credential, proven(b.pair.Thumbprint()))
		Expect(b.credential.Status.Verification.Tokens).To(BeEquivalentTo(1))

		renewed := b.renew()
		Eventually(b.Attached(b.id())).Should(ConsistOf(renewed.Thumbprint()))
		b.rest()
		b.Await(b.credential, proven(renewed.Thumbprint()))
		touch(b.Workspace, b.credential)
		touch(b.Workspace, b.client)
		Consistently(b.logins).WithTimeout(quiet).Should(ConsistOf(And(
			HaveField("Thumbprint", renewed.Thumbprint()), HaveField("Via", "alias"), HaveField("Confirmation", renewed.Thumbprint()))))
		Expect(b.credential.Status.Verification.Tokens).To(BeEquivalentTo(2))
		Expect(b.Routes()).To(Equal([]string{
			harness.CreateCredential, harness.UpdateClient, harness.UpdateClient, harness.DeleteCredential}))
	})

	It("is not tried again by an operator that starts anew", func() {
		w := workspace()
		mtlsAPI(w)
		b := bind(w, verifying(v1alpha1.VerificationHold))
		restart(probing)
		touch(b.Workspace, b.credential)
		Consistently(b.logins).WithTimeout(quiet).Should(BeEmpty())
		b.Await(b.credential, harness.BeReady())
	})

	It("is not tried on the word of a cache that does not know yet that it was (one token a renewal)", func() {
		w := workspace()
		mtlsAPI(w)
		b := bind(w, verifying(v1alpha1.VerificationReport))
		before := b.credential.DeepCopy()
		before.Status.Verification = nil
		loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
		r := &probe.Reconciler{Client: &lagging{env.Client, before}, Live: env.Client, Clock: &skewed{}, Connect: auth0.Config{AllowedNetworks: loopback}}
		_, err := r.Reconcile(GinkgoTB().Context(), before)
		Expect(err).NotTo(HaveOccurred())
		Expect(b.logins()).To(BeEmpty())
	})

	It("under Hold keeps workloads from a certificate that the token endpoint does not honour yet (the gate, I1)", func() {
		w := workspace(func(o *auth0sim.Options) { o.PropagationDelay = 3 * time.Second })
		mtlsAPI(w)
		b := bind(w, verifying(v1alpha1.VerificationHold))
		old := b.pair
		renewed := b.renew()

		b.Await(b.credential, unproven(v1alpha1.ReasonLoginRefused), heldBack(),
			harness.Say(v1alpha1.ConditionVerified, renewed.Thumbprint(), "invalid_client", "what is attached and published stays"))
		Expect(b.Published("cert")()).To(Equal(old.Thumbprint()))
		Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
		Expect(b.logins()).To(ContainElement(And(HaveField("Thumbprint", renewed.Thumbprint()), HaveField("Status", 200))))
		b.settle()
	})

	DescribeTable("that is refused is reported with what to do, is tried again, and succeeds by itself once the certificate is trusted",
		func(mode v1alpha1.VerificationMode, published bool) {
			b, trusted, other := issuers(mode)
			old := b.pair
			renewed := b.reissue(other)

			b.Await(b.credential, HaveField("Status.Certificate.Fingerprint", renewed.Thumbprint()), unproven(v1alpha1.ReasonLoginRefused),
				harness.Say(v1alpha1.ConditionVerified, "check what stands in front of the tenant", "it is tried again"))
			if published {
				Expect(b.Published("cert")()).To(Equal(renewed.Thumbprint()))
			} else {
				b.Await(b.credential, heldBack())
				Expect(b.Published("cert")()).To(Equal(old.Thumbprint()))
			}
			Expect(b.Routes()).To(BeEmpty(), "the subject is attached already")

			Expect(b.Sim.SetClientCAs(slices.Concat(trusted.Certificate, other.Certificate))).To(Succeed())
			Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
			b.settle()
			b.Await(b.credential, proven(renewed.Thumbprint()))
		},
		Entry("under Report, where workloads get it all the same", v1alpha1.VerificationReport, true),
		Entry("under Hold, where they keep what they have", v1alpha1.VerificationHold, false),
	)

	It("under Hold with holdSeconds does not hold a certificate back for longer", func() {
		b, _, other := issuers(v1alpha1.VerificationHold, func(v *v1alpha1.Verification) { v.HoldSeconds = 4 })
		old := b.pair
		renewed := b.reissue(other)
		b.Await(b.credential, unproven(v1alpha1.ReasonLoginRefused), heldBack(), harness.Say(v1alpha1.ConditionPublished, "at the latest until"))
		Expect(b.Published("cert")()).To(Equal(old.Thumbprint()))

		Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
		b.Await(b.credential, unproven(v1alpha1.ReasonLoginRefused),
			harness.HaveCondition(v1alpha1.ConditionPublished, metav1.ConditionTrue, v1alpha1.ReasonPublished))
	})

	It("under Hold gives way before the published certificate expires (I1)", func() {
		w := workspace()
		mtlsAPI(w)
		b := bind(w, verifying(v1alpha1.VerificationHold), func(b *binding) { b.pair = fresh(validity(-time.Hour, 20*time.Second)) })
		b.Sim.Inject(at("POST", tokenEndpoint, always(auth0sim.Fault{Reply: auth0sim.ReplyCut})))
		old := b.pair
		renewed := b.renew()

		b.Await(b.credential, unproven(v1alpha1.ReasonEndpointUnreachable), heldBack())
		Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
		Expect(time.Now()).To(BeTemporally("<", old.Leaf.NotAfter))
	})

	DescribeTable("that the endpoint does not answer proves nothing: it is reported, tried again, and the published certificate stays",
		func(fault auth0sim.Fault, expected OmegaMatcher, words string) {
			w := workspace()
			mtlsAPI(w)
			b := bind(w, verifying(v1alpha1.VerificationHold))
			b.Sim.Inject(at("POST", tokenEndpoint, always(fault)))
			old := b.pair
			renewed := b.renew()

			b.Await(b.credential, expected, heldBack(), harness.Say(v1alpha1.ConditionVerified, words, "what is attached and published stays"))
			Expect(b.Published("cert")()).To(Equal(old.Thumbprint()))
			b.Sim.ClearFaults()
			Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
			b.settle()
		},
		Entry("it closes the connection", auth0sim.Fault{Reply: auth0sim.ReplyCut}, unproven(v1alpha1.ReasonEndpointUnreachable), "it is tried again"),
		Entry("it answers HTML", auth0sim.Fault{Reply: auth0sim.ReplyNotJSON}, unproven(v1alpha1.ReasonEndpointUnreachable), "as a token endpoint does"),
		Entry("it answers 502", answering(502), unproven(v1alpha1.ReasonEndpointUnreachable), "cannot answer at present"),
		Entry("it redirects", answering(307), unproven(v1alpha1.ReasonEndpointUnreachable), "as a token endpoint does"),
		Entry("it answers without end", auth0sim.Fault{Reply: auth0sim.ReplyOversized}, unproven(v1alpha1.ReasonEndpointUnreachable), "as a token endpoint does"),
		Entry("it wants a pause", auth0sim.Fault{Reply: auth0sim.ReplyRateLimited, RetryAfter: 8 * time.Second},
			unproven(v1alpha1.ReasonRateLimited), "wants a pause until"),
	)

	It("needs an API to ask a token for, and a grant for it", func() {
		w := workspace()
		mtlsAPI(w)
		w.CreateTenant()
		c, credential := w.NewClient("checkout"), w.NewCredential("cert", "checkout", func(s *v1alpha1.ClientCredentialSpec) {
			s.Verification = &v1alpha1.Verification{Mode: v1alpha1.VerificationHold}
		})
		w.Create(w.TLSSecret("cert", fresh()), c, credential)
		w.Await(credential, harness.BeStalled(v1alpha1.ConditionVerified, v1alpha1.ReasonNoAudience),
			harness.Say(v1alpha1.ConditionVerified, "set spec.verification.audience"), heldBack())
		Expect(credential.Status.Verification.Attempts).To(BeZero())

		harness.Edit(w, credential, func(c *v1alpha1.ClientCredential) { c.Spec.Verification.Audience = orders })
		w.Await(credential, unproven(v1alpha1.ReasonTokenRefused), harness.Say(v1alpha1.ConditionVerified, orders, "access_denied"), heldBack())
		harness.Edit(w, c, func(c *v1alpha1.OAuthClient) { c.Spec.Grants = []v1alpha1.ClientGrant{{Audience: orders}} })
		w.Await(credential, harness.BeReady())
	})

	It("needs an endpoint, and is tried as soon as the tenant's discovery names one", func() {
		w := workspace()
		api(w, orders)
		t := w.CreateTenant()
		c, credential := w.NewClient("checkout", func(s *v1alpha1.OAuthClientSpec) { s.Grants = []v1alpha1.ClientGrant{{Audience: orders}} }),
			w.NewCredential("cert", "checkout", func(s *v1alpha1.ClientCredentialSpec) {
				s.Verification = &v1alpha1.Verification{Mode: v1alpha1.VerificationReport}
			})
		w.Create(w.TLSSecret("cert", fresh()), c, credential)
		w.Await(credential, harness.BeStalled(v1alpha1.ConditionVerified, v1alpha1.ReasonNoTokenEndpoint),
			harness.Say(v1alpha1.ConditionVerified, "switch its endpointAliases on"))

		harness.Edit(w, t, func(t *v1alpha1.Tenant) { t.Spec.EndpointAliases = v1alpha1.EndpointAliasesEnabled })
		w.Await(credential, harness.BeReady(), harness.Say(v1alpha1.ConditionVerified, "bound to no certificate"))
	})

	It("that a crash cuts off is taken up again when its time comes, not at once (I9)", func() {
		w := workspace()
		mtlsAPI(w)
		b := bind(w, verifying(v1alpha1.VerificationHold))
		held := b.Sim.Inject(at("POST", tokenEndpoint, auth0sim.Fault{Hold: true}))
		old := b.pair
		renewed := b.renew()
		Eventually(held.Fired()).WithTimeout(harness.Patience).Should(BeClosed())
		begun := time.Now()
		b.Await(b.credential, harness.HaveCondition(v1alpha1.ConditionVerified, metav1.ConditionUnknown, v1alpha1.ReasonVerificationPending), heldBack())
		restart(probing)

		Expect(b.Published("cert")()).To(Equal(old.Thumbprint()))
		Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
		Expect(time.Since(begun)).To(BeNumerically(">", 3*time.Second), "the first pause is five seconds, counted in whole ones")
		b.settle()
		Expect(b.credential.Status.Verification.Attempts).To(BeEquivalentTo(2))
		Expect(b.credential.Status.Verification.Tokens).To(BeEquivalentTo(2), "one for each certificate")
	})

	It("reads the key from its own namespace alone", func() {
		w, neighbour := workspace(), workspace()
		mtlsAPI(w)
		b := bind(w, verifying(v1alpha1.VerificationReport))
		neighbour.Create(neighbour.TLSSecret("cert", b.pair))
		b.Delete(&corev1.Secret{ObjectMeta: named(b.Workspace, "cert")})
		harness.Edit(b.Workspace, b.credential, func(c *v1alpha1.ClientCredential) { c.Spec.Verification.Audience = invoices })

		Eventually(harness.Live(b.Workspace, b.credential)).Should(And(
			harness.HaveCondition(v1alpha1.ConditionVerified, metav1.ConditionFalse, v1alpha1.ReasonKeyUnreadable),
			harness.Say(v1alpha1.ConditionVerified, "The probe cannot read the Secret cert")))
		Expect(b.logins()).To(BeEmpty())
	})

	It("is not tried where a ClusterTenant's CA bundle would have to be read from a Secret", func() {
		w := workspace()
		mtlsAPI(w)
		bundle := &corev1.Secret{ObjectMeta: named(w, "bundle"), Data: map[string][]byte{"ca.crt": w.Sim.CABundle()}}
		c, credential := w.NewClient("checkout", func(s *v1alpha1.OAuthClientSpec) { s.Grants = []v1alpha1.ClientGrant{{Audience: orders}} }),
			w.NewCredential("cert", "checkout", func(s *v1alpha1.ClientCredentialSpec) {
				s.Verification = &v1alpha1.Verification{Mode: v1alpha1.VerificationReport}
			})
		w.Create(bundle, w.SignIn(w.Sim.ManagementClientSecret()), w.NewTenant(func(s *v1alpha1.TenantSpec) {
			s.CABundleRef = &v1alpha1.CABundleReference{Kind: "Secret", Name: "bundle", Key: "ca.crt"}
		}), w.TLSSecret("cert", fresh()), c, credential)
		w.Await(credential, unproven(v1alpha1.ReasonCABundleInvalid), harness.Say(v1alpha1.ConditionVerified, "put it into a ConfigMap"))
	})
})
