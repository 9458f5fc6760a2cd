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

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/views/proxy"
)

// again deletes an object, whatever holds it, and creates another one of its name with the same spec.
func again[T client.Object](s *scene, o, anew T) T {
	GinkgoHelper()
	s.Delete(o)
	s.letGo(o)
	s.Create(anew)
	return anew
}

// letGo takes the finalizers off, as a person without patience does, and waits until the object is gone.
func (s *scene) letGo(o client.Object) {
	GinkgoHelper()
	Eventually(func() error {
		o.SetResourceVersion("")
		o.SetFinalizers([]string{})
		patch := client.RawPatch("application/merge-patch+json", []byte(`{"metadata":{"finalizers":null}}`))
		return client.IgnoreNotFound(s.Client().Patch(context.Background(), o.DeepCopyObject().(client.Object), patch))
	}).Should(Succeed())
	Eventually(gone(s, o)).Should(BeTrue())
}

// deleting makes the client go with its OAuthClient.
func deleting(s *scene) { s.client.Spec.DeletionPolicy = v1alpha1.DeletionDelete }

// anew is an object like another, to be created.
func anew[T client.Object](o T) T {
	copied := o.DeepCopyObject().(T)
	copied.SetResourceVersion("")
	copied.SetUID("")
	copied.SetFinalizers(nil)
	copied.SetDeletionTimestamp(nil)
	return copied
}

func (s *scene) clientAgain() *v1alpha1.OAuthClient {
	c := anew(s.client)
	c.Status = v1alpha1.OAuthClientStatus{}
	return c
}

func (s *scene) credentialAgain() *v1alpha1.ClientCredential {
	c := anew(s.credential)
	c.Status = v1alpha1.ClientCredentialStatus{}
	return c
}

var _ = Describe("An OAuthClient that is deleted and created again", func() {
	It("gets a client of its own, and the one before goes (Delete, I3, I7, I10)", func() {
		s := newScene([]*instance{run(harness.OperatorOptions{})}, deleting)
		before := s.id()
		s.World.OnPurpose(before)
		s.Delete(s.client)
		Eventually(gone(s, s.client)).Should(BeTrue())
		s.client = s.clientAgain()
		s.Create(s.client)
		s.rest()
		Expect(s.id()).NotTo(Equal(before))
		s.ends()
	})

	// The operator stands in the middle of deleting the one when the other is there already.
	DescribeTable("while its deletion is half done ends with one client, the new one's (I3, I7)",
		func(fault auth0sim.Fault) {
			s := newScene([]*instance{run(harness.OperatorOptions{})}, deleting)
			before := s.id()
			s.World.OnPurpose(before)
			fault.Method, fault.Path, fault.Hold = http.MethodDelete, oneClient, true
			held := s.Sim.Inject(fault)
			s.Delete(s.client)
			Eventually(held.Fired()).Should(BeClosed())
			s.letGo(s.client)
			s.client = s.clientAgain()
			s.Create(s.client)
			held.Release()
			s.rest()
			Expect(s.id()).NotTo(Equal(before))
			s.ends()
		},
		Entry("the request has not arrived", auth0sim.Fault{}),
		Entry("the client is gone, the answer is not there", auth0sim.Fault{Effect: auth0sim.EffectCommitted}),
	)

	// The operator does not see that it has another object before it.
	It("unseen: nothing of the new object is mixed with the old one's client (Retain, uid decides, I7)", func() {
		i := run(harness.OperatorOptions{})
		s := newScene([]*instance{i})
		before, old := s.id(), s.generations[0]
		frozen := i.View("oauthclients", s.Namespace)
		frozen.Freeze()
		s.client = again(s, s.client, s.clientAgain())
		s.World.OnPurpose(before) // nobody declares it any more
		s.renew()
		s.Await(s.credential, HaveField("Status.Certificate.Fingerprint", s.newest().Thumbprint()))
		frozen.Thaw(proxy.Newest)
		s.rest()
		Expect(s.id()).NotTo(Equal(before))
		Expect(s.Stored(s.id())()).To(ConsistOf(s.newest().Thumbprint()))
		Expect(s.created("checkout")).To(ConsistOf(before, s.id()), "the one before is retained, as declared")
		Expect(s.Stored(before)()).To(ContainElement(old.Thumbprint()))
	})

	It("while the operator is down: the old deletion is finished, then the new one begins (Delete, I3, I10)", func(ctx SpecContext) {
		i := run(harness.OperatorOptions{})
		s := newScene([]*instance{i}, deleting)
		before := s.id()
		s.World.OnPurpose(before)
		then := i.record(ctx)
		Expect(i.stop()).To(Succeed())
		s.Delete(s.client)
		s.renew()
		s.Sim.ResetLog()
		i.freeze(s.Namespace)
		i.Show(then...) // it comes back to a list in which the object is not being deleted
		i.start()
		Eventually(s.Routes).Should(lookedAtClients)
		i.ShowPresent()
		i.thaw(s.Namespace, nil)
		Eventually(gone(s, s.client)).Should(BeTrue())
		s.client = s.clientAgain()
		s.Create(s.client)
		s.rest()
		s.ends()
	})
})

var _ = Describe("A ClientCredential that is deleted and created again", func() {
	DescribeTable("ends with the one credential that it wants (I1, I3, I7)",
		func(down bool) {
			i := run(harness.OperatorOptions{})
			s := newScene([]*instance{i})
			if down {
				Expect(i.stop()).To(Succeed())
			} else {
				i.freeze(s.Namespace)
			}
			s.credential = again(s, s.credential, s.credentialAgain())
			s.renew()
			if down {
				i.start()
			} else {
				i.thaw(s.Namespace, proxy.Newest)
			}
			s.ends()
		},
		Entry("while the operator is down", true),
		Entry("unseen", false),
	)

	It("in the middle of a renewal ends so too (I1, I3)", func() {
		s := newScene([]*instance{run(harness.OperatorOptions{})})
		held := s.Sim.Inject(auth0sim.Fault{Method: http.MethodPatch, Path: oneClient, Hold: true, Effect: auth0sim.EffectCommitted})
		s.renew()
		Eventually(held.Fired()).Should(BeClosed())
		s.credential = again(s, s.credential, s.credentialAgain())
		held.Release()
		s.ends()
		s.renew()
		s.ends()
	})
})

var _ = Describe("A Tenant that is deleted and created again for another domain", func() {
	// Both tenants take the same sign-in, and one bundle has both CAs, so that nothing tells the objects apart but what they are.
	DescribeTable("is the other tenant, for whatever refers to it (uid decides, I7)",
		func(down bool) {
			i := run(harness.OperatorOptions{})
			s := newScene([]*instance{i})
			other, err := auth0sim.Start(auth0sim.Options{
				ManagementClientID: s.Sim.ManagementClientID(), ManagementClientSecret: s.Sim.ManagementClientSecret(),
			})
			Expect(err).NotTo(HaveOccurred())
			DeferCleanup(other.Close)
			harness.Edit(s.Workspace, s.CABundle(), func(o *corev1.ConfigMap) { o.Data[harness.CABundleKey] += string(other.CABundle()) })
			tenant := read(s, &v1alpha1.Tenant{}, harness.TenantName)
			s.Await(tenant, harness.BeReady())
			s.Sim.ResetLog()
			if down {
				Expect(i.stop()).To(Succeed())
			}
			s.client = anotherClient(s)
			successor := anew(tenant)
			successor.Spec.Domain, successor.Status = other.Domain(), v1alpha1.TenantStatus{}
			again(s, tenant, successor)
			s.Create(s.client)
			if down {
				i.start()
			}
			Eventually(harness.Live(s.Workspace, s.client)).Should(harness.BeReady()) // what the Workspace's tenant lists is not its
			Expect(other.Clients()).To(ContainElement(HaveField("ID", s.client.Status.ClientID)))
			Expect(s.Writes()).To(BeEmpty(), "nothing is created at the tenant before")
			s.Delete(s.client) // its client is not in the tenant that the Workspace looks at
			Eventually(gone(s, s.client)).Should(BeTrue())
		},
		Entry("while the operator is down", true),
		Entry("while it works", false),
	)
})

// anotherClient gives the object up, with its ClientCredential going over to the client that is returned, which is to be created.
func anotherClient(s *scene) *v1alpha1.OAuthClient {
	GinkgoHelper()
	s.Delete(s.credential)
	s.letGo(s.credential)
	s.Delete(s.client)
	s.letGo(s.client)
	s.World.OnPurpose(s.id())
	s.Create(s.credentialAgain())
	return s.clientAgain()
}

var _ = Describe("A Secret that is deleted and created again", func() {
	DescribeTable("keeps what is attached, and hands over as ever (I1, I3)",
		func(down bool) {
			i := run(harness.OperatorOptions{})
			s := newScene([]*instance{i})
			if down {
				Expect(i.stop()).To(Succeed())
			}
			s.Delete(s.TLSSecret("cert", s.newest()))
			if !down {
				s.Await(s.credential, harness.BeWaiting(v1alpha1.ConditionCertificateReady, v1alpha1.ReasonSecretNotFound))
			}
			Expect(s.Attached(s.id())()).To(ConsistOf(s.newest().Thumbprint()))
			s.Create(s.TLSSecret("cert", s.issue()))
			if down {
				i.start()
			}
			s.ends()
		},
		Entry("while the operator is down", true),
		Entry("while it works", false),
	)
})

var _ = Describe("A Certificate", func() {
	// The order in which the operator learns of a Certificate and of its Secret is nobody's promise.
	DescribeTable("that is created, deleted and created again, its events before or after its Secret's, ends published as issued (I1, I3)",
		func(late string) {
			i := run(harness.OperatorOptions{})
			s := newScene([]*instance{i})
			s.Create(&cmapi.Issuer{ObjectMeta: s.named("self-signed"), Spec: cmapi.IssuerSpec{IssuerConfig: cmapi.IssuerConfig{SelfSigned: &cmapi.SelfSignedIssuer{}}}})
			managed := func() *cmapi.Certificate {
				return &cmapi.Certificate{ObjectMeta: s.named("managed"), Spec: cmapi.CertificateSpec{
					SecretName: "managed", CommonName: "managed", IssuerRef: cmmeta.IssuerReference{Name: "self-signed"},
					PrivateKey: &cmapi.CertificatePrivateKey{Algorithm: cmapi.ECDSAKeyAlgorithm, RotationPolicy: cmapi.RotationPolicyAlways},
				}}
			}
			client := s.NewClient("managed")
			credential := s.NewCredential("managed", "managed", func(c *v1alpha1.ClientCredentialSpec) {
				c.SecretRef, c.CertificateRef = nil, &v1alpha1.LocalReference{Name: "managed"}
				c.Rotation = &v1alpha1.Rotation{OverlapSeconds: new(int32(0)), HandoverSeconds: new(int32(1))}
			})
			s.Create(client, credential)
			settles := func() *corev1.Secret {
				GinkgoHelper()
				issued := &corev1.Secret{}
				Eventually(func() error {
					return s.Client().Get(context.Background(), keyOf(s, "managed"), issued)
				}).Should(Succeed())
				Eventually(i.View(late, s.Namespace).Held).ShouldNot(BeEmpty())
				i.View(late, s.Namespace).Thaw(nil)
				s.Await(credential, harness.BeReady(), HaveField("Status.Published.Fingerprint", thumbprint(issued)))
				s.Await(client, harness.BeReady())
				Eventually(s.Stored(client.Status.ClientID)).Should(ConsistOf(thumbprint(issued)))
				return issued
			}
			i.View(late, s.Namespace).Freeze()
			s.Create(managed())
			first := settles()

			i.View(late, s.Namespace).Freeze()
			s.Delete(managed())
			s.Delete(&corev1.Secret{ObjectMeta: s.named("managed")})
			Eventually(gone(s, first)).Should(BeTrue())
			s.Create(managed())
			Expect(thumbprint(settles())).NotTo(Equal(thumbprint(first)))
		},
		Entry("the Secret's late", "secrets"),
		Entry("the Certificate's late", "certificates"),
	)
})

func keyOf(s *scene, name string) client.ObjectKey {
	return client.ObjectKey{Namespace: s.Namespace, Name: name}
}
