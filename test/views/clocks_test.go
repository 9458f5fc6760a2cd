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

package views

import (
	"crypto/x509"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/test/harness"
)

// wrongClock is a clock that is so much ahead, or behind where it is negative.
type wrongClock struct {
	clock.RealClock

	ahead time.Duration
}

// Now implements clock.PassiveClock.
func (c wrongClock) Now() time.Time { return c.RealClock.Now().Add(c.ahead) }

// Since implements clock.PassiveClock.
func (c wrongClock) Since(t time.Time) time.Duration { return c.Now().Sub(t) }

// The clocks of the API server, of the tenant, of cert-manager and of workloads are right.
var _ = Describe("An operator whose clock is an hour wrong", func() {
	wrong := func(ahead time.Duration) []*instance {
		return []*instance{run(harness.OperatorOptions{Clock: wrongClock{ahead: ahead}})}
	}
	ending := func(in time.Duration) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = time.Now().Add(-2*time.Hour), time.Now().Add(in) }
	}

	DescribeTable("renews as ever, and gives the old certificate its whole overlap (I1, I3)",
		func(ahead time.Duration) {
			s := newScene(wrong(ahead), overlap(3), func(s *scene) { s.life = ending(48 * time.Hour) })
			old := s.newest()
			s.renew()
			Eventually(s.Published("cert")).Should(Equal(s.newest().Thumbprint()))
			published := time.Now()
			Expect(s.Attached(s.id())()).To(ConsistOf(old.Thumbprint(), s.newest().Thumbprint()))
			s.ends()
			Expect(time.Since(published)).To(BeNumerically(">", time.Second), "what is published counts in whole seconds, and is seen a moment later")
		},
		Entry("ahead", time.Hour),
		Entry("behind", -time.Hour),
	)

	// By the operator's clock the old certificate has expired; workloads that still hold it have half an hour left.
	DescribeTable("keeps what is valid by the tenant's clock attached for its overlap (I1)",
		func(ahead time.Duration) {
			i := run(harness.OperatorOptions{})
			s := newScene([]*instance{i}, overlap(7200), func(s *scene) { s.life = ending(30 * time.Minute) })
			old := s.newest()
			i.options.Clock = wrongClock{ahead: ahead}
			i.restart()
			s.life = ending(48 * time.Hour)
			s.renew()
			Eventually(s.Published("cert")).Should(Equal(s.newest().Thumbprint()))
			s.rest()
			s.Await(s.client, harness.HaveCondition(v1alpha1.ConditionCredentialsInSync, metav1.ConditionTrue, v1alpha1.ReasonOverlap))
			Expect(s.Attached(s.id())()).To(ConsistOf(old.Thumbprint(), s.newest().Thumbprint()))
		},
		Entry("ahead", time.Hour),
		Entry("behind", -time.Hour),
	)

	It("behind waits for a certificate that it takes for not yet valid, and retires nothing (I1)", func() {
		s := newScene(wrong(-time.Hour), func(s *scene) { s.life = ending(48 * time.Hour) })
		old := s.newest()
		s.life = func(c *x509.Certificate) { c.NotBefore = time.Now().Add(-time.Minute) }
		s.renew()
		s.Await(s.credential, harness.BeWaiting(v1alpha1.ConditionCertificateReady, "CertificateNotYetValid"))
		Expect(s.Published("cert")()).To(Equal(old.Thumbprint()))
		Expect(s.Stored(s.id())()).To(ConsistOf(old.Thumbprint()))
		s.life = ending(49 * time.Hour)
		s.renew()
		s.ends()
	})
})
