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
	"reflect"
	"slices"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"github.com/onsi/gomega/gstruct"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/workload"
)

var _ = Describe("A renewal costs no token request", func() {
	It("of a self-signed certificate, with four requests to the tenant", func() {
		s := newScene()
		c := s.createX509("payments", overlap(2))
		w := s.start("payments", false)
		s.settled(c)
		before, issued := len(s.Routes()), s.revision("payments")
		for range 3 {
			s.renewThrough(c, w)
		}
		w.Stop()
		Expect(w.Failures()).To(BeEmpty())
		calls := count(s.Routes()[before:])
		renewals := calls["POST clients/{id}/credentials"]
		Expect(renewals).To(And(BeNumerically(">=", 3), BeNumerically("<=", s.revision("payments")-issued)))
		Expect(calls).To(gstruct.MatchAllKeys(gstruct.Keys{
			"POST clients/{id}/credentials":                   Equal(renewals),
			"PATCH clients/{id}":                              BeNumerically("<=", 2*renewals), // one for two certificates at once
			"DELETE clients/{id}/credentials/{credential_id}": Equal(renewals),
		}))
	})

	It("of a CA-signed certificate with the same subject, without a request to the tenant", func() {
		s := newScene()
		s.createAuthority()
		c := s.createBySubject("reports")
		w := s.start("reports", false)
		s.settled(c)
		before := s.Routes()
		for range 3 {
			s.renewThrough(c, w)
		}
		w.Stop()
		Expect(w.Failures()).To(BeEmpty())
		Expect(s.Routes()).To(Equal(before))
	})

	It("on cert-manager's own schedule", func() {
		s := newScene()
		s.createAuthority()
		every := scheduled(15 * time.Second)
		s.Create(
			s.certificate("payments", selfSigned, every), s.client("payments", v1alpha1.MethodSelfSignedTLSClientAuth),
			s.credential("payments", v1alpha1.TypeX509Cert, overlap(3)),
			s.certificate("reports", authority, every), s.client("reports", v1alpha1.MethodTLSClientAuth),
			s.credential("reports", v1alpha1.TypeCertSubjectDN, overlap(3)),
		)
		for _, w := range []*workload.Workload{s.start("payments", false), s.start("reports", false)} {
			Eventually(func() []string { return presented(w) }).Should(haveAtLeast(3))
			w.Stop()
			Expect(w.Failures()).To(BeEmpty())
		}
	})

	It("of a workload that loads its certificate once, as long as that is valid", func() {
		s := newScene()
		c := s.createX509("loaded")
		once, newest := s.start("loaded", true), s.start("loaded", false)
		s.renew("loaded")
		Eventually(func() []string { return presented(newest) }).Should(haveAtLeast(2))
		s.Await(c, harness.BeReady(), harness.HaveCondition(v1alpha1.ConditionCredentialsInSync, "True", v1alpha1.ReasonOverlap))
		asked := len(once.Requests())
		Eventually(once.Requests).Should(haveAtLeast(asked + 20))
		once.Stop()
		newest.Stop()
		Expect(presented(once)).To(HaveLen(1))
		Expect(once.Failures()).To(BeEmpty())
		Expect(newest.Failures()).To(BeEmpty())
	})

	DescribeTable("when the operator is killed in the middle of it", func(fault auth0sim.Fault) {
		s := newScene()
		c := s.createX509("killed", overlap(1))
		w := s.start("killed", false)
		s.settled(c)
		known := len(presented(w))
		fault.Hold = true
		held := s.Sim.Inject(fault)
		s.renew("killed")
		Eventually(held.Fired()).Should(BeClosed())
		Expect(process.Kill()).To(Succeed())
		held.Remove()
		startOperator()
		Eventually(func() []string { return presented(w) }).Should(haveAtLeast(known + 1))
		s.settled(c)
		w.Stop()
		Expect(w.Failures()).To(BeEmpty())
	},
		Entry("before the new certificate is stored", auth0sim.Fault{Method: "POST", Path: "/api/v2/clients/{id}/credentials"}),
		Entry("after the new certificate is stored", auth0sim.Fault{Method: "POST", Path: "/api/v2/clients/{id}/credentials", Effect: auth0sim.EffectCommitted}),
		Entry("before the new certificate is attached", auth0sim.Fault{Method: "PATCH", Path: "/api/v2/clients/{id}"}),
		Entry("after the new certificate is attached", auth0sim.Fault{Method: "PATCH", Path: "/api/v2/clients/{id}", Effect: auth0sim.EffectCommitted}),
		Entry("after the old certificate is detached", auth0sim.Fault{Method: "PATCH", Path: "/api/v2/clients/{id}", Nth: 2, Effect: auth0sim.EffectCommitted}),
		Entry("after the old certificate is deleted", auth0sim.Fault{Method: "DELETE", Path: "/api/v2/clients/{id}/credentials/{id}", Effect: auth0sim.EffectCommitted}),
	)
})

// renewThrough renews the certificate of a client and waits until the rotation is over.
func (s *scene) renewThrough(c *v1alpha1.OAuthClient, w *workload.Workload) {
	GinkgoHelper()
	known := len(presented(w))
	s.renew(c.Name)
	Eventually(func() []string { return presented(w) }).Should(haveAtLeast(known + 1))
	s.settled(c)
}

// settled waits until the tenant knows one certificate of the client, or its subject, and no other.
func (s *scene) settled(c *v1alpha1.OAuthClient) {
	GinkgoHelper()
	Eventually(s.atTenant(c)).Should(And(HaveField("Attached", HaveLen(1)), HaveField("Credentials", HaveLen(1))))
	s.Await(c, harness.BeReady(), harness.HaveCondition(v1alpha1.ConditionCredentialsInSync, "True", v1alpha1.ReasonInSync))
	Expect(c.Status.Credentials).To(ConsistOf(gstruct.MatchFields(gstruct.IgnoreExtras, gstruct.Fields{"State": Equal(v1alpha1.CredentialAttached)})))
}

// revision is how many times cert-manager has issued a certificate. Now and then it does so twice at once.
func (s *scene) revision(name string) int {
	GinkgoHelper()
	var c cmapi.Certificate
	Expect(s.read(name, &c)).To(Succeed())
	return *c.Status.Revision
}

func count(routes []string) map[string]int {
	counts := map[string]int{}
	for _, route := range routes {
		counts[route]++
	}
	return counts
}

func haveAtLeast(n int) OmegaMatcher {
	return WithTransform(func(list any) int { return reflect.ValueOf(list).Len() }, BeNumerically(">=", n))
}

// presented are the thumbprints that a workload has presented with success, oldest first.
func presented(w *workload.Workload) (thumbprints []string) {
	for _, r := range w.Requests() {
		if r.Err == nil && !slices.Contains(thumbprints, r.Thumbprint) {
			thumbprints = append(thumbprints, r.Thumbprint)
		}
	}
	return thumbprints
}
