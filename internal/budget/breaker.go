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

package budget

import "time"

const (
	// tolerated is how many failures in a row open the breaker, none of them longer than row after the one before: what fails now and
	// then while nobody else asks for anything is not the tenant.
	tolerated, row = 5, time.Minute
	// probeInterval is how often a tenant is tried that does not answer, and probeJitter the part that is added at random.
	probeInterval = 30 * time.Second
	probeJitter   = 0.1
	// firstHold follows a failure; it doubles with each further one.
	firstHold = 250 * time.Millisecond
	// proberPatience is how long somebody else may take the probe before who failed last is let through again: it may be that
	// only its own request fails.
	proberPatience = 5 * time.Second
)

// breaker keeps requests from a tenant that does not answer.
type breaker struct {
	failures int
	open     bool
	// until is when the next request may go: the probe where it is open.
	until   time.Time
	probing uint64 // the turn that probes; zero: none
	failed  string // the key of the last failure
	at      time.Time
}

// holds is until when a claim has to wait; zero when it may go.
func (b *breaker) holds(key string, othersWait bool, now time.Time) time.Time {
	switch {
	case now.Before(b.until):
		return b.until
	case !b.open:
		return time.Time{}
	case othersWait && key == b.failed && now.Before(b.until.Add(proberPatience)):
		return b.until.Add(proberPatience)
	}
	return time.Time{}
}

// probe notes that a turn goes out while it is open: the only one until the next probe.
func (b *breaker) probe(turn uint64, now time.Time, jitter float64) {
	if b.open {
		b.probing, b.until = turn, now.Add(probeAfter(jitter))
	}
}

func (b *breaker) failure(key string, now time.Time, jitter float64) {
	if !b.open && now.Sub(b.at) > row {
		b.failures = 0
	}
	b.failures++
	b.failed, b.at = key, now
	switch {
	case b.failures >= tolerated && !b.open:
		b.open, b.until = true, now.Add(probeAfter(jitter))
	case !b.open:
		hold := firstHold << (b.failures - 1)
		b.until = now.Add(hold + time.Duration(jitter*float64(hold)))
	}
	b.probing = 0
}

// close lets all requests go.
func (b *breaker) close() { *b = breaker{} }

func probeAfter(jitter float64) time.Duration {
	return probeInterval + time.Duration(jitter*probeJitter*float64(probeInterval))
}
