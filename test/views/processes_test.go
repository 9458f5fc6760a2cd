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
	"path/filepath"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	coordinationv1 "k8s.io/api/coordination/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/operator"
)

// leaseOf is the name of the Lease of cmd/certbound.
const leaseOf = "certbound.dev"

// leader is who holds the Lease.
func leader(s *scene) func(SpecContext) (string, error) {
	return func(ctx SpecContext) (string, error) {
		var lease coordinationv1.Lease
		err := s.Client().Get(ctx, client.ObjectKey{Namespace: harness.SystemNamespace, Name: leaseOf}, &lease)
		if err != nil || lease.Spec.HolderIdentity == nil {
			return "", err
		}
		return *lease.Spec.HolderIdentity, nil
	}
}

var _ = Describe("Two processes of the operator, one of which leads", func() {
	// The leader is suspended for longer than its lease, while a request of its is under way; then it goes on where it stood.
	DescribeTable("and is suspended in a renewal, end as one (zombie, I1, I3, I4)",
		func(ctx SpecContext, method, path string, which int) {
			onlyToProve()
			folder := GinkgoT().TempDir()
			program, err := operator.Build(ctx, folder)
			Expect(err).NotTo(HaveOccurred())
			kubeconfig, err := env.Cluster.ServiceAccountKubeconfig(ctx, harness.SystemNamespace, "controller-manager")
			Expect(err).NotTo(HaveOccurred())
			start := func(name string) *operator.Process {
				GinkgoHelper()
				p, err := operator.Start(program, kubeconfig, filepath.Join(folder, name+".log"),
					"--leader-elect", "--tenant-timeout=3s", "--fence="+fence.String())
				Expect(err).NotTo(HaveOccurred())
				DeferCleanup(p.Kill)
				return p
			}
			suspended := start("suspended")
			s := newScene(nil)
			before, err := leader(s)(ctx)
			Expect(err).NotTo(HaveOccurred())
			start("successor")

			held := s.Sim.Inject(auth0sim.Fault{Method: method, Path: path, Nth: which, Hold: true, Effect: auth0sim.EffectCommitted})
			s.renew()
			Eventually(held.Fired()).Should(BeClosed())
			Expect(suspended.Pause()).To(Succeed())
			s.renew()
			s.Sim.ResetLog()
			Eventually(leader(s)).WithContext(ctx).WithTimeout(2 * harness.Patience).ShouldNot(Equal(before))
			Eventually(s.Routes).Should(lookedAtClients, "the successor has read the tenant")
			held.Release()
			Expect(suspended.Resume()).To(Succeed())
			s.ends()
			Eventually(suspended.Exited()).WithTimeout(harness.Patience).Should(BeClosed(), "it has lost its lease")
			s.renew()
			s.ends()
		},
		Entry("at Attach", http.MethodPatch, oneClient, 1),
		Entry("at Detach", http.MethodPatch, oneClient, 2),
	)
})
