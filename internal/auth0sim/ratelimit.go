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

package auth0sim

import (
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limiter holds the token buckets of the tenant's plan.
type limiter struct {
	plan       *Plan
	retryAfter bool

	mu sync.Mutex
	// general, special and token are reported in headers; hidden is the tenant-wide bucket that no header reports,
	// observed on self-service plans.
	general *rate.Limiter
	special map[string]*rate.Limiter
	token   *rate.Limiter
	hidden  *rate.Limiter
}

func newLimiter(options Options) *limiter {
	l := &limiter{plan: options.Plan, retryAfter: options.RetryAfter, special: map[string]*rate.Limiter{},
		hidden: options.HiddenBucket.limiter()}
	if l.plan != nil {
		l.general, l.token = l.plan.Management.limiter(), l.plan.Token.limiter()
	}
	return l
}

// limiter is nil for a bucket that limits nothing.
func (b Bucket) limiter() *rate.Limiter {
	if b.Burst == 0 {
		return nil
	}
	return rate.NewLimiter(b.PerSecond, b.Burst)
}

// management takes a token for a Management API request and returns the headers to report. The bucket that leaves least
// is the one reported.
func (l *limiter) management(now time.Time, e endpoint) (header http.Header, allowed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	buckets := []*rate.Limiter{l.general}
	if l.plan != nil && e.special != nil {
		if _, known := l.special[e.pattern]; !known {
			l.special[e.pattern] = e.special(*l.plan).limiter()
		}
		buckets = append(buckets, l.special[e.pattern])
	}
	header, allowed = l.take(now, buckets)
	if l.hidden != nil && allowed {
		allowed = l.hidden.AllowN(now, 1)
	}
	if !allowed && l.retryAfter {
		header.Set("Retry-After", strconv.Itoa(l.seconds(now, append(buckets, l.hidden))))
	}
	return header, allowed
}

// authentication takes a token for a request to the token endpoint.
func (l *limiter) authentication(now time.Time) (header http.Header, allowed bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.take(now, []*rate.Limiter{l.token})
}

// take takes a token of every bucket, or of none.
func (l *limiter) take(now time.Time, buckets []*rate.Limiter) (http.Header, bool) {
	header, allowed := http.Header{}, true
	for _, bucket := range buckets {
		allowed = allowed && (bucket == nil || bucket.TokensAt(now) >= 1)
	}
	var least *rate.Limiter
	for _, bucket := range buckets {
		if bucket == nil {
			continue
		}
		if allowed {
			bucket.AllowN(now, 1)
		}
		if least == nil || bucket.TokensAt(now) < least.TokensAt(now) {
			least = bucket
		}
	}
	if least != nil {
		report(header, now, least)
	}
	return header, allowed
}

// report writes the headers of auth0.com/docs: the bucket's size, what is left, and when it is full or has a token again,
// in unix seconds.
func report(header http.Header, now time.Time, bucket *rate.Limiter) {
	left := bucket.TokensAt(now)
	missing := math.Max(1-left, 0)
	if left >= 1 {
		missing = float64(bucket.Burst()) - left
	}
	reset := now.Add(time.Duration(missing / float64(bucket.Limit()) * float64(time.Second)))
	header.Set("x-ratelimit-limit", strconv.Itoa(bucket.Burst()))
	header.Set("x-ratelimit-remaining", strconv.Itoa(int(math.Max(left, 0))))
	header.Set("x-ratelimit-reset", strconv.FormatInt(reset.Add(time.Second-1).Unix(), 10))
}

// seconds is how long until every bucket has a token again, at least one.
func (l *limiter) seconds(now time.Time, buckets []*rate.Limiter) int {
	longest := 1
	for _, bucket := range buckets {
		if bucket != nil {
			missing := 1 - bucket.TokensAt(now)
			longest = max(longest, int(math.Ceil(missing/float64(bucket.Limit()))))
		}
	}
	return longest
}
