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
	"net/http"
	"strings"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/certbound/certbound/internal/budget"
)

var testTime = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// given signs in by a token, so that only API requests are counted.
func given(c *Config) { c.SignIn = SignIn{AccessToken: "given-token"} }

func TestRateLimited(t *testing.T) {
	tests := map[string]struct {
		headers []string
		pause   time.Duration
	}{
		"Retry-After in seconds": {[]string{"Retry-After", "7", "X-RateLimit-Reset", "1"}, 7 * time.Second},
		"Retry-After as a date":  {[]string{"Retry-After", testTime.Add(9 * time.Second).Format(http.TimeFormat)}, 9 * time.Second},
		"x-ratelimit-reset":      {[]string{"x-ratelimit-reset", "1772366411"}, 11 * time.Second},
		"nothing":                {nil, defaultPause},
		"nonsense":               {[]string{"Retry-After", "soon", "x-ratelimit-reset", "later"}, defaultPause},
		"in the past":            {[]string{"x-ratelimit-reset", "1"}, minPause},
		"next year":              {[]string{"Retry-After", "31536000"}, maxPause},
		"beyond all numbers":     {[]string{"Retry-After", "99999999999999999999"}, defaultPause},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			clock := clocktesting.NewFakeClock(testTime)
			calm := false
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				if calm {
					answer(w, 201, `{"id":"cred_1"}`)
					return
				}
				always(429, apiError(429, "too_many_requests", "Global limit has been reached"), test.headers...)(w, r)
			}, nil)
			tenant := open(t, s.config(given, func(c *Config) { c.Clock = clock }))
			resume := testTime.Add(test.pause)

			err := create(t.Context(), tenant)
			e := err.(*Error)
			if e.Class != RateLimited || e.Status != 429 || e.Code != "too_many_requests" || !e.ResumeAt.Equal(resume) || e.OutcomeUnknown() {
				t.Errorf("got %+v, want to resume at %v", *e, resume)
			}
			// Until then nothing is sent, by whomever.
			clock.SetTime(resume.Add(-time.Nanosecond))
			_, err = tenant.Client(t.Context(), "c1")
			if e := err.(*Error); e.Class != Queued || e.Status != 0 || e.ResumeAt.Before(resume) || len(s.api()) != 1 {
				t.Errorf("got %+v after %d requests", *e, len(s.api()))
			}
			calm = true
			clock.SetTime(resume)
			if err := create(t.Context(), tenant); err != nil || len(s.api()) != 2 {
				t.Errorf("after the pause: %v, %d requests", err, len(s.api()))
			}
		})
	}
}

// A worker that waited in here could do nothing for others.
func TestWhoHasToWaitIsToldSoAtOnce(t *testing.T) {
	clock := clocktesting.NewFakeClock(testTime)
	s := serve(t, always(200, aClient), nil)
	tenant := open(t, s.config(given, func(c *Config) { c.Clock, c.RequestsPerSecond, c.Burst = clock, 0.1, 2 }))
	read := func(key string) error {
		_, err := tenant.Client(budget.WithClaim(t.Context(), budget.Claim{Lane: budget.Edit, Key: key}), "c1")
		return err
	}
	for range 2 {
		if err := read("a"); err != nil {
			t.Fatalf("within the burst: %v", err)
		}
	}
	var turns []time.Time
	for _, key := range []string{"a", "b"} {
		e := read(key).(*Error)
		if e.Class != Queued || e.Why != budget.Spent || e.OutcomeUnknown() || clock.HasWaiters() {
			t.Errorf("got %+v", *e)
		}
		turns = append(turns, e.ResumeAt)
	}
	if !turns[0].After(testTime) || !turns[1].After(turns[0].Add(9*time.Second)) || tenant.Budget(testTime).Waiting[budget.Edit] != 2 {
		t.Errorf("they are told %v", turns)
	}
	clock.SetTime(testTime.Add(11 * time.Second))
	if err := read("b"); ClassOf(err) != Queued {
		t.Errorf("who came later went first: %v", err)
	}
	if err := read("a"); err != nil {
		t.Error(err)
	}
	if got := len(s.api()); got != 3 {
		t.Errorf("%d requests, want 3", got)
	}
}

func TestATurnThatWasTakenBeforehandIsUsedOnce(t *testing.T) {
	clock := clocktesting.NewFakeClock(testTime)
	s := serve(t, always(200, aClient), nil)
	tenant := open(t, s.config(given, func(c *Config) { c.Clock, c.RequestsPerSecond, c.Burst = clock, 0.001, 1 }))
	turn, err := tenant.Turn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tenant.Client(t.Context(), "c1"); ClassOf(err) != Queued {
		t.Errorf("another took the token: %v", err)
	}
	turn.Release()
	if turn, err = tenant.Turn(t.Context()); err != nil {
		t.Fatalf("a turn that was given back is lost: %v", err)
	}
	for _, want := range []Class{"", Queued} {
		if _, err := tenant.Client(turn.Within(t.Context()), "c1"); ClassOf(err) != want {
			t.Errorf("got %v, want class %q", err, want)
		}
	}
	turn.Release()
	if _, err := tenant.Turn(t.Context()); ClassOf(err) != Queued {
		t.Error("a turn that was used is given back")
	}
}

// Requests that hang must not hold everybody who could work for other tenants.
func TestOnlySoManyOperationsAreUnderWay(t *testing.T) {
	arrived, hold := make(chan struct{}), make(chan struct{})
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-hold
		answer(w, 200, aClient)
	}, nil)
	tenant := open(t, s.config(given, func(c *Config) { c.Concurrent = 1 }))
	result := make(chan error)
	go func() { _, err := tenant.Client(t.Context(), "c1"); result <- err }()
	<-arrived
	_, err := tenant.Client(t.Context(), "c1")
	if e := err.(*Error); e.Class != Queued || e.Why != budget.Crowded {
		t.Errorf("got %+v", *e)
	}
	close(hold)
	if err := <-result; err != nil {
		t.Error(err)
	}
}

func TestATenantThatDoesNotAnswerIsTriedNowAndThen(t *testing.T) {
	for name, failing := range map[string]http.HandlerFunc{
		"that answers 503":                    always(503, aClient),
		"that answers something else":         always(200, `{"padding":"x"}`),
		"that is a web page":                  always(200, "<html>Hello</html>"),
		"that redirects":                      always(302, "", "Location", "https://elsewhere.example.com"),
		"whose answers break off":             cutBody,
		"whose answers are too long":          always(200, `"`+strings.Repeat("x", maxAnswer)+`"`),
		"that is a web server without a page": always(404, "<html>Not Found</html>"),
	} {
		t.Run(name, func(t *testing.T) {
			clock := clocktesting.NewFakeClock(testTime)
			handler := failing
			s := serve(t, func(w http.ResponseWriter, r *http.Request) { handler(w, r) }, nil)
			tenant := open(t, s.config(given, func(c *Config) { c.Clock = clock }))
			read := func() error { _, err := tenant.Client(t.Context(), "c1"); return err }
			for len(s.api()) < 5 {
				_ = read()
				clock.Step(10 * time.Second)
			}
			if e := read().(*Error); e.Class != Queued || e.Why != budget.Broken || !tenant.Budget(clock.Now()).Broken {
				t.Fatalf("after five failures in a row: %+v", *e)
			}
			if _, err := tenant.Discover(t.Context()); ClassOf(err) != Queued {
				t.Errorf("a request without a token gets through: %v", err)
			}
			handler = always(200, aClient)
			clock.Step(time.Minute)
			for range 2 {
				if err := read(); err != nil {
					t.Errorf("after it came back: %v", err)
				}
			}
			if got := len(s.api()); got != 7 {
				t.Errorf("%d requests, want 7", got)
			}
		})
	}
}

func TestRateLimit(t *testing.T) {
	s := serve(t, always(404, apiError(404, "inexistent_client", "no"),
		"x-ratelimit-limit", "50", "x-ratelimit-remaining", "49", "x-ratelimit-reset", "1772366411"), nil)
	tenant := open(t, s.config())
	ctx, x := withExchange(t.Context(), OpClient, tenant.Domain())
	if _, known := readRateLimit(x.header); known {
		t.Error("known before any answer")
	}
	_ = tenant.request(ctx, http.MethodGet, []string{"clients", "c1"}, &message{})
	want := rateLimit{Limit: 50, Remaining: 49, Reset: time.Unix(1772366411, 0)}
	if got, known := readRateLimit(x.header); !known || got != want {
		t.Errorf("got %+v (known: %v), want %+v", got, known, want)
	}
}
