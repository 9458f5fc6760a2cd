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
	"bytes"
	"context"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/test/harness"
)

var _ = Describe("A Secret that has two writers", func() {
	It("because two Certificates have its name is told to whoever refers to the one that cert-manager does not serve", func() {
		s := newScene()
		s.createX509("payments")
		credential := s.credential("second", v1alpha1.TypeX509Cert)
		s.Create(s.certificate("second", selfSigned, func(c *cmapi.CertificateSpec) { c.SecretName = "payments" }),
			s.client("second", v1alpha1.MethodSelfSignedTLSClientAuth), credential)
		s.Await(credential, harness.BeReady(), harness.Say(v1alpha1.ConditionCertificateReady,
			"cert-manager wrote the Secret payments for the Certificate payments, and certificateRef names second"))
	})

	It("cert-manager and a tool that puts a fixed one back, costs no token request and a bounded number of calls (I1, I9)", func() {
		s := newScene()
		c := s.createX509("contended", overlap(1))
		w := s.start("contended", false)
		s.settled(c)
		before := len(s.Routes())
		var fixed corev1.Secret
		Expect(s.read("contended", &fixed)).To(Succeed())
		s.renew("contended")

		credential := s.credential("contended", v1alpha1.TypeX509Cert)
		Eventually(func() (*v1alpha1.ClientCredential, error) {
			s.putBack(&fixed)
			return credential, s.read("contended", credential)
		}).Should(And(harness.BeStalled(v1alpha1.ConditionCertificateReady, v1alpha1.ReasonCertificateFlapping),
			harness.Say(v1alpha1.ConditionCertificateReady, "argocd", "and by", "for Certificate contended")))
		Expect(len(s.Routes())-before).To(BeNumerically("<=", 16), "%v", s.Routes()[before:])

		Eventually(harness.Live(s.Workspace, credential)).Should(harness.BeReady(), "once the tool has given up")
		w.Stop()
		Expect(w.Failures()).To(BeEmpty())
	})
})

// putBack writes a Secret as a tool does that knows it from elsewhere, if somebody changed it.
func (s *scene) putBack(fixed *corev1.Secret) {
	GinkgoHelper()
	var present corev1.Secret
	Expect(s.read(fixed.Name, &present)).To(Succeed())
	if bytes.Equal(present.Data[corev1.TLSCertKey], fixed.Data[corev1.TLSCertKey]) {
		return
	}
	present.Data = fixed.Data
	if err := s.Client().Update(context.Background(), &present, client.FieldOwner("argocd")); !apierrors.IsConflict(err) {
		Expect(err).NotTo(HaveOccurred())
	}
}
