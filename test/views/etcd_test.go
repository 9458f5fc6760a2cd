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
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/certbound/certbound/test/harness"
)

// The cluster remembers less than the tenant has. It is one of this spec's own: nobody else can go on in a cluster whose resource
// versions have gone back.
var _ = Describe("An etcd that is restored to a state from before a renewal", func() {
	BeforeEach(func(ctx SpecContext) {
		onlyToProve()
		shared := env
		own, err := harness.Start(ctx, harness.Options{Log: GinkgoWriter, Progress: GinkgoWriter})
		Expect(err).NotTo(HaveOccurred())
		env = own
		DeferCleanup(func() {
			env = shared
			Expect(own.Stop()).To(Succeed())
		})
	})

	// Each row says how far the renewals had come that are forgotten, and how often there was one.
	DescribeTable("ends right: what is published is accepted again, nothing is left over, nothing of others is touched (I1, I3, I7)",
		func(ctx SpecContext, renewals int, m *moment) {
			i := run(harness.OperatorOptions{})
			s := newScene([]*instance{i}, overlap(0))
			foreign := s.Foreign(s.id(), harness.SelfSigned(GinkgoTB(), "theirs"))
			backup := filepath.Join(GinkgoT().TempDir(), "etcd")
			Expect(i.stop()).To(Succeed())
			Expect(env.Unwatched(ctx, func() error { return env.Cluster.Backup(backup) })).To(Succeed())
			i.start()
			for range renewals - 1 {
				s.renew()
				s.endsBeside(foreign)
			}
			if m == nil {
				s.renew()
				s.endsBeside(foreign)
			} else {
				stands, goOn := m.hold(s, i)
				s.renew()
				Eventually(stands).Should(BeClosed())
				defer goOn()
			}
			Expect(i.stop()).To(Succeed())
			forgotten := s.newest()
			Expect(env.Unwatched(ctx, func() error { return env.Cluster.Restore(backup) })).To(Succeed())
			s.witness.expect(func() { s.generations, s.witness.newest = s.generations[:1], 0 })

			s.Sim.ResetLog()
			i.start()
			s.endsBeside(foreign)
			Expect(s.Stored(s.id())()).NotTo(ContainElement(forgotten.Thumbprint()))
			s.renew()
			s.endsBeside(foreign)
			Expect(count(s.Writes(), harness.CreateClient)).To(BeZero())
		},
		Entry("one", 1, nil),
		Entry("three", 3, nil),
		Entry("one that stands before Attach", 1, &moments[1]),
		Entry("one that stands before Detach", 1, &moments[3]),
	)
})

// endsBeside is ends for a client that holds a credential of somebody else, too, which is not attached.
func (s *scene) endsBeside(foreign string) {
	GinkgoHelper()
	newest := s.newest().Thumbprint()
	Eventually(s.Published("cert")).Should(Equal(newest))
	Eventually(s.Attached(s.id())).Should(ConsistOf(newest))
	// What is only stored no listing shows: an audit finds it, one client a minute.
	Eventually(s.Stored(s.id())).WithTimeout(2 * harness.Patience).Should(HaveLen(2))
	s.rest()
	present, _ := s.Sim.Client(s.id())
	Expect(present.Credentials).To(ContainElement(HaveField("ID", foreign)))
	Expect(s.created("checkout")).To(ConsistOf(s.id()))
}
