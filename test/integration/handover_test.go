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
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
)

// late is a request that takes effect when the operator that sent it is gone and the next one has read the tenant.
func late(method, path string) auth0sim.Fault {
	return auth0sim.Fault{Method: method, Path: path, Effect: auth0sim.EffectLate, Delay: 1500 * time.Millisecond, Hold: true}
}

// looks are how often the tenant was asked about clients: one by one, or all in order together.
func looks(routes []string) int {
	return count(routes, harness.ReadClient) + count(routes, harness.ListClients)
}

var _ = Describe("The request of an operator that died", func() {
	// Each row stops the operator while a request is under way, which takes effect after its successor has read the tenant.
	DescribeTable("that takes effect after its successor came: nothing is done twice, nothing in use is lost, nothing is left over (I1, I3)",
		func(method, path string, which int, writes ...string) {
			DeferCleanup(func() { restart(harness.OperatorOptions{}) })
			b := bind(workspace())
			held := b.Sim.Inject(nth(which, late(method, path)))
			b.renew()
			Eventually(held.Fired()).WithTimeout(harness.Patience).Should(BeClosed())
			read := looks(b.Routes())
			Expect(operator.Stop()).To(Succeed())
			start(harness.OperatorOptions{Fence: 4 * time.Second})
			Eventually(func() int { return looks(b.Routes()) }).WithTimeout(harness.Patience).Should(BeNumerically(">", read))
			held.Release()

			Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
			Eventually(b.Stored(b.id())).Should(ConsistOf(b.pair.Thumbprint()))
			b.rest()
			Expect(b.Writes()).To(Equal(writes))
		},
		Entry("Create", "POST", pool, 1, harness.CreateCredential, harness.UpdateClient, harness.UpdateClient, harness.DeleteCredential),
		Entry("Attach", "PATCH", oneClient, 1, harness.CreateCredential, harness.UpdateClient, harness.UpdateClient, harness.DeleteCredential),
		Entry("Detach", "PATCH", oneClient, 2, harness.CreateCredential, harness.UpdateClient, harness.UpdateClient, harness.DeleteCredential),
	)

	It("that creates a client after its successor came: there is never a second client (I3)", func() {
		DeferCleanup(func() { restart(harness.OperatorOptions{}) })
		w := workspace()
		held := w.Sim.Inject(late("POST", clients))
		w.CreateTenant()
		c, credential := w.NewClient("checkout"), w.NewCredential("cert", "checkout")
		w.Create(w.TLSSecret("cert", fresh()), c, credential)
		Eventually(held.Fired()).WithTimeout(harness.Patience).Should(BeClosed())
		Expect(operator.Stop()).To(Succeed())
		start(harness.OperatorOptions{Fence: 4 * time.Second})
		w.Await(c, harness.BeWaiting(v1alpha1.ConditionRegistered, v1alpha1.ReasonWithheld),
			harness.Say(v1alpha1.ConditionRegistered, "has just taken over", "it goes on at"))
		held.Release()
		w.Await(c, harness.BeReady())
		Expect(created(w, "checkout")).To(ConsistOf(c.Status.ClientID))
		Expect(w.Writes()).To(Equal([]string{harness.CreateClient}))
	})
})

var _ = Describe("A leader", func() {
	const lease = "handover"

	It("that ends in order hands over at once: its successor waits for nothing", func() {
		withOperator(harness.OperatorOptions{Lease: lease, Timeout: harness.LeaderTimeout})
		b := bind(workspace())
		restart(harness.OperatorOptions{Lease: lease, Timeout: harness.LeaderTimeout, Fence: time.Hour})
		b.renew()
		b.rest()
	})

	It("that ends while a request is under way takes its answer in, and hands over in order (I3)", func() {
		withOperator(harness.OperatorOptions{Lease: lease, Timeout: harness.LeaderTimeout, Grace: harness.LeaderTimeout})
		b := bind(workspace())
		slow := b.Sim.Inject(at("POST", pool, auth0sim.Fault{Latency: time.Second, Effect: auth0sim.EffectCommitted}))
		b.renew()
		Eventually(slow.Fired()).Should(BeClosed())
		restart(harness.OperatorOptions{Lease: lease, Timeout: harness.LeaderTimeout, Fence: time.Hour})
		b.rest()
		Expect(b.Writes()).To(Equal([]string{
			harness.CreateCredential, harness.UpdateClient, harness.UpdateClient, harness.DeleteCredential}), "nothing is done twice")
	})

	It("that ends with a request unanswered keeps its lease, so that its successor leaves that client alone for a while (I1, I3)", func() {
		withOperator(harness.OperatorOptions{Lease: lease, Timeout: harness.LeaderTimeout, Fence: time.Hour})
		b := bind(workspace())
		b.Sim.Inject(at("POST", pool, harness.Lose("", "")))
		b.renew()
		b.Await(b.client, harness.BeRetrying(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonNotATenant))
		restart(harness.OperatorOptions{Lease: lease, Timeout: harness.LeaderTimeout, Fence: 3 * time.Second})
		b.Await(b.client, harness.BeWaiting(v1alpha1.ConditionRegistered, v1alpha1.ReasonWithheld))
		b.rest()
		Expect(b.Writes()).To(Equal([]string{
			harness.CreateCredential, harness.UpdateClient, harness.UpdateClient, harness.DeleteCredential}), "nothing is done twice")
	})
})
