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
	"sync/atomic"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller"
	"github.com/certbound/certbound/test/harness"
)

// skewed is a clock that can be set ahead.
type skewed struct{ ahead atomic.Int64 }

func (c *skewed) Now() time.Time                  { return time.Now().Add(time.Duration(c.ahead.Load())) }
func (c *skewed) Since(t time.Time) time.Duration { return c.Now().Sub(t) }
func (c *skewed) set(d time.Duration)             { c.ahead.Store(int64(d)) }

var _ = Describe("A probe that runs apart", func() {
	It("needs no right but its own role's, which lets it look for no Secret", func() {
		alone, err := env.StartOperator(harness.OperatorOptions{Sides: []string{controller.ProbeSide}})
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() { Expect(alone.Stop()).To(Succeed()) })
		w := workspace()
		mtlsAPI(w)
		b := bind(w, verifying(v1alpha1.VerificationHold))
		renewed := b.renew()
		Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
		b.settle()

		may := func(verb, resource string) bool {
			GinkgoHelper()
			review := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
				User: "system:serviceaccount:" + harness.SystemNamespace + ":probe", ResourceAttributes: &authorizationv1.ResourceAttributes{
					Namespace: w.Namespace, Verb: verb, Resource: resource, Name: "cert"},
			}}
			Expect(env.Client.Create(GinkgoTB().Context(), review)).To(Succeed())
			return review.Status.Allowed
		}
		Expect(may("get", "secrets")).To(BeTrue())
		for _, verb := range []string{"list", "watch", "create", "update", "patch", "delete"} {
			Expect(may(verb, "secrets")).To(BeFalse(), verb)
		}
	})
})

var _ = Describe("Verification without a probe", func() {
	It("is said to have no probe after a while, and Hold holds nothing that is published already back", func() {
		clock := &skewed{}
		withOperator(harness.OperatorOptions{Clock: clock})
		w := workspace()
		mtlsAPI(w)
		b := bind(w)
		harness.Edit(b.Workspace, b.credential, func(c *v1alpha1.ClientCredential) {
			c.Spec.Verification = &v1alpha1.Verification{Mode: v1alpha1.VerificationHold, Audience: orders}
		})
		b.Await(b.credential, harness.HaveCondition(v1alpha1.ConditionVerified, metav1.ConditionUnknown, v1alpha1.ReasonVerificationPending),
			harness.HaveCondition(v1alpha1.ConditionPublished, metav1.ConditionTrue, v1alpha1.ReasonPublished))

		clock.set(3 * time.Minute)
		touch(b.Workspace, b.credential)
		b.Await(b.credential, harness.HaveCondition(v1alpha1.ConditionVerified, metav1.ConditionUnknown, v1alpha1.ReasonProbeNotRunning),
			harness.Say(v1alpha1.ConditionVerified, "--controllers=probe", "take spec.verification out"))
		old := b.pair
		b.renew()
		b.Await(b.credential, heldBack())
		Expect(b.Published("cert")()).To(Equal(old.Thumbprint()))

		harness.Edit(b.Workspace, b.credential, func(c *v1alpha1.ClientCredential) { c.Spec.Verification = nil })
		Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
		b.settle()
		Expect(b.credential.Status.Conditions).NotTo(ContainElement(HaveField("Type", v1alpha1.ConditionVerified)))
	})
})
