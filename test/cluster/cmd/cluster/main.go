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

// Command cluster builds, starts and stops the embedded cluster by hand: make cluster-build, cluster-up, cluster-down.
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

	"github.com/certbound/certbound/test/cluster"
)

var errUsage = errors.New(`usage: cluster build|up|down
  build  build the programs of the cluster into the cache
  up     start the cluster of this checkout in the background and print what a shell needs to use it
  down   stop it`)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "cluster:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	// envtest would log its own steps; the lines of progress are enough.
	ctrl.SetLogger(logr.Discard())
	if len(args) != 1 {
		return errUsage
	}
	if args[0] == "build" {
		return cluster.Build(ctx, os.Stderr)
	}
	resident, err := cluster.NewResident(ctx)
	if err != nil {
		return err
	}
	switch args[0] {
	case "up":
		return up(ctx, resident)
	case "serve": // what up leaves in the background
		return resident.Serve(ctx, os.Stderr)
	case "down":
		return down(ctx, resident)
	default:
		return errUsage
	}
}

func up(ctx context.Context, resident *cluster.Resident) error {
	self, err := os.Executable()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	started, err := resident.Up(ctx, os.Stderr, self, "serve")
	if err != nil {
		return err
	}
	verb := "runs already"
	if started {
		verb = "runs"
	}
	fmt.Printf("# The cluster %s, until make cluster-down. A kubectl for it is %s\n", verb, resident.Kubectl())
	fmt.Print(resident.Environment())
	return nil
}

func down(ctx context.Context, resident *cluster.Resident) error {
	stopped, err := resident.Down(ctx)
	switch {
	case err != nil:
		return err
	case stopped:
		fmt.Println("The cluster is stopped, and nothing of it is left.")
	default:
		fmt.Println("No cluster runs.")
	}
	return nil
}
