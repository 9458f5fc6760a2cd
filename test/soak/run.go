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
	"os"
	"path/filepath"
	"sync"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/controller"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/operator"
	"github.com/certbound/certbound/test/workload"
)

// namespace is where everything is declared, audience the API that tokens are asked for.
const (
	namespace      = "soak"
	audience       = "https://api.example.com/"
	serviceAccount = "controller-manager" // as config/rbac names it
)

// run is all that runs.
type run struct {
	options
	pace

	out     io.Writer
	crew    []member
	actions []action
	*journal
	ledger *ledger
	tally  *tally

	environment *harness.Environment
	client      client.Client
	tenant      *auth0sim.Simulator
	proxy       *apiProxy
	deputy      *deputy
	workloads   []*workload.Workload
	visitors    visitors
	running     sync.WaitGroup
	cancel      context.CancelFunc
}

// soak is one run, from nothing to nothing. Its error is errViolated where the run found what it looks for.
func soak(ctx context.Context, o options, out io.Writer) (err error) {
	r := &run{options: o, pace: newPace(o.compress), out: out, crew: members(o.clients), journal: &journal{begun: time.Now()}, tally: newTally()}
	r.actions = schedule(o, r.pace, r.crew)
	r.ledger = newLedger(r.journal, r.pace)
	r.sayf("seed %d: %d clients for %s, with faults after %s; time is compressed 1:%g", o.seed, o.clients, o.load, o.storm(), o.compress)
	r.sayf("%s", r.pace)
	defer func() { err = errors.Join(err, r.stop()) }()
	for _, step := range []func(context.Context) error{r.start, r.declare, r.work, r.settle, r.audit} {
		if err := step(ctx); err != nil {
			return errors.Join(err, r.conclude())
		}
	}
	return r.conclude()
}

func (r *run) sayf(format string, args ...any) { _, _ = fmt.Fprintf(r.out, format+"\n", args...) }

// start starts the cluster, the tenant, and the operator with a proxy before its API server.
func (r *run) start(ctx context.Context) (err error) {
	if err := os.MkdirAll(r.folder, 0o750); err != nil {
		return fmt.Errorf("make a folder for what is built: %w", err)
	}
	if r.environment, err = harness.Start(ctx, harness.Options{CertManager: true, ControllerManager: true, Progress: r.out}); err != nil {
		return err
	}
	scheme, err := controller.NewScheme()
	if err != nil {
		return err
	}
	if r.client, err = client.New(r.environment.Cluster.Config(), client.Options{Scheme: scheme}); err != nil {
		return fmt.Errorf("connect to the cluster: %w", err)
	}
	// The log keeps every request: the audit reads it.
	if r.tenant, err = auth0sim.Start(auth0sim.Options{LogLimit: 1 << 22, OnCommit: r.ledger.commit}); err != nil {
		return fmt.Errorf("start the simulated tenant: %w", err)
	}
	if r.proxy, err = startProxy(r.environment.Cluster.Config()); err != nil {
		return err
	}
	return r.startOperator(ctx)
}

func (r *run) startOperator(ctx context.Context) error {
	program, err := operator.Build(ctx, r.folder)
	if err != nil {
		return err
	}
	direct, err := r.environment.Cluster.ServiceAccountKubeconfig(ctx, harness.SystemNamespace, serviceAccount)
	if err != nil {
		return err
	}
	kubeconfig, err := r.proxy.kubeconfig(direct)
	if err != nil {
		return err
	}
	r.deputy = &deputy{
		journal: r.journal, program: program, kubeconfig: kubeconfig, log: filepath.Join(r.folder, "soak-certbound.log"),
		args: []string{"--fence=" + r.fence.String(), "--tenant-timeout=" + r.timeout.String()},
	}
	if err := os.RemoveAll(r.deputy.log); err != nil {
		return fmt.Errorf("remove the log of an earlier run: %w", err)
	}
	return r.deputy.start()
}

// work lets the load last and the actions happen, each at its time. It ends early with the first violation.
func (r *run) work(ctx context.Context) error {
	if err := r.startWorkloads(ctx); err != nil {
		return err
	}
	r.sayf("everything is in place after %s; the load begins", time.Since(r.begun).Round(time.Second))
	begun := time.Now()
	loaded, cancel := context.WithDeadline(ctx, begun.Add(r.load))
	defer cancel()
	var acting sync.WaitGroup
	stormy := false
	for _, a := range r.actions {
		if !stormy && a.at >= r.storm() {
			stormy = true
			pause(loaded, time.Until(begun.Add(r.storm())))
			r.ledger.weather(true)
			r.sayf("the faults begin")
		}
		pause(loaded, time.Until(begun.Add(a.at)))
		if loaded.Err() != nil || r.count() > 0 {
			break
		}
		acting.Go(func() { r.act(loaded, a) })
	}
	for loaded.Err() == nil && r.count() == 0 {
		pause(loaded, lookout)
	}
	cancel()
	r.calm()
	acting.Wait()
	return ctx.Err()
}

// conclude ends what runs, tells the figures and, where there are some, the violations.
func (r *run) conclude() error {
	for _, w := range r.workloads {
		w.Stop()
	}
	operatorLog := ""
	var errs []error
	if r.deputy != nil {
		operatorLog = r.deputy.log
		errs = append(errs, r.deputy.stop())
	}
	if r.cancel != nil {
		r.cancel()
		r.running.Wait()
	}
	for _, a := range r.ledger.all() {
		a.mount.close()
	}
	r.report()
	path := filepath.Join(r.folder, "soak.log")
	errs = append(errs, r.write(path))
	if r.count() > 0 {
		r.sayf("\n%s\nAll that happened is in %s, the operator's log in %s.", r.explain(), path, operatorLog)
		errs = append(errs, errViolated)
	}
	return errors.Join(errs...)
}

// stop ends what the rest stood on.
func (r *run) stop() error {
	var errs []error
	if r.proxy != nil {
		r.proxy.close()
	}
	if r.tenant != nil {
		r.tenant.Close()
	}
	if r.environment != nil {
		errs = append(errs, r.environment.Stop())
	}
	return errors.Join(errs...)
}
