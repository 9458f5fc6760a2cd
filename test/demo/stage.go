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

package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/controller"
	"github.com/certbound/certbound/test/cluster"
	"github.com/certbound/certbound/test/operator"
	"github.com/certbound/certbound/test/workload"
)

// The operator's place in the cluster, as config/default has it.
const (
	systemNamespace = "certbound-system"
	serviceAccount  = "certbound-controller-manager"
	operatorLog     = "bin/demo-certbound.log"
)

// stage is all that runs in a demo.
type stage struct {
	screen  *terminal
	picture string

	program  string // of the operator
	cluster  *cluster.Cluster
	client   client.Client
	tenant   *auth0sim.Simulator
	admin    *http.Server
	adminURL string
	operator *operator.Process
	observer *observer
	adopted  string // the id of the client that exists before its OAuthClient

	applications []application
	workloads    []*workload.Workload
}

// build builds the operator and starts the cluster, whose programs are built the first time.
func (s *stage) build(ctx context.Context) (err error) {
	if _, err := os.Stat(filepath.Join("config", "default")); err != nil {
		return fmt.Errorf("start the demo at the root of the checkout, with make demo: %w", err)
	}
	s.screen.heading("Start")
	if err := os.MkdirAll("bin", 0o750); err != nil {
		return fmt.Errorf("make a folder for what is built: %w", err)
	}
	s.screen.sayf("%-22s is built as bin/certbound (minutes the first time, then seconds)", "operator")
	if s.program, err = operator.Build(ctx, "bin"); err != nil {
		return err
	}
	begun := time.Now()
	s.cluster, err = cluster.Start(ctx, cluster.Options{
		CRDPaths: []string{filepath.Join("config", "crd", "bases")}, ControllerManager: true, CertManager: true, Progress: progress{s.screen},
	})
	if err != nil {
		return err
	}
	s.screen.sayf("%-22s %s", "cluster", "a real Kubernetes API server and real cert-manager, without containers  "+since(begun))
	return nil
}

// start starts the tenant and the operator.
func (s *stage) start(ctx context.Context) error {
	if err := s.connect(); err != nil {
		return err
	}
	if err := s.startTenant(ctx); err != nil {
		return err
	}
	s.screen.sayf("%-22s a simulated one at %s: at most 2 credentials a method, 4 a client", "Auth0 tenant", s.tenant.URL())
	if err := s.startOperator(ctx); err != nil {
		return err
	}
	s.screen.sayf("%-22s runs as process %d, with the rights of its ServiceAccount and no others", "operator", s.operator.PID())
	return nil
}

func (s *stage) connect() error {
	scheme, err := controller.NewScheme()
	if err != nil {
		return err
	}
	if s.client, err = client.New(s.cluster.Config(), client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("connect to the cluster: %w", err)
	}
	return nil
}

// startTenant starts the simulator, and its admin endpoint, for a look behind the scenes.
func (s *stage) startTenant(ctx context.Context) (err error) {
	plan := auth0sim.Plans()["enterprise"]
	if s.tenant, err = auth0sim.Start(auth0sim.Options{
		Plan: &plan, ManagementClientID: managementClient, ManagementClientSecret: managementSecret,
	}); err != nil {
		return fmt.Errorf("start the simulated tenant: %w", err)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("start the tenant's admin endpoint: %w", err)
	}
	s.adminURL = "http://" + listener.Addr().String() + "/simulator"
	s.admin = &http.Server{Handler: s.tenant.AdminHandler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.admin.Serve(listener) }()
	return nil
}

// startOperator installs what `make deploy` installs but for the Deployment: without nodes, no Pod runs. The operator runs beside
// the cluster instead, as the ServiceAccount that its Pod would have.
func (s *stage) startOperator(ctx context.Context) error {
	rendered, err := s.kubectl(ctx, nil, "kustomize", filepath.Join("config", "default"))
	if err != nil {
		return err
	}
	objects, err := decode([]byte(rendered))
	if err != nil {
		return fmt.Errorf("read config/default: %w", err)
	}
	var rights []*unstructured.Unstructured
	for _, o := range objects {
		switch o.GetKind() {
		case "Deployment", "Service", "CustomResourceDefinition":
		default:
			rights = append(rights, o)
		}
	}
	if _, err := s.apply(ctx, rights); err != nil {
		return err
	}
	kubeconfig, err := s.cluster.ServiceAccountKubeconfig(ctx, systemNamespace, serviceAccount)
	if err != nil {
		return err
	}
	if err := os.RemoveAll(operatorLog); err != nil {
		return fmt.Errorf("remove the log of an earlier demo: %w", err)
	}
	s.operator, err = operator.Start(s.program, kubeconfig, operatorLog)
	return err
}

// stop ends everything, what stands on others first.
func (s *stage) stop() error {
	s.screen.status("")
	for _, w := range s.workloads {
		w.Stop()
	}
	var errs []error
	if s.operator != nil {
		errs = append(errs, s.operator.Stop())
	}
	if s.observer != nil {
		s.observer.stop()
	}
	if s.admin != nil {
		errs = append(errs, s.admin.Close())
	}
	if s.tenant != nil {
		s.tenant.Close()
	}
	if s.cluster != nil {
		errs = append(errs, s.cluster.Stop())
	}
	return errors.Join(errs...)
}

// explain adds to an error what its reader will look for next.
func (s *stage) explain(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w (%w)", err, cause)
	}
	if s.operator == nil {
		return err
	}
	return fmt.Errorf("%w\n\nThe end of the operator's log (%s):\n%s", err, operatorLog, s.operator.Tail())
}

// progress shows the cluster's lines of progress.
type progress struct{ screen *terminal }

// Write takes one line or more.
func (p progress) Write(lines []byte) (int, error) {
	p.screen.print(indent(string(lines)))
	return len(lines), nil
}

func since(begun time.Time) string { return time.Since(begun).Round(100 * time.Millisecond).String() }

// kubectl runs kubectl and returns what it printed.
func (s *stage) kubectl(ctx context.Context, input []byte, args ...string) (string, error) {
	cmd := s.cluster.KubectlCommand(ctx, args...)
	if input != nil {
		cmd.Stdin = strings.NewReader(string(input))
	}
	var problems strings.Builder
	cmd.Stderr = &problems
	output, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("kubectl %s: %w\n%s", strings.Join(args, " "), err, problems.String())
	}
	return string(output), nil
}
