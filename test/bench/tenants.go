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
	// probes is how many urgent renewals show how a tenant fares beside another, between the time between two of them.
	probes  = 20
	between = 500 * time.Millisecond
	// most is how many clients each of two neighbours has at most.
	most = 100
)

// hostility is how a tenant harms who asks it.
type hostility struct {
	name  string
	fault auth0sim.Fault
}

func hostilities() []hostility {
	always := func(f auth0sim.Fault) auth0sim.Fault {
		f.Path, f.Times = managementAPI+"**", -1
		return f
	}
	return []hostility{
		{"slow", always(auth0sim.Fault{Latency: 30 * time.Second})},
		{"refusing", always(auth0sim.Fault{Reply: auth0sim.ReplyRateLimited})},
		{"oversized", always(auth0sim.Fault{Reply: auth0sim.ReplyOversized, Size: 1 << 20})},
	}
}

// neighbours renews urgently at one tenant, first with a good neighbour at rest, then with a hostile one that has all its clients to
// renew.
func neighbours(ctx context.Context, s *stage) (err error) {
	many := min(s.clients, most)
	if s.tenant, err = s.inhabited(ctx, "good", many); err != nil {
		return err
	}
	other, err := s.inhabited(ctx, "hostile", many)
	if err != nil {
		return err
	}
	s.members = members(many)
	return s.measure(ctx, "neighbours", func(ctx context.Context) (outcome, error) {
		alone, calls, err := s.probeAll(ctx)
		if err != nil {
			return outcome{}, err
		}
		p99 := spreadOf(alone, s.limits.Latency).P99
		found := outcome{ended: time.Now(), least: calls, more: map[string]float64{"p99Alone": p99}}
		for _, h := range hostilities() {
			fault := other.Inject(h.fault)
			certificates, err := pairs(ctx, namesOf(s.members))
			if err != nil {
				return outcome{}, err
			}
			if _, err := s.stand.renewAll(ctx, other, s.members, certificates); err != nil {
				return outcome{}, err
			}
			beside, calls, err := s.probeAll(ctx)
			if err != nil {
				return outcome{}, err
			}
			fault.Remove()
			found.least += calls + renewals(s.members)
			found.urgent = append(found.urgent, beside...)
			found.more["p99Beside "+h.name] = ratio(spreadOf(beside, s.limits.Latency).P99, p99)
		}
		found.ended = time.Now()
		return found, nil
	})
}

// inhabited is a tenant with clients.
func (s *stage) inhabited(ctx context.Context, name string, many int) (*tenant, error) {
	t, err := s.addTenant(ctx, name, s.limits)
	if err != nil {
		return nil, err
	}
	certificates, err := s.declare(ctx, t, members(many))
	if err != nil {
		return nil, err
	}
	found, err := s.createDeclared(ctx, t, certificates)
	if err == nil && found.missing > 0 {
		err = fmt.Errorf("%d of %d clients of the tenant %s were not created", found.missing, many, name)
	}
	return t, err
}

// probeAll renews urgently one after the other.
func (s *stage) probeAll(ctx context.Context) (times []time.Duration, calls int, err error) {
	u, err := s.urgently(ctx, between, func(ctx context.Context) error {
		pause(ctx, probes*between)
		return nil
	})
	return u.times, u.calls, err
}

// perTenant is how many clients each of many tenants has.
const perTenant = 10

// manyTenants spreads the clients over tenants, ten each, and creates them all at once.
func manyTenants(ctx context.Context, s *stage) error {
	expected := make([]*expectation, s.clients/perTenant)
	for i := range expected {
		t, err := s.addTenant(ctx, fmt.Sprintf("tenant-%04d", i), s.limits)
		if err != nil {
			return err
		}
		certificates, err := s.declare(ctx, t, members(perTenant))
		if err != nil {
			return err
		}
		expected[i] = t.expect(attached, thumbprints(certificates)...)
	}
	return s.measure(ctx, "many-tenants", func(ctx context.Context) (outcome, error) {
		found := outcome{least: len(expected) * perTenant}
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
