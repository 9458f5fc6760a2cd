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
	"crypto/tls"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/workload"
)

const (
	migrationPage = "migrate-from-a-secret.md"
	ledgerAPI     = "https://ledger.example.com/"
)

// ledger is the client that the page moves from its secret to a certificate, and back.
type ledger struct {
	stage
	id     string
	tenant *workload.Tenant
}

// newLedger makes the client at the tenant by hand, with an API to ask tokens for.
func newLedger(t *testing.T) ledger {
	t.Helper()
	g := NewWithT(t)
	s := newStage(t)
	id, err := s.AddClient(map[string]any{"name": "ledger", "app_type": "non_interactive", "token_endpoint_auth_method": "client_secret_post"})
	g.Expect(err).NotTo(HaveOccurred())
	_, err = s.AddResourceServer(map[string]any{
		"identifier": ledgerAPI, "proof_of_possession": map[string]any{"mechanism": "mtls", "required": false}})
	g.Expect(err).NotTo(HaveOccurred())
	_, err = s.AddGrant(id, ledgerAPI)
	g.Expect(err).NotTo(HaveOccurred())
	tenant, err := workload.NewTenant(s.CABundle())
	g.Expect(err).NotTo(HaveOccurred())
	return ledger{s, id, tenant}
}

// The commands of the page, step by step, do what the page says of the secret and the certificate.
func TestMigrationPage(t *testing.T) {
	l := newLedger(t)
	operator, err := env.StartOperator(harness.OperatorOptions{})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { NewWithT(t).Expect(operator.Stop()).To(Succeed()) })
	kubectl(t, "apply", "--kustomize", l.folder)
	t.Cleanup(l.remove(t))
	shell := l.shell(t)

	steps := shellBlocks(t, migrationPage)
	for _, step := range []struct {
		heading       string
		byCertificate bool
		shows         string
	}{
		{"1. Register", false, "ledger"},
		{"2. Verify", false, "Everything is in place."},
		{"3. Switch", true, "condition met"},
		{"4. Watch", true, "SwitchedToCertificates"},
		{"Go back", false, "condition met"},
		{"3. Switch", true, "condition met"},
	} {
		block, exists := steps[step.heading]
		NewWithT(t).Expect(exists).To(BeTrue(), "the page has commands under %q", step.heading)
		NewWithT(t).Expect(shell(block)).To(ContainSubstring(step.shows), step.heading)
		l.expectSignIn(t, step.byCertificate)
	}
	shell("kubectl delete --filename=config/samples/from-a-secret.yaml")
}

// shellBlocks are the page's commands, by the heading that they stand under.
func shellBlocks(t *testing.T, name string) map[string]string {
	t.Helper()
	blocks := map[string]string{}
	for _, section := range strings.Split(page(t, name), "\n## ")[1:] {
		heading, text, _ := strings.Cut(section, "\n")
		for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(text, -1) {
			blocks[heading] += block[1]
		}
	}
	return blocks
}

// shell runs commands as they are typed, in a folder that has the samples where the module has them.
func (l ledger) shell(t *testing.T) func(string) string {
	t.Helper()
	g := NewWithT(t)
	work := t.TempDir()
	g.Expect(os.Mkdir(filepath.Join(work, "config"), 0o700)).To(Succeed())
	g.Expect(os.Symlink(l.folder, filepath.Join(work, "config", "samples"))).To(Succeed())
	return func(commands string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "bash", "-euo", "pipefail", "-c", commands)
		cmd.Dir = work
		cmd.Env = append(os.Environ(), "CLIENT_ID="+l.id, "KUBECONFIG="+env.Cluster.Kubeconfig(),
			"PATH="+filepath.Dir(env.Cluster.Kubectl())+string(os.PathListSeparator)+os.Getenv("PATH"))
		out, err := cmd.CombinedOutput()
		NewWithT(t).Expect(err).NotTo(HaveOccurred(), "%s\n%s", commands, out)
		return string(out)
	}
}

// expectSignIn asks for tokens in both ways, once workloads can know which of them works.
func (l ledger) expectSignIn(t *testing.T, byCertificate bool) {
	t.Helper()
	g := NewWithT(t)
	method := map[bool]string{true: "self_signed_tls_client_auth", false: "client_secret_post"}[byCertificate]
	var facts corev1.ConfigMap
	g.Eventually(func() (map[string]string, error) {
		return facts.Data, env.Client.Get(t.Context(), client.ObjectKey{Namespace: samplesNamespace, Name: "ledger-connection"}, &facts)
	}).WithTimeout(harness.Patience).Should(HaveKeyWithValue("token_endpoint_auth_method", method))
	to := workload.ConnectionFrom(facts.Data)

	var secret corev1.Secret
	g.Eventually(func() error {
		return env.Client.Get(t.Context(), client.ObjectKey{Namespace: samplesNamespace, Name: "ledger-tls"}, &secret)
	}).WithTimeout(harness.Patience).Should(Succeed())
	pair, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	g.Expect(err).NotTo(HaveOccurred())

	accepted, refused := Succeed(), BeAssignableToTypeOf(&workload.Refusal{})
	if byCertificate {
		g.Expect(l.tenant.TokenByCertificate(t.Context(), to, ledgerAPI, pair)).To(accepted)
		g.Expect(l.tenant.TokenBySecret(t.Context(), to, ledgerAPI, l.ClientSecret(l.id))).To(refused)
		return
	}
	g.Expect(l.tenant.TokenBySecret(t.Context(), to, ledgerAPI, l.ClientSecret(l.id))).To(accepted)
	g.Expect(l.tenant.TokenByCertificate(t.Context(), to, ledgerAPI, pair)).To(refused)
}
