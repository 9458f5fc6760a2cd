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
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
)

const (
	clients       = "/api/v2/clients"
	oneClient     = "/api/v2/clients/{id}"
	oneCredential = "/api/v2/clients/{id}/credentials/{credential_id}"
)

// count is how often a route was asked for.
func count(routes []string, route string) (n int) {
	for _, r := range routes {
		if r == route {
			n++
		}
	}
	return n
}

// created are the clients at the tenant that were made for an OAuthClient.
func created(w *harness.Workspace, name string) (ids []string) {
	for _, c := range w.Sim.Clients() {
		if c.Name == w.Namespace+"/"+name {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

var _ = Describe("A request whose answer is lost", func() {
	DescribeTable("that creates a client: the client is found by its mark, and there is never a second (C)",
		func(fault auth0sim.Fault, posts int) {
			w := workspace()
			w.Sim.Inject(at("POST", clients, fault))
			w.CreateTenant()
			c, credential := w.NewClient("checkout"), w.NewCredential("cert", "checkout")
			w.Create(w.TLSSecret("cert", fresh()), c, credential)

			w.Await(c, harness.BeReady())
			w.Await(credential, harness.BeReady())
			Expect(created(w, "checkout")).To(ConsistOf(c.Status.ClientID))
			routes := w.Routes()
			Expect(count(routes, harness.CreateClient)).To(Equal(posts))
			Expect(routes[:2]).To(Equal([]string{harness.CreateClient, harness.ListClients}), "it is looked for before anything else is sent")
		},
		Entry("after it took effect", harness.Lose("", ""), 1),
		Entry("before it took effect", auth0sim.Fault{Reply: auth0sim.ReplyCut}, 2),
		Entry("after it took effect, with a 502 in its place", auth0sim.Fault{Effect: auth0sim.EffectCommitted, Reply: auth0sim.ReplyStatus, Status: 502}, 1),
		Entry("by half", auth0sim.Fault{Reply: auth0sim.ReplyTruncated}, 1),
		Entry("and that takes effect late, within the fence", auth0sim.Fault{Effect: auth0sim.EffectLate, Delay: 300 * time.Millisecond, Reply: auth0sim.ReplyCut}, 1),
	)

	It("is named in the status, with when work goes on and what is safe", func() {
		withOperator(harness.OperatorOptions{Fence: time.Hour})
		w := workspace()
		w.Sim.Inject(at("POST", clients, harness.Lose("", "")))
		w.CreateTenant()
		c := w.NewClient("checkout")
		w.Create(w.TLSSecret("cert", fresh()), c, w.NewCredential("cert", "checkout"))
		w.Await(c, harness.BeRetrying(v1alpha1.ConditionRegistered, v1alpha1.ReasonNotATenant),
			harness.Say(v1alpha1.ConditionRegistered, "may still take effect", "the tenant is read before anything else is sent",
				"what is attached stays attached"))
		touch(w, c)
		Consistently(harness.Live(w, c)).WithTimeout(quiet).Should(harness.BeRetrying(v1alpha1.ConditionRegistered, v1alpha1.ReasonNotATenant))
		Expect(w.Routes()).To(Equal([]string{harness.CreateClient}))
	})

	// Each row loses the answer to one step of a rotation.
	DescribeTable("of a rotation: the tenant is read, what is there is taken up, nothing is done twice, and nothing in use is lost (P2 to P8)",
		func(method, path string, fault auth0sim.Fault, route string, attempts int) {
			b := bind(workspace())
			b.Sim.Inject(at(method, path, fault))
			b.renew()

			Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
			Eventually(b.Stored(b.id())).Should(ConsistOf(b.pair.Thumbprint()))
			b.rest()
			routes := b.Routes()
			Expect(count(routes, route)).To(Equal(attempts))
			lost := slices.Index(routes, harness.ReadClient) - 1
			Expect(routes[lost : lost+3]).To(Equal([]string{route, harness.ReadClient, harness.ListCredentials}))
		},
		Entry("Create, after it took effect: adopted by its thumbprint", "POST", pool, harness.Lose("", ""), harness.CreateCredential, 1),
		Entry("Create, before it took effect", "POST", pool, auth0sim.Fault{Reply: auth0sim.ReplyCut}, harness.CreateCredential, 2),
		Entry("Create, late within the fence", "POST", pool,
			auth0sim.Fault{Effect: auth0sim.EffectLate, Delay: 300 * time.Millisecond, Reply: auth0sim.ReplyStatus, Status: 504}, harness.CreateCredential, 1),
		Entry("Attach, after it took effect", "PATCH", oneClient, harness.Lose("", ""), harness.UpdateClient, 2),
		Entry("Attach, before it took effect", "PATCH", oneClient, auth0sim.Fault{Reply: auth0sim.ReplyCut}, harness.UpdateClient, 3),
		Entry("Attach, late within the fence", "PATCH", oneClient,
			auth0sim.Fault{Effect: auth0sim.EffectLate, Delay: 300 * time.Millisecond, Reply: auth0sim.ReplyCut}, harness.UpdateClient, 2),
		Entry("Detach, after it took effect", "PATCH", oneClient, nth(2, harness.Lose("", "")), harness.UpdateClient, 2),
		Entry("Delete, after it took effect", "DELETE", oneCredential, harness.Lose("", ""), harness.DeleteCredential, 1),
		Entry("Delete, before it took effect", "DELETE", oneCredential, auth0sim.Fault{Reply: auth0sim.ReplyCut}, harness.DeleteCredential, 2),
	)
})

// The pause of an object that failed, and the breaker's, are over long before such a fence.
var _ = Describe("A request whose answer is lost and that takes effect late in the fence", func() {
	It("is the only one of its kind: nothing is sent before (I3)", func() {
		withOperator(harness.OperatorOptions{Fence: 6 * time.Second})
		b := bind(workspace())
		b.Sim.Inject(at("POST", pool,
			auth0sim.Fault{Effect: auth0sim.EffectLate, Delay: 4 * time.Second, Reply: auth0sim.ReplyStatus, Status: 504}))
		b.renew()

		Eventually(b.Published("cert")).WithTimeout(harness.Patience).Should(Equal(b.pair.Thumbprint()))
		Eventually(b.Stored(b.id())).Should(ConsistOf(b.pair.Thumbprint()))
		b.rest()
		Expect(count(b.Routes(), harness.CreateCredential)).To(Equal(1))
	})
})

// nth makes a fault meet the nth request.
func nth(n int, f auth0sim.Fault) auth0sim.Fault {
	f.Nth = n
	return f
}

var _ = Describe("An operator that dies", func() {
	It("after it created a client and before it noted so finds the client by its mark, and makes no second", func() {
		DeferCleanup(func() { restart(harness.OperatorOptions{}) })
		w := workspace()
		held := w.Sim.Inject(at("POST", clients, harness.HoldAfter("", "")))
		w.CreateTenant()
		c, credential := w.NewClient("checkout"), w.NewCredential("cert", "checkout")
		w.Create(w.TLSSecret("cert", fresh()), c, credential)
		Eventually(held.Fired()).WithTimeout(harness.Patience).Should(BeClosed())
		crash(held)

		w.Await(c, harness.BeReady())
		w.Await(credential, harness.BeReady())
		Expect(created(w, "checkout")).To(ConsistOf(c.Status.ClientID))
		Expect(w.Writes()).To(Equal([]string{harness.CreateClient}))
	})

	// Each row stops the operator while a request of a rotation has taken effect and is not answered.
	DescribeTable("in a rotation is followed by one that goes on where it stood (T1)",
		func(method, path string, which int) {
			b := bind(workspace())
			held := b.Sim.Inject(nth(which, harness.HoldAfter(method, path)))
			b.renew()
			Eventually(held.Fired()).WithTimeout(harness.Patience).Should(BeClosed())
			crash(held)

			Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
			Eventually(b.Stored(b.id())).Should(ConsistOf(b.pair.Thumbprint()))
			b.rest()
			Expect(b.Writes()).To(Equal([]string{
				harness.CreateCredential, harness.UpdateClient, harness.UpdateClient, harness.DeleteCredential}), "nothing is done twice")
		},
		Entry("after Create", "POST", pool, 1),
		Entry("after Attach", "PATCH", oneClient, 1),
		Entry("after Detach", "PATCH", oneClient, 2),
		Entry("after Delete", "DELETE", oneCredential, 1),
	)

	It("and comes back changes no status and sends no write for what is at rest", func() {
		b := bind(workspace())
		before := b.client.ResourceVersion
		restart(harness.OperatorOptions{})
		Eventually(b.Routes).Should(Equal([]string{harness.ListClients}))
		touch(b.Workspace, b.credential)
		b.rest()
		Consistently(harness.Live(b.Workspace, b.client)).WithTimeout(quiet).Should(HaveField("ResourceVersion", before))
		Expect(b.Routes()).To(Equal([]string{harness.ListClients}))
	})
})

// crash stops the operator while a request of its is held, lets the request go, and starts another operator.
func crash(held *auth0sim.Injection) {
	GinkgoHelper()
	Expect(operator.Stop()).To(Succeed())
	held.Release()
	start(harness.OperatorOptions{})
}
