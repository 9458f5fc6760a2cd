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

package sweep

import (
	"testing"
	"time"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/backoff"
)

func TestAListingIsDueOnTheIntervalWithJitter(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	seen := map[time.Time]bool{}
	for range 20 {
		due := newRound(now).due(time.Hour)
		if due.Before(now.Add(time.Hour)) || due.After(now.Add(time.Hour+6*time.Minute)) {
			t.Errorf("the listing is due at %v", due)
		}
		seen[due] = true
	}
	if len(seen) < 2 {
		t.Error("tenants that begin together are listed together")
	}
	round := newRound(now)
	if early, whole := round.due(time.Minute), round.due(time.Hour); !early.Before(whole) {
		t.Error("a shorter interval does not count at once")
	}
	round.abandon()
	if round.due(time.Hour).After(now) {
		t.Error("a listing that was given up does not begin anew")
	}
}

// Another sign-in ends a listing that is under way, which begins anew; it makes none come early.
func TestAnotherSignInBeginsAListingAnew(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r := newRound(now)
	r.mended(nil)
	if !r.due(time.Hour).After(now) {
		t.Error("a listing comes early")
	}
	r.listing = &listing{}
	r.mended(nil)
	if r.listing != nil || r.due(time.Hour).After(now) {
		t.Error("a listing that was cut off does not begin anew")
	}
}

func TestAPauseDoublesUnlessTheTenantNamesOne(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r := newRound(now)
	var pauses []time.Duration
	for range 12 {
		r.putOff(now, &auth0.Error{Class: auth0.Forbidden})
		pauses = append(pauses, r.resume.Sub(now))
	}
	if pauses[0] != firstRetry || pauses[1] != 2*firstRetry || pauses[11] != lastRetry {
		t.Errorf("the pauses are %v", pauses)
	}
	failures := r.failures
	r.putOff(now, &auth0.Error{Class: auth0.Queued, ResumeAt: now.Add(3 * time.Second)})
	if r.resume.Sub(now) != 3*time.Second || r.failures != failures {
		t.Errorf("it goes on in %v, after %d failures", r.resume.Sub(now), r.failures)
	}
}

// A listing that is refused for good costs at most 80 requests a day, also where audits between are answered; another sign-in asks at
// once.
func TestWhatIsRefusedHasAnAllowance(t *testing.T) {
	begin := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	r, asked, now := newRound(begin), 0, begin
	for ; now.Before(begin.Add(24 * time.Hour)); now = r.resume {
		asked++
		r.failures = 0 // an audit
		r.putOffListing(now, &auth0.Error{Class: auth0.InsufficientScope})
	}
	if asked > backoff.Burst+backoff.Daily || asked < backoff.Daily {
		t.Errorf("it was asked %d times in a day", asked)
	}
	r.mended(nil)
	if r.resume.After(now) {
		t.Errorf("another sign-in waits until %v", r.resume)
	}
}
