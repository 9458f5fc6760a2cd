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

// Program soak runs Certbound under load: clients of both types, with `publish` and without, ask for tokens by mutual TLS without
// pause, each with what a kubelet of its own has copied so far, while real cert-manager renews their certificates and faults are
// injected at the tenant, at the Kubernetes API and at the operator's process, at times that follow from a seed alone. It prints
// figures, and fails if an invariant did not hold, with what happened around it. `make soak` runs it, docs/soak.md explains it.
//
// The environment variables KUBEBUILDER_ASSETS and CERTBOUND_CLUSTER_CACHE say where the cluster's programs are (see test/cluster).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

func main() {
	ctrl.SetLogger(logr.Discard()) // what the clients of the cluster log; the operator's own log is a file
	// A cluster of its own, always: the faults are for nobody else's.
	if err := os.Unsetenv("USE_EXISTING_CLUSTER"); err != nil {
		panic(err)
	}
	o := options{quiet: 10 * time.Second}
	flag.Uint64Var(&o.seed, "seed", 0, "what the schedule follows from; 0 for a random one, which is printed")
	flag.DurationVar(&o.load, "for", 10*time.Minute, "how long the load lasts; the first third of it is without faults")
	flag.IntVar(&o.clients, "clients", 12, "how many clients there are: one third x509_cert with publish, one third without, one third cert_subject_dn")
	flag.DurationVar(&o.every, "every", 300*time.Millisecond, "the time between two token requests of a client")
	flag.Float64Var(&o.compress, "compress", 10, "how much faster time passes than in a real cluster: kubelets, overlaps, fences, renewals")
	flag.StringVar(&o.folder, "folder", "bin", "where the logs are written")
	flag.Parse()
	if o.seed == 0 {
		o.seed = rand.Uint64N(1_000_000) // #nosec G404 -- a seed is no secret
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := soak(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Printf("\nThe soak failed: %v\nThe same schedule again: make soak SEED=%d SOAK_FOR=%s\n", err, o.seed, o.load)
		os.Exit(1)
	}
}

// errViolated is the failure that a soak looks for.
var errViolated = errors.New("an invariant did not hold")
