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
	"slices"
	"time"
)

// remembered is about how many requests tell how long they take.
const remembered = 8

// Learn takes in what became of a turn.
func (b *Budget) Learn(a Answer, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.flights[a.Turn.number]
	if f == nil {
		return
	}
	delete(b.flights, a.Turn.number)
	if a.Unsent {
		for _, t := range f.tokens {
			t.bucket.giveBack(f.claim.Lane)
		}
		return
	}
	if took := now.Sub(f.granted); b.lasts == 0 {
		b.lasts = took
	} else {
		b.lasts += (took - b.lasts) / remembered
	}
	switch {
	case a.Failed:
		b.breaker.failure(f.claim.Key, now, b.config.Jitter())
	case !a.Neutral && !a.Unread:
		b.understood(f.claim)
	}
	if !f.claim.Outside && a.Limit > 0 {
		b.learnBucket(f, a, now)
	}
	if !a.Resume.IsZero() {
		b.pause(f, a.Resume, now)
	}
}

// Judge takes in whether what came for a claim is an answer of the Management API. A tenant that sends something else to whoever asks is
// no better than one that sends nothing.
func (b *Budget) Judge(c Claim, isAnswer bool, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if isAnswer {
		b.understood(c)
		return
	}
	b.breaker.failure(c.Key, now, b.config.Jitter())
}

func (b *Budget) understood(c Claim) {
	b.breaker.close()
	b.answered = b.answered || !c.Outside
}

// learnBucket takes in the headers. They are about the bucket that leaves least; which that is, only its size tells.
func (b *Budget) learnBucket(f *flight, a Answer, now time.Time) {
	op := f.claim.Operation
	if !slices.Contains(b.limits[op], a.Limit) {
		b.limits[op] = append(b.limits[op], a.Limit)
	}
	k := b.learnt[a.Limit]
	if k == nil {
		k = newBucket(float64(a.Limit), max(b.config.RequestsPerSecond, slowest), b.config.Share, now)
		k.given = b.config.RequestsPerSecond > 0
		k.sure = k.given
		k.level = float64(a.Remaining)
		k.common = min(k.common, k.level)
		b.learnt[a.Limit] = k
	}
	r := reading{granted: f.granted, remaining: float64(a.Remaining), reset: a.Reset, taken: f.takenOf(k)}
	for number, other := range b.flights {
		if other.takenOf(k) == 0 {
			continue
		}
		r.others++
		if number > a.Turn.number {
			r.later++
		}
	}
	k.learn(r, now)
	for limit, old := range b.learnt {
		if now.Sub(old.seen) > unseen {
			delete(b.learnt, limit)
		}
	}
}

// takenOf is how many tokens had been taken of a bucket with this one; zero where it took none.
func (f *flight) takenOf(k *bucket) uint64 {
	for _, t := range f.tokens {
		if t.bucket == k {
			return t.taken
		}
	}
	return 0
}

// pause keeps everything back until a time, and slows down: what the tenant allows is less than was thought.
func (b *Budget) pause(f *flight, until, now time.Time) {
	if until.After(b.pausedUntil) {
		b.pausedUntil = until
	}
	if f.claim.Outside || f.granted.Before(b.pace.slowedAt) {
		return // it speaks of no bucket here, or went out before the last time and says nothing new
	}
	b.pace.slow(now)
	for _, k := range b.buckets(f.claim, now) {
		k.drained(b.pausedUntil)
	}
}

const (
	// slowdown is what a 429 leaves of the pace, and slowestPace the least that is left.
	slowdown, slowestPace = 0.5, 1.0 / 16
	// recovery is what a second gives back.
	recovery = 0.005
)

// pace is the part of the rates that is used: they are not all there is, since one bucket of the tenant's is never reported.
type pace struct {
	value    float64
	slowedAt time.Time
}

func (p *pace) at(now time.Time) float64 {
	if p.slowedAt.IsZero() {
		return 1
	}
	return min(p.value+recovery*max(now.Sub(p.slowedAt).Seconds(), 0), 1)
}

func (p *pace) slow(now time.Time) {
	*p = pace{value: max(p.at(now)*slowdown, slowestPace), slowedAt: now}
}
