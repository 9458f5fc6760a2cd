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

// Package e2e runs the operator's program against real cert-manager in a real API server and a simulated tenant, through every
// procedure that it takes off people's hands, with workloads that ask for tokens all the while.
package e2e

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/operator"
)

// serviceAccount is the operator's, as config/rbac names it.
const serviceAccount = "controller-manager"

var (
	environment *harness.Environment
	program     struct{ path, kubeconfig, log string }
	process     *operator.Process
)

func TestEndToEnd(t *testing.T) {
	ctrl.SetLogger(logr.Discard()) // the operator's log is a file; this is what clients of the cluster would log here
	RegisterFailHandler(Fail)
	RunSpecs(t, "End to end")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	SetDefaultEventuallyTimeout(harness.Patience)
	SetDefaultEventuallyPollingInterval(50 * time.Millisecond)
	var err error
	environment, err = harness.Start(ctx, harness.Options{CertManager: true, ControllerManager: true, Progress: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(environment.Stop)

	folder := GinkgoT().TempDir()
	program.log = filepath.Join(folder, "certbound.log")
	program.path, err = operator.Build(ctx, folder)
	Expect(err).NotTo(HaveOccurred())
	program.kubeconfig, err = environment.Cluster.ServiceAccountKubeconfig(ctx, harness.SystemNamespace, serviceAccount)
	Expect(err).NotTo(HaveOccurred())
	startOperator()
	DeferCleanup(func() {
		Expect(process.Stop()).To(Succeed())
		checkLog()
	})
})

var _ = ReportAfterEach(func(report SpecReport) {
	if report.Failed() && process != nil {
		AddReportEntry("the end of the operator's log", process.Tail())
	}
})

// startOperator starts the operator, for the first time or after a kill.
func startOperator() {
	GinkgoHelper()
	var err error
	process, err = operator.Start(program.path, program.kubeconfig, program.log)
	Expect(err).NotTo(HaveOccurred())
}

// checkLog looks for what no log of the operator may hold.
func checkLog() {
	log, err := os.ReadFile(program.log)
	Expect(err).NotTo(HaveOccurred())
	for _, never := range []string{"PRIVATE KEY", "is forbidden: User", "Observed a panic", "panic recovered"} {
		Expect(string(log)).NotTo(ContainSubstring(never))
	}
}
