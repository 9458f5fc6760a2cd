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
	"math"
	"slices"
	"time"
)

// report is all that one run found out.
type report struct {
	// Clients is N, the size of the run.
	Clients int `json:"clients"`
	// About is what the figures were measured on, for the record: nothing of it is compared.
	About   about    `json:"about"`
	Results []result `json:"results"`
	// AtRest are reconciles with nothing to do, and a day with broken objects, measured by tests of their own.
	AtRest []restResult `json:"atRest,omitempty"`
}

// about says where and when figures were measured.
type about struct {
	Date        string `json:"date"`
	Go          string `json:"go"`
	Platform    string `json:"platform"`
	Processor   string `json:"processor,omitempty"`
	Processors  int    `json:"processors"`
	Kubernetes  string `json:"kubernetes"`
	Seed        uint64 `json:"seed"`
	UrgentEvery string `json:"urgentEvery"`
}

// result is what one scenario cost.
type result struct {
	Scenario string `json:"scenario"`
	Limits   limits `json:"limits"`

	// Calls are the Management API calls by kind, Total all of them, Least as many as the API demands. Ratio is the one to the other.
	Calls map[string]int `json:"calls"`
	Total int            `json:"total"`
	Least int            `json:"least"`
	Ratio float64        `json:"ratio"`
	// Audits are listings of the credentials of one client after the other, one a minute and tenant, which are in Calls and not in Total.
	Audits int `json:"audits,omitempty"`
	// Refused are calls that were answered 429, Failed those answered 5xx or not at all, Tokens requests for a token.
	Refused int `json:"refused"`
	Failed  int `json:"failed,omitempty"`
	Sweeps  int `json:"sweeps,omitempty"`
	Tokens  int `json:"tokens,omitempty"`

	// Seconds is how long it took, Floor the least time that the least calls take, TimeRatio the one to the other; none where the
	// floor is none.
	Seconds   float64 `json:"seconds"`
	Floor     float64 `json:"floor"`
	TimeRatio float64 `json:"timeRatio,omitempty"`
	// Missing is how much had not come to its end when patience was over.
	Missing int `json:"missing,omitempty"`

	// Window is, for each client, the time from the Secret's write to the attachment; Urgent the same for urgent renewals.
	Window *spread `json:"window,omitempty"`
	Urgent *spread `json:"urgent,omitempty"`

	// Kubernetes are the operator's requests to the API server by verb; GET are reads of one object, lists, and watches.
	Kubernetes map[string]int `json:"kubernetes"`
	Operator   process        `json:"operator"`
	// More are figures of this scenario alone.
	More map[string]float64 `json:"more,omitempty"`
}

// process is what the operator's process used. It depends on the machine.
type process struct {
	CPUSeconds float64 `json:"cpuSeconds"`
	ResidentMB float64 `json:"residentMB,omitempty"`
	PeakMB     float64 `json:"peakMB,omitempty"`
	// PrivateMB is ResidentMB without the pages of the program itself.
	PrivateMB   float64 `json:"privateMB,omitempty"`
	HeapMB      float64 `json:"heapMB"`
	Allocations int64   `json:"allocations"`
	AllocatedMB float64 `json:"allocatedMB"`
	Goroutines  int     `json:"goroutines"`
	OpenFiles   int     `json:"openFiles,omitempty"`
}

// spread is how some times are spread, in seconds.
type spread struct {
	Count int     `json:"count"`
	P50   float64 `json:"p50"`
	P99   float64 `json:"p99"`
	Most  float64 `json:"most"`
	// Ratio is that of P99 to three answers of the tenant, which a rotation takes.
	Ratio float64 `json:"ratio"`
}

const answersOfARotation = 3

func spreadOf(times []time.Duration, latency time.Duration) *spread {
	if len(times) == 0 {
		return nil
	}
	slices.Sort(times)
	s := &spread{
		Count: len(times), P50: seconds(percentile(times, 50)), P99: seconds(percentile(times, 99)), Most: seconds(times[len(times)-1]),
	}
	if latency > 0 {
		s.Ratio = round(float64(percentile(times, 99)) / float64(answersOfARotation*latency))
	}
	return s
}

// percentile is the smallest of the sorted times that at least so many percent do not exceed.
func percentile(sorted []time.Duration, percent int) time.Duration {
	return sorted[max((len(sorted)*percent+99)/100-1, 0)]
}

func seconds(d time.Duration) float64 { return round(d.Seconds()) }

// round leaves as many places as a figure is good for.
func round(f float64) float64 { return math.Round(f*1000) / 1000 }

func ratio(of, to float64) float64 {
	if to == 0 {
		return 0
	}
	return round(of / to)
}

func megabytes(bytes int64) float64 { return math.Round(float64(bytes)/1e5) / 10 }

// outcome is what a scenario tells of itself.
type outcome struct {
	// least is the least number of calls, given how often clients were listed.
	least int
	// floor is the least time; nil where it is that of the least calls at one tenant.
	floor *time.Duration
	// begun is when it began, if that was not at once.
	begun time.Time
	// ended is when all that was to be had come; missing is what had not.
	ended   time.Time
	missing int

	window, urgent []time.Duration
	more           map[string]float64
}

// resultOf puts together what was measured.
func resultOf(name string, l limits, begun time.Time, o outcome, calls tally, used usage) result {
	floor := l.floor(o.least)
	if o.floor != nil {
		floor = *o.floor
	}
	took, total := max(o.ended.Sub(begun), 0), calls.total()-used.audits
	r := result{
		Scenario: name, Limits: l, Calls: calls.ByKind, Total: total, Audits: used.audits, Least: o.least,
		Ratio: ratio(float64(total), float64(o.least)), Refused: calls.Refused, Failed: calls.Failed, Sweeps: calls.Sweeps, Tokens: calls.Tokens,
		Seconds: seconds(took), Floor: seconds(floor), TimeRatio: ratio(took.Seconds(), floor.Seconds()), Missing: o.missing,
		Window: spreadOf(o.window, l.Latency), Urgent: spreadOf(o.urgent, l.Latency),
		Kubernetes: used.requests, More: o.more,
		Operator: process{
			CPUSeconds: round(used.cpu), HeapMB: megabytes(used.heap), Allocations: used.allocations, AllocatedMB: megabytes(used.allocated),
			Goroutines: used.goroutines, OpenFiles: used.files,
		},
	}
	if used.residentKnown {
		r.Operator.ResidentMB = megabytes(used.resident)
	}
	if used.peakKnown {
		r.Operator.PeakMB, r.Operator.PrivateMB = megabytes(used.peak), megabytes(used.private)
	}
	return r
}
