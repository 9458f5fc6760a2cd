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
	"fmt"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

const (
	// rounds is how often one neighbour takes turns with the others, so that what the machine does besides meets all alike, and so that
	// there are three hundred probes beside each: of fewer, a p99 is the slowest or two.
	rounds = 5
	// probes is how many urgent renewals show in a round how a tenant fares beside another, pitch the time between two of them.
	probes = 60
	pitch  = 500 * time.Millisecond
	// herd is how long the API server is busy with a hundred renewals at once, whoever the neighbour is: what it makes others wait for is
	// not the neighbour's. The tenant renews meanwhile, unmeasured: the first renewal after a while in which nothing happens takes longer,
	// and nothing happens only beside a neighbour who answers nothing.
	herd = 5 * time.Second
	// most is how many clients each of two neighbours has at most.
	most = 100
)

// neighbour is how a tenant treats who asks it.
type neighbour struct {
	name  string
	fault *auth0sim.Fault // nil for one in order
}

// neighbourhood are the neighbours. The first is in order: what the others harm is told as ratios to it.
func neighbourhood() []neighbour {
	always := func(f auth0sim.Fault) *auth0sim.Fault {
		f.Path, f.Times = managementAPI+"**", -1
		return &f
	}
	return []neighbour{
		{"good", nil},
		{"slow", always(auth0sim.Fault{Latency: 30 * time.Second})},
		{"refusing", always(auth0sim.Fault{Reply: auth0sim.ReplyRateLimited})},
		{"oversized", always(auth0sim.Fault{Reply: auth0sim.ReplyOversized, Size: 1 << 20})},
	}
}

// neighbours renews urgently at one tenant, beside another that has all its clients to renew and is in order or hostile, by turns.
func neighbours(ctx context.Context, s *stage) (err error) {
	// Enough for none to be renewed twice in a row of probes, which would then wait for itself.
	s.members = members(max(min(s.clients, most), probes))
	for i := range s.members {
		s.members[i].gated = false
	}
	if s.tenant, err = s.inhabited(ctx, "good", s.members); err != nil {
		return err
	}
	other, err := s.inhabited(ctx, "hostile", s.members)
	if err != nil {
		return err
	}
	return s.measure(ctx, "neighbours", func(ctx context.Context) (outcome, error) {
		found, least, times := outcome{}, 0, map[string][]time.Duration{}
		for range rounds {
			for _, n := range neighbourhood() {
				beside, err := s.probeBeside(ctx, other, n)
				if err != nil {
					return outcome{}, err
				}
				least += beside.calls
				found.missing += beside.missing
				times[n.name] = append(times[n.name], beside.times...)
			}
			missing, err := s.recover(ctx, other)
			if err != nil {
				return outcome{}, err
			}
			found.missing += missing
		}
		// How much is least at a tenant that answers nothing, nobody can say: what the good one was asked is told apart.
		found.more = map[string]float64{
			"ratioOfTheGood":    ratio(float64(s.tenant.counted().total()), float64(least)),
			"callsOfTheHostile": float64(other.counted().total()),
		}
		var good *spread
		for _, n := range neighbourhood() {
			beside := spreadOf(times[n.name], s.limits.Latency)
			switch {
			case beside == nil:
				return outcome{}, fmt.Errorf("no urgent renewal beside the %s tenant was done", n.name)
			case good == nil:
				good = beside
				found.more["p50Beside "+n.name], found.more["p99Beside "+n.name] = good.P50, good.P99
			default:
				found.more["p50Beside "+n.name], found.more["p99Beside "+n.name] = ratio(beside.P50, good.P50), ratio(beside.P99, good.P99)
			}
		}
		found.ended = time.Now()
		return found, nil
	})
}

// inhabited is a tenant with clients.
func (s *stage) inhabited(ctx context.Context, name string, members []member) (*tenant, error) {
	t, err := s.addTenant(ctx, name, s.limits)
	if err != nil {
		return nil, err
	}
	certificates, err := s.declare(ctx, t, members)
	if err != nil {
		return nil, err
	}
	found, err := s.createDeclared(ctx, t, certificates)
	if err == nil && found.missing > 0 {
		err = fmt.Errorf("%d of %d clients of the tenant %s were not created", found.missing, len(members), name)
	}
	return t, err
}

// probeBeside renews all clients of another tenant at once, and then, while that goes on, urgently one after the other of the tenant.
func (s *stage) probeBeside(ctx context.Context, other *tenant, n neighbour) (urgency, error) {
	if n.fault != nil {
		defer other.Inject(*n.fault).Remove()
	}
	certificates, err := pairs(ctx, namesOf(s.members))
	if err != nil {
		return urgency{}, err
	}
	if _, err := s.renewAll(ctx, other, s.members, certificates); err != nil {
		return urgency{}, err
	}
	during := func(d time.Duration) (urgency, error) {
		return s.urgently(ctx, s.members, pitch, func(ctx context.Context) error {
			pause(ctx, d)
			return nil
		})
	}
	warm, err := during(herd)
	if err != nil {
		return urgency{}, err
	}
	measured, err := during(probes * pitch)
	measured.calls += warm.calls
	measured.missing += warm.missing
	return measured, err
}

// recover lets a tenant that was hostile do what is left to do, so that the next round begins beside one in order. It tells how many
// clients did not come to it.
func (s *stage) recover(ctx context.Context, other *tenant) (missing int, err error) {
	certificates, err := pairs(ctx, namesOf(s.members))
	if err != nil {
		return 0, err
	}
	renewed := other.expect(attached, thumbprints(certificates)...)
	if _, err := s.renewAll(ctx, other, s.members, certificates); err != nil {
		return 0, err
	}
	return renewed.await(ctx, s.limits.patience(renewals(s.members)))
}

// perTenant is how many clients each of many tenants has.
const perTenant = 10

// manyTenants spreads the clients over tenants, ten each, and creates them all at once.
func manyTenants(ctx context.Context, s *stage) error {
	expected := make([]*expectation, s.clients/perTenant)
	for i := range expected {
		if _, err := s.addTenant(ctx, fmt.Sprintf("tenant-%04d", i), s.limits); err != nil {
			return err
		}
	}
	err := each(ctx, len(expected), func(ctx context.Context, i int) error {
		certificates, err := s.declare(ctx, s.tenants[i], members(perTenant))
		if err == nil {
			expected[i] = s.tenants[i].expect(attached, thumbprints(certificates)...)
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.measure(ctx, "many-tenants", func(ctx context.Context) (outcome, error) {
		found := outcome{least: len(expected) * perTenant, floor: new(s.limits.floor(perTenant))}
		err := each(ctx, len(expected), func(ctx context.Context, i int) error { return s.open(ctx, s.tenants[i]) })
		if err != nil {
			return found, err
		}
		for _, e := range expected {
			missing, err := e.await(ctx, s.limits.patience(perTenant))
			if err != nil {
				return found, err
			}
			found.missing += missing
			if last := e.last(); last.After(found.ended) {
				found.ended = last
			}
		}
		found.more = map[string]float64{"tenants": float64(len(expected)), "tokens": float64(s.counted().Tokens)}
		return found, nil
	})
}
