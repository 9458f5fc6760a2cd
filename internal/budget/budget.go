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
	"sync"
	"time"
)

// Config is what bounds a budget.
type Config struct {
	// RequestsPerSecond and Burst bound what is sent, whatever the tenant allows; zero: no bound of its own.
	RequestsPerSecond float64
	Burst             int
	// Share is the part of the tenant's rate for requests that are not urgent, the rest being left to others; zero: 0.8. No
	// request goes beyond 0.99 of it.
	Share float64
	// Concurrent is how many calls may be under way at once; zero: no bound. A tenant that is slow to answer holds no more.
	Concurrent int
	// Jitter returns numbers from 0 up to 1, at random; nil: always 0.
	Jitter func() float64
}

const defaultShare = 0.8

// Why says what a claim waits for.
type Why uint8

// What a claim may wait for.
const (
	// Spent: the budget is spent, or others go first.
	Spent Why = iota + 1
	// Paused: the tenant asked for a pause.
	Paused
	// Broken: the tenant does not answer.
	Broken
	// Crowded: as many calls are under way as may be.
	Crowded
)

// Turn is the answer to a claim.
type Turn struct {
	Granted bool
	// At is when to come back, and Why what for; only where it is not granted.
	At  time.Time
	Why Why

	number uint64
}

// Answer is what became of a turn. Each turn that was granted ends with one.
type Answer struct {
	Turn Turn
	// Unsent tells that nothing was sent.
	Unsent bool
	// Neutral tells that it says nothing of how the tenant fares: the caller gave up.
	Neutral bool
	// Failed tells that the tenant did not answer, or with an inner failure.
	Failed bool
	// Unread tells that something came whose sense is still to be seen: Judge tells of it.
	Unread bool
	// Resume is until when the tenant wants nothing to be sent (429); zero otherwise.
	Resume time.Time
	// Limit, Remaining and Reset are the answer's rate-limit headers; a Limit of zero: it has none. Reset is by the clock here.
	Limit, Remaining int
	Reset            time.Time
}

// Budget spends a tenant's requests. It may be used by many goroutines.
type Budget struct {
	config Config

	mu      sync.Mutex
	queue   queue
	breaker breaker
	own     *bucket            // the bound of the spec; nil: none
	assumed *bucket            // stands in after a 429 where nothing else is known
	learnt  map[int]*bucket    // by what x-ratelimit-limit says, since no header names its bucket
	limits  map[string][]int   // which of them answered an operation
	flights map[uint64]*flight // turns that were granted and are not over
	turns   uint64
	calls   int
	lasts   time.Duration // what a request takes, of late; zero: none is over

	answered    bool // an answer of the Management API was seen
	pausedUntil time.Time
	pace        pace
}

// flight is a turn that was granted.
type flight struct {
	claim   Claim
	granted time.Time
	tokens  []token
}

// token is one that was taken of a bucket, with how many had been.
type token struct {
	bucket *bucket
	taken  uint64
}

func (c Config) withDefaults() Config {
	if c.Share == 0 {
		c.Share = defaultShare
	}
	if c.Jitter == nil {
		c.Jitter = func() float64 { return 0 }
	}
	return c
}

// bounds is what a budget cannot change.
func (c Config) bounds() [4]float64 {
	return [4]float64{c.RequestsPerSecond, float64(c.Burst), c.Share, float64(c.Concurrent)}
}

// Of returns a budget that is full as far as anybody knows.
func Of(c Config) *Budget {
	c = c.withDefaults()
	return &Budget{config: c, learnt: map[int]*bucket{}, limits: map[string][]int{}, flights: map[uint64]*flight{}, pace: pace{value: 1}}
}

// Reopen returns the budget for another connection to the same tenant: this one where the bounds are the same, since the tenant's limits
// are, and so is what was spent. Whatever kept the tenant from answering may be mended, so it is tried at once.
func (b *Budget) Reopen(c Config) *Budget {
	if c = c.withDefaults(); c.bounds() != b.config.bounds() {
		return Of(c)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.breaker.close()
	return b
}

// Enter lets a call begin, if not too many are under way; Leave ends it. An urgent one finds a place of its own.
func (b *Budget) Enter(c Claim, now time.Time) Turn {
	b.mu.Lock()
	defer b.mu.Unlock()
	most := b.config.Concurrent
	if c.Lane == Urgent {
		most++
	}
	if b.config.Concurrent == 0 || b.calls < most {
		b.calls++
		return Turn{Granted: true}
	}
	at := b.room(c, most, now)
	b.queue.keep(c, at)
	return Turn{At: at, Why: Crowded}
}

// Leave ends a call that Enter let begin.
func (b *Budget) Leave() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.calls--
}

// Take asks for a turn. It never blocks: who is not let through keeps a place and is told when to come back.
func (b *Budget) Take(c Claim, now time.Time) Turn {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queue.expire(now)
	at, why := b.admit(c, now)
	if why != 0 {
		if !c.Outside {
			b.queue.keep(c, at)
		}
		return Turn{At: at, Why: why}
	}
	b.turns++
	f := &flight{claim: c, granted: now}
	if !c.Outside {
		b.queue.granted(c)
		for _, k := range b.buckets(c, now) {
			k.take(c.Lane)
			f.tokens = append(f.tokens, token{k, k.taken})
		}
	}
	b.breaker.probe(b.turns, now, b.config.Jitter())
	b.flights[b.turns] = f
	return Turn{Granted: true, number: b.turns}
}

// admit tells what a claim has to wait for, and until when; nothing when it may go.
func (b *Budget) admit(c Claim, now time.Time) (time.Time, Why) {
	if until := b.breaker.holds(c.Key, b.queue.len() > 0, now); !until.IsZero() {
		return b.tell(c, until, now), Broken
	}
	if now.Before(b.pausedUntil) {
		return b.tell(c, b.pausedUntil, now), Paused
	}
	if c.Outside {
		return time.Time{}, 0
	}
	if b.unknown() && len(b.flights) > 0 {
		return b.tell(c, now.Add(firstAnswer), now), Spent
	}
	ahead, owed := b.queue.ahead(c)
	lane := c.Lane
	if owed {
		lane = min(lane, Edit)
	}
	wait := 0.0
	for _, k := range b.buckets(c, now) {
		before := ahead
		if !k.sure && !owed { // times that were told mean little yet: within a lane, who comes first is not held up by who comes later
			before -= b.queue.rank(c)
		}
		wait = max(wait, k.wait(lane, float64(before), b.pace.at(now)))
	}
	if wait == 0 {
		return time.Time{}, 0
	}
	return b.tell(c, now, now), Spent
}

// unknown tells that nobody said yet what the tenant allows: it may be next to nothing, so one answer is waited for.
func (b *Budget) unknown() bool { return !b.answered && b.config.RequestsPerSecond == 0 }

const (
	// firstAnswer is how soon to look whether the first answer is there, usual what a request takes as long as nobody knows.
	firstAnswer = 100 * time.Millisecond
	usual       = 100 * time.Millisecond
	// longestUnsure and longest are the longest times that anybody is told: what happens until then may bring the turn nearer.
	longestUnsure, longest = 2 * time.Second, 2 * time.Minute
	// shortest is the shortest.
	shortest = time.Millisecond
	// early is by how much a time is told too early: a turn that nobody takes is lost, one that comes too early costs a look.
	early = 0.98
	// golden spreads what would come at the same time.
	golden = 0.6180339887498949
)

// tell is when a claim comes back that cannot go before a time.
func (b *Budget) tell(c Claim, from, now time.Time) time.Time {
	ahead := b.queue.turns(c)
	wait, bound := 0.0, longest
	for _, k := range b.buckets(c, now) {
		wait = max(wait, k.wait(c.Lane, ahead, b.pace.at(now)))
		if !k.given {
			bound = min(bound, max(longestUnsure, now.Sub(k.born)/k.doubt()))
		}
	}
	if b.unknown() {
		wait, bound = ahead/assumedRate, longestUnsure
	}
	return from.Add(told(wait, bound, ahead))
}

// told is what somebody behind so many others is told to wait, of so many seconds and at most so long.
func told(seconds float64, bound time.Duration, ahead float64) time.Duration {
	d := time.Duration(math.Min(seconds, longest.Seconds()*2) * early * float64(time.Second))
	if d > bound {
		_, part := math.Modf(ahead * golden)
		d = bound/2 + time.Duration(part*float64(bound/2))
	}
	return max(d, shortest)
}

// room is when a claim comes back that found as many calls under way as may be: when those ahead of it have had theirs. As long as no
// request ends, each takes as long as the last one does by now: thousands who look again and again would hold up other tenants.
func (b *Budget) room(c Claim, most int, now time.Time) time.Time {
	lasts, bound := b.lasts, longest
	if len(b.flights) > 0 {
		youngest := longest
		for _, f := range b.flights {
			youngest = min(youngest, now.Sub(f.granted))
		}
		lasts = max(lasts, youngest)
	}
	if b.lasts == 0 {
		lasts, bound = max(lasts, usual), max(longestUnsure, 2*lasts)
	}
	ahead := b.queue.turns(c)
	at := now.Add(told((ahead+1)*lasts.Seconds()/float64(most), bound, ahead))
	if tokens := b.tell(c, now, now); tokens.After(at) {
		return tokens
	}
	return at
}

// buckets are those that an operation takes a token of, filled up to now.
func (b *Budget) buckets(c Claim, now time.Time) []*bucket {
	var all []*bucket
	if own := b.config; b.own == nil && own.RequestsPerSecond > 0 {
		b.own = newBucket(float64(own.Burst), own.RequestsPerSecond, most, now)
		b.own.sure, b.own.given = true, true
	}
	if b.own != nil {
		all = append(all, b.own)
	}
	general := b.general()
	if general != nil {
		all = append(all, general)
	}
	for _, limit := range b.limits[c.Operation] {
		if k := b.learnt[limit]; k != nil && k != general {
			all = append(all, k)
		}
	}
	switch {
	case len(all) > 0 || b.pace.at(now) == 1:
		b.assumed = nil
	case b.assumed == nil:
		b.assumed = newBucket(assumedBurst, assumedRate, most, now)
		fallthrough
	default:
		all = append(all, b.assumed)
	}
	for _, k := range all {
		k.refill(now, b.pace.at(now))
	}
	return all
}

// What is assumed of a tenant that says 429 and nothing else: the smallest of the documented plans.
const assumedBurst, assumedRate = 2, 2

// general is the bucket that all operations share: the largest.
func (b *Budget) general() *bucket {
	largest := 0
	for limit := range b.learnt {
		largest = max(largest, limit)
	}
	return b.learnt[largest]
}
