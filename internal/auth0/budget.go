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
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"k8s.io/utils/clock"

	"github.com/certbound/certbound/internal/budget"
)

const (
	// defaultPause follows a 429 that does not say when to come back. The smallest documented bucket refills at two
	// requests a second (https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy).
	defaultPause = 5 * time.Second
	// minPause and maxPause bound what a header may ask for: clocks differ, and headers may be wrong.
	minPause = time.Second
	maxPause = 10 * time.Minute
)

// paced asks the tenant's budget for a turn before it sends a request, and tells it what came of it. It never waits: a request
// whose turn it is not fails at once, so that the caller can do something else until then.
type paced struct {
	next   http.RoundTripper
	clock  clock.Clock
	budget *budget.Budget
}

// RoundTrip sends the request if it may go now.
func (p *paced) RoundTrip(req *http.Request) (*http.Response, error) {
	x := exchangeOf(req.Context())
	turn, err := p.turn(req.Context(), x.op)
	if err != nil {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, x.fail(err)
	}
	res, err := p.next.RoundTrip(req)
	now := p.clock.Now()
	a := x.told(req.Context(), turn, err, now)
	p.budget.Learn(a, now)
	x.judge = nil
	if a.Unread {
		claim := budget.ClaimOf(req.Context())
		x.judge = func(isAnswer bool) { p.budget.Judge(claim, isAnswer, p.clock.Now()) }
	}
	return res, err
}

// outside tells whether an operation is none of the Management API's.
func outside(op string) bool { return op == OpAuthorize || op == OpDiscover }

// turn is the one that was taken beforehand, or a new one.
func (p *paced) turn(ctx context.Context, op string) (budget.Turn, error) {
	if err := ctx.Err(); err != nil {
		return budget.Turn{}, err
	}
	if held, ok := ctx.Value(turnKey{}).(*Turn); ok {
		if turn, unused := held.use(); unused {
			return turn, nil
		}
	}
	claim := budget.ClaimOf(ctx)
	claim.Operation, claim.Outside = op, outside(op)
	turn := p.budget.Take(claim, p.clock.Now())
	if !turn.Granted {
		return turn, queued(op, turn)
	}
	return turn, nil
}

// told is what the budget learns of a request. What no request did at the tenant tells nothing of it.
func (x *exchange) told(ctx context.Context, turn budget.Turn, err error, now time.Time) budget.Answer {
	a := budget.Answer{Turn: turn}
	var forbidden *forbiddenNetworkError
	switch {
	case x.status == 0 && (errors.As(err, &forbidden) || (ctx.Err() != nil && !x.sent.Load())):
		a.Unsent = true
	case x.status == 0 && ctx.Err() != nil:
		a.Neutral = true
	case x.status == 0 || x.status >= 500 || x.status == http.StatusRequestTimeout:
		a.Failed = true
	case x.status == http.StatusTooManyRequests:
		a.Resume = resumeAt(x.header, now)
	default:
		a.Unread = !outside(x.op)
	}
	if limit, ok := readRateLimit(x.header); ok {
		a.Limit, a.Remaining, a.Reset = limit.Limit, limit.Remaining, limit.Reset
		if date, err := http.ParseTime(x.header.Get("Date")); err == nil {
			a.Reset = now.Add(limit.Reset.Sub(date)) // by the clock here
		}
	}
	return a
}

// queued is the error of a request that has to wait.
func queued(op string, turn budget.Turn) *Error {
	message := map[budget.Why]string{
		budget.Spent:   "the request budget is spent, and others go first",
		budget.Paused:  "the tenant asked for a pause",
		budget.Broken:  "the tenant has not answered lately, and is tried now and then",
		budget.Crowded: "the tenant is slow to answer, and as many requests are under way as may be",
	}[turn.Why]
	return &Error{Op: op, Class: Queued, Message: message, ResumeAt: turn.At, Why: turn.Why, noEffect: true}
}

// Turn is one that was taken before it is known what to send, with a place among the calls that are under way.
type Turn struct {
	budget *budget.Budget
	clock  clock.Clock

	mu      sync.Mutex
	turn    budget.Turn
	used    bool
	entered bool // a call has the place
}

type turnKey struct{}

// Turn takes a turn for the claim of the context. Who has work to do before a request does it only when the request may go. The
// error is of class Queued.
func (t *Tenant) Turn(ctx context.Context) (*Turn, error) {
	if place := t.paced.budget.Enter(budget.ClaimOf(ctx), t.clock.Now()); !place.Granted {
		return nil, queued("", place)
	}
	turn, err := t.paced.turn(ctx, "")
	if err != nil {
		t.paced.budget.Leave()
		return nil, err
	}
	return &Turn{budget: t.paced.budget, clock: t.clock, turn: turn}, nil
}

// Within is a context whose next request goes by this turn.
func (t *Turn) Within(ctx context.Context) context.Context {
	return context.WithValue(ctx, turnKey{}, t)
}

// Release gives the turn back, if no request went by it, and the place, if no call had it.
func (t *Turn) Release() {
	if turn, unused := t.use(); unused {
		t.budget.Learn(budget.Answer{Turn: turn, Unsent: true}, t.clock.Now())
	}
	if t.enter() {
		t.budget.Leave()
	}
}

// enter tells whether the place was still to be had.
func (t *Turn) enter() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := !t.entered
	t.entered = true
	return first
}

func (t *Turn) use() (turn budget.Turn, unused bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	unused, t.used = !t.used, true
	return t.turn, unused
}

// Budget is what the tenant's request budget looks like.
func (t *Tenant) Budget(now time.Time) budget.State { return t.paced.budget.State(now) }

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

// rateLimit is what an answer says of the Management API's rate limit.
type rateLimit struct {
	Limit, Remaining int
	// Reset is when the bucket is full again.
	Reset time.Time
}

// readRateLimit reads the headers of auth0.com/docs.
func readRateLimit(h http.Header) (rateLimit, bool) {
	limit, err := strconv.Atoi(h.Get("X-Ratelimit-Limit"))
	remaining, err2 := strconv.Atoi(h.Get("X-Ratelimit-Remaining"))
	reset, err3 := strconv.ParseInt(h.Get("X-Ratelimit-Reset"), 10, 64)
	if errors.Join(err, err2, err3) != nil {
		return rateLimit{}, false
	}
	return rateLimit{Limit: limit, Remaining: remaining, Reset: time.Unix(reset, 0)}, true
}
