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

package e2e

import (
	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/test/harness"
)

var _ = Describe("A Certificate that asks for another subject", func() {
	It("is told of before cert-manager can issue it, costs no token request, and is told of no more after", func() {
		s := newScene()
		s.createAuthority()
		c := s.createBySubject("reports", overlap(1))
		credential := s.credential("reports", v1alpha1.TypeCertSubjectDN)
		s.Await(credential, stable(), HaveField("Status.Certificate.SubjectForms",
			Equal(&v1alpha1.SubjectForms{RFC2253: "CN=reports,O=Example", Oneline: "/O=Example/CN=reports"})))
		w := s.start("reports", false)
		s.settled(c)
		before := s.Routes()

		s.Delete(&cmapi.Issuer{ObjectMeta: s.object(authority)}) // which holds the next issuance up
		s.askFor("reports", "reports-2")
		s.Await(credential, harness.BeReady(), unstable(), harness.Say(v1alpha1.ConditionSubjectStable,
			`asks for the subject "O=Example\nCN=reports-2"`, `the certificate at hand has "O=Example\nCN=reports"`, "before it is published"))
		s.askFor("reports", "reports")
		s.Await(credential, harness.BeReady(), stable())
		s.askFor("reports", "reports-2")
		s.Await(credential, harness.BeReady(), unstable())
		Expect(s.Routes()).To(Equal(before))

		s.Create(s.issuer(authority, cmapi.IssuerConfig{CA: &cmapi.CAIssuer{SecretName: authority}}))
		s.Await(credential, harness.BeReady(), stable(), HaveField("Status.Certificate.SubjectDN", "O=Example\nCN=reports-2"))
		Eventually(func() []string { return presented(w) }).Should(haveAtLeast(2))
		s.settled(c)
		w.Stop()
		Expect(w.Failures()).To(BeEmpty())
		Eventually(s.warnings).WithArguments(credential, v1alpha1.ReasonSubjectWillChange).Should(Equal(2), "one for each time")
	})

	It("is no matter where certificates are matched by their thumbprint", func() {
		s := newScene()
		s.createX509("payments", overlap(1))
		credential := s.credential("payments", v1alpha1.TypeX509Cert)
		s.Await(credential, harness.BeReady(), Not(foretold()))
		s.askFor("payments", "payments-2")
		s.Await(credential, harness.BeReady(), HaveField("Status.Certificate.SubjectDN", "O=Example\nCN=payments-2"), Not(foretold()))
		Expect(credential.Status.Certificate.SubjectForms).To(BeNil())
	})
})

func stable() OmegaMatcher {
	return harness.HaveCondition(v1alpha1.ConditionSubjectStable, metav1.ConditionTrue, v1alpha1.ReasonSubjectUnchanged)
}

func unstable() OmegaMatcher {
	return harness.HaveCondition(v1alpha1.ConditionSubjectStable, metav1.ConditionFalse, v1alpha1.ReasonSubjectWillChange)
}

func foretold() OmegaMatcher {
	return WithTransform(func(c *v1alpha1.ClientCredential) bool {
		return meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionSubjectStable) != nil
	}, BeTrue())
}

// askFor changes the common name that a Certificate asks for.
func (s *scene) askFor(certificateName, commonName string) {
	GinkgoHelper()
	harness.Edit(s.Workspace, &cmapi.Certificate{ObjectMeta: s.object(certificateName)}, func(c *cmapi.Certificate) {
		c.Spec.CommonName = commonName
	})
}

// warnings are how often a reason was warned of.
func (s *scene) warnings(credential *v1alpha1.ClientCredential, reason string) (n int) {
	GinkgoHelper()
	for _, e := range s.Events(credential) {
		if e.Type == "Warning" && e.Reason == reason {
			n++
			if e.Series != nil {
				n += int(e.Series.Count) - 1
			}
		}
	}
	return n
}
