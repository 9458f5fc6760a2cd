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

// Package verification decides when a login with a certificate is due, what its result says of the certificate at hand, and how
// long an unverified certificate is held back. Pure functions of what the status records.
package verification

import (
	"time"
)

const (
	firstRetry = 5 * time.Second
	// slowest bounds what a login that always fails costs: four requests an hour.
	slowest = 15 * time.Minute
	// grace is how long after its time a login must have been tried.
	grace = 2 * time.Minute
)

// Subject is what a login proves: that a certificate gets a token for an API in a client's name.
type Subject struct {
	Fingerprint, ClientID, Audience string
}

// Result is what came of a login.
type Result int

// Results. The zero value stands for a login that was never tried.
const (
	Untried   Result = iota
	Pending          // the first attempt is under way
	Succeeded        // a token was issued
	Failed           // no token was issued, or none could be asked for
)

// Finding is the last login that was tried.
type Finding struct {
	Subject  Subject
	Endpoint string
	Result   Result
	Attempts int
	// RetryAt is when to try again; zero when a person must act first.
	RetryAt time.Time
}

// Next tells whether to log in now, and if not, when to look again; zero for never.
//
//	| the finding                     | next                          |
//	|---------------------------------|-------------------------------|
//	| none, or of another subject     | log in                        |
//	| of another endpoint             | log in                        |
//	| succeeded                       | never: one login a renewal    |
//	| any other, its time has come    | log in                        |
//	| any other, its time is to come  | look again then               |
//	| any other, no time is set       | never: a person must act      |
func Next(f Finding, s Subject, endpoint string, now time.Time) (login bool, again time.Time) {
	switch {
	case f.Result == Untried || f.Subject != s || f.Endpoint != endpoint:
		return true, time.Time{}
	case f.Result == Succeeded || f.RetryAt.IsZero():
		return false, time.Time{}
	case f.RetryAt.After(now):
		return false, f.RetryAt
	}
	return true, time.Time{}
}

// Backoff is how long to wait after so many attempts that failed.
func Backoff(attempts int) time.Duration {
	wait := firstRetry
	for range attempts - 1 {
		if wait *= 2; wait >= slowest {
			return slowest
		}
	}
	return wait
}

// Certificate is what is known of a certificate that is to be verified, and of the one that is published.
type Certificate struct {
	Subject Subject
	Finding Finding
	// AcceptedAt is since when the tenant accepts it.
	AcceptedAt time.Time
	// Hold holds it back until a login succeeded, at most for HoldFor where that is not zero.
	Hold    bool
	HoldFor time.Duration
	// Published is the thumbprint of what workloads are handed; empty for nothing.
	Published                      string
	PublishedAt, PublishedNotAfter time.Time
	// Handover is how long workloads are given to take up what is published.
	Handover time.Duration
}

// Result is that of a login with this certificate.
func (c Certificate) Result() Result {
	if c.Finding.Subject != c.Subject {
		return Untried
	}
	return c.Finding.Result
}

// ExpectedBy is when the next login must have been tried if somebody is there to try it; zero when none is to come.
func (c Certificate) ExpectedBy() time.Time {
	switch result := c.Result(); {
	case result == Untried:
		return c.AcceptedAt.Add(grace)
	case result == Succeeded || c.Finding.RetryAt.IsZero():
		return time.Time{}
	}
	return c.Finding.RetryAt.Add(grace)
}

// Held tells whether the certificate is held back at a time, and until when at the latest; zero when nothing but a login ends it.
//
//	| certificate                                     | held back                                          |
//	|-------------------------------------------------|----------------------------------------------------|
//	| Hold is not asked for                           | no                                                 |
//	| a login with it succeeded                       | no                                                 |
//	| it was published before                         | no: it is in the hands of workloads                |
//	| else, and nothing is published                  | yes: workloads have nothing that they could lose   |
//	| else, and another one is published              | until that one is about to expire                  |
//	| any of the last two, with HoldFor               | at most for HoldFor after the tenant accepted it   |
func (c Certificate) Held(now time.Time) (until time.Time, held bool) {
	if !c.Hold || c.Result() == Succeeded || c.Published == c.Subject.Fingerprint {
		return time.Time{}, false
	}
	if c.HoldFor > 0 {
		until = c.AcceptedAt.Add(c.HoldFor)
	}
	if end := c.lastMoment(); !end.IsZero() && (until.IsZero() || end.Before(until)) {
		until = end
	}
	return until, until.IsZero() || now.Before(until)
}

// lastMoment is when workloads need another certificate than the published one, whether it is verified or not: an expired one
// gets no token for certain. They are left the time of a handover, but at most a sixth of the published one's life, which is half
// of what remains of it where it is renewed after two thirds.
func (c Certificate) lastMoment() time.Time {
	if c.PublishedNotAfter.IsZero() {
		return time.Time{}
	}
	const share = 6
	life := max(0, c.PublishedNotAfter.Sub(c.PublishedAt))
	return c.PublishedNotAfter.Add(-min(c.Handover, life/share))
}
