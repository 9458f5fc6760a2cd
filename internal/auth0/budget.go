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

package auth0

import (
	"context"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/utils/clock"
)

const (
	// maxWait is how long a request may wait for its turn. One that would wait longer fails at once, so that the caller
	// can do something else until then.
	maxWait = 30 * time.Second
	// defaultPause follows a 429 that does not say when to come back. The smallest documented bucket refills at two
	// requests a second (https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy).
	defaultPause = 5 * time.Second
	// minPause and maxPause bound what a header may ask for: clocks differ, and headers may be wrong.
	minPause = time.Second
	maxPause = 10 * time.Minute
)

// budget spends the tenant's request budget. After a 429 it lets nothing out until the tenant said to come back: the
// tenant's limit is shared with its users' logins, so asking again early costs others.
type budget struct {
	next    http.RoundTripper
	clock   clock.Clock
	limiter *rate.Limiter

	mu          sync.Mutex
	pausedUntil time.Time
}

func newLimiter(c Config) *rate.Limiter {
	if c.RequestsPerSecond == 0 {
		return rate.NewLimiter(rate.Inf, 0)
	}
	return rate.NewLimiter(rate.Limit(c.RequestsPerSecond), c.Burst)
}

// RoundTrip waits for the request's turn and sends it.
func (b *budget) RoundTrip(req *http.Request) (*http.Response, error) {
	x := exchangeOf(req.Context())
	if err := b.wait(req.Context()); err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, x.fail(err)
	}
	res, err := b.next.RoundTrip(req)
	if err == nil && res.StatusCode == http.StatusTooManyRequests {
		b.pause(resumeAt(res.Header, b.clock.Now()))
	}
	return res, err
}

func (b *budget) pause(until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if until.After(b.pausedUntil) {
		b.pausedUntil = until
	}
}

// paused is an error while the tenant wants a pause.
func (b *budget) paused(now time.Time) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Before(b.pausedUntil) {
		return &Error{
			Class: RateLimited, Message: "the tenant asked for a pause; nothing was sent", ResumeAt: b.pausedUntil, noEffect: true,
		}
	}
	return nil
}

// wait returns when the request may go, or an error at once when that is too far off.
func (b *budget) wait(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	now := b.clock.Now()
	if err := b.paused(now); err != nil {
		return err
	}
	turn := b.limiter.ReserveN(now, 1)
	delay := turn.DelayFrom(now)
	if delay == 0 {
		return nil
	}
	deadline, bounded := ctx.Deadline()
	if delay > maxWait || (bounded && time.Until(deadline) < delay) {
		turn.CancelAt(now)
		return &Error{
			Class: RateLimited, Message: "the request budget is spent; nothing was sent", ResumeAt: now.Add(delay), noEffect: true,
		}
	}
	timer := b.clock.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C():
		return b.paused(b.clock.Now())
	case <-ctx.Done():
		turn.CancelAt(b.clock.Now())
		return ctx.Err()
	}
}

// resumeAt is when an answer of 429 allows the next request: by Retry-After (seconds or a date, RFC 9110 section
// 10.2.3), else by Auth0's x-ratelimit-reset (Unix seconds), else after defaultPause.
func resumeAt(h http.Header, now time.Time) time.Time {
	pause := defaultPause
	if seconds, err := strconv.ParseUint(h.Get("Retry-After"), 10, 31); err == nil {
		pause = time.Duration(seconds) * time.Second
	} else if date, err := http.ParseTime(h.Get("Retry-After")); err == nil {
		pause = date.Sub(now)
	} else if reset, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64); err == nil {
		pause = time.Unix(reset, 0).Sub(now)
	}
	return now.Add(min(max(pause, minPause), maxPause))
}

// RateLimit is what the Management API's last answer said of its rate limit.
type RateLimit struct {
	// Known is false as long as no answer said anything.
	Known            bool
	Limit, Remaining int
	// Reset is when the bucket is full again.
	Reset time.Time
}

type rateLimitRecord struct {
	mu   sync.Mutex
	last RateLimit
}

func (r *rateLimitRecord) get() RateLimit {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.last
}

func (r *rateLimitRecord) note(h http.Header) {
	limit, err := strconv.Atoi(h.Get("X-Ratelimit-Limit"))
	if err != nil {
		return
	}
	remaining, err := strconv.Atoi(h.Get("X-Ratelimit-Remaining"))
	if err != nil {
		return
	}
	reset, err := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64)
	if err != nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last = RateLimit{Known: true, Limit: limit, Remaining: remaining, Reset: time.Unix(reset, 0)}
}
