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
	"net/http"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/views/proxy"
)

// fence is longer than any request of a predecessor lives in these specs.
const fence = 4 * time.Second

// lateRequest takes effect when it is released, long after its caller saw it fail or was gone.
func lateRequest(method, path string, which int) auth0sim.Fault {
	return auth0sim.Fault{Method: method, Path: path, Nth: which, Hold: true, Effect: auth0sim.EffectLate, Delay: time.Millisecond}
}

// landsLast waits for the worst moment at which a request of a predecessor can land: when the successor has attached the newest
// certificate, or at the end of the time that a request may live.
func (s *scene) landsLast(successorCame time.Time) {
	GinkgoHelper()
	newest := s.newest().Thumbprint()
	Eventually(func() bool {
		return slices.Contains(s.Attached(s.id())(), newest) || time.Since(successorCame) > fence*3/4
	}).Should(BeTrue())
}

// both are an operator that runs, and one that is yet to be started, as one is that follows a leader: two that begin to create one
// client at the same moment may create two.
func both() (first, second *instance) {
	GinkgoHelper()
	first, second = run(harness.OperatorOptions{}), run(harness.OperatorOptions{})
	Expect(second.stop()).To(Succeed())
	return first, second
}

var _ = Describe("Two operators", func() {
	// Neither knows of the other. What one did, the other learns from refusals, from conflicts, and from its cache.
	It("that both work at once, for a while, harm nothing and end as one (I1, I2, I3, I7)", func() {
		first, second := both()
		s := newScene([]*instance{first, second})
		second.start()
		for range 3 {
			s.renew()
			Eventually(s.Published("cert")).Should(Equal(s.newest().Thumbprint()))
		}
		Expect(first.stop()).To(Succeed())
		s.renew()
		second.restart() // what it believes of the tenant may be what the first has changed since
		s.ends()
	})

	It("of which one sees the cluster late harm nothing either (I1, I2, I3)", func() {
		first, second := both()
		s := newScene([]*instance{first, second})
		second.start()
		first.freeze(s.Namespace)
		for range 2 {
			s.renew()
			Eventually(s.Published("cert")).Should(Equal(s.newest().Thumbprint()))
		}
		first.thaw(s.Namespace, nil)
		s.renew()
		Eventually(s.Published("cert")).Should(Equal(s.newest().Thumbprint()))
		Expect(second.stop()).To(Succeed())
		first.restart()
		s.ends()
	})
})

var _ = Describe("A leader that is gone and whose last request lands late", func() {
	// The certificate is renewed meanwhile, so that what lands speaks of a list that nobody wants any more.
	DescribeTable("at the tenant: nothing in use is detached (fence, I1, I4)",
		func(method, path string, which int) {
			first := run(harness.OperatorOptions{Fence: fence})
			s := newScene([]*instance{first})
			held := s.Sim.Inject(lateRequest(method, path, which))
			s.renew()
			Eventually(held.Fired()).Should(BeClosed())
			Expect(first.stop()).To(Succeed())
			s.renew()
			s.Sim.ResetLog()
			came := time.Now()
			first.start()
			Eventually(s.Routes).Should(lookedAtClients, "the successor has read the tenant")
			s.landsLast(came)
			held.Release()
			s.ends()
		},
		Entry("Create", http.MethodPost, pool, 1),
		Entry("Attach", http.MethodPatch, oneClient, 1),
		Entry("Detach", http.MethodPatch, oneClient, 2),
		Entry("Delete", http.MethodDelete, oneCredential, 1),
	)

	It("in the cluster, as the publication of what has been renewed since: the tenant still accepts it (fence, I1)", func() {
		first, second := run(harness.OperatorOptions{Fence: fence}), run(harness.OperatorOptions{Fence: fence})
		Expect(second.stop()).To(Succeed())
		s := newScene([]*instance{first, second})
		late := first.HoldRequest(publication)
		s.renew()
		Eventually(late.Reached()).Should(BeClosed())
		Expect(first.stop()).To(Succeed())
		s.renew()
		next := second.HoldRequest(publication)
		came := time.Now()
		second.start()
		s.landsLast(came)
		late.Release()
		Eventually(s.Published("cert")).ShouldNot(Equal(s.generations[0].Thumbprint()))
		next.Release()
		s.ends()
	})

	It("in the cluster, when its successor has published since, is refused (I1)", func() {
		first, second := both()
		s := newScene([]*instance{first, second})
		late := first.HoldRequest(publication)
		s.renew()
		Eventually(late.Reached()).Should(BeClosed())
		Expect(first.stop()).To(Succeed())
		second.start()
		s.renew()
		s.ends()
		late.Release()
		s.renew()
		s.ends()
	})
})

var _ = Describe("A leader that is cut off and does not know it", func() {
	// Its lease ends while a request of its is under way; its successor leads when the request lands.
	DescribeTable("is followed by one that waits for what it may have sent (zombie, I1, I4)",
		func(method, path string, which int, warm bool) {
			options := harness.OperatorOptions{Lease: "views", Timeout: harness.LeaderTimeout, Fence: fence}
			zombie := run(options)
			s := newScene([]*instance{zombie})
			var successor *instance
			stand := func() {
				successor = run(options)
				successor.OnWrite(s.witness.see)
				DeferCleanup(func() { Expect(successor.stop()).To(Succeed()) })
			}
			if warm { // it saw the client long before it leads
				stand()
				stood := time.Now()
				Eventually(func() time.Duration { return time.Since(stood) }).Should(BeNumerically(">", fence))
			}
			held := s.Sim.Inject(lateRequest(method, path, which))
			s.renew()
			Eventually(held.Fired()).Should(BeClosed())
			leases := zombie.HoldRequest(func(r proxy.Request) bool { return r.Resource == "leases" })
			Eventually(leases.Reached()).Should(BeClosed())
			s.renew()
			s.Sim.ResetLog()
			if !warm {
				stand()
			}
			DeferCleanup(func() { _ = zombie.stop() }) // a lost lease ends it with an error, as it must
			Eventually(s.Routes).Should(lookedAtClients)
			s.landsLast(time.Now())
			held.Release()
			leases.Release()
			s.ends()
		},
		Entry("Attach", http.MethodPatch, oneClient, 1, false),
		Entry("Detach", http.MethodPatch, oneClient, 2, false),
		Entry("Attach, and its successor stands by", http.MethodPatch, oneClient, 1, true),
		Entry("Detach, and its successor stands by", http.MethodPatch, oneClient, 2, true),
	)
})
