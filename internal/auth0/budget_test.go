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
	"testing"
	"time"

	"github.com/onsi/gomega"
	clocktesting "k8s.io/utils/clock/testing"
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
			if e := err.(*Error); e.Class != RateLimited || e.Status != 0 || !e.ResumeAt.Equal(resume) || len(s.api()) != 1 {
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

func TestBudget(t *testing.T) {
	g := gomega.NewWithT(t)
	clock := clocktesting.NewFakeClock(testTime)
	s := serve(t, always(200, aClient), nil)
	tenant := open(t, s.config(given, func(c *Config) { c.Clock, c.RequestsPerSecond, c.Burst = clock, 0.1, 2 }))
	read := func() error { _, err := tenant.Client(t.Context(), "c1"); return err }

	for range 2 {
		if err := read(); err != nil {
			t.Fatalf("within the burst: %v", err)
		}
	}
	// Three wait ten seconds each for their turn.
	results := make(chan error)
	for waiting := range 3 {
		go func() { results <- read() }()
		g.Eventually(clock.Waiters).Should(gomega.Equal(waiting + 1))
	}
	if got := len(s.api()); got != 2 {
		t.Fatalf("%d requests, want 2", got)
	}
	// A fourth would wait longer than anybody may.
	if e := read().(*Error); e.Class != RateLimited || !e.ResumeAt.Equal(testTime.Add(40*time.Second)) || e.OutcomeUnknown() {
		t.Errorf("got %+v", *e)
	}
	// So would one whose context ends before its turn.
	clock.Step(20 * time.Second)
	for range 2 {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := tenant.Client(ctx, "c1"); ClassOf(err) != RateLimited {
		t.Errorf("got %v", err)
	}
	clock.Step(10 * time.Second)
	if err := <-results; err != nil {
		t.Error(err)
	}
	// Those who were turned away did not use it up.
	clock.Step(10 * time.Second)
	ctx, cancel = context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := tenant.Client(ctx, "c1"); err != nil {
		t.Error(err)
	}
	if got := len(s.api()); got != 6 {
		t.Errorf("%d requests, want 6", got)
	}
}

// Who waits for a turn while the tenant asks for a pause does not disturb the pause.
func TestPauseWhileWaiting(t *testing.T) {
	g := gomega.NewWithT(t)
	clock := clocktesting.NewFakeClock(testTime)
	s := serve(t, always(429, `{}`, "Retry-After", "60"), nil)
	tenant := open(t, s.config(given, func(c *Config) { c.Clock, c.RequestsPerSecond = clock, 0.1 }))
	tenant.bearer.next.(*budget).limiter.AllowN(testTime, 1)
	results := make(chan error)
	for waiting := range 2 {
		go func() { results <- create(t.Context(), tenant) }()
		g.Eventually(clock.Waiters).Should(gomega.Equal(waiting + 1))
	}
	for _, status := range []int{429, 0} {
		clock.Step(10 * time.Second)
		e := (<-results).(*Error)
		if e.Class != RateLimited || e.Status != status || !e.ResumeAt.Equal(testTime.Add(70*time.Second)) {
			t.Errorf("got %+v", *e)
		}
	}
	if got := len(s.api()); got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
}

func TestGivingUpWhileWaiting(t *testing.T) {
	clock := clocktesting.NewFakeClock(testTime)
	s := serve(t, always(200, aClient), nil)
	tenant := open(t, s.config(given, func(c *Config) { c.Clock, c.RequestsPerSecond = clock, 0.1 }))
	if err := create(t.Context(), tenant); ClassOf(err) != BadAnswer {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error)
	go func() { result <- create(ctx, tenant) }()
	gomega.NewWithT(t).Eventually(clock.HasWaiters).Should(gomega.BeTrue())
	cancel()
	err := <-result
	if e := err.(*Error); e.Class != Canceled || e.OutcomeUnknown() || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if got := len(s.api()); got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
}

func TestRateLimit(t *testing.T) {
	s := serve(t, always(404, apiError(404, "inexistent_client", "no"),
		"x-ratelimit-limit", "50", "x-ratelimit-remaining", "49", "x-ratelimit-reset", "1772366411"), nil)
	tenant := open(t, s.config())
	if tenant.RateLimit().Known {
		t.Error("known before any answer")
	}
	_, _ = tenant.Client(t.Context(), "c1")
	want := RateLimit{Known: true, Limit: 50, Remaining: 49, Reset: time.Unix(1772366411, 0)}
	if got := tenant.RateLimit(); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
