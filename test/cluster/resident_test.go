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

package cluster

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
)

// serve holds a resident cluster for testResident, with the user's programs in assets.
func serve(dir, assets string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	_ = os.Setenv(assetsEnv, assets)
	if err := (&Resident{dir: dir}).Serve(ctx, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// testResident also shows that KUBEBUILDER_ASSETS is honoured, and that nothing survives a holder that is killed.
func testResident() func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		g := NewWithT(t)
		dir := filepath.Join(t.TempDir(), "cluster")
		assets, used := userAssets(t)
		self, err := os.Executable()
		g.Expect(err).NotTo(HaveOccurred())
		resident := &Resident{dir: dir}
		up := func() (bool, error) { return resident.Up(t.Context(), t.Output(), self, "serve", dir, assets) }
		t.Cleanup(func() { _, _ = resident.Down(context.WithoutCancel(t.Context())) })

		g.Expect(resident.Down(t.Context())).To(BeFalse(), "there is none yet")
		g.Expect(up()).To(BeTrue(), "this call starts it")
		g.Expect(up()).To(BeFalse(), "it runs already")
		config, err := clientcmd.BuildConfigFromFlags("", resident.Kubeconfig())
		g.Expect(err).NotTo(HaveOccurred())
		k := newClient(t, config)
		newSelfSigned(t, k, "resident")
		g.Expect(k.Create(t.Context(), newCertificate(metav1.NamespaceDefault, "resident", "resident", nil))).To(Succeed())
		g.Expect(awaitKeyPair(t, k, metav1.NamespaceDefault, "resident", nil).Leaf.Subject.CommonName).To(Equal("resident"))
		g.Expect(resident.Environment()).To(ContainSubstring("export KUBECONFIG=" + dir + "/kubeconfig\n"))
		g.Expect(used()).To(ContainElements(etcd, apiServer))

		holder, err := os.ReadFile(resident.lockFile())
		g.Expect(err).NotTo(HaveOccurred())
		pid, err := strconv.Atoi(string(holder))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(processesOf(t, dir)).To(HaveLen(5), "the holder and four programs")
		g.Expect(syscall.Kill(pid, syscall.SIGKILL)).To(Succeed())
		g.Eventually(func() []string { return processesOf(t, dir) }, patience).Should(BeEmpty())
		g.Expect(dir).NotTo(BeAnExistingFile())

		g.Expect(up()).To(BeTrue(), "after a crash it starts again")
		g.Expect(resident.Down(t.Context())).To(BeTrue())
		g.Expect(processesOf(t, dir)).To(BeEmpty())
		g.Expect(filepath.Glob(filepath.Join(filepath.Dir(dir), "*"))).To(ConsistOf(resident.lockFile()))
	}
}

// userAssets is a folder for KUBEBUILDER_ASSETS. Its programs are those of the cache, and leave their names when they are used.
func userAssets(t *testing.T) (folder string, used func() []string) {
	t.Helper()
	g := NewWithT(t)
	paths, err := locate(t.Context(), t.Output(), etcd, apiServer, kubectl)
	g.Expect(err).NotTo(HaveOccurred())
	folder = t.TempDir()
	marks := filepath.Join(folder, "used")
	for name, path := range paths {
		script := fmt.Sprintf("#!/bin/sh\necho %s >> %s\nexec %s \"$@\"\n", name, quote(marks), quote(path))
		g.Expect(writeScript(filepath.Join(folder, name), script)).To(Succeed())
	}
	return folder, func() []string {
		content, err := os.ReadFile(marks)
		g.Expect(err).NotTo(HaveOccurred())
		return strings.Fields(string(content))
	}
}
