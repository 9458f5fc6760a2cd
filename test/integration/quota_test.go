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

var _ = Describe("The quota of stored credentials", func() {
	It("is warned of before it is used up, and the clients go on", func() {
		b := bind(workspace())
		t := &v1alpha1.Tenant{ObjectMeta: metav1.ObjectMeta{Namespace: b.client.Namespace, Name: b.client.Spec.TenantRef.Name}}
		b.Await(t, harness.BeReady(), harness.HaveCondition(v1alpha1.ConditionCredentialQuota, metav1.ConditionTrue, v1alpha1.ReasonQuotaSufficient))

		allow := func(most int32) {
			harness.Edit(b.Workspace, t, func(t *v1alpha1.Tenant) { t.Spec.Limits = &v1alpha1.TenantLimits{CredentialsPerTenant: most} })
		}
		allow(1)
		b.Await(t, harness.BeReady(), harness.HaveCondition(v1alpha1.ConditionCredentialQuota, metav1.ConditionFalse, v1alpha1.ReasonQuotaUsed),
			harness.Say(v1alpha1.ConditionCredentialQuota, "entity limit", "what is attached stays attached"))
		Expect(*t.Status.StoredCredentials).To(BeEquivalentTo(1))
		Eventually(func() []string {
			var reasons []string
			for _, e := range b.Events(t) {
				reasons = append(reasons, e.Type+" "+e.Reason)
			}
			return reasons
		}).Should(ContainElement("Warning " + v1alpha1.ReasonQuotaUsed))

		allow(2)
		b.Await(t, harness.BeReady(), harness.HaveCondition(v1alpha1.ConditionCredentialQuota, metav1.ConditionTrue, v1alpha1.ReasonQuotaSufficient))
		b.rest()
	})
})
