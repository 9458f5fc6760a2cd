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

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/controller"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/views/proxy"
)

// moment is a point in a renewal.
type moment struct {
	name string
	// hold stops the renewal there. It returns a channel that is closed when it stands, and how to go on.
	hold func(*scene, *instance) (stands <-chan struct{}, goOn func())
}

func atTenant(name, method, path string, which int) moment {
	return moment{name, func(s *scene, _ *instance) (<-chan struct{}, func()) {
		held := s.Sim.Inject(auth0sim.Fault{Method: method, Path: path, Nth: which, Hold: true})
		return held.Fired(), held.Release
	}}
}

func publication(r proxy.Request) bool {
	return r.Resource == "secrets" && r.Method == http.MethodPut
}

// moments are the steps of a renewal.
var moments = []moment{
	atTenant("Create", http.MethodPost, pool, 1),
	atTenant("Attach", http.MethodPatch, oneClient, 1),
	{"Publish", func(_ *scene, i *instance) (<-chan struct{}, func()) {
		held := i.HoldRequest(publication)
		return held.Reached(), held.Release
	}},
	atTenant("Detach", http.MethodPatch, oneClient, 2),
	atTenant("Delete", http.MethodDelete, oneCredential, 1),
}

// forMoments are the entries of a table over all moments and views.
func forMoments(views ...string) (entries []TableEntry) {
	for _, m := range moments {
		for _, view := range views {
			entries = append(entries, Entry("from "+m.name+" on, "+view, m, view))
		}
	}
	return entries
}

var _ = Describe("A status that is seen late", func() {
	// From the moment on, the operator sees nothing new of one kind, while two more renewals come; then it sees the newest at once.
	DescribeTable("detaches nothing in use and publishes nothing older or refused (I1, I4, I12)",
		func(m moment, view string) {
			i := run(harness.OperatorOptions{})
			s := newScene([]*instance{i})
			stands, goOn := m.hold(s, i)
			s.renew()
			Eventually(stands).Should(BeClosed())
			frozen := i.View(view, s.Namespace)
			frozen.Freeze()
			goOn()
			s.renew()
			Eventually(frozen.Held).ShouldNot(BeEmpty())
			s.renew()
			touch(s)

			frozen.Thaw(proxy.Newest)
			s.ends()
		}, forMoments("oauthclients", "clientcredentials"))

	// Each side sees its own objects as they are, and the other's late.
	DescribeTable("by the one of two programs that does not write it, costs time and nothing else (I1, I4)",
		func(side, view string) {
			sides := map[string]*instance{}
			for _, name := range []string{controller.TenantSide, controller.ClusterSide} {
				sides[name] = run(harness.OperatorOptions{Sides: []string{name}})
			}
			s := newScene([]*instance{sides[controller.TenantSide], sides[controller.ClusterSide]})
			frozen := sides[side].View(view, s.Namespace)
			for range 2 {
				frozen.Freeze()
				s.renew()
				Eventually(frozen.Held).ShouldNot(BeEmpty())
				s.renew()
				frozen.Thaw(nil)
				s.ends()
			}
		},
		Entry("OAuthClient, seen by the cluster side", controller.ClusterSide, "oauthclients"),
		Entry("ClientCredential, seen by the tenant side", controller.TenantSide, "clientcredentials"),
	)

	It("again after it was seen newer changes nothing (replay, I1)", func() {
		i := run(harness.OperatorOptions{})
		s := newScene([]*instance{i})
		s.renew()
		s.ends()
		for view := range lists {
			for _, e := range i.View(view, s.Namespace).Seen() {
				i.View(view, s.Namespace).Replay(e)
			}
		}
		s.renew()
		s.ends()
	})
})
