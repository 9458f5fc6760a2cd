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
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/test/harness"
)

// ownerKey is the metadata key with which the operator marks a client.
const ownerKey = "certbound_owner"

// lost is the UID of an OAuthClient of a cluster that is gone.
const lost = "5f1c2d3e-0000-4000-8000-000000000000"

// markedClient creates a client by hand as another OAuthClient would have left it, with a credential of its own in force.
func markedClient(w *harness.Workspace, pair harness.KeyPair) (id string) {
	GinkgoHelper()
	id = secretClient(w, map[string]any{"client_metadata": map[string]any{ownerKey: lost + " shop/legacy"}})
	w.ByHand(func() error {
		credential, err := w.Sim.AddCredential(id, map[string]any{
			"credential_type": "x509_cert", "name": "certbound " + lost + " cert", "pem": string(pair.Certificate)})
		if err != nil {
			return err
		}
		return w.Sim.Attach(id, "self_signed_tls_client_auth", credential)
	})
	return id
}

func policy(p v1alpha1.ManagementPolicy) func(*v1alpha1.OAuthClientSpec) {
	return func(s *v1alpha1.OAuthClientSpec) { s.ManagementPolicy = p }
}

var _ = Describe("Adopting a client", func() {
	// Each row names a client that must not be touched.
	DescribeTable("is refused with a reason of its own, and changes nothing at the tenant (promise 3)",
		func(client func(*harness.Workspace) string, reason string, words ...string) {
			w := workspace()
			id := client(w)
			before, _ := w.Sim.Client(id)
			w.CreateTenant()
			c := w.NewClient("legacy", adopting(id, v1alpha1.AdoptIfUnowned))
			w.Create(w.TLSSecret("cert", fresh()), c, w.NewCredential("cert", "legacy"))

			w.Await(c, harness.BeStalled(v1alpha1.ConditionRegistered, reason), harness.Say(v1alpha1.ConditionRegistered, words...))
			after, _ := w.Sim.Client(id)
			Expect(after.Settings).To(Equal(before.Settings))
			Expect(after.Credentials).To(Equal(before.Credentials))
			Expect(w.Writes()).To(BeEmpty())
		},
		Entry("where another OAuthClient has marked it", func(w *harness.Workspace) string { return markedClient(w, fresh()) },
			v1alpha1.ReasonOwnedByAnother, "shop/legacy", "stays as it is", "adoptionPolicy Always"),
		Entry("where it does not exist", func(*harness.Workspace) string { return "doesnotexist0000000000000000000A" },
			v1alpha1.ReasonClientNotFound, "does not exist", "correct spec.clientID"),
		Entry("where it is the one that the operator signs in with", func(w *harness.Workspace) string { return w.Sim.ManagementClientID() },
			v1alpha1.ReasonManagementClient, "signs in with", "name another"),
		Entry("where it is the tenant's global client", globalClient,
			v1alpha1.ReasonManagementClient, "global client", "name another"),
	)

	It("under Always takes over what Certbound made before, after the loss of a cluster, and retires it as its own", func() {
		w := workspace()
		old, pair := fresh(), fresh()
		id := markedClient(w, old)
		w.CreateTenant()
		c := w.NewClient("legacy", adopting(id, v1alpha1.AdoptAlways))
		credential := w.NewCredential("cert", "legacy", noOverlap)
		w.Create(w.TLSSecret("cert", pair), c, credential)
		// A credential that was made by hand is not for the operator to take; this one only looks so to the World.
		w.World.OnPurpose(id)

		w.Await(credential, harness.BeReady())
		Eventually(w.Stored(id)).Should(ConsistOf(pair.Thumbprint()))
		w.Await(c, harness.BeReady())
		adopted, _ := w.Sim.Client(id)
		Expect(adopted.Settings).To(HaveKeyWithValue("client_metadata", HaveKeyWithValue(ownerKey, HavePrefix(string(c.UID)))))
	})

	It("by a second OAuthClient is refused where a first one manages it, and the first goes on", func() {
		b := bind(workspace())
		second := b.NewClient("second", adopting(b.id(), v1alpha1.AdoptIfUnowned))
		b.Create(second)
		b.Await(second, harness.BeStalled(v1alpha1.ConditionRegistered, v1alpha1.ReasonOwnedByAnother),
			harness.Say(v1alpha1.ConditionRegistered, b.Namespace+"/checkout"))
		b.renew()
		Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
		b.settle()
	})

	It("under CredentialsOnly touches nothing but the method and the credentials", func() {
		w := workspace()
		id := secretClient(w, map[string]any{"description": "made by hand", "jwt_configuration": map[string]any{"alg": "RS256"}})
		before, _ := w.Sim.Client(id)
		w.CreateTenant()
		c := w.NewClient("legacy", adopting(id, v1alpha1.AdoptIfUnowned), policy(v1alpha1.ManagementCredentialsOnly))
		credential := w.NewCredential("cert", "legacy")
		pair := fresh()
		w.Create(w.TLSSecret("cert", pair), c, credential)

		w.Await(credential, harness.BeReady())
		w.Await(c, harness.BeReady())
		after, _ := w.Sim.Client(id)
		Expect(after.AuthenticationMethod).To(Equal("self_signed_tls_client_auth"))
		Expect(after.Settings).To(Equal(before.Settings), "not even a mark is left")
		Expect(w.Attached(id)()).To(ConsistOf(pair.Thumbprint()))
		Expect(w.Writes()).To(Equal([]string{harness.CreateCredential, harness.UpdateClient}))
	})

	It("under Observe changes nothing, and says what Manage would do", func() {
		w := workspace()
		id := secretClient(w, map[string]any{"jwt_configuration": map[string]any{"alg": "RS256"}})
		before, _ := w.Sim.Client(id)
		w.CreateTenant()
		c := w.NewClient("legacy", adopting(id, v1alpha1.AdoptIfUnowned), policy(v1alpha1.ManagementObserve))
		w.Create(w.TLSSecret("cert", fresh()), c, w.NewCredential("cert", "legacy"))

		w.Await(c, harness.BeWaiting(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonWouldChange),
			harness.Say(v1alpha1.ConditionCredentialsInSync, "nothing is changed", "ClientCredential cert"))
		Expect(c.Status.ClientID).To(Equal(id))
		Expect(c.Status.AuthenticationMethod).To(Equal("client_secret_post"))
		after, _ := w.Sim.Client(id)
		Expect(after.Settings).To(Equal(before.Settings))
		Expect(w.Writes()).To(BeEmpty())
	})

	It("under Observe is ready where everything is in place already, and publishes", func() {
		w := workspace()
		pair := fresh()
		id := secretClient(w, map[string]any{"jwt_configuration": map[string]any{"alg": "RS256"}})
		foreign := w.Foreign(id, pair)
		w.ByHand(func() error { return w.Sim.Attach(id, "self_signed_tls_client_auth", foreign) })
		w.CreateTenant()
		c := w.NewClient("legacy", adopting(id, v1alpha1.AdoptIfUnowned), policy(v1alpha1.ManagementObserve))
		credential := w.NewCredential("cert", "legacy")
		w.Create(w.TLSSecret("cert", pair), c, credential)

		w.Await(credential, harness.BeReady())
		w.Await(c, harness.BeReady())
		Expect(w.Published("cert")()).To(Equal(pair.Thumbprint()))
		Expect(w.Writes()).To(BeEmpty())
	})

	It("that vanishes at the tenant is reported, its status names no credential any more, and nothing is made in its place (I12)", func() {
		b := bind(workspace())
		b.ByHand(func() error { return b.Sim.DeleteClient(b.id()) })
		b.renew()

		b.Await(b.client, harness.HaveCondition(v1alpha1.ConditionReady, metav1.ConditionFalse, v1alpha1.ReasonClientNotFound),
			harness.Say(v1alpha1.ConditionReady, "does not exist", "nothing is created in its place"))
		Expect(b.client.Status.Credentials).To(BeEmpty())
		Expect(b.Sim.Clients()).NotTo(ContainElement(HaveField("Name", b.Namespace+"/checkout")))
		Expect(b.Routes()).NotTo(ContainElement(harness.CreateClient))
	})
})

func globalClient(w *harness.Workspace) string {
	GinkgoHelper()
	for _, c := range w.Sim.Clients() {
		if c.Global {
			return c.ID
		}
	}
	Fail("the tenant has no global client")
	return ""
}

func noOverlap(s *v1alpha1.ClientCredentialSpec) {
	s.Rotation = &v1alpha1.Rotation{OverlapSeconds: new(int32(0))}
}
