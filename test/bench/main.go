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

// Program bench measures what Certbound spends: calls at the tenant, time against the tenant's rate limit, requests to the Kubernetes
// API, processor time and memory, with as many clients as it is told. The operator is its real program in a process of its own, on
// the embedded cluster, against a simulated tenant. It prints a table, writes the figures and a picture, compares the ratios with
// those of the last result that was kept, and fails where they became worse. `make bench` runs it, docs/benchmarks explains it.
//
// The environment variables KUBEBUILDER_ASSETS and CERTBOUND_CLUSTER_CACHE say where the cluster's programs are (see test/cluster).
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

func main() {
	ctrl.SetLogger(logr.Discard()) // what the clients of the cluster log; the operator's own log is a file
	o, err := parse(os.Args[1:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err = bench(ctx, o, os.Stdout)
	stop()
	if err != nil {
		fmt.Printf("\nThe benchmark failed: %v\n", err)
		os.Exit(1)
	}
}

// bench measures, prints, compares and writes.
func bench(ctx context.Context, o options, out *os.File) error {
	if o.draw {
		return draw(o.results)
	}
	before, known, err := lastResult(o)
	if err != nil {
		return err
	}
	found, failed := measureAll(ctx, o, out)
	_, _ = fmt.Fprintf(out, "\n%s", found.table())
	// What was measured before a run ended early holds: one with ten thousand clients takes more than an hour.
	return errors.Join(failed, conclude(o, before, known, found, out))
}

// conclude compares what was measured with what was kept, and keeps it.
func conclude(o options, before report, known bool, found report, out *os.File) (err error) {
	if known {
		err = compare(before, found)
	} else {
		_, _ = fmt.Fprintln(out, "There is no earlier result to compare with.")
	}
	// What became worse is not kept, or the next run would find nothing wrong with it.
	if err != nil && !o.accept {
		return fmt.Errorf("%w\nnothing is kept; -accept keeps it", err)
	}
	if o.results == "" || len(found.Results)+len(found.AtRest) == 0 {
		return nil
	}
	return keep(o, found)
}
