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
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/certbound/certbound/test/faults"
	"github.com/certbound/certbound/test/harness"
)

// How many strikes of each scenario are tried: so many, chosen by a seed, which is printed, or all. `make prove` sets them.
const (
	numberVariable = "CERTBOUND_FAULTS"
	seedVariable   = "CERTBOUND_SEED"
)

// sideBySide is how many runs are made at a time on one API server: they wait more than they work.
const sideBySide = 6

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
	inParallel(t, sideBySide, singles(t, stage, table, sideBySide, 2))
	t.Logf("\n%s", table)
}

// TestSinglesInMemory is TestSingles in memory, where the clock is not moved but passes.
func TestSinglesInMemory(t *testing.T) {
	stage, err := faults.InMemory()
	if err != nil {
		t.Fatal(err)
	}
	table := &faults.Table{}
	inParallel(t, runtime.GOMAXPROCS(0), singles(t, stage, table, runtime.GOMAXPROCS(0), 6))
	t.Logf("\n%s", table)
}

// TestPairs lets two faults strike, the second at whatever follows the first, recovery included.
func TestPairs(t *testing.T) {
	stage, err := faults.InMemory()
	if err != nil {
		t.Fatal(err)
	}
	table := &faults.Table{}
	inParallel(t, runtime.GOMAXPROCS(0), pairs(t, stage, table, 3))
	t.Logf("\n%s", table)
}

// What once broke something is tried each time.
var onceBroken = []struct{ scenario, strike string }{
	// The finalizer was not written again once the client was known (I10).
	{"adopt", "patch OAuthClient shop #1: 409"},
	{"migrate", "patch OAuthClient shop #1: 500"},
	// The status went on to call attached what had been detached (I12).
	{"rotate x509_cert", "PATCH clients/{id} #2: lost"},
	{"rotate cert_subject_dn", "DELETE clients/{id}/credentials/{id} #1: timeout"},
	{"delete the OAuthClient", "DELETE clients/{id} #1: 502 HTML after"},
	// The end of it was decided from the status before (I8, I12).
	{"a renewal that is taken back", "update OAuthClient shop status #1: seen late"},
}

// TestOnceBroken lets strike, in memory, what once broke something.
func TestOnceBroken(t *testing.T) {
	stage, err := faults.InMemory()
	if err != nil {
		t.Fatal(err)
	}
	for _, once := range onceBroken {
		t.Run(once.scenario+"/"+once.strike, func(t *testing.T) {
			s := faults.Scenarios[slices.IndexFunc(faults.Scenarios, func(s faults.Scenario) bool { return s.Name == once.scenario })]
			strikes := faults.Strikes(record(t, s, stage))
			i := slices.IndexFunc(strikes, func(k faults.Strike) bool { return k.String() == once.strike })
			if i < 0 {
				t.Fatalf("there is no such strike any more; those are: %v", strikes)
			}
			r := s.Run(t, stage, strikes[i])
			report(t, r)
			if slices.Contains(r.Reached, false) {
				t.Error("the point was not reached")
			}
		})
	}
}

// trial is one run that is to be made, or several.
type trial struct {
	name string
	run  func(*testing.T)
}

// singles records each scenario and makes a trial of each strike, or of some.
func singles(t *testing.T, stage faults.Stage, table *faults.Table, most, usually int) (trials []trial) {
	t.Helper()
	random, tried := seeded(t), number(t, usually)
	cleans := recordAll(t, stage, most)
	for _, s := range faults.Scenarios {
		clean := cleans[s.Name]
		for _, strike := range pick(faults.Strikes(clean), random, tried) {
			trials = append(trials, trial{s.Name + "/" + strike.String(), func(t *testing.T) {
				t.Helper()
				r := s.Run(t, stage, strike)
				report(t, r)
				table.Add(s.Name, len(clean), r)
			}})
		}
	}
	return trials
}

// pairs records each scenario, and makes a trial of each strike with all that follow it, or of some with one.
func pairs(t *testing.T, stage faults.Stage, table *faults.Table, usually int) (trials []trial) {
	t.Helper()
	random, most := seeded(t), number(t, usually)
	cleans := recordAll(t, stage, runtime.GOMAXPROCS(0))
	for _, s := range faults.Scenarios {
		clean := cleans[s.Name]
		firsts := pick(faults.FirstOfPairs(clean), random, most)
		each := max(1, most/max(1, len(firsts)))
		for _, first := range firsts {
			picks := rand.New(rand.NewPCG(random.Uint64(), 0)) // trials run side by side
			trials = append(trials, trial{s.Name + "/" + first.String(), func(t *testing.T) {
				t.Helper()
				r := s.Run(t, stage, first)
				report(t, r)
				for _, second := range pick(faults.SecondOfPairs(first, r.Points), picks, each) {
					t.Run(second.String(), func(t *testing.T) {
						r := s.Run(t, stage, first, second)
						report(t, r)
						table.Add(s.Name, len(clean), r)
					})
				}
			}})
		}
	}
	return trials
}

// recordAll plays all scenarios without a fault, so many side by side.
func recordAll(t *testing.T, stage faults.Stage, most int) map[string][]faults.Point {
	t.Helper()
	var mutex sync.Mutex
	points := map[string][]faults.Point{}
	var trials []trial
	for _, s := range faults.Scenarios {
		trials = append(trials, trial{s.Name, func(t *testing.T) {
			t.Helper()
			clean := record(t, s, stage)
			mutex.Lock()
			defer mutex.Unlock()
			points[s.Name] = clean
		}})
	}
	inParallel(t, most, trials)
	return points
}

// record plays a scenario without a fault.
func record(t *testing.T, s faults.Scenario, stage faults.Stage) (points []faults.Point) {
	t.Helper()
	t.Run("without a fault", func(t *testing.T) {
		clean := s.Run(t, stage)
		report(t, clean)
		t.Logf("%d requests\n%s", len(clean.Points), clean.Log)
		points = clean.Points
	})
	return points
}

// number is how many strikes of a scenario are to be tried.
func number(t *testing.T, usually int) int {
	t.Helper()
	given := os.Getenv(numberVariable)
	if given == "" {
		return usually
	}
	if given == "all" {
		return math.MaxInt
	}
	n, err := strconv.Atoi(given)
	if err != nil {
		t.Fatalf("%s is neither a number nor all: %v", numberVariable, err)
	}
	return n
}

// pick takes so many at random, or all.
func pick(all []faults.Strike, random *rand.Rand, most int) []faults.Strike {
	if most < len(all) {
		random.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		all = all[:most]
	}
	return all
}

func seeded(t *testing.T) *rand.Rand {
	t.Helper()
	seed, err := strconv.ParseUint(os.Getenv(seedVariable), 10, 64)
	if err != nil {
		seed = rand.Uint64N(1e6)
	}
	t.Logf("%s=%d", seedVariable, seed)
	return rand.New(rand.NewPCG(seed, 0))
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
}
