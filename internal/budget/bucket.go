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

const (
	// most is the part of a rate that is used at most: clocks and roundings differ a little.
	most = 0.99
	// unseen is how long a bucket is believed in that no answer speaks of.
	unseen = time.Hour
	// slowest is a rate below which none is believed to be, in requests a second.
	slowest = 0.05
	// measured is how long the refill must have been watched to tell anything, precise how near the least and the most that it may
	// have been must be to each other to believe it.
	measured, precise = 2 * time.Second, 0.8
	// period is how long it is watched before watching begins anew.
	period = time.Minute
	// shrink bounds how much a contradiction takes off the rate: others may have had a burst.
	shrink = 0.7
	// grow bounds how much an answer adds to it.
	grow = 0.1
)

// bucket is a token bucket as far as it is known from here.
type bucket struct {
	burst float64
	rate  float64 // tokens a second that the tenant adds, less what others take
	top   float64 // the most that was measured
	// level is how many tokens there are at a time, and common how many of them are for requests that are not urgent.
	level, common float64
	at            time.Time
	share         float64 // of the rate, for requests that are not urgent

	taken uint64 // how many turns took a token
	born  time.Time
	seen  time.Time // when an answer last spoke of it
	watch watch
	sure  bool // the rate was measured, or given, and not just guessed
	given bool // it is that of the spec
}

// doubt is by how much to divide the age of a bucket for the longest time to be told by its rate. That is the less far off the longer it
// was watched.
func (b *bucket) doubt() time.Duration {
	if b.sure {
		return 2
	}
	return 8
}

// watch is the begin of a measurement of the refill.
type watch struct {
	since     time.Time // when its first request may have been decided on at the earliest
	until     time.Time // and at the latest
	remaining float64
	taken     uint64
	others    float64 // requests that were under way beside it
	later     float64 // turns taken after it, all of which the tenant may have counted before
}

func newBucket(burst, rate, share float64, now time.Time) *bucket {
	b := &bucket{burst: max(burst, 1), rate: rate, share: min(share, most), at: now, born: now}
	b.level, b.common = b.burst, b.shared()
	return b
}

// shared is the most that is there for requests that are not urgent.
func (b *bucket) shared() float64 {
	if b.share == most {
		return b.burst // only the rate is kept below the tenant's
	}
	return max(b.share*b.burst, 1)
}

// refill adds what has come in since.
func (b *bucket) refill(now time.Time, pace float64) {
	passed := now.Sub(b.at).Seconds()
	if passed <= 0 {
		return
	}
	b.at = now
	b.level = min(b.level+b.rate*pace*most*passed, b.burst)
	b.common = min(b.common+b.rate*pace*b.share*passed, b.shared())
}

// reserves are the parts of a bucket that each lane leaves to the lanes before it.
var reserves = [lanes]float64{Urgent: 0, Revocation: 0, Edit: 0, Renewal: 0.06, New: 0.08, Cleanup: 0.1, Drift: 0.12}

// wait is how many seconds it takes until a claim of a lane, behind so many others, finds its token.
func (b *bucket) wait(lane Lane, ahead, pace float64) float64 {
	missing := func(size, level float64) float64 {
		need := min(1+reserves[lane]*b.burst, size) + ahead
		if level >= min(need, size)-epsilon {
			return 0
		}
		return need - level
	}
	wait := missing(b.burst, b.level) / (b.rate * pace * most)
	if lane != Urgent {
		wait = max(wait, missing(b.shared(), b.common)/(b.rate*pace*b.share))
	}
	return wait
}

// epsilon is what is lost by adding up fractions: a token that is short of one by less is one.
const epsilon = 1e-6

func (b *bucket) take(lane Lane) {
	b.level--
	if lane != Urgent {
		b.common--
	}
	b.taken++
}

// giveBack returns the token of a request that was not sent.
func (b *bucket) giveBack(lane Lane) {
	b.level = min(b.level+1, b.burst)
	if lane != Urgent {
		b.common = min(b.common+1, b.shared())
	}
}

// drained notes that the bucket was empty, and that it has one token at a time.
func (b *bucket) drained(until time.Time) {
	b.level, b.common, b.at = min(b.level, 1), min(b.common, 1), until
	b.watch = watch{}
}

// reading is what an answer says of a bucket, with what else was under way.
type reading struct {
	granted   time.Time // when the request went out, after which the tenant decided on it
	remaining float64
	reset     time.Time
	taken     uint64 // how many turns had been taken with the request's own
	// others are the requests that are under way beside it, any of which the tenant may not have counted yet: it decides in no order.
	// later are those of them that came after it.
	others, later float64
}

// learn takes in what an answer says. How long the tenant took to decide, and the answer to arrive, nobody tells. So the time that passed
// between two answers is counted at its longest where it makes the rate higher, and at its shortest where it makes it lower: a rate that is
// thought too high costs 429s, and one too low leaves the bucket full while others wait. Where an answer contradicts what was thought, others
// use the tenant too, or the rate is lower.
func (b *bucket) learn(r reading, now time.Time) {
	b.seen = now
	passed := now.Sub(b.watch.since)
	gain := r.remaining - b.watch.remaining + float64(r.taken) - float64(b.watch.taken)
	watching := !b.watch.since.IsZero() && r.taken > b.watch.taken
	if b.level > r.remaining+1 {
		if shortest := r.granted.Sub(b.watch.until); watching && shortest >= measured {
			b.rate = max(min(b.rate, (gain+1+b.watch.others+r.later)/shortest.Seconds()), shrink*b.rate, slowest)
		}
		b.level = r.remaining - r.others
		b.common = min(b.common, b.level)
		b.begin(r, now)
		return
	}
	if watching {
		b.measure(gain-1-(r.others-r.later)-b.watch.later, gain+1, passed)
	}
	if !b.sure {
		b.rate = max(b.rate, b.byReset(r, now))
	}
	b.catchUp(r)
	full := r.remaining+r.later+1 >= b.burst // what would come in is cut off
	if full && b.rate < b.top {
		b.rate = min(b.rate*(1+grow), b.top) // whoever took the rest has gone, and nothing else would ever show it
	}
	if !watching || full || passed >= period {
		b.begin(r, now)
	}
}

// measure takes in the least and the most that may have come in. What others took is missing from both.
func (b *bucket) measure(least, widest float64, passed time.Duration) {
	rate := least / passed.Seconds()
	switch {
	case least <= 0:
	case !b.sure && least >= precise*widest:
		b.sure, b.rate = true, max(b.rate, rate)
		b.top = max(b.top, b.rate)
	case rate > b.rate && (b.sure || passed >= measured):
		b.rate = min(rate, b.rate+grow*rate)
		b.top = max(b.top, b.rate)
	}
}

// catchUp takes what is left at the least for what there is: while the rate was thought too low, tokens came in that nobody counted. It
// is what the answer says without all that was taken since, and without what was under way before it. What is not urgent gets its share
// of that only as long as the rate is not known: too little is asked for to learn it.
func (b *bucket) catchUp(r reading) {
	b.level = max(b.level, r.remaining-float64(b.taken-r.taken)-(r.others-r.later))
	if !b.sure || b.share == most {
		b.common = max(b.common, min(b.level, b.shared()))
	}
}

func (b *bucket) begin(r reading, now time.Time) {
	if b.watch.taken < r.taken || b.watch.since.IsZero() {
		b.watch = watch{since: r.granted, until: now, remaining: r.remaining, taken: r.taken, others: r.others, later: float64(b.taken - r.taken)}
	}
}

// byReset is the rate that fits the time of the reset: that of a full bucket, or of the next token where there is none. What is
// missing is rounded up and the time too, so the one is taken at its least and the other as it is: too low rather than too high.
func (b *bucket) byReset(r reading, now time.Time) float64 {
	missing := max(b.burst-r.remaining-1, 1)
	if r.remaining < 1 {
		missing = 1
	}
	return missing / math.Max(r.reset.Sub(now).Seconds(), 1)
}
