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
	"io"
	"net"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/time/rate"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/operator"
)

const serviceAccount = "controller-manager" // as config/rbac names it

// stand is what measurements are made on: a cluster of its own, the operator, and tenants.
type stand struct {
	options
	out io.Writer

	environment              *harness.Environment
	client                   client.Client
	program, kubeconfig, log string
	metrics                  string // where the operator serves them
	process                  *operator.Process
	started                  time.Time
	tenants                  []*tenant
}

// tenant is a simulated tenant and what is seen of it.
type tenant struct {
	*auth0sim.Simulator
	*recorder
	*tracker
	limits limits
	// credentials is how many all its clients may hold.
	credentials int
	// namespace is where its objects are.
	namespace string
}

// erect starts a cluster and the operator.
func erect(ctx context.Context, o options, program string, out io.Writer) (s *stand, err error) {
	s = &stand{options: o, program: program, out: out}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.raze())
		}
	}()
	// Nobody watches the statuses: whoever reads along is served by the same processors.
	if s.environment, err = harness.Start(ctx, harness.Options{Unwatched: true}); err != nil {
		return s, err
	}
	s.client = s.environment.Client
	if s.kubeconfig, err = s.environment.Cluster.ServiceAccountKubeconfig(ctx, harness.SystemNamespace, serviceAccount); err != nil {
		return s, err
	}
	s.log = filepath.Join(o.folder, "bench-certbound.log")
	if err := os.RemoveAll(s.log); err != nil {
		return s, fmt.Errorf("remove the log of an earlier run: %w", err)
	}
	err = s.startOperator(ctx)
	return s, err
}

// startOperator starts the operator as config/manager does, and returns when it serves its metrics.
func (s *stand) startOperator(ctx context.Context) (err error) {
	if s.metrics, err = freeAddress(); err != nil {
		return err
	}
	s.started = time.Now()
	s.process, err = operator.Start(s.program, s.kubeconfig, s.log, "--leader-elect", "--metrics-bind-address="+s.metrics, "--metrics-secure=false", "--pprof-bind-address="+s.profiles)
	if err != nil {
		return err
	}
	err = poll(ctx, time.Minute, soon, "the operator's metrics", func() bool {
		_, err := s.usage(ctx)
		return err == nil
	})
	if err != nil {
		return fmt.Errorf("%w\nthe end of the operator's log:\n%s", err, s.process.Tail())
	}
	return nil
}

// freeAddress is one on the loopback interface where nobody listens.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// addTenant starts a simulated tenant with a namespace for what is declared of it.
func (s *stand) addTenant(ctx context.Context, name string, l limits) (*tenant, error) {
	t := &tenant{recorder: newRecorder(time.Now), tracker: &tracker{clock: time.Now}, limits: l, namespace: name}
	t.credentials = 10 * max(s.clients, 1000) // a raised limit: a tenant has 2,000
	simulated := auth0sim.Options{
		Latency: l.Latency, OnCommit: t.commit, Intercept: t.intercept, LogLimit: 1,
		CredentialsPerTenant: t.credentials,
	}
	if l.Rate > 0 {
		simulated.Plan = &auth0sim.Plan{Name: "bench", Management: auth0sim.Bucket{Burst: l.Burst, PerSecond: perSecond(l.Rate)}}
	}
	var err error
	if t.Simulator, err = auth0sim.Start(simulated); err != nil {
		return nil, fmt.Errorf("start a simulated tenant: %w", err)
	}
	s.tenants = append(s.tenants, t)
	namespace := &corev1.Namespace{}
	namespace.Name = name
	return t, s.create(ctx, namespace)
}

// counted is what was asked of all tenants.
func (s *stand) counted() tally {
	sum := tally{}
	for _, t := range s.tenants {
		sum = sum.plus(t.counted())
	}
	return sum
}

func (s *stand) create(ctx context.Context, objects ...client.Object) error {
	for _, o := range objects {
		if err := s.client.Create(ctx, o); err != nil {
			return fmt.Errorf("create %T %s: %w", o, o.GetName(), err)
		}
	}
	return nil
}

func (s *stand) sayf(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format+"\n", args...) }

// raze ends everything.
func (s *stand) raze() error {
	var errs []error
	if s.process != nil {
		errs = append(errs, s.process.Stop())
	}
	for _, t := range s.tenants {
		t.Close()
	}
	if s.environment != nil {
		errs = append(errs, s.environment.Stop())
	}
	return errors.Join(errs...)
}

func perSecond(requests int) rate.Limit { return rate.Limit(requests) }
