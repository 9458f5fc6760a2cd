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
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
)

const (
	discovery     = "/.well-known/openid-configuration"
	tokenEndpoint = "/oauth/token"
	pool          = "/api/v2/clients/{id}/credentials"
)

// always is a fault that does not go away by itself.
func always(f auth0sim.Fault) auth0sim.Fault {
	f.Times = -1
	return f
}

func answering(status int) auth0sim.Fault {
	return auth0sim.Fault{Reply: auth0sim.ReplyStatus, Status: status}
}

func at(method, path string, f auth0sim.Fault) auth0sim.Fault {
	f.Method, f.Path = method, path
	return f
}

// domain points a Tenant elsewhere.
func domain(name string) func(*v1alpha1.TenantSpec) {
	return func(s *v1alpha1.TenantSpec) { s.Domain = name }
}

// short is an operator that soon takes a tenant for one that hangs.
var short = harness.OperatorOptions{Timeout: time.Second, Fence: 2 * time.Second}

var _ = Describe("A tenant that does not answer as it should", func() {
	// Each row breaks the tenant of a binding that works, when the operator looks at it anew, and mends it again.
	DescribeTable("has a reason of its own, says what stays safe and what to do, loses nothing, and is ready again once it answers",
		func(fault any, expected OmegaMatcher, condition string, words ...string) {
			b := bind(workspace())
			t := tenantOf(b.Workspace)
			spec := func(*v1alpha1.TenantSpec) {}
			switch how := fault.(type) {
			case auth0sim.Fault:
				b.Sim.Inject(always(how))
			case func(*v1alpha1.TenantSpec):
				spec = how
			}
			if slices.Contains(words, "in time") {
				withOperator(short)
			}
			b.Sim.ExpireTokens()
			harness.Edit(b.Workspace, t, func(t *v1alpha1.Tenant) {
				spec(&t.Spec)
				t.Spec.DriftIntervalSeconds = 3599
			})

			b.Await(t, expected, harness.Say(condition, append(words, "clients at the tenant stay as they are")...))
			Expect(b.Attached(b.id())()).To(ConsistOf(b.pair.Thumbprint()))
			Expect(b.Published("cert")()).To(Equal(b.pair.Thumbprint()))
			Expect(b.Writes()).To(BeEmpty())

			b.Sim.ClearFaults()
			harness.Edit(b.Workspace, t, func(t *v1alpha1.Tenant) { t.Spec = b.NewTenant().Spec })
			b.Await(t, harness.BeReady())
			renewed := b.renew()
			Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
			b.settle()
		},
		Entry("its domain does not resolve", domain("tenant.invalid"),
			harness.BeRetrying(v1alpha1.ConditionReachable, v1alpha1.ReasonUnreachable), v1alpha1.ConditionReachable,
			"tenant.invalid does not resolve", "check spec.domain"),
		Entry("nothing listens there", domain("127.0.0.1:1"),
			harness.BeRetrying(v1alpha1.ConditionReachable, v1alpha1.ReasonUnreachable), v1alpha1.ConditionReachable, "refuses connections"),
		Entry("its address is an inner one", domain("169.254.169.254"),
			harness.BeStalled(v1alpha1.ConditionReachable, v1alpha1.ReasonNetworkForbidden), v1alpha1.ConditionReachable,
			"may not be dialled", "--allow-tenant-networks"),
		Entry("its server certificate is not trusted", func(s *v1alpha1.TenantSpec) { s.CABundleRef = nil },
			harness.BeRetrying(v1alpha1.ConditionReachable, v1alpha1.ReasonUnreachable), v1alpha1.ConditionReachable,
			"certificate not trusted", "spec.caBundleRef"),
		Entry("it answers HTML", at("GET", discovery, auth0sim.Fault{Reply: auth0sim.ReplyNotJSON}),
			harness.BeRetrying(v1alpha1.ConditionReachable, v1alpha1.ReasonNotATenant), v1alpha1.ConditionReachable, "check spec.domain"),
		Entry("it answers 404", at("GET", discovery, answering(404)),
			harness.BeRetrying(v1alpha1.ConditionReachable, v1alpha1.ReasonNotATenant), v1alpha1.ConditionReachable, "There is no tenant at", "check spec.domain"),
		Entry("it redirects", at("GET", discovery, answering(302)),
			harness.BeRetrying(v1alpha1.ConditionReachable, v1alpha1.ReasonNotATenant), v1alpha1.ConditionReachable, "redirects"),
		Entry("it answers 429", at("GET", discovery, auth0sim.Fault{Reply: auth0sim.ReplyRateLimited, RetryAfter: 3 * time.Second}),
			harness.BeWaiting(v1alpha1.ConditionReachable, v1alpha1.ReasonRateLimited), v1alpha1.ConditionReachable, "it goes on at"),
		Entry("it answers 503", at("GET", discovery, answering(503)),
			harness.BeRetrying(v1alpha1.ConditionReachable, v1alpha1.ReasonTenantUnavailable), v1alpha1.ConditionReachable, "it is tried again"),
		Entry("it hangs", at("GET", discovery, auth0sim.Fault{Hold: true}),
			harness.BeRetrying(v1alpha1.ConditionReachable, v1alpha1.ReasonTimedOut), v1alpha1.ConditionReachable, "in time", "it is tried again"),
		Entry("a proxy answers 401 in the place of its token endpoint", at("POST", tokenEndpoint, answering(401)),
			harness.BeRetrying(v1alpha1.ConditionAuthenticated, v1alpha1.ReasonNotATenant), v1alpha1.ConditionAuthenticated, "is it a tenant?"),
		Entry("its token endpoint answers 500", at("POST", tokenEndpoint, answering(500)),
			harness.BeRetrying(v1alpha1.ConditionAuthenticated, v1alpha1.ReasonTenantUnavailable), v1alpha1.ConditionAuthenticated, "it is tried again"),
	)

	It("refuses a wrong client secret, which is reported, and the clients go on once it is right", func() {
		w := workspace()
		t := w.NewTenant()
		secret := w.SignIn("wrong")
		c := w.NewClient("checkout")
		w.Create(secret, w.CABundle(), t, w.TLSSecret("cert", fresh()), c, w.NewCredential("cert", "checkout"))
		w.Await(t, harness.BeRetrying(v1alpha1.ConditionAuthenticated, v1alpha1.ReasonSignInRefused),
			harness.Say(v1alpha1.ConditionAuthenticated, "its Secret", "stay as they are"))
		w.Await(c, harness.BeWaiting(v1alpha1.ConditionTenantReady, v1alpha1.ReasonTenantNotReady),
			harness.Say(v1alpha1.ConditionTenantReady, v1alpha1.ReasonSignInRefused))
		Expect(w.Routes()).To(BeEmpty())

		harness.Edit(w, secret, func(s *corev1.Secret) { s.Data[harness.SignInKey] = []byte(w.Sim.ManagementClientSecret()) })
		w.Await(c, harness.BeReady())
	})

	It("does not hold up another tenant (I11)", func() {
		withOperator(short)
		slow, fine := bind(workspace()), bind(workspace())
		slow.Sim.Inject(always(auth0sim.Fault{Path: "/**", Hold: true}))
		slow.renew()
		renewed := fine.renew()

		Eventually(fine.Published("cert")).WithTimeout(generous).Should(Equal(renewed.Thumbprint()))
		fine.settle()
		Expect(slow.Published("cert")()).NotTo(Equal(slow.pair.Thumbprint()))
		slow.Sim.ClearFaults()
		Eventually(slow.Published("cert")).Should(Equal(slow.pair.Thumbprint()))
		slow.settle()
	})
})

// unanswered matches a client that is left alone after a request whose effect is not known. Which condition says so depends on
// whether it was looked at again meanwhile.
func unanswered(_, reason string) OmegaMatcher {
	return harness.BeRetrying(v1alpha1.ConditionReady, reason)
}

var _ = Describe("A renewal that the tenant does not answer as it should", func() {
	// Each row breaks the storing of the new certificate.
	DescribeTable("has a reason of its own, says what stays safe and what to do, loses nothing, and ends well once the tenant answers",
		func(fault auth0sim.Fault, expected func(condition, reason string) OmegaMatcher, reason string, words ...string) {
			b := bind(workspace())
			old := b.pair
			if slices.Contains(words, "in time") {
				withOperator(short)
				b.settle()
			}
			b.Sim.Inject(always(at("POST", pool, fault)))
			b.renew()

			b.Await(b.client, expected(v1alpha1.ConditionCredentialsInSync, reason), harness.Say(v1alpha1.ConditionReady, append(words, "stay")...))
			Expect(b.Attached(b.id())()).To(ConsistOf(old.Thumbprint()))
			Expect(b.Published("cert")()).To(Equal(old.Thumbprint()))
			b.Await(b.credential, harness.BeWaiting(v1alpha1.ConditionAttached, v1alpha1.ReasonWaitingForClient))

			b.Sim.ClearFaults()
			touch(b.Workspace, b.client)
			Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
			b.settle()
			Expect(b.Stored(b.id())()).To(ConsistOf(b.pair.Thumbprint()))
		},
		Entry("401, also with a new token", auth0sim.Fault{Reply: auth0sim.ReplyInvalidToken}, harness.BeRetrying,
			v1alpha1.ReasonSignInRefused, "check the tenant's spec.signIn"),
		Entry("403 with a missing scope", auth0sim.Fault{Reply: auth0sim.ReplyForbidden}, harness.BeStalled,
			v1alpha1.ReasonInsufficientScope, "grant the operator's client one of none:at_all"),
		Entry("404 of a proxy, which does not mean that the client is gone", answering(404), unanswered,
			v1alpha1.ReasonNotATenant, "what is attached stays attached"),
		Entry("429", auth0sim.Fault{Reply: auth0sim.ReplyRateLimited, RetryAfter: 3 * time.Second}, harness.BeWaiting,
			v1alpha1.ReasonRateLimited, "it goes on at"),
		Entry("500 with HTML", answering(500), unanswered, v1alpha1.ReasonTenantUnavailable, "what is attached stays attached"),
		Entry("502 with HTML", answering(502), unanswered, v1alpha1.ReasonTenantUnavailable, "what is attached stays attached"),
		Entry("200 with HTML", auth0sim.Fault{Reply: auth0sim.ReplyNotJSON}, unanswered,
			v1alpha1.ReasonNotATenant, "what is attached stays attached"),
		Entry("an answer of 32 MiB", auth0sim.Fault{Reply: auth0sim.ReplyOversized}, unanswered,
			v1alpha1.ReasonNotATenant, "more than 1 MiB"),
		Entry("nothing at all", auth0sim.Fault{Hold: true}, unanswered, v1alpha1.ReasonTimedOut, "in time", "what is attached stays attached"),
	)

	It("waits for the reset that a 429 names, and sends nothing before", func() {
		b := bind(workspace())
		b.Sim.Inject(at("POST", pool, auth0sim.Fault{Reply: auth0sim.ReplyRateLimited, RetryAfter: 3 * time.Second}))
		b.renew()
		Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
		b.rest()

		var attempts []time.Time
		for _, r := range b.Sim.Requests() {
			if r.Method == http.MethodPost {
				attempts = append(attempts, r.At)
			}
		}
		Expect(attempts).To(HaveLen(2))
		Expect(attempts[1].Sub(attempts[0])).To(BeNumerically(">=", 3*time.Second))
	})

	It("is refused because somebody deleted the client: it is reported, and nothing is made in its place", func() {
		b := bind(workspace())
		b.ByHand(func() error { return b.Sim.DeleteClient(b.id()) })
		b.renew()
		b.Await(b.client, harness.HaveCondition(v1alpha1.ConditionReady, "False", v1alpha1.ReasonClientNotFound))
		Expect(b.Writes()).To(Equal([]string{harness.CreateCredential}))
	})
})
