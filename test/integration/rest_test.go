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
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/test/harness"
)

var _ = Describe("A client at rest", func() {
	It("costs no Management call and no token, however often the operator looks at it (promise 5, I9)", func() {
		b := bind(workspace())
		for range 3 {
			touch(b.Workspace, b.client)
			touch(b.Workspace, b.credential)
			touch(b.Workspace, tenantOf(b.Workspace))
			touch(b.Workspace, &corev1.Secret{ObjectMeta: named(b.Workspace, "cert")})
		}
		Consistently(func() int { return len(b.Sim.Requests()) + len(b.Sim.TokenRequests()) }).WithTimeout(quiet).Should(BeZero())
		b.rest()
	})

	It("has its status written no more, however often the operator looks at it", func() {
		b := bind(workspace())
		t := tenantOf(b.Workspace)
		// What was made last reaches the statuses that speak of it one after the other, and Ready does not wait for that.
		b.Await(b.client, HaveField("Status.ExpiresAt.Time", BeTemporally("==", b.pair.Leaf.NotAfter)))
		b.Await(t, HaveField("Status.Clients", HaveValue(BeEquivalentTo(1))))
		touch(b.Workspace, b.client)
		touch(b.Workspace, b.credential)
		touch(b.Workspace, t)
		versions := func() map[string]string {
			GinkgoHelper()
			versions := map[string]string{}
			for _, o := range []client.Object{b.client, b.credential, t} {
				Expect(b.Client().Get(GinkgoTB().Context(), client.ObjectKeyFromObject(o), o)).To(Succeed())
				versions[fmt.Sprintf("%T", o)] = o.GetResourceVersion()
			}
			return versions
		}
		Consistently(versions).WithTimeout(quiet).Should(Equal(versions()))
	})

	It("has Events only for what changed: what was done at the tenant, and when it became ready", func() {
		b := bind(workspace())
		reasons := func(o client.Object) func() []string {
			return func() (reasons []string) {
				for _, e := range b.Events(o) {
					reasons = append(reasons, e.Reason)
				}
				return reasons
			}
		}
		Eventually(reasons(b.client)).Should(ContainElements("ClientCreated", v1alpha1.ReasonReady))
		Eventually(reasons(b.credential)).Should(ContainElements("CertificatePublished", v1alpha1.ReasonReady))
		before := [][]string{reasons(b.client)(), reasons(b.credential)()}
		for range 3 {
			touch(b.Workspace, b.client)
			touch(b.Workspace, b.credential)
		}
		b.rest()
		Consistently(func() [][]string { return [][]string{reasons(b.client)(), reasons(b.credential)()} }).WithTimeout(quiet).Should(Equal(before))
		for _, list := range before {
			for _, reason := range list {
				Expect(count(list, reason)).To(Equal(1), "%s was reported once", reason)
			}
		}
		Expect(b.Events(b.client)).NotTo(ContainElement(HaveField("Type", corev1.EventTypeWarning)))
	})

	It("is told in a warning when a person must act, once", func() {
		b := bind(workspace())
		harness.Edit(b.Workspace, b.client, func(c *v1alpha1.OAuthClient) { c.Spec.AuthenticationMethod = v1alpha1.MethodTLSClientAuth })
		b.Await(b.client, harness.BeStalled(v1alpha1.ConditionCredentialsInSync, v1alpha1.ReasonMethodMismatch))
		warning := And(HaveField("Type", corev1.EventTypeWarning), HaveField("Reason", v1alpha1.ReasonMethodMismatch),
			HaveField("Note", ContainSubstring("what is attached stays attached")))
		Eventually(func() any { return b.Events(b.client) }).Should(ContainElement(warning))
		touch(b.Workspace, b.client)
		Consistently(func() int {
			n := 0
			for _, e := range b.Events(b.client) {
				if e.Reason == v1alpha1.ReasonMethodMismatch {
					n++
				}
			}
			return n
		}).WithTimeout(quiet).Should(Equal(1))
	})
})
