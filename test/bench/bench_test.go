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
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	ctrl "sigs.k8s.io/controller-runtime"
)

// reached are the scenarios that take no call more than the API demands.
var reached = []string{"create", "renew", "same-subject"}

// The smallest benchmark, so that the program is always known to work, and that what was reached stays so: as many calls as the API
// demands, and none of them too soon for the tenant.
func TestTheLeastCalls(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes half a minute")
	}
	t.Setenv("USE_EXISTING_CLUSTER", "") // what is counted is for nobody else's cluster
	ctrl.SetLogger(logr.Discard())
	o, err := parse([]string{"-n=10", "-unlimited=false", "-folder=" + t.TempDir(), "-results="})
	if err != nil {
		t.Fatal(err)
	}
	o.scenarios = reached
	found, err := measureAll(t.Context(), o, os.Stdout)
	if err != nil {
		t.Fatal(err)
	}
	if len(found.Results) != len(reached) {
		t.Errorf("%d scenarios were measured, want %d", len(found.Results), len(reached))
	}
	for _, r := range found.Results {
		if r.Total != r.Least || r.Missing > 0 || r.Refused > 0 {
			t.Errorf("%s took %d calls (%v), the least are %d; %d did not come to an end; %d calls were answered 429",
				r.Scenario, r.Total, r.Calls, r.Least, r.Missing, r.Refused)
		}
		if r.Seconds == 0 || r.Operator.Allocations == 0 || len(r.Kubernetes) == 0 {
			t.Errorf("%s was not measured: %+v", r.Scenario, r)
		}
	}
}

func TestFloor(t *testing.T) {
	l := limits{Rate: 16, Burst: 50}
	for calls, want := range map[int]time.Duration{0: 0, 50: 0, 66: time.Second, 1000: 59375 * time.Millisecond} {
		if got := l.floor(calls); got != want {
			t.Errorf("the floor of %d calls is %v, want %v", calls, got, want)
		}
	}
	if got := (limits{}).floor(1000); got != 0 {
		t.Errorf("the floor without a limit is %v", got)
	}
}

func TestSweep(t *testing.T) {
	for clients, want := range map[int]int{1: 1, 99: 1, 100: 2, 199: 2, 1000: 11} {
		if got := sweep(clients); got != want {
			t.Errorf("%d clients take %d pages, want %d", clients, got, want)
		}
	}
}

func TestParse(t *testing.T) {
	for _, wrong := range [][]string{{"-scenarios=nothing"}, {"-n=9"}, {"-rate=0"}, {"-burst=0"}} {
		if _, err := parse(wrong); err == nil {
			t.Errorf("%v is accepted", wrong)
		}
	}
	o, err := parse([]string{"-scenarios=create, renew"})
	if err != nil || !o.wants("create") || !o.wants("renew") || o.wants("rest") {
		t.Errorf("got %v, %v", o.scenarios, err)
	}
}
