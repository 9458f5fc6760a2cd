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
	"context"
	"net/http"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/controller/clientcredential"
	"github.com/certbound/certbound/test/harness"
)

// restore puts an earlier generation back into the source Secret, as from a backup.
func (s *scene) restore(generation int) harness.KeyPair {
	GinkgoHelper()
	s.Renew("cert", s.generations[generation])
	return s.generations[generation]
}

// isKept waits until the operator says that it does not follow what came back.
func (s *scene) isKept() {
	GinkgoHelper()
	s.Await(s.credential, harness.BeWaiting(v1alpha1.ConditionCertificateReady, v1alpha1.ReasonOlderCertificate),
		harness.Say(v1alpha1.ConditionCertificateReady, "is not taken up", "to go back to it, delete the Secret cert-published"),
		HaveField("Status.Certificate.Fingerprint", s.newest().Thumbprint()))
	Expect(s.Published("cert")()).To(Equal(s.newest().Thumbprint()))
}

var _ = Describe("A certificate that is restored from a backup", func() {
	It("after it was retired: the published one goes on, and the tenant is asked nothing (I1, I9)", func() {
		s := newScene([]*instance{run(harness.OperatorOptions{})})
		s.renew()
		s.ends()
		s.Sim.ResetLog()
		s.restore(0)
		s.isKept()
		Expect(s.Attached(s.id())()).To(ConsistOf(s.newest().Thumbprint()))
		Expect(s.Routes()).To(BeEmpty())

		s.renew()
		s.ends()
		s.restore(0)
		s.isKept() // two renewals old
	})

	It("within its overlap: neither it nor the newer one leaves early (I1, I4)", func() {
		s := newScene([]*instance{run(harness.OperatorOptions{})}, overlap(3600))
		s.renew()
		s.rest()
		s.Sim.ResetLog()
		old := s.restore(0)
		s.isKept()
		Expect(s.Attached(s.id())()).To(ConsistOf(old.Thumbprint(), s.newest().Thumbprint()))
		Expect(s.Writes()).To(BeEmpty())
	})

	It("while it is being detached: workloads are not handed what the tenant is about to refuse (I1)", func() {
		s := newScene([]*instance{run(harness.OperatorOptions{})})
		held := s.Sim.Inject(auth0sim.Fault{Method: http.MethodPatch, Path: oneClient, Nth: 2, Hold: true})
		s.renew()
		Eventually(held.Fired()).Should(BeClosed())
		s.restore(0)
		s.isKept()
		held.Release()
		Eventually(s.Stored(s.id())).Should(ConsistOf(s.newest().Thumbprint()))
		s.isKept()
		s.renew()
		s.ends()
	})

	It("while the operator is down, and starts with a list from before the renewal (I1, I12)", func(ctx SpecContext) {
		i := run(harness.OperatorOptions{})
		s := newScene([]*instance{i})
		then := i.record(ctx)
		s.renew()
		s.ends()
		Expect(i.stop()).To(Succeed())
		s.restore(0)
		s.Sim.ResetLog()
		i.freeze(s.Namespace)
		i.Show(then...)
		i.start()
		Eventually(s.Routes).Should(lookedAtClients)
		i.ShowPresent()
		i.thaw(s.Namespace, nil)
		s.isKept()
		s.renew()
		s.ends()
	})

	// The published Secret has lost its memory, so what comes back is taken for new; that it signs in is told by a status from
	// before it was retired.
	It("and that nobody remembers is published only when it is attached now, whatever an old status says (I1)", func() {
		i := run(harness.OperatorOptions{})
		s := newScene([]*instance{i}, overlap(0))
		held := s.Sim.Inject(auth0sim.Fault{Method: http.MethodPatch, Path: oneClient, Nth: 2, Hold: true})
		s.renew()
		Eventually(held.Fired()).Should(BeClosed())
		i.View("oauthclients", s.Namespace).Freeze() // it saw both attached
		held.Release()
		Eventually(s.Stored(s.id())).Should(ConsistOf(s.newest().Thumbprint()))
		harness.Edit(s.Workspace, harness.Named(s.Workspace, &corev1.Secret{}, "cert"+harness.PublishSuffix), func(o *corev1.Secret) {
			delete(o.Annotations, clientcredential.AnnotationReplaced)
		})
		old := s.restore(0)
		s.witness.expect(func() { s.witness.goBack = true })
		s.Await(s.credential, HaveField("Status.Certificate.Fingerprint", old.Thumbprint()))
		i.View("oauthclients", s.Namespace).Thaw(nil)
		Eventually(s.Published("cert")).Should(Equal(old.Thumbprint()))
		s.renew()
		s.ends()
	})

	It("is taken up when a person deletes the published Secret, like a renewal (the way out)", func() {
		s := newScene([]*instance{run(harness.OperatorOptions{})}, overlap(3600))
		s.renew()
		s.rest()
		old := s.restore(0)
		s.isKept()
		s.witness.expect(func() { s.witness.goBack = true })
		s.Delete(&corev1.Secret{ObjectMeta: s.named("cert" + harness.PublishSuffix)})
		Eventually(s.Published("cert")).Should(Equal(old.Thumbprint()))
		s.Await(s.credential, harness.BeReady())
		Expect(s.Attached(s.id())()).To(ConsistOf(old.Thumbprint(), s.newest().Thumbprint()), "the newer one stays for the overlap")
	})

	It("is attached again where workloads read it from its own Secret (ungated)", func() {
		s := newScene([]*instance{run(harness.OperatorOptions{})}, overlap(3600), func(s *scene) { s.credential.Spec.Publish = nil })
		s.renew()
		s.rest()
		old := s.restore(0)
		s.Await(s.credential, harness.BeReady(), HaveField("Status.Published.Fingerprint", old.Thumbprint()))
		s.Await(s.client, harness.BeReady())
		Expect(s.Attached(s.id())()).To(ConsistOf(old.Thumbprint(), s.newest().Thumbprint()))
	})

	It("and that cert-manager issues anew because of it ends with what cert-manager issued (I1, I3)", func() {
		s := newScene([]*instance{run(harness.OperatorOptions{})})
		s.Create(&cmapi.Issuer{ObjectMeta: s.named("self-signed"), Spec: cmapi.IssuerSpec{IssuerConfig: cmapi.IssuerConfig{SelfSigned: &cmapi.SelfSignedIssuer{}}}})
		managed := &cmapi.Certificate{ObjectMeta: s.named("managed"), Spec: cmapi.CertificateSpec{
			SecretName: "managed", CommonName: "managed", IssuerRef: cmmeta.IssuerReference{Name: "self-signed"},
			PrivateKey: &cmapi.CertificatePrivateKey{Algorithm: cmapi.ECDSAKeyAlgorithm, RotationPolicy: cmapi.RotationPolicyAlways},
		}}
		client := s.NewClient("managed")
		credential := s.NewCredential("managed", "managed", func(c *v1alpha1.ClientCredentialSpec) {
			c.SecretRef, c.CertificateRef = nil, &v1alpha1.LocalReference{Name: "managed"}
			c.Rotation = &v1alpha1.Rotation{OverlapSeconds: new(int32(0)), HandoverSeconds: new(int32(1))}
		})
		s.Create(managed, client, credential)
		s.Await(credential, harness.BeReady())
		backup := read(s, &corev1.Secret{}, "managed")
		s.reissue("managed")
		issued := s.changed("managed", backup)
		Eventually(s.Published("managed")).Should(Equal(issued))

		harness.Edit(s.Workspace, harness.Named(s.Workspace, &corev1.Secret{}, "managed"), func(o *corev1.Secret) {
			o.Data, o.Annotations = backup.Data, backup.Annotations
		})
		Eventually(s.Published("managed")).ShouldNot(Or(Equal(issued), Equal(thumbprint(backup))), "neither the old one nor the one before")
		reissued := thumbprint(read(s, &corev1.Secret{}, "managed"))
		s.Await(credential, harness.BeReady(), HaveField("Status.Published.Fingerprint", reissued))
		s.Await(client, harness.BeReady())
		Eventually(s.Stored(client.Status.ClientID)).Should(ConsistOf(reissued))
	})
})

// reissue makes cert-manager renew a certificate, as its own cmctl renew does.
func (s *scene) reissue(name string) {
	GinkgoHelper()
	Eventually(func() error {
		c := read(s, &cmapi.Certificate{}, name)
		c.Status.Conditions = append(c.Status.Conditions, cmapi.CertificateCondition{
			Type: cmapi.CertificateConditionIssuing, Status: cmmeta.ConditionTrue, Reason: "ManuallyTriggered",
			Message: "Certificate re-issuance manually triggered", LastTransitionTime: &metav1.Time{Time: time.Now()},
		})
		return s.Client().Status().Update(context.Background(), c)
	}).Should(Succeed())
}

// changed waits until a Secret holds another certificate, and returns its thumbprint.
func (s *scene) changed(name string, before *corev1.Secret) string {
	GinkgoHelper()
	var now string
	Eventually(func() string {
		now = thumbprint(read(s, &corev1.Secret{}, name))
		return now
	}).ShouldNot(Equal(thumbprint(before)))
	return now
}
