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

// Package backoff says when an object whose requests to the tenant fail is tried again. Many failures last until somebody mends
// them, and a tenant's request limit is shared, so an object that fails has an allowance of requests: it may use up a small part of it at
// once, with pauses that double, and then goes on as slowly as the day's part comes in. How many requests one attempt takes is counted,
// not assumed: an attempt that must read before it writes comes at longer intervals.
//
// In any 24 hours, attempts of one cost take at most Burst + Daily requests where they cost up to Burst each, and at most 100 where
// they cost up to 100.
package backoff

import "time"

const (
	// Burst is how many requests a failing object may send before it has to wait for its allowance.
	Burst = 30
	// Daily is how many requests its allowance gains in a day.
	Daily = 50

	first   = time.Second
	longest = 30 * time.Minute
	// share is how long the allowance takes to gain a request.
	share = 24 * time.Hour / Daily
)

// Record is how an object failed lately. The zero value is that of an object that did not.
type Record struct {
	failures int           // in a row
	debt     time.Duration // how long the allowance takes to make good what was sent
	at       time.Time     // when the debt was that much
}

// Failed returns the record after an attempt that took a number of requests and failed, and when to try again. jitter, from 0 to 1,
// spreads what failed together; it only makes a pause longer.
func (r Record) Failed(requests int, now time.Time, jitter float64) (Record, time.Time) {
	cost := time.Duration(requests) * share
	debt := max(r.debt-now.Sub(r.at), 0) + cost
	after := Record{failures: r.failures + 1, debt: debt, at: now}
	// The next attempt is taken to cost what this one did. One that costs more than the burst waits until all is made good.
	room := max(Burst*share-cost, 0)
	pause := max(pace(r.failures), debt-room)
	return after, now.Add(pause + time.Duration(jitter*float64(pause)/10))
}

// Afresh is the record when something changed that may mend the object: it is tried at once, and what fails again begins with short
// pauses. What was sent is not forgiven.
func (r Record) Afresh() Record {
	r.failures = 0
	return r
}

// pace is the pause after so many failures before the last one.
func pace(before int) time.Duration {
	pause := first
	for range before {
		if pause *= 2; pause >= longest {
			return longest
		}
	}
	return pause
}
