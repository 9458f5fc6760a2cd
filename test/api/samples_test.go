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

package api

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/controller"
	"github.com/certbound/certbound/test/harness"
)

const samplesNamespace = "certbound-samples"

// stage is the samples' tenant and a copy of the samples that names it.
type stage struct {
	*auth0sim.Simulator
	folder   string
	accounts string // the client to take over
}

// newStage makes by the package what the comment in kustomization.yaml makes by the program.
func newStage(t *testing.T) stage {
	t.Helper()
	g := NewWithT(t)
	sim, err := auth0sim.Start(auth0sim.Options{ManagementClientID: "certbound", ManagementClientSecret: "replace-me"})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(sim.Close)
	_, err = sim.AddResourceServer(map[string]any{"identifier": "https://api.example.com/", "scopes": []map[string]any{
		{"value": "read:payments"}, {"value": "read:reports"},
	}})
	g.Expect(err).NotTo(HaveOccurred())
	accounts, err := sim.AddClient(map[string]any{"name": "accounts", "app_type": "non_interactive"})
	g.Expect(err).NotTo(HaveOccurred())

	folder := filepath.Join(t.TempDir(), "samples")
	g.Expect(os.CopyFS(folder, os.DirFS(filepath.Join(root, "config", "samples")))).To(Succeed())
	g.Expect(os.WriteFile(filepath.Join(folder, "ca.crt"), sim.CABundle(), 0o600)).To(Succeed())
	edit(t, filepath.Join(folder, "tenant.yaml"), "127.0.0.1:7443", sim.Domain())
	edit(t, filepath.Join(folder, "adopted.yaml"), "replace-me", accounts)
	return stage{sim, folder, accounts}
}

func edit(t *testing.T, file, from, to string) {
	t.Helper()
	g := NewWithT(t)
	content, err := os.ReadFile(file)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(strings.Count(string(content), from)).To(Equal(1), "it stands in one place")
	g.Expect(os.WriteFile(file, []byte(strings.Replace(string(content), from, to, 1)), 0o600)).To(Succeed())
}

func TestSamples(t *testing.T) {
	s := newStage(t)
	operator, err := env.StartOperator(harness.OperatorOptions{
		Sides: []string{controller.TenantSide, controller.ClusterSide, controller.ProbeSide},
	})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { NewWithT(t).Expect(operator.Stop()).To(Succeed()) })
	kubectl(t, "apply", "--kustomize", s.folder)
	t.Cleanup(s.remove(t))
	kubectl(t, "apply", "--filename", s.verified())

	awaitReady(t, &v1alpha1.Tenant{}, "auth0")
	awaitReady(t, &v1alpha1.ClusterTenant{}, "certbound-samples")
	for _, name := range []string{"payments", "reports", "mainframe", "accounts", "ledger"} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			credential := awaitReady(t, &v1alpha1.ClientCredential{}, name)
			c := awaitReady(t, &v1alpha1.OAuthClient{}, name)
			atTenant, exists := s.Client(c.Status.ClientID)
			g.Expect(exists).To(BeTrue())
			g.Expect(atTenant.AuthenticationMethod).To(BeEquivalentTo(c.Spec.AuthenticationMethod))
			g.Expect(atTenant.TokenEndpointAuthMethod).To(BeEmpty(), "no secret is in force")
			if publish := credential.Spec.Publish; publish != nil {
				g.Expect(atTenant.Accepts(published(t, publish.SecretRef.Name))).To(BeTrue())
			} else {
				g.Expect(atTenant.Credentials).To(ConsistOf(HaveField("SubjectDN", credential.Spec.SubjectDN)))
			}
			s.expectGrants(t, c)
			expectConnection(t, c)
		})
	}
	taken, _ := s.Client(s.accounts)
	NewWithT(t).Expect(taken.Settings).NotTo(HaveKey("client_metadata"), "CredentialsOnly puts no mark on the client")
}

// verified is the sample that stands beside the others, since it needs the probe.
func (s stage) verified() string { return filepath.Join(s.folder, "verified.yaml") }

// remove deletes the samples, and makes sure that this leaves the clients at the tenant.
func (s stage) remove(t *testing.T) func() {
	t.Helper()
	return func() {
		g := NewWithT(t)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(t.Context()), time.Minute)
		defer cancel()
		clients := len(s.Clients())
		for _, what := range [][]string{{"--filename", s.verified()}, {"--kustomize", s.folder}} {
			out, err := env.Cluster.KubectlCommand(ctx, append([]string{"delete"}, what...)...).CombinedOutput()
			g.Expect(err).NotTo(HaveOccurred(), string(out))
		}
		g.Expect(s.Clients()).To(HaveLen(clients))
	}
}

func awaitReady[T client.Object](t *testing.T, o T, name string) T {
	t.Helper()
	key := client.ObjectKey{Namespace: samplesNamespace, Name: name}
	if _, cluster := any(o).(*v1alpha1.ClusterTenant); cluster {
		key.Namespace = ""
	}
	NewWithT(t).Eventually(func() (client.Object, error) {
		return o, env.Client.Get(t.Context(), key, o)
	}).WithTimeout(harness.Patience).Should(harness.BeReady())
	return o
}

// published is the certificate that workloads are handed.
func published(t *testing.T, secretName string) *x509.Certificate {
	t.Helper()
	g := NewWithT(t)
	var secret corev1.Secret
	g.Expect(env.Client.Get(t.Context(), client.ObjectKey{Namespace: samplesNamespace, Name: secretName}, &secret)).To(Succeed())
	g.Expect(secret.Type).To(Equal(corev1.SecretTypeTLS))
	block, _ := pem.Decode(secret.Data[corev1.TLSCertKey])
	g.Expect(block).NotTo(BeNil())
	leaf, err := x509.ParseCertificate(block.Bytes)
	g.Expect(err).NotTo(HaveOccurred())
	return leaf
}

func (s stage) expectGrants(t *testing.T, c *v1alpha1.OAuthClient) {
	t.Helper()
	granted := map[string][]string{}
	for _, g := range s.Grants(c.Status.ClientID) {
		granted[g.Audience] = g.Scopes
	}
	wanted := map[string][]string{}
	for _, g := range c.Spec.Grants {
		wanted[g.Audience] = g.Scopes
	}
	NewWithT(t).Expect(granted).To(Equal(wanted))
}

// expectConnection looks for the facts that a workload needs.
func expectConnection(t *testing.T, c *v1alpha1.OAuthClient) {
	t.Helper()
	if c.Spec.Connection == nil {
		return
	}
	key := client.ObjectKey{Namespace: samplesNamespace, Name: c.Spec.Connection.ConfigMapRef.Name}
	NewWithT(t).Eventually(func() (map[string]string, error) {
		var facts corev1.ConfigMap
		err := env.Client.Get(t.Context(), key, &facts)
		return facts.Data, err
	}).WithTimeout(harness.Patience).Should(And(
		HaveKeyWithValue("client_id", c.Status.ClientID), HaveKeyWithValue("token_endpoint_auth_method", string(c.Spec.AuthenticationMethod)),
		HaveKeyWithValue("issuer", HavePrefix("https://")), HaveKeyWithValue("token_endpoint", HaveSuffix("/oauth/token")),
		HaveKeyWithValue("mtls_token_endpoint", HaveSuffix("/oauth/token")),
	))
}
