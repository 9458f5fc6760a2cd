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

package main

import (
	"context"
	"math/rand/v2"
	"time"
)

// sweeps is how often clients are compared with the tenant in a rest.
const sweeps = 3

// rest lets nothing happen, and the clients be compared with the tenant a few times.
func rest(ctx context.Context, s *stage) error {
	// The edit begins a listing, and a new connection that begins it anew: what that costs is no rest.
	if err := s.setDrift(ctx, s.tenant, s.often()); err != nil {
		return err
	}
	return s.measure(ctx, "rest", func(ctx context.Context) (outcome, error) {
		if err := s.listed(ctx, sweeps); err != nil { // another interval would cut off a listing that is under way
			return outcome{}, err
		}
		if err := s.setDrift(ctx, s.tenant, seldom); err != nil {
			return outcome{}, err
		}
		return outcome{least: s.listings(), ended: time.Now()}, nil
	})
}

// often is the drift interval where clients are to be compared with the tenant: the shortest in which it can list them at leisure.
func (s *stage) often() time.Duration {
	return max(shortest, 5*s.limits.floor(sweep(len(s.members))))
}

// listed waits until the clients were compared with the tenant so many times, and no comparison is under way.
func (s *stage) listed(ctx context.Context, times int) error {
	err := poll(ctx, time.Duration(times+2)*2*s.often(), soon, "listings of all clients", func() bool { return s.counted().Sweeps >= times })
	s.quieten(ctx, calm/4)
	return err
}

// listings are the least calls by which the clients are compared with the tenant as often as it happened.
func (s *stage) listings() int { return max(s.counted().Sweeps, 1) * sweep(len(s.members)) }

// drift lets somebody else change one client of a hundred.
func drift(ctx context.Context, s *stage) error {
	if err := s.setDrift(ctx, s.tenant, s.often()); err != nil {
		return err
	}
	chosen := s.choose(max(len(s.members)/100, 1))
	err := s.measure(ctx, "drift", func(ctx context.Context) (outcome, error) {
		if err := s.listed(ctx, 1); err != nil { // one that is under way would show some of the changes
			return outcome{}, err
		}
		back := s.tenant.expect(repaired, idsOf(chosen)...)
		begun := time.Now()
		if err := s.change(chosen); err != nil {
			return outcome{}, err
		}
		missing, err := back.await(ctx, s.limits.patience(len(s.members)))
		found := outcome{begun: begun, ended: back.last(), missing: missing, more: map[string]float64{"detectionIntervals": ratio(back.last().Sub(begun).Seconds(), s.often().Seconds())}}
		// Without an end to the sweeps there is none to what they cost.
		if err := s.setDrift(ctx, s.tenant, seldom); err != nil {
			return outcome{}, err
		}
		found.least = s.listings() + len(chosen)
		return found, err
	})
	return err
}

// choose picks clients, the same ones in each run with a seed.
func (s *stage) choose(n int) []member {
	random := rand.New(rand.NewPCG(s.seed, 0)) // #nosec G404 -- a choice is no secret
	chosen := make([]member, 0, n)
	for _, i := range random.Perm(len(s.members))[:n] {
		chosen = append(chosen, s.members[i])
	}
	return chosen
}

// change changes clients at the tenant as a person would.
func (s *stage) change(members []member) error {
	for _, m := range members {
		if err := s.tenant.EditClient(m.clientID, map[string]any{"description": "changed by hand"}); err != nil {
			return err
		}
	}
	return nil
}

// urgentInRepair renews urgently while all other clients are brought back to what was declared.
func urgentInRepair(ctx context.Context, s *stage) error {
	return s.measure(ctx, "urgent-in-repair", func(ctx context.Context) (outcome, error) {
		changed := s.gated()
		back := s.tenant.expect(repaired, idsOf(changed)...)
		if err := s.change(changed); err != nil {
			return outcome{}, err
		}
		if err := s.setDrift(ctx, s.tenant, s.often()); err != nil {
			return outcome{}, err
		}
		var missing int
		urgent, err := s.urgently(ctx, s.urgent(), s.every, func(ctx context.Context) (err error) {
			missing, err = back.await(ctx, s.limits.patience(2*len(changed)))
			return err
		})
		if err != nil {
			return outcome{}, err
		}
		if err := s.setDrift(ctx, s.tenant, seldom); err != nil {
			return outcome{}, err
		}
		return outcome{least: s.listings() + len(changed) + urgent.calls, ended: back.last(), missing: missing + urgent.missing, urgent: urgent.times}, nil
	})
}

// urgentInRenewal renews urgently while all other clients are renewed.
func urgentInRenewal(ctx context.Context, s *stage) error {
	certificates, err := pairs(ctx, namesOf(s.gated()))
	if err != nil {
		return err
	}
	return s.measure(ctx, "urgent-in-renewal", func(ctx context.Context) (outcome, error) {
		var found outcome
		urgent, err := s.urgently(ctx, s.urgent(), s.every, func(ctx context.Context) (err error) {
			found, err = s.renewTo(ctx, s.gated(), certificates, alone, nil)
			return err
		})
		found.least += urgent.calls
		found.urgent, found.missing = urgent.times, found.missing+urgent.missing
		return found, err
	})
}

// urgency is what became of urgent renewals.
type urgency struct {
	times          []time.Duration
	calls, missing int
}

// urgently renews one after the other of some clients whose workloads have a certificate before the tenant does, every few seconds,
// until something else is
// over.
func (s *stage) urgently(ctx context.Context, members []member, every time.Duration, background func(ctx context.Context) error) (urgency, error) {
	over := make(chan error, 1)
	go func() { over <- background(ctx) }()
	u, expected := urgency{}, map[*expectation]time.Time{}
	for turn := 0; ; turn++ {
		m := members[turn%len(members)]
		certificate, err := newPair(m.name)
		if err != nil {
			return u, err
		}
		there := s.tenant.expect(attached, certificate.thumbprint)
		if expected[there], err = s.renew(ctx, s.tenant, m, certificate); err != nil {
			return u, err
		}
		u.calls += m.renewal()
		timer := time.NewTimer(every)
		select {
		case err := <-over:
			timer.Stop()
			return s.conclude(ctx, u, expected, err)
		case <-ctx.Done():
			return u, ctx.Err()
		case <-timer.C:
		}
	}
}

// belated is the longest that is waited for the last of the urgent renewals, all together.
const belated = time.Minute

// conclude waits for the last of the urgent renewals.
func (s *stage) conclude(ctx context.Context, u urgency, expected map[*expectation]time.Time, failed error) (urgency, error) {
	end := time.Now().Add(belated)
	for there, written := range expected {
		missing, err := there.await(ctx, max(time.Until(end), 0))
		if err != nil {
			return u, err
		}
		if u.missing += missing; missing == 0 {
			u.times = append(u.times, there.last().Sub(written))
		}
	}
	return u, failed
}
