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

package memory_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/memory"
)

// runs are so many that what is made once per process does not count.
const runs = 20

// TestCost tells what a run costs in which an operator starts, a client is created, renewed and its overlap ends. It promises nothing:
// that depends on the machine, and on who else uses it.
func TestCost(t *testing.T) {
	memory.Run(t, auth0sim.Options{}, createAndRenew) // what is made once is made now
	begin, used := time.Now(), processorTime(t)
	for range runs {
		memory.Run(t, auth0sim.Options{}, createAndRenew)
	}
	t.Logf("one run: %v, of which the processors worked %v", time.Since(begin)/runs, (processorTime(t)-used)/runs)
}

func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		t.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
