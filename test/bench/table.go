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
	"text/tabwriter"
)

// columns are what both tables show of a result.
var columns = []string{
	"scenario", "limit", "calls", "least", "ratio", "429", "seconds", "of the floor", "window p50/p99/max", "urgent p50/p99/max",
	"Kubernetes", "CPU s", "RSS/peak MB", "allocations",
}

func (r result) cells() []string {
	return []string{
		r.Scenario, r.Limits.String(), fmt.Sprint(r.Total), fmt.Sprint(r.Least), figure(r.Ratio), fmt.Sprint(r.Refused),
		r.duration(), figure(r.TimeRatio), r.Window.String(), r.Urgent.String(), byVerb(r.Kubernetes), fmt.Sprintf("%.1f", r.Operator.CPUSeconds),
		fmt.Sprintf("%.0f/%.0f", r.Operator.ResidentMB, r.Operator.PeakMB), thousands(r.Operator.Allocations),
	}
}

// duration is how long it took, and what had not come by then.
func (r result) duration() string {
	text := fmt.Sprintf("%.1f", r.Seconds)
	if r.Missing > 0 {
		text += fmt.Sprintf(" (%d missing)", r.Missing)
	}
	return text
}

// figure is a ratio; none where it says nothing.
func figure(f float64) string {
	if f == 0 {
		return "–"
	}
	return fmt.Sprintf("%.3g", f)
}

// String is p50, p99 and the most, in seconds.
func (s *spread) String() string {
	if s == nil {
		return "–"
	}
	return fmt.Sprintf("%.2f/%.2f/%.2f (%d)", s.P50, s.P99, s.Most, s.Count)
}

func byVerb(requests map[string]int) string {
	var parts []string
	for _, verb := range slices.Sorted(maps.Keys(requests)) {
		parts = append(parts, fmt.Sprintf("%s %d", verb, requests[verb]))
	}
	return strings.Join(parts, ", ")
}

func thousands(n int64) string {
	if n < 10_000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%dk", n/1000)
}

// table is for a terminal.
func (r report) table() string {
	var text strings.Builder
	w := tabwriter.NewWriter(&text, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, strings.Join(columns, "\t"))
	for _, result := range r.Results {
		_, _ = fmt.Fprintln(w, strings.Join(result.cells(), "\t"))
	}
	_ = w.Flush() // a Builder takes everything
	for _, result := range r.Results {
		text.WriteString(result.details())
	}
	for _, rest := range r.AtRest {
		text.WriteString(rest.String() + "\n")
	}
	return text.String()
}

// details are the calls by kind, and what is told of this scenario alone.
func (r result) details() string {
	var parts []string
	for _, kind := range (tally{ByKind: r.Calls}).sortedKinds() {
		parts = append(parts, fmt.Sprintf("%d %s", r.Calls[kind], kind))
	}
	for _, name := range slices.Sorted(maps.Keys(r.More)) {
		parts = append(parts, fmt.Sprintf("%s %.4g", name, r.More[name]))
	}
	return fmt.Sprintf("%s (%s): %s\n", r.Scenario, r.Limits, strings.Join(parts, "; "))
}

// markdown is for docs/benchmarks.
func (r report) markdown() string {
	var text strings.Builder
	fmt.Fprintf(&text, "### %d clients\n\n", r.Clients)
	fmt.Fprintf(&text, "| %s |\n|%s\n", strings.Join(columns, " | "), strings.Repeat("---|", len(columns)))
	for _, result := range r.Results {
		fmt.Fprintf(&text, "| %s |\n", strings.Join(result.cells(), " | "))
	}
	text.WriteString("\nCalls by kind, and what else was counted:\n\n")
	for _, result := range r.Results {
		text.WriteString("- " + result.details())
	}
	for _, rest := range r.AtRest {
		text.WriteString("- " + rest.String() + "\n")
	}
	fmt.Fprintf(&text, "\n%s, %s, Kubernetes %s, %d processors (%s), seed %d, simulated tenant answering after %s, on %s.\n", r.About.Go, r.About.Platform,
		r.About.Kubernetes, r.About.Processors, r.About.Processor, r.About.Seed, r.latency(), r.About.Date)
	return text.String()
}

func (r report) latency() string {
	if len(r.Results) == 0 {
		return "no time"
	}
	return r.Results[0].Limits.Latency.String()
}
