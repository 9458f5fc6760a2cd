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
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	gomegatypes "github.com/onsi/gomega/types"
	corev1 "k8s.io/api/core/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/test/harness"
)

const stays = "the credential that is attached stays attached"

func waits(reason string) gomegatypes.GomegaMatcher {
	return harness.BeWaiting(v1alpha1.ConditionCertificateReady, reason)
}

func stalls(reason string) gomegatypes.GomegaMatcher {
	return harness.BeStalled(v1alpha1.ConditionCertificateReady, reason)
}

// padding is an extension of so many bytes that means nothing.
func padding(size int) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{
			Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 1}, Value: bytes.Repeat([]byte{7}, size),
		})
	}
}

// temporaryCertificate is what cert-manager writes while it waits for the issuer, under its annotation
// cert-manager.io/issue-temporary-certificate.
func temporaryCertificate() harness.KeyPair {
	throwAway := harness.NewAuthority(GinkgoTB(), "cert-manager.local", subject(pkix.Name{CommonName: "cert-manager.local"}))
	return throwAway.Issue(GinkgoTB(), "checkout", subject(pkix.Name{CommonName: "checkout", SerialNumber: "1234567890"}))
}

var _ = Describe("A Secret that cannot be used", func() {
	// Each row writes something into the Secret of a binding that works, and then a good certificate again.
	DescribeTable("makes the ClientCredential wait with a reason of its own, loses nothing that is attached or published, and is taken up once it is good",
		func(spoil func(*corev1.Secret), expected gomegatypes.GomegaMatcher, words ...string) {
			b := bind(workspace())
			secret := &corev1.Secret{ObjectMeta: named(b.Workspace, "cert")}
			harness.Edit(b.Workspace, secret, spoil)

			b.Await(b.credential, expected, harness.Say(v1alpha1.ConditionCertificateReady, append(words, stays)...))
			b.Await(b.client, harness.BeReady())
			Expect(b.Attached(b.id())()).To(ConsistOf(b.pair.Thumbprint()))
			Expect(b.Published("cert")()).To(Equal(b.pair.Thumbprint()))
			Expect(b.Routes()).To(BeEmpty())

			renewed := b.renew()
			Eventually(b.Published("cert")).Should(Equal(renewed.Thumbprint()))
			b.settle()
		},
		Entry("empty", func(s *corev1.Secret) { write(s, nil, nil) },
			waits("CertificateMissing"), "tls.crt is absent or empty"),
		Entry("half-written: the certificate without its key", func(s *corev1.Secret) { write(s, fresh().Certificate, nil) },
			waits("PrivateKeyMissing"), "tls.key is absent or empty"),
		Entry("half-written: the key without its certificate", func(s *corev1.Secret) { write(s, nil, fresh().Key) },
			waits("CertificateMissing"), "tls.crt is absent or empty"),
		Entry("mismatched: the certificate of another key", func(s *corev1.Secret) { write(s, fresh().Certificate, fresh().Key) },
			waits("KeyMismatch"), "tls.key is not the private key"),
		Entry("temporary: cert-manager waits for the issuer", func(s *corev1.Secret) { put(s, temporaryCertificate()) },
			waits(v1alpha1.ReasonTemporaryCertificate), "temporary certificate"),
		Entry("expired", func(s *corev1.Secret) { put(s, fresh(validity(-2*time.Hour, -time.Hour))) },
			stalls("CertificateExpired"), "renew it"),
		Entry("not valid yet", func(s *corev1.Secret) { put(s, fresh(validity(time.Hour, 2*time.Hour))) },
			waits("CertificateNotYetValid"), "waiting until then"),
		Entry("longer than 4096 characters", func(s *corev1.Secret) { put(s, fresh(padding(4000))) },
			stalls("CertificateTooLong"), "at most 4096"),
		Entry("no PEM", func(s *corev1.Secret) { write(s, []byte("not a certificate"), fresh().Key) },
			stalls("CertificateMalformed"), "no PEM block"),
		Entry("PEM that holds no certificate", func(s *corev1.Secret) {
			write(s, []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"), fresh().Key)
		}, stalls("CertificateMalformed"), "does not parse"),
		Entry("a key that does not parse", func(s *corev1.Secret) { write(s, fresh().Certificate, []byte("not a key")) },
			stalls("PrivateKeyMalformed"), "tls.key"),
		Entry("far too large", func(s *corev1.Secret) {
			write(s, []byte(strings.Repeat("x", 80_000)), fresh().Key)
		}, stalls("BundleTooLarge"), "was not read"),
	)

	It("that is deleted is waited for, and nothing is detached", func() {
		b := bind(workspace())
		b.Delete(&corev1.Secret{ObjectMeta: named(b.Workspace, "cert")})

		b.Await(b.credential, waits(v1alpha1.ReasonSecretNotFound), harness.Say(v1alpha1.ConditionCertificateReady, "waiting until it does", stays))
		b.Await(b.client, harness.BeReady())
		Expect(b.Attached(b.id())()).To(ConsistOf(b.pair.Thumbprint()))
		Expect(b.Published("cert")()).To(Equal(b.pair.Thumbprint()))
		Expect(b.Routes()).To(BeEmpty())

		b.pair = fresh()
		b.Create(b.TLSSecret("cert", b.pair))
		Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
		b.settle()
	})

	It("becomes usable by itself when its time comes", func() {
		b := bind(workspace())
		soon := b.renew(validity(3*time.Second, time.Hour))

		b.Await(b.credential, waits("CertificateNotYetValid"))
		Eventually(b.Published("cert")).Should(Equal(soon.Thumbprint()))
		b.settle()
	})

	It("is reported as expired by itself when its time is over, and its credential stays", func() {
		b := bind(workspace())
		soon := b.renew(validity(-time.Hour, 4*time.Second))
		Eventually(b.Published("cert")).Should(Equal(soon.Thumbprint()))

		b.Await(b.credential, stalls("CertificateExpired"), harness.Say(v1alpha1.ConditionCertificateReady, "renew it", stays))
		Expect(b.Attached(b.id())()).To(ContainElement(soon.Thumbprint()))
	})

	// Most of a subject may be escaped, and none of it counts for x509_cert.
	It("with the longest subject that a certificate can have is as good an x509_cert as any other (I9)", func() {
		b := bind(workspace())
		long := pkix.Name{CommonName: strings.Repeat("\x01", 2300)}
		b.pair = harness.NewAuthority(GinkgoTB(), "authority").Issue(GinkgoTB(), "checkout", subject(long))
		b.Renew("cert", b.pair)

		Eventually(b.Published("cert")).Should(Equal(b.pair.Thumbprint()))
		b.settle()
		Expect(len(b.credential.Status.Certificate.SubjectDN)).To(BeNumerically(">", 4096))
	})

	It("with a subject of over 256 characters is no cert_subject_dn, and nothing is detached", func() {
		b := bind(workspace(), byDN)
		attached := b.Attached(b.id())()
		long := pkix.Name{CommonName: "checkout"}
		for range 8 {
			long.OrganizationalUnit = append(long.OrganizationalUnit, strings.Repeat("u", 60))
		}
		b.renew(subject(long))

		b.Await(b.credential, stalls("SubjectDNTooLong"), harness.Say(v1alpha1.ConditionCertificateReady, "at most 256", stays))
		Expect(b.Attached(b.id())()).To(Equal(attached))
		Expect(b.Routes()).To(BeEmpty())
	})

	// What cert-manager asks for is known of a certificateRef alone.
	It("shows its subject as proxies do, and foretells none", func() {
		b := bind(workspace(), byDN)
		Expect(b.credential.Status.Certificate.SubjectForms).To(Equal(&v1alpha1.SubjectForms{
			RFC2253: "CN=checkout,O=Certbound", Oneline: "/O=Certbound/CN=checkout"}))
		b.renew(subject(pkix.Name{Organization: []string{"Certbound"}, CommonName: "checkout-2"}))
		b.Await(b.credential, harness.BeReady(), HaveField("Status.Certificate.SubjectForms.Oneline", "/O=Certbound/CN=checkout-2"))
		Expect(b.credential.Status.Conditions).NotTo(ContainElement(HaveField("Type", v1alpha1.ConditionSubjectStable)))
	})

	It("without a subject is no cert_subject_dn, and nothing is detached", func() {
		b := bind(workspace(), byDN)
		attached := b.Attached(b.id())()
		b.renew(subject(pkix.Name{}))

		b.Await(b.credential, stalls("SubjectDNEmpty"), harness.Say(v1alpha1.ConditionCertificateReady, "use x509_cert", stays))
		Expect(b.Attached(b.id())()).To(Equal(attached))
	})

	It("never shows a byte of itself in a status (I6)", func() {
		b := bind(workspace())
		const canary = "canary-8f2b1c"
		harness.Edit(b.Workspace, &corev1.Secret{ObjectMeta: named(b.Workspace, "cert")}, func(s *corev1.Secret) {
			write(s, []byte(canary), []byte(canary))
		})

		b.Await(b.credential, stalls("CertificateMalformed"))
		Expect(b.credential.Status.Conditions).NotTo(ContainElement(HaveField("Message", ContainSubstring(canary))))
		for _, e := range b.Events(b.credential) {
			Expect(e.Note).NotTo(ContainSubstring(canary))
		}
	})
})

var _ = Describe("A certificateRef", func() {
	It("in a cluster without cert-manager says what to install, and nothing is sent", func() {
		w := workspace()
		w.CreateTenant()
		c := w.NewClient("checkout")
		credential := w.NewCredential("cert", "checkout", func(s *v1alpha1.ClientCredentialSpec) {
			s.SecretRef, s.CertificateRef = nil, &v1alpha1.LocalReference{Name: "cert"}
		})
		w.Create(c, credential)

		w.Await(credential, stalls(v1alpha1.ReasonCertManagerNotInstalled),
			harness.Say(v1alpha1.ConditionCertificateReady, "install it and restart the operator", "use secretRef", stays))
		w.Await(c, harness.BeWaiting(v1alpha1.ConditionRegistered, v1alpha1.ReasonWaitingForCertificate))
		Expect(w.Writes()).To(BeEmpty())
	})
})

var _ = Describe("A literal subjectDN", func() {
	It("that is not in the tenant's form is refused with the form to write, and nothing is sent", func() {
		w := workspace()
		w.CreateTenant()
		c := w.NewClient("checkout", func(s *v1alpha1.OAuthClientSpec) { s.AuthenticationMethod = v1alpha1.MethodTLSClientAuth })
		credential := w.NewCredential("cert", "checkout", func(s *v1alpha1.ClientCredentialSpec) {
			s.Type, s.SecretRef, s.Publish, s.SubjectDN = v1alpha1.TypeCertSubjectDN, nil, nil, "O=Certbound\nCN=checkout "
		})
		w.Create(c, credential)

		w.Await(credential, stalls(v1alpha1.ReasonSubjectDNInvalid), harness.Say(v1alpha1.ConditionCertificateReady, "space", stays))
		Expect(credential.Status.Conditions).NotTo(ContainElement(HaveField("Type", v1alpha1.ConditionSubjectStable)))
		w.Await(c, harness.BeWaiting(v1alpha1.ConditionRegistered, v1alpha1.ReasonWaitingForCertificate))
		Expect(w.Writes()).To(BeEmpty())
	})
})

// fresh is a self-signed certificate for the client of a binding.
func fresh(edit ...func(*x509.Certificate)) harness.KeyPair {
	GinkgoHelper()
	return harness.SelfSigned(GinkgoTB(), "checkout", edit...)
}

func put(s *corev1.Secret, pair harness.KeyPair) { write(s, pair.Certificate, pair.Key) }

// write replaces the data of a TLS Secret. The API server demands that both keys are there, empty as they may be.
func write(s *corev1.Secret, certificatePEM, keyPEM []byte) {
	s.Data = map[string][]byte{corev1.TLSCertKey: certificatePEM, corev1.TLSPrivateKeyKey: keyPEM}
}
