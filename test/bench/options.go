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
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"
)

// options say what is measured.
type options struct {
	clients   int
	scenarios []string
	limits    limits
	// unlimited measures once more at a tenant without a rate limit.
	unlimited bool
	// every is the time between two urgent renewals.
	every time.Duration
	// seed is what the choices of a run follow from: which clients drift or break.
	seed uint64
	// folder is where the operator is built and its log is written, results where figures are kept; empty for nowhere.
	folder, results string
	// profiles is where the operator serves profiles while it is measured; 0 for nowhere.
	profiles string
	// draw measures nothing, and writes pictures and table anew from the figures that are kept.
	draw bool
	// accept keeps results that are worse than those before.
	accept bool
}

// limits are what the simulated tenant allows, and how long it takes to answer.
type limits struct {
	// Rate is how many requests it allows each second, Burst how many at once; a Rate of zero limits nothing.
	Rate    int           `json:"rate"`
	Burst   int           `json:"burst"`
	Latency time.Duration `json:"latency"`
}

// floor is the least time that so many calls take: the first ones are the burst, the others come at the rate.
func (l limits) floor(calls int) time.Duration {
	if l.Rate == 0 || calls <= l.Burst {
		return 0
	}
	return time.Duration(float64(calls-l.Burst) / float64(l.Rate) * float64(time.Second))
}

// refill is how long the tenant's bucket takes to be full again.
func (l limits) refill() time.Duration {
	if l.Rate == 0 {
		return 0
	}
	return time.Duration(float64(l.Burst) / float64(l.Rate) * float64(time.Second))
}

// patience is the longest that so many calls are waited for: a benchmark also measures what is slow, and a cluster on the same
// processors takes its time for each.
func (l limits) patience(calls int) time.Duration {
	return 2*time.Minute + 4*l.floor(calls) + time.Duration(calls)*(l.Latency/4+slowCluster)
}

// slowCluster is how long a cluster may take for what belongs to one call.
const slowCluster = 80 * time.Millisecond

func (l limits) String() string {
	if l.Rate == 0 {
		return "no limit"
	}
	return fmt.Sprintf("%d/s, burst %d", l.Rate, l.Burst)
}

// parse reads the flags.
func parse(arguments []string) (options, error) {
	o := options{}
	var list string
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.IntVar(&o.clients, "n", 100, "how many clients there are")
	flags.StringVar(&list, "scenarios", "", "which scenarios to measure, as a comma-separated list of "+strings.Join(names(), ", ")+"; all when empty")
	flags.IntVar(&o.limits.Rate, "rate", 16, "how many requests the simulated tenant allows each second")
	flags.IntVar(&o.limits.Burst, "burst", 50, "how many requests the simulated tenant allows at once")
	flags.DurationVar(&o.limits.Latency, "latency", 80*time.Millisecond, "how long the simulated tenant takes to answer")
	flags.BoolVar(&o.unlimited, "unlimited", true, "measure once more at a tenant without a rate limit")
	flags.DurationVar(&o.every, "every", 2*time.Second, "the time between two urgent renewals")
	flags.Uint64Var(&o.seed, "seed", 1, "what the choice of clients that drift or break follows from")
	flags.StringVar(&o.folder, "folder", "bin", "where the operator is built and its log is written")
	flags.StringVar(&o.results, "results", "docs/benchmarks", "where the figures are compared with and kept; empty for nowhere")
	flags.StringVar(&o.profiles, "profiles", "0", "where the operator serves profiles meanwhile, such as 127.0.0.1:6060; 0 for nowhere")
	flags.BoolVar(&o.accept, "accept", false, "keep results although they are worse than the last ones")
	flags.BoolVar(&o.draw, "draw", false, "measure nothing, and write pictures and table anew from the figures that are kept")
	if err := flags.Parse(arguments); err != nil {
		return options{}, err
	}
	for name := range strings.FieldsFuncSeq(list, func(r rune) bool { return r == ',' || r == ' ' }) {
		if !slices.Contains(names(), name) {
			return options{}, fmt.Errorf("there is no scenario %q; there are %s", name, strings.Join(names(), ", "))
		}
		o.scenarios = append(o.scenarios, name)
	}
	if o.clients < 10 || o.limits.Rate < 1 || o.limits.Burst < 1 {
		return options{}, errors.New("at least ten clients, one request each second and a burst of one are needed")
	}
	return o, nil
}

// wants tells whether a scenario is to be measured.
func (o options) wants(name string) bool {
	return len(o.scenarios) == 0 || slices.Contains(o.scenarios, name)
}
