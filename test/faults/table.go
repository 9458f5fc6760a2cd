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

package faults

import (
	"fmt"
	"slices"
	"strings"
	"sync"
)

// Table counts what came of the runs of each scenario.
type Table struct {
	mutex sync.Mutex
	rows  []*row
}

type row struct {
	scenario                                  string
	points, runs, notReached, waited, violate int
}

// Add counts a run.
func (t *Table) Add(scenario string, points int, r Result) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	i := slices.IndexFunc(t.rows, func(w *row) bool { return w.scenario == scenario })
	if i < 0 {
		i = len(t.rows)
		t.rows = append(t.rows, &row{scenario: scenario})
	}
	w := t.rows[i]
	w.points = max(w.points, points)
	w.runs++
	if slices.Contains(r.Reached, false) {
		w.notReached++
	}
	if r.Waited > 0 {
		w.waited++
	}
	if len(r.Violations) > 0 {
		w.violate++
	}
}

// String is the table. A run in which not every strike met its point counts as not reached, one for whose end the clock had to be
// moved as waited.
func (t *Table) String() string {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	var text strings.Builder
	line := func(w *row) {
		fmt.Fprintf(&text, "%-36s %7d %7d %12d %7d %11d\n", w.scenario, w.points, w.runs, w.notReached, w.waited, w.violate)
	}
	fmt.Fprintf(&text, "%-36s %7s %7s %12s %7s %11s\n", "scenario", "points", "runs", "not reached", "waited", "violations")
	sum := &row{scenario: "all"}
	for _, w := range t.rows {
		line(w)
		sum.points += w.points
		sum.runs += w.runs
		sum.notReached += w.notReached
		sum.waited += w.waited
		sum.violate += w.violate
	}
	line(sum)
	return text.String()
}
