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

// Program demo shows Certbound at work, without an account, a cluster or a container: real cert-manager renews client certificates in
// a real Kubernetes API server every twenty seconds, the operator keeps a simulated Auth0 tenant in step, and a workload for each
// client goes on asking for tokens by mutual TLS. It ends by itself, with a summary and a picture, and fails if one request was
// refused. `make demo` runs it.
//
// Environment variables change what it does: KEEP=1 leaves everything running until it is interrupted, and tells what to try;
// DEMO_SVG names the file of the picture (default bin/demo.svg); NO_COLOR turns colours off; KUBEBUILDER_ASSETS and
// CERTBOUND_CLUSTER_CACHE say where the cluster's programs are (see test/cluster).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

const (
	// renewals is how many renewals of each client are waited for.
	renewals = 3
	// limit is how long everything may take once the cluster runs.
	limit = 150 * time.Second
)

func main() {
	ctrl.SetLogger(logr.Discard()) // what the cluster's start logs is in its own log files
	// A cluster of the demo's own, always: what it applies would stay in the user's.
	if err := os.Unsetenv("USE_EXISTING_CLUSTER"); err != nil {
		panic(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	screen := newTerminal(os.Stdout)
	err := run(ctx, screen)
	stop()
	if err != nil {
		screen.failure(err)
		os.Exit(1)
	}
}

func run(ctx context.Context, screen *terminal) (err error) {
	screen.title("Certbound: certificate renewals that no token request notices")
	s := &stage{screen: screen, picture: pictureFile()}
	defer func() { err = errors.Join(err, s.stop()) }()
	if err := s.build(ctx); err != nil {
		return err
	}
	if err := s.perform(ctx); err != nil {
		return err
	}
	if os.Getenv("KEEP") != "" && os.Getenv("KEEP") != "0" {
		s.keep(ctx)
	}
	return nil
}

// perform is everything up to the summary.
func (s *stage) perform(ctx context.Context) error {
	limited, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("it took longer than %s", limit))
	defer cancel()
	for _, act := range []func(context.Context) error{s.start, s.declare, s.watch, s.summarise} {
		err := act(limited)
		if interrupted := context.Cause(ctx); err != nil && interrupted != nil {
			return interrupted
		}
		if err != nil {
			return s.explain(limited, err)
		}
	}
	return nil
}

func pictureFile() string {
	if file := os.Getenv("DEMO_SVG"); file != "" {
		return file
	}
	return filepath.Join("bin", "demo.svg")
}
