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
	"context"
	"crypto/tls"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/workload"
)

const (
	// api is the audience of all tokens. It wants them bound to certificates.
	api      = "https://api.example.com/"
	apiScope = "read:things"

	selfSigned = "self-signed"
	authority  = "ca"

	connectionSuffix = "-connection"
)

// scene is what a spec plays in: a namespace, a tenant with an API, and issuers of certificates.
type scene struct {
	*harness.Workspace
	tenant *workload.Tenant
}

func newScene() *scene {
	GinkgoHelper()
	s := &scene{Workspace: environment.Workspace(GinkgoTB(), auth0sim.Options{})}
	_, err := s.Sim.AddResourceServer(map[string]any{
		"identifier": api, "scopes": []map[string]any{{"value": apiScope}, {"value": "write:things"}},
		"proof_of_possession": map[string]any{"mechanism": "mtls", "required": true},
	})
	Expect(err).NotTo(HaveOccurred())
	s.tenant, err = workload.NewTenant(s.Sim.CABundle())
	Expect(err).NotTo(HaveOccurred())
	s.CreateTenant(func(t *v1alpha1.TenantSpec) { t.EndpointAliases = v1alpha1.EndpointAliasesEnabled })
	s.Create(s.issuer(selfSigned, cmapi.IssuerConfig{SelfSigned: &cmapi.SelfSignedIssuer{}}))
	return s
}

func (s *scene) issuer(name string, config cmapi.IssuerConfig) *cmapi.Issuer {
	return &cmapi.Issuer{ObjectMeta: s.object(name), Spec: cmapi.IssuerSpec{IssuerConfig: config}}
}

func (s *scene) object(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: s.Namespace, Name: name}
}

// createAuthority makes a CA whose certificates the tenant's edge takes for verified.
func (s *scene) createAuthority() {
	GinkgoHelper()
	s.Create(
		s.certificate(authority, selfSigned, func(c *cmapi.CertificateSpec) { c.IsCA, c.Usages = true, nil }),
		s.issuer(authority, cmapi.IssuerConfig{CA: &cmapi.CAIssuer{SecretName: authority}}),
	)
	var secret corev1.Secret
	Eventually(func() error { return s.read(authority, &secret) }).Should(Succeed())
	Expect(s.Sim.SetClientCAs(secret.Data[corev1.TLSCertKey])).To(Succeed())
}

// certificate is a Certificate with a Secret of the same name, for O=Example, CN=name.
func (s *scene) certificate(name, issuer string, edit ...func(*cmapi.CertificateSpec)) *cmapi.Certificate {
	c := &cmapi.Certificate{ObjectMeta: s.object(name), Spec: cmapi.CertificateSpec{
		SecretName: name, CommonName: name, Subject: &cmapi.X509Subject{Organizations: []string{"Example"}},
		IssuerRef: cmmeta.IssuerReference{Name: issuer}, Usages: []cmapi.KeyUsage{cmapi.UsageClientAuth, cmapi.UsageDigitalSignature},
		PrivateKey: &cmapi.CertificatePrivateKey{Algorithm: cmapi.ECDSAKeyAlgorithm, RotationPolicy: cmapi.RotationPolicyAlways},
	}}
	for _, change := range edit {
		change(&c.Spec)
	}
	return c
}

// scheduled makes cert-manager renew a certificate so long after it was issued. Its shortest duration is an hour.
func scheduled(after time.Duration) func(*cmapi.CertificateSpec) {
	return func(c *cmapi.CertificateSpec) {
		c.Duration = &metav1.Duration{Duration: time.Hour}
		c.RenewBefore = &metav1.Duration{Duration: time.Hour - after}
	}
}

// renew makes cert-manager renew a certificate at once, as its own cmctl renew does.
func (s *scene) renew(name string) {
	GinkgoHelper()
	Eventually(func() error {
		var c cmapi.Certificate
		if err := s.read(name, &c); err != nil {
			return err
		}
		c.Status.Conditions = append(c.Status.Conditions, cmapi.CertificateCondition{
			Type: cmapi.CertificateConditionIssuing, Status: cmmeta.ConditionTrue, Reason: "ManuallyTriggered",
			Message: "Certificate re-issuance manually triggered", LastTransitionTime: &metav1.Time{Time: time.Now()},
		})
		return s.Client().Status().Update(context.Background(), &c)
	}).Should(Succeed())
}

// client is an OAuthClient with a grant for the API, and a connection ConfigMap.
func (s *scene) client(name string, method v1alpha1.AuthenticationMethod, edit ...func(*v1alpha1.OAuthClientSpec)) *v1alpha1.OAuthClient {
	return s.NewClient(name, append([]func(*v1alpha1.OAuthClientSpec){func(c *v1alpha1.OAuthClientSpec) {
		c.AuthenticationMethod = method
		c.Grants = []v1alpha1.ClientGrant{{Audience: api, Scopes: []string{apiScope}}}
		c.Connection = &v1alpha1.Connection{ConfigMapRef: v1alpha1.LocalReference{Name: name + connectionSuffix}}
	}}, edit...)...)
}

// credential is the ClientCredential of a client for the Certificate of the same name, with the overlap in seconds.
func (s *scene) credential(name string, kind v1alpha1.CredentialType, edit ...func(*v1alpha1.ClientCredentialSpec)) *v1alpha1.ClientCredential {
	return s.NewCredential(name, name, append([]func(*v1alpha1.ClientCredentialSpec){func(c *v1alpha1.ClientCredentialSpec) {
		c.Type, c.SecretRef = kind, nil
		c.CertificateRef = &v1alpha1.LocalReference{Name: name}
	}}, edit...)...)
}

func overlap(seconds int32) func(*v1alpha1.ClientCredentialSpec) {
	return func(c *v1alpha1.ClientCredentialSpec) {
		c.Rotation = &v1alpha1.Rotation{OverlapSeconds: new(seconds), HandoverSeconds: new(int32(1))}
	}
}

// createX509 creates a client that authenticates by self-signed certificates, and waits until all is in place.
func (s *scene) createX509(name string, edit ...func(*v1alpha1.ClientCredentialSpec)) *v1alpha1.OAuthClient {
	GinkgoHelper()
	c, credential := s.client(name, v1alpha1.MethodSelfSignedTLSClientAuth), s.credential(name, v1alpha1.TypeX509Cert, edit...)
	s.Create(s.certificate(name, selfSigned), c, credential)
	s.Await(credential, harness.BeReady())
	s.Await(c, harness.BeReady())
	return c
}

// createBySubject creates a client that authenticates by the subject of CA-signed certificates, and waits until all is in place.
func (s *scene) createBySubject(name string, edit ...func(*v1alpha1.ClientCredentialSpec)) *v1alpha1.OAuthClient {
	GinkgoHelper()
	c, credential := s.client(name, v1alpha1.MethodTLSClientAuth), s.credential(name, v1alpha1.TypeCertSubjectDN, edit...)
	s.Create(s.certificate(name, authority), c, credential)
	s.Await(credential, harness.BeReady())
	s.Await(c, harness.BeReady())
	return c
}

// start starts the workload of a client, which ends with the spec, and waits for its first token.
func (s *scene) start(name string, loadOnce bool) *workload.Workload {
	GinkgoHelper()
	w := workload.Start(context.Background(), workload.Options{
		Cluster: s.Client(), Namespace: s.Namespace, Secret: name + harness.PublishSuffix, ConfigMap: name + connectionSuffix,
		Tenant: s.tenant, Audience: api, Every: 20 * time.Millisecond, LoadOnce: loadOnce,
	})
	DeferCleanup(w.Stop)
	Eventually(w.Requests).ShouldNot(BeEmpty())
	return w
}

// connection is what the connection ConfigMap of a client says.
func (s *scene) connection(name string) workload.Connection {
	GinkgoHelper()
	var facts corev1.ConfigMap
	Expect(s.read(name+connectionSuffix, &facts)).To(Succeed())
	return workload.ConnectionFrom(facts.Data)
}

// keyPair is the certificate in a Secret.
func (s *scene) keyPair(secretName string) tls.Certificate {
	GinkgoHelper()
	var secret corev1.Secret
	Expect(s.read(secretName, &secret)).To(Succeed())
	pair, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	Expect(err).NotTo(HaveOccurred())
	return pair
}

func (s *scene) read(name string, into client.Object) error {
	return s.Client().Get(context.Background(), client.ObjectKey{Namespace: s.Namespace, Name: name}, into)
}

// atTenant is the client as the tenant has it.
func (s *scene) atTenant(c *v1alpha1.OAuthClient) func() auth0sim.Client {
	return func() auth0sim.Client {
		present, _ := s.Sim.Client(c.Status.ClientID)
		return present
	}
}
