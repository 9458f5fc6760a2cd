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

package auth0sim_test

import (
	"strconv"
	"testing"
	"time"

	clocktesting "k8s.io/utils/clock/testing"

	"github.com/certbound/certbound/internal/auth0sim"
)

// limited is a tenant on a plan, whose clock stands still.
func limited(t *testing.T, options auth0sim.Options, plan string) *tenant {
	t.Helper()
	if plan != "" {
		chosen := auth0sim.Plans()[plan]
		options.Plan = &chosen
	}
	options.Clock = clocktesting.NewFakeClock(time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
	return start(t, options)
}

// burst sends requests until one is refused, and says how many were not.
func (x *tenant) burst(method, path string) (allowed int, refusal answer) {
	x.t.Helper()
	for ; allowed < 200; allowed++ {
		if got := x.do(method, path, nil); got.status == 429 {
			return allowed, got
		}
	}
	x.t.Fatal("nothing limits")
	return 0, answer{}
}

func TestBucketsOfPlans(t *testing.T) {
	for _, c := range []struct {
		plan, path string
		burst      int
		refill     time.Duration
	}{
		{"enterprise", "/tenants/settings", 50, time.Second / 16},
		{"enterprise", "/clients", 50, time.Second / 16},
		{"enterprise-nonproduction", "/tenants/settings", 10, time.Second / 2},
		{"essentials", "/tenants/settings", 10, time.Minute / 150},
		{"essentials", "/clients", 5, time.Minute / 100},
		{"free", "/clients", 2, time.Second / 2},
	} {
		t.Run(c.plan+c.path, func(t *testing.T) {
			x := limited(t, auth0sim.Options{}, c.plan)
			allowed, refusal := x.burst("GET", c.path)
			if allowed != c.burst {
				t.Errorf("%d requests at once, want %d", allowed, c.burst)
			}
			if want := `{"statusCode":429,"error":"Too Many Requests","message":"Global limit has been reached",` +
				`"errorCode":"too_many_requests"}`; refusal.body != want || refusal.header.Get("Retry-After") != "" {
				t.Errorf("the refusal is %v %s", refusal.header, refusal.body)
			}
			x.Advance(c.refill + time.Millisecond)
			if allowed, _ := x.burst("GET", c.path); allowed != 1 {
				t.Errorf("%d requests after the refill of one", allowed)
			}
		})
	}
}

func TestRateHeaders(t *testing.T) {
	x := limited(t, auth0sim.Options{RetryAfter: true}, "essentials")
	now := x.Now().Unix()
	check := func(got answer, limit, remaining int, reset int64) {
		t.Helper()
		for name, want := range map[string]int64{"x-ratelimit-limit": int64(limit), "x-ratelimit-remaining": int64(remaining),
			"x-ratelimit-reset": reset} {
			if got.header.Get(name) != strconv.FormatInt(want, 10) {
				t.Errorf("%s is %q, want %d", name, got.header.Get(name), want)
			}
		}
	}
	check(x.want(200, "GET", "/tenants/settings", nil), 10, 9, now+1)
	check(x.want(200, "GET", "/clients", nil), 5, 4, now+1)
	check(x.want(404, "GET", "/clients/unknown", nil), 10, 7, now+2)
	for range 7 {
		x.do("GET", "/tenants/settings", nil)
	}
	refusal := x.want(429, "GET", "/tenants/settings", nil)
	check(refusal, 10, 0, now+1)
	if refusal.header.Get("Retry-After") != "1" {
		t.Errorf("Retry-After is %q", refusal.header.Get("Retry-After"))
	}
	// A request that the general bucket refuses takes nothing from the special one.
	x.want(429, "GET", "/clients", nil)
	x.Advance(time.Minute)
	check(x.want(200, "GET", "/clients", nil), 5, 4, now+61)
}

func TestVerificationHasABucketOfItsOwn(t *testing.T) {
	x := limited(t, auth0sim.Options{}, "enterprise")
	allowed, _ := x.burst("POST", "/custom-domains/cd_unknown/verify")
	if allowed != 5 {
		t.Fatalf("%d verifications at once", allowed)
	}
	x.want(200, "GET", "/tenants/settings", nil)
	x.Advance(12*time.Second + time.Millisecond)
	x.want(404, "POST", "/custom-domains/cd_unknown/verify", nil)
}

// A self-service tenant has a bucket that no header tells of.
func TestHiddenBucket(t *testing.T) {
	x := limited(t, auth0sim.Options{HiddenBucket: auth0sim.Bucket{Burst: 3, PerSecond: 0.5}, RetryAfter: true}, "enterprise")
	allowed, refusal := x.burst("GET", "/clients")
	if allowed != 3 {
		t.Errorf("%d requests at once", allowed)
	}
	if refusal.header.Get("x-ratelimit-remaining") != "46" || refusal.header.Get("Retry-After") != "2" {
		t.Errorf("the headers of the refusal are %v", refusal.header)
	}
}

func TestNoPlanNoLimitNoHeaders(t *testing.T) {
	x := limited(t, auth0sim.Options{}, "")
	for range 100 {
		if got := x.want(200, "GET", "/tenants/settings", nil); got.header.Get("x-ratelimit-limit") != "" {
			t.Fatalf("the headers are %v", got.header)
		}
	}
}

func TestTokenEndpointHasALimit(t *testing.T) {
	x := limited(t, auth0sim.Options{}, "essentials")
	id := x.newClient("busy")
	x.grantAPI(id)
	for range 25 {
		if got := x.bySecret(id); got.status != 200 {
			t.Fatalf("got %d %s", got.status, got.body)
		}
	}
	got := x.bySecret(id)
	if want := `{"error":"too_many_requests","error_description":"Rate limit exceeded."}`; got.status != 429 || got.body != want {
		t.Fatalf("got %d %s", got.status, got.body)
	}
	if last := lastToken(x); last.Status != 429 || last.Error != "too_many_requests" {
		t.Errorf("the log says %+v", last)
	}
}
