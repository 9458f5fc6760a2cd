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
	"fmt"
	"os"
	"slices"
	"testing"
	"text/tabwriter"

	"github.com/go-logr/logr"
	. "github.com/onsi/ginkgo/v2"
	"github.com/onsi/ginkgo/v2/types"
	. "github.com/onsi/gomega"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/views/proxy"
)

var env *harness.Environment

func TestViews(t *testing.T) {
	t.Setenv("NO_PROXY", "*")
	RegisterFailHandler(Fail)
	RunSpecs(t, "Views")
}

var _ = BeforeSuite(func(ctx SpecContext) {
	SetDefaultEventuallyTimeout(harness.Patience)
	ctrl.SetLogger(logr.Discard()) // the operator has a logger of its own
	var err error
	env, err = harness.Start(ctx, harness.Options{CertManager: true, ControllerManager: true, Log: GinkgoWriter, Progress: GinkgoWriter})
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(func() { Expect(env.Stop()).To(Succeed()) })
})

// instance is an operator behind a proxy of its own.
type instance struct {
	*proxy.Proxy

	options  harness.OperatorOptions
	operator *harness.Operator
}

// run starts an operator, which ends with the spec. A Workspace is to be made after it, so that it ends before it.
func run(o harness.OperatorOptions) *instance {
	GinkgoHelper()
	p, err := proxy.Start(env.Cluster.Config())
	Expect(err).NotTo(HaveOccurred())
	DeferCleanup(p.Close)
	i := &instance{Proxy: p, options: o}
	i.options.Through = p.Through
	i.start()
	DeferCleanup(func() { Expect(i.stop()).To(Succeed()) })
	return i
}

func (i *instance) start() {
	GinkgoHelper()
	started, err := env.StartOperator(i.options)
	Expect(err).NotTo(HaveOccurred())
	i.operator = started
}

// stop ends the operator wherever it stands. One that has ended is left alone.
func (i *instance) stop() error {
	if i.operator == nil {
		return nil
	}
	stopped := i.operator
	i.operator = nil
	return stopped.Stop()
}

func (i *instance) restart() {
	GinkgoHelper()
	Expect(i.stop()).To(Succeed())
	i.start()
}

// lists are what the cache of an operator holds and decisions depend on.
var lists = map[string]string{
	"oauthclients":      "/apis/certbound.dev/v1alpha1/oauthclients",
	"clientcredentials": "/apis/certbound.dev/v1alpha1/clientcredentials",
	"tenants":           "/apis/certbound.dev/v1alpha1/tenants",
	"secrets":           "/api/v1/secrets",
	"certificates":      "/apis/cert-manager.io/v1/certificates",
}

// record records all lists as they are now.
func (i *instance) record(ctx context.Context) (recordings []*proxy.Recording) {
	GinkgoHelper()
	for _, path := range lists {
		recording, err := i.Record(ctx, path)
		Expect(err).NotTo(HaveOccurred())
		recordings = append(recordings, recording)
	}
	return recordings
}

// freeze holds back all that happens in a namespace.
func (i *instance) freeze(namespace string) {
	for resource := range lists {
		i.View(resource, namespace).Freeze()
	}
}

// thaw lets everything of a namespace go.
func (i *instance) thaw(namespace string, arrange func([]proxy.Event) []proxy.Event) {
	for resource := range lists {
		i.View(resource, namespace).Thaw(arrange)
	}
}

// onlyToProve skips a spec that takes long, unless PROVE is set.
func onlyToProve() {
	GinkgoHelper()
	if os.Getenv("PROVE") == "" {
		Skip("takes long: set PROVE=1 to run it")
	}
}

// The summary names each fault of view, how often it was brought about, and how often what must hold did not.
var _ = ReportAfterSuite("summary", func(report Report) {
	runs, violations, faults := map[string]int{}, map[string]int{}, []string{}
	for _, spec := range report.SpecReports {
		if spec.LeafNodeType != types.NodeTypeIt || spec.State.Is(types.SpecStateSkipped|types.SpecStatePending) {
			continue
		}
		fault := spec.ContainerHierarchyTexts[0]
		if runs[fault]++; runs[fault] == 1 {
			faults = append(faults, fault)
		}
		if spec.Failed() {
			violations[fault]++
		}
	}
	slices.Sort(faults)
	table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "\nview fault\truns\tviolations")
	for _, fault := range faults {
		_, _ = fmt.Fprintf(table, "%s\t%d\t%d\n", fault, runs[fault], violations[fault])
	}
	_ = table.Flush()
})
