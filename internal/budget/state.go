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

import (
	"math"
	"time"
)

// State is what a budget looks like at a time.
type State struct {
	// Rate is how many requests a second go out at most, those that are urgent aside; zero: there is no bound that is known.
	Rate float64
	// Burst is how many may go out at once, and Level how many may now.
	Burst, Level float64
	// Share is the part of the tenant's rate that requests use which are not urgent.
	Share float64
	// Waiting is how many wait in each lane.
	Waiting [lanes]int
	// Drain is how long it takes until all who wait have had their turn.
	Drain time.Duration
	// PausedUntil is until when the tenant wants nothing to be sent; zero when it did not say.
	PausedUntil time.Time
	// Broken tells that the tenant does not answer; ProbeAt is when it is tried next.
	Broken  bool
	ProbeAt time.Time
}

// State returns what the budget looks like.
func (b *Budget) State(now time.Time) State {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queue.expire(now)
	s := State{Share: b.config.Share, PausedUntil: b.pausedUntil, Broken: b.breaker.open}
	if s.Broken {
		s.ProbeAt = b.breaker.until
	}
	rate, burst, level := math.Inf(1), math.Inf(1), math.Inf(1)
	for _, k := range b.buckets(Claim{}, now) {
		rate = min(rate, k.rate*k.share*b.pace.at(now))
		burst, level = min(burst, k.shared()), min(level, k.level, k.common)
	}
	if !math.IsInf(rate, 1) {
		s.Rate, s.Burst, s.Level = rate, burst, level
	}
	for lane := range s.Waiting {
		s.Waiting[lane] = b.queue.lines[lane].len()
	}
	if waiting := float64(b.queue.len()); waiting > 0 && s.Rate > 0 {
		s.Drain = time.Duration(max(waiting-s.Level, 0) / s.Rate * float64(time.Second))
	}
	return s
}
