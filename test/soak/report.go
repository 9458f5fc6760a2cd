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
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// report prints the figures.
func (r *run) report() {
	r.sayf("")
	accounts := r.ledger.all()
	for _, m := range modes {
		renewals, granted, refused, inWindow, crowdedOut := 0, 0, 0, 0, 0
		for _, a := range accounts {
			if a.mode == m {
				renewals += max(len(a.issued)-1, 0)
				granted, refused, inWindow, crowdedOut = granted+a.granted, refused+a.refused, inWindow+a.inWindow, crowdedOut+a.crowdedOut
			}
		}
		line := fmt.Sprintf("%4d renewals, %6d tokens, each bound to the certificate presented, %d refused", renewals, granted, refused)
		if m == ungated {
			line += fmt.Sprintf(" outside the window, %d inside", inWindow)
			if crowdedOut > 0 {
				line += fmt.Sprintf(", %d crowded out by a third certificate within the overlap", crowdedOut)
			}
		}
		r.figuref(m.name, "%s", line)
	}
	r.figuref("renewals in all", "%4d", r.renewals())
	for _, stormy := range []bool{false, true} {
		name := map[bool]string{false: "window without faults", true: "window with faults"}[stormy]
		r.figuref(name, "%s", describe(windows(accounts, stormy)))
	}
	r.reportFaults()
	r.reportCalls()
	if r.deputy != nil {
		r.figuref("operator", "%4d starts, at most %.0f MB of memory", r.deputy.starts, float64(r.deputy.memory)/1e6)
	}
}

func (r *run) figuref(name, format string, args ...any) {
	r.sayf("%-28s %s", name, fmt.Sprintf(format, args...))
}

func (r *run) renewals() (n int) {
	for _, a := range r.ledger.all() {
		n += max(len(a.issued)-1, 0)
	}
	return n
}

func (r *run) reportFaults() {
	r.tally.mu.Lock()
	defer r.tally.mu.Unlock()
	for _, f := range families {
		name := f.name
		for _, k := range slices.Compact(slices.Sorted(slices.Values(f.kinds))) {
			if n := r.tally.planned[k]; n > 0 {
				r.figuref(name, "%4d of %d  %s", r.tally.met[k], n, k)
				name = ""
			}
		}
	}
}

func (r *run) reportCalls() {
	if r.tenant == nil {
		return
	}
	counters, name, all := r.tenant.Counters(), "Management API calls", 0
	for _, route := range slices.Sorted(maps.Keys(counters)) {
		if strings.Contains(route, " /api/v2/") {
			all += counters[route]
			r.figuref(name, "%4d  %s", counters[route], route)
			name = ""
		}
	}
	r.figuref(name, "%4d  in all", all)
}

// windows are the times between the writing of a certificate into cert-manager's own Secret and its attachment, of the clients whose
// workloads mount that Secret; and how many certificates never were attached, because a newer one was there first.
func windows(accounts []*account, stormy bool) (times []time.Duration, never int) {
	for _, a := range accounts {
		if a.mode != ungated {
			continue
		}
		for _, c := range a.issued[min(1, len(a.issued)):] { // the first was there before the client
			switch {
			case c.stormy != stormy:
			case c.attached.IsZero():
				never++
			default:
				times = append(times, max(c.attached.Sub(c.written), 0))
			}
		}
	}
	slices.Sort(times)
	return times, never
}

func describe(times []time.Duration, never int) string {
	if len(times) == 0 {
		return "none measured"
	}
	text := fmt.Sprintf("p50 %s, p99 %s, maximum %s, of %d", rounded(percentile(times, 50)), rounded(percentile(times, 99)),
		rounded(times[len(times)-1]), len(times))
	if never > 0 {
		text += fmt.Sprintf("; %d never attached, because a newer one was there first", never)
	}
	return text
}

// percentile is the smallest of the sorted times that at least so many percent do not exceed.
func percentile(sorted []time.Duration, percent int) time.Duration {
	return sorted[max((len(sorted)*percent+99)/100-1, 0)]
}

func rounded(d time.Duration) time.Duration { return d.Round(time.Millisecond) }
