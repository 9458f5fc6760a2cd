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

package faults_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/certbound/certbound/test/faults"
	"github.com/certbound/certbound/test/harness"
)

// Without CERTBOUND_FAULTS=all only some strikes of each scenario are tried, chosen by a seed, which is printed and which
// CERTBOUND_SEED sets.
const (
	allVariable  = "CERTBOUND_FAULTS"
	seedVariable = "CERTBOUND_SEED"
	perScenario  = 6
	sideBySide   = 6
)

// TestSingles lets every fault strike at every request, on a real API server.
func TestSingles(t *testing.T) {
	t.Setenv("NO_PROXY", "*")
	ctrl.SetLogger(logr.Discard())                                     // the operator has a logger of its own
	env, err := harness.Start(context.Background(), harness.Options{}) //nolint:usetesting // it ends after the test's context
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := env.Stop(); err != nil {
			t.Error(err)
		}
	})
	stage, err := faults.OnCluster(env)
	if err != nil {
		t.Fatal(err)
	}
	table := &faults.Table{}
	inParallel(t, sideBySide, singles(t, stage, table))
	t.Logf("\n%s", table)
}

// TestSinglesInMemory is TestSingles in memory, where the clock is not moved but passes.
func TestSinglesInMemory(t *testing.T) {
	stage, err := faults.InMemory()
	if err != nil {
		t.Fatal(err)
	}
	table := &faults.Table{}
	inParallel(t, runtime.GOMAXPROCS(0), singles(t, stage, table))
	t.Logf("\n%s", table)
}

// trial is one run that is to be made.
type trial struct {
	name string
	run  func(*testing.T)
}

// singles records each scenario and makes a trial of each strike.
func singles(t *testing.T, stage faults.Stage, table *faults.Table) (trials []trial) {
	t.Helper()
	random := rand.New(rand.NewPCG(seed(t), 0))
	for _, s := range faults.Scenarios {
		t.Run(s.Name+"/without a fault", func(t *testing.T) {
			clean := s.Run(t, stage)
			report(t, clean)
			strikes := faults.Strikes(clean.Points)
			t.Logf("%d requests, %d strikes\n%s", len(clean.Points), len(strikes), clean.Log)
			if os.Getenv(allVariable) != "all" {
				random.Shuffle(len(strikes), func(i, j int) { strikes[i], strikes[j] = strikes[j], strikes[i] })
				strikes = strikes[:min(perScenario, len(strikes))]
			}
			for _, strike := range strikes {
				trials = append(trials, trial{s.Name + "/" + strike.String(), func(t *testing.T) {
					r := s.Run(t, stage, strike)
					report(t, r)
					table.Add(s.Name, len(clean.Points), r)
				}})
			}
		})
	}
	return trials
}

func seed(t *testing.T) uint64 {
	t.Helper()
	chosen, err := strconv.ParseUint(os.Getenv(seedVariable), 10, 64)
	if err != nil {
		chosen = uint64(time.Now().UnixNano() % 1e6)
	}
	t.Logf("%s=%d", seedVariable, chosen)
	return chosen
}

// report fails a test for each violation, and tells of each what led there.
func report(t *testing.T, r faults.Result) {
	t.Helper()
	if r.Waited > 0 {
		t.Logf("the clock was moved %d times", r.Waited)
	}
	if len(r.Violations) > 0 {
		t.Errorf("%s\n%s", strings.Join(r.Violations, "\n"), r.Log)
	}
}

// inParallel makes trials, so many side by side.
func inParallel(t *testing.T, most int, trials []trial) {
	t.Helper()
	queue := make(chan trial)
	var workers sync.WaitGroup
	for range most {
		workers.Go(func() {
			for next := range queue {
				t.Run(next.name, next.run)
			}
		})
	}
	for _, next := range trials {
		queue <- next
	}
	close(queue)
	workers.Wait()
	t.Log(fmt.Sprint(len(trials), " trials"))
}
