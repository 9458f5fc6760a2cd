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
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/views/proxy"
)

var _ = Describe("An operator that comes back to an API server which has fallen behind", func() {
	// What the operator lists is as it was at a moment of the renewal before; nothing newer is told until it has acted on that.
	DescribeTable("takes nothing of a later renewal back (time travel, I1, I3, I4, I12)",
		func(ctx SpecContext, m moment, renewals int) {
			i := run(harness.OperatorOptions{})
			s := newScene([]*instance{i})
			stands, goOn := m.hold(s, i)
			s.renew()
			Eventually(stands).Should(BeClosed())
			then := i.record(ctx)
			goOn()
			s.ends()
			Expect(i.stop()).To(Succeed())
			for range renewals {
				s.renew()
			}
			s.Sim.ResetLog()
			i.freeze(s.Namespace)
			i.Show(then...)
			i.start()
			Eventually(s.Routes).Should(lookedAtClients, "it has looked at the client")
			s.renew()
			touch(s)

			i.ShowPresent()
			i.thaw(s.Namespace, nil)
			s.ends()
		},
		Entry("as it was before Create", moments[0], 0),
		Entry("as it was before Create, and renewed since", moments[0], 2),
		Entry("as it was before Attach", moments[1], 1),
		Entry("as it was before Publish", moments[2], 0),
		Entry("as it was before Publish, and renewed since", moments[2], 1),
		Entry("as it was before Detach", moments[3], 0),
		Entry("as it was before Detach, and renewed since", moments[3], 1),
		Entry("as it was before Delete", moments[4], 1),
	)
})

var _ = Describe("Changes that the operator does not see one by one", func() {
	It("are two renewals in one: only the newer is registered", func() {
		i := run(harness.OperatorOptions{})
		s := newScene([]*instance{i})
		i.View("secrets", s.Namespace).Freeze()
		skipped, newest := s.renew(), s.renew()
		Eventually(i.View("secrets", s.Namespace).Held).Should(HaveLen(2))
		i.View("secrets", s.Namespace).Thaw(proxy.Newest)
		s.ends()
		Expect(s.Sent(harness.CreateCredential)).To(HaveLen(1), "%s was never seen, %s was", skipped.Thumbprint(), newest.Thumbprint())
	})

	It("are lost with the watch, and come with the next list (410 Gone, I8)", func() {
		i := run(harness.OperatorOptions{})
		s := newScene([]*instance{i})
		i.freeze(s.Namespace)
		s.renew()
		s.renew()
		Eventually(i.View("secrets", s.Namespace).Held).Should(HaveLen(2))
		i.thaw(s.Namespace, proxy.None)
		for resource := range lists {
			i.Expire(resource)
		}
		s.ends()
	})

	It("are lost in the middle of a renewal, at each status that it writes (unobserved states, I1, I8)", func() {
		i := run(harness.OperatorOptions{})
		s := newScene([]*instance{i})
		for _, resource := range []string{"oauthclients", "clientcredentials"} {
			reached := i.View(resource, s.Namespace).FreezeAt(func(e proxy.Event) bool { return e.Name == "checkout" || e.Name == "cert" })
			s.renew()
			Eventually(reached).Should(BeClosed())
			i.View(resource, s.Namespace).Thaw(proxy.None)
			i.Expire(resource)
			s.ends()
		}
	})
})
