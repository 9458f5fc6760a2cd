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

// Package integration shows each controller at work on a real API server and a simulated tenant. Every test says in its name
// which behaviour it guards; those that guard an invariant name it.
package integration

import (
	"testing"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
)

var (
	env      *harness.Environment
	operator *harness.Operator
)

func TestIntegration(t *testing.T) {
	t.Setenv("NO_PROXY", "*") // what cannot be reached must fail here, not at a proxy
	RegisterFailHandler(Fail)
	RunSpecs(t, "Integration")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	SetDefaultEventuallyTimeout(harness.Patience)
	ctrl.SetLogger(logr.Discard()) // the operator has a logger of its own
	var err error
	env, err = harness.Start(ctx, harness.Options{Log: GinkgoWriter, Progress: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(env.Stop()).To(Succeed()) })
	start(harness.OperatorOptions{})
	DeferCleanup(func() { Expect(operator.Stop()).To(Succeed()) })
})

// start starts an operator, the only one.
func start(o harness.OperatorOptions) {
	GinkgoHelper()
	started, err := env.StartOperator(o)
	Expect(err).NotTo(HaveOccurred())
	operator = started
}

// restart stops the operator wherever it stands, and starts one anew.
func restart(o harness.OperatorOptions) {
	GinkgoHelper()
	Expect(operator.Stop()).To(Succeed())
	start(o)
}

// withOperator runs the rest of a spec with an operator of its own.
func withOperator(o harness.OperatorOptions) {
	GinkgoHelper()
	restart(o)
	DeferCleanup(restart, harness.OperatorOptions{})
}

// workspace is a namespace and a tenant for one spec.
func workspace(options ...func(*auth0sim.Options)) *harness.Workspace {
	GinkgoHelper()
	o := auth0sim.Options{}
	for _, set := range options {
		set(&o)
	}
	return env.Workspace(GinkgoTB(), o)
}
