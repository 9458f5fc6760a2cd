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
	"errors"
	"fmt"
	"time"
)

// margin is how much worse a ratio of times may be than the last one: what a machine with other work to do makes of it.
const margin = 1.2

// errWorse is the failure that a benchmark looks for.
var errWorse = errors.New("it became worse than the last result that was kept")

// compare tells what became worse. Only ratios and counts are compared: they depend on no machine.
func compare(before, now report) error {
	var problems []error
	for _, r := range now.Results {
		for _, old := range before.Results {
			if old.Scenario == r.Scenario && old.Limits == r.Limits {
				problems = append(problems, r.worse(old)...)
			}
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("%w:\n%w", errWorse, errors.Join(problems...))
	}
	return nil
}

// worse tells in what a result is worse than an older one. Where the least calls were reached, one more is too many.
func (r result) worse(old result) (problems []error) {
	complain := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s (%s): %w", r.Scenario, r.Limits, fmt.Errorf(format, args...)))
	}
	switch {
	case old.Total == old.Least && r.Total != r.Least:
		complain("%d calls, and the least are %d, which were reached", r.Total, r.Least)
	case r.Ratio > old.Ratio*margin:
		complain("%.3g times the least calls, and they were %.3g times", r.Ratio, old.Ratio)
	}
	if old.Refused == 0 && r.Refused > 0 {
		complain("%d calls were answered 429, and none was", r.Refused)
	}
	if r.Missing > old.Missing {
		complain("%d did not come to an end, and %d did not", r.Missing, old.Missing)
	}
	if old.comparable() && r.TimeRatio > old.TimeRatio*margin {
		complain("%.3g times the least time, and it was %.3g times", r.TimeRatio, old.TimeRatio)
	}
	if old.Urgent != nil && r.Urgent != nil && r.Urgent.Count >= fewest && r.Urgent.Ratio > old.Urgent.Ratio*margin {
		complain("an urgent renewal took (p99) %.3g times as long as three answers, and it was %.3g times", r.Urgent.Ratio, old.Urgent.Ratio)
	}
	return problems
}

// fewest is of how few times a percentile says something.
const fewest = 20

// comparable tells whether the rate of the tenant was what took the time: below that, the machine was.
func (r result) comparable() bool { return r.TimeRatio > 0 && r.Floor >= leastFloor.Seconds() }

const leastFloor = 10 * time.Second
