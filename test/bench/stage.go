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
	"os"
	"time"

	"github.com/certbound/certbound/test/operator"
)

// stage is a stand with a tenant on which scenarios are measured one after the other.
type stage struct {
	*stand
	tenant  *tenant
	members []member
	results []result
}

// gated are the clients whose workloads are handed a published Secret, urgent the others.
func (s *stage) gated() []member  { return s.members[urgentOnes(len(s.members)):] }
func (s *stage) urgent() []member { return s.members[:urgentOnes(len(s.members))] }

// measure lets everything come to rest, runs something, and notes what it cost.
func (s *stage) measure(ctx context.Context, name string, run func(ctx context.Context) (outcome, error)) error {
	begun := time.Now()
	if err := s.settle(ctx); err != nil {
		return err
	}
	for _, t := range s.tenants {
		t.reset()
	}
	before, err := s.usage(ctx)
	if err != nil {
		return err
	}
	s.forgetPeak()
	start := time.Now()
	found, err := run(ctx)
	if err != nil {
		return fmt.Errorf("scenario %s: %w\nthe end of the operator's log:\n%s", name, err, s.process.Tail())
	}
	s.quieten(ctx, calm)
	after, err := s.usage(ctx)
	if err != nil {
		return err
	}
	if !found.begun.IsZero() {
		start = found.begun
	}
	r := resultOf(name, s.limits, start, found, s.counted(), after.since(before))
	s.results = append(s.results, r)
	s.sayf("%-22s %-18s %6d calls, %.2f of the least; %.1f s, %.2f of the floor; %d of them refused; all in all %s", name, r.Limits, r.Total, r.Ratio,
		r.Seconds, r.TimeRatio, r.Refused, time.Since(begun).Round(time.Second))
	return nil
}

const (
	// calm is how long no call must come for a scenario to be over.
	calm = 2 * time.Second
	// unrest is the longest that is waited for it: what goes on then is what the next scenario finds.
	unrest = time.Minute
)

// settle waits until nothing is asked of the tenants and their buckets are full. A listing that begins while they fill is waited for: its
// last pages would count without its first.
func (s *stage) settle(ctx context.Context) error {
	for end := time.Now().Add(unrest); ctx.Err() == nil; {
		s.quieten(ctx, calm)
		last := s.lastAnswered()
		pause(ctx, s.limits.refill())
		if s.lastAnswered().Equal(last) || time.Now().After(end) {
			break
		}
	}
	return ctx.Err()
}

// quieten waits until no call came for a while, at most as long as patience lasts.
func (s *stage) quieten(ctx context.Context, calm time.Duration) {
	end := time.Now().Add(unrest)
	for last := s.lastAnswered(); time.Now().Before(end) && ctx.Err() == nil; {
		pause(ctx, calm)
		if now := s.lastAnswered(); now.Equal(last) {
			return
		}
		last = s.lastAnswered()
	}
}

func (s *stage) lastAnswered() (last time.Time) {
	for _, t := range s.tenants {
		if at := t.lastAnswered(); at.After(last) {
			last = at
		}
	}
	return last
}

// measureAll measures the scenarios that were asked for.
func measureAll(ctx context.Context, o options, out *os.File) (report, error) {
	found := report{Clients: o.clients, About: surroundings(o)}
	if err := os.MkdirAll(o.folder, 0o750); err != nil {
		return found, fmt.Errorf("make a folder for what is built: %w", err)
	}
	// Once: all scenarios are the same program's.
	program, err := operator.Build(ctx, o.folder)
	if err != nil {
		return found, err
	}
	all := []limits{o.limits}
	if o.unlimited {
		all = append(all, limits{Latency: o.limits.Latency})
	}
	for _, l := range all {
		for _, act := range acts() {
			wanted := act.of(o, l)
			if len(wanted) == 0 {
				continue
			}
			results, err := perform(ctx, o, l, program, act, wanted, out)
			found.Results = append(found.Results, results...)
			if err != nil {
				return found, err
			}
		}
	}
	if !o.wants(reconcileAtRest) {
		return found, nil
	}
	found.AtRest, err = atRest(ctx)
	return found, err
}

// perform measures some scenarios on a stand of their own.
func perform(
	ctx context.Context, o options, l limits, program string, a act, wanted []scenario, out *os.File,
) (results []result, err error) {
	o.limits = l
	stand, err := erect(ctx, o, program, out)
	if err != nil {
		return nil, err
	}
	s := &stage{stand: stand}
	defer func() {
		if razed := s.raze(); err == nil {
			err = razed
		}
	}()
	if a.prepare != nil {
		if err := a.prepare(ctx, s); err != nil {
			return s.results, err
		}
	}
	for _, scenario := range wanted {
		if err := scenario.run(ctx, s); err != nil {
			return s.results, err
		}
	}
	return s.results, nil
}
