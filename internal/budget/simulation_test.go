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

package budget

import (
	"container/heap"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// simulation is a tenant and those who want something of it, on a clock of its own.
type simulation struct {
	t      *testing.T
	budget *Budget
	now    time.Time
	events events
	seed   *rand.Rand

	// tenant's bucket
	burst, rate, level float64
	at                 time.Time
	latency            time.Duration
	uneven             time.Duration // by how much an answer may take longer, before or after the tenant decides
	silent             bool          // says nothing of its limits
	revokes            bool          // the last two calls of each renewal take away what it replaces, without an overlap
	downFrom, downTo   time.Time

	asks, looks, sent, limited, failed int
	end                                time.Time
	attempts                           []time.Time // while it was down
}

type event struct {
	at time.Time
	do func()
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func simulate(t *testing.T, burst, rate float64, c Config) *simulation {
	t.Helper()
	seed := rand.New(rand.NewPCG(1, 2))
	c.Jitter = seed.Float64
	return &simulation{t: t, budget: Of(c), now: epoch, seed: seed, burst: burst, rate: rate, level: burst, at: epoch, latency: 80 * time.Millisecond}
}

func (s *simulation) after(d time.Duration, do func()) { heap.Push(&s.events, event{s.now.Add(d), do}) }

func (s *simulation) run(until time.Time) {
	for len(s.events) > 0 && !s.events[0].at.After(until) {
		e := heap.Pop(&s.events).(event)
		s.now = e.at
		e.do()
	}
}

// forever is later than any simulation takes.
var forever = epoch.Add(100 * time.Hour)

// want makes calls, one after the other, and tells how long each waited for its turn.
func (s *simulation) want(c Claim, calls int, waited func(time.Duration)) {
	s.asks++
	s.ask(c, calls, s.now, waited)
}

func (s *simulation) ask(c Claim, calls int, since time.Time, waited func(time.Duration)) {
	s.looks++
	if turn := s.budget.Enter(c, s.now); !turn.Granted {
		s.again(turn, c, calls, since, waited)
		return
	}
	turn := s.budget.Take(c, s.now)
	if !turn.Granted {
		s.budget.Leave()
		s.again(turn, c, calls, since, waited)
		return
	}
	if waited != nil {
		waited(s.now.Sub(since))
	}
	s.sent++
	var a Answer
	decided := s.latency/2 + s.later()
	s.after(decided, func() { a = s.answer() })
	s.after(decided+s.latency/2+s.later(), func() {
		a.Turn = turn
		s.budget.Leave()
		s.budget.Learn(a, s.now)
		s.end = s.now
		switch {
		case a.Failed || !a.Resume.IsZero():
			s.ask(c, calls, s.now, waited)
		case calls > 1:
			c.Begun = true
			if s.revokes && c.Lane == Renewal && calls == 3 {
				c.Lane = Revocation
				s.after(time.Second, func() { s.ask(c, calls-1, s.now, waited) }) // when the new one was published
				return
			}
			s.ask(c, calls-1, s.now, waited)
		}
	})
}

// later is how much longer one way takes: mostly little, and now and then long.
func (s *simulation) later() time.Duration {
	part := s.seed.Float64()
	if s.seed.IntN(20) == 0 {
		part *= 10
	}
	return time.Duration(part * float64(s.uneven))
}

func (s *simulation) again(turn Turn, c Claim, calls int, since time.Time, waited func(time.Duration)) {
	if !turn.At.After(s.now) {
		s.t.Fatalf("told to come back at %v, which is not after %v", turn.At, s.now)
	}
	s.after(turn.At.Sub(s.now), func() { s.ask(c, calls, since, waited) })
}

func (s *simulation) answer() Answer {
	if !s.now.Before(s.downFrom) && s.now.Before(s.downTo) {
		s.failed++
		s.attempts = append(s.attempts, s.now)
		return Answer{Failed: true}
	}
	s.refill()
	var a Answer
	if s.level < 1 {
		s.limited++
		a.Resume = s.now.Add(time.Second)
	} else {
		s.level--
	}
	if s.silent {
		return a
	}
	missing := max(1-s.level, 0)
	if s.level >= 1 {
		missing = s.burst - s.level
	}
	reset := s.now.Add(time.Duration(missing / s.rate * float64(time.Second)))
	a.Limit, a.Remaining = int(s.burst), int(max(s.level, 0))
	a.Reset = time.Unix(reset.Add(time.Second-1).Unix(), 0)
	return a
}

func (s *simulation) refill() {
	s.level = min(s.level+s.rate*s.now.Sub(s.at).Seconds(), s.burst)
	s.at = s.now
}

// floor is the least time for so many calls.
func (s *simulation) floor(calls int) time.Duration {
	return time.Duration((float64(calls) - s.burst) / s.rate * float64(time.Second))
}

func TestRenewingAllTakesHardlyMoreThanTheRateAllows(t *testing.T) {
	for name, test := range map[string]struct {
		burst, rate float64
		config      Config
		clients     int
		most        float64
	}{
		"Enterprise, as the spec says":     {50, 16, Config{RequestsPerSecond: 16, Burst: 50, Share: 1, Concurrent: 4}, 1000, 1.02},
		"Enterprise, learnt":               {50, 16, Config{Share: 1, Concurrent: 4}, 1000, 1.02},
		"Enterprise, learnt, 10,000":       {50, 16, Config{Share: 1, Concurrent: 4}, 10000, 1.02},
		"non-production, as the spec says": {10, 2, Config{RequestsPerSecond: 2, Burst: 10, Share: 1, Concurrent: 4}, 200, 1.02},
		"non-production, learnt":           {10, 2, Config{Share: 1, Concurrent: 4}, 200, 1.05},
		"Professional, learnt":             {10, 2.5, Config{Share: 1, Concurrent: 4}, 200, 1.05},
		"Free, as the spec says":           {2, 2, Config{RequestsPerSecond: 2, Burst: 2, Share: 1, Concurrent: 4}, 200, 1.05},
		"Free, learnt":                     {2, 2, Config{Share: 1, Concurrent: 4}, 200, 2.05}, // headers in whole seconds tell no more of so small a bucket
		"Enterprise, the usual share":      {50, 16, Config{Concurrent: 4}, 1000, 1.28},
	} {
		t.Run(name, func(t *testing.T) {
			s := simulate(t, test.burst, test.rate, test.config)
			for i := range test.clients {
				s.want(Claim{Lane: Renewal, Key: fmt.Sprint(i)}, 3, nil)
			}
			s.run(forever)
			ratio := s.end.Sub(epoch).Seconds() / s.floor(3*test.clients).Seconds()
			t.Logf("%.4f of the floor, %d × 429, %.1f looks for each client, rate %.2f", ratio, s.limited, float64(s.looks)/float64(test.clients), s.budget.State(s.now).Rate)
			if s.sent != 3*test.clients || s.limited > 0 || ratio > test.most {
				t.Errorf("%d requests, %d × 429, %.4f of the floor", s.sent, s.limited, ratio)
			}
		})
	}
}

// A busy machine and a real network: answers take mostly from 80 to 280 ms and some of them seconds, which says nothing of the rate.
func TestUnevenAnswersTeachNoRateThatIsTooHigh(t *testing.T) {
	for _, clients := range []int{100, 1000} {
		s := simulate(t, 50, 16, Config{Share: 1, Concurrent: 4})
		s.uneven = 100 * time.Millisecond
		for i := range clients {
			s.want(Claim{Lane: []Lane{Renewal, Renewal, Renewal, Urgent}[i%4], Key: fmt.Sprint(i)}, 3, nil)
		}
		s.run(forever)
		ratio := s.end.Sub(epoch).Seconds() / s.floor(3*clients).Seconds()
		t.Logf("%d clients: %.4f of the floor, %d × 429, rate %.2f", clients, ratio, s.limited, s.budget.State(s.now).Rate)
		if rate := s.budget.State(s.now).Rate; s.limited > 0 || rate > s.rate {
			t.Errorf("%d clients: %d × 429, and a rate of %.2f is believed in", clients, s.limited, rate)
		}
	}
}

func TestAnUrgentClaimHardlyWaitsInABacklog(t *testing.T) {
	for name, backlog := range map[string]struct {
		lane    Lane
		calls   int
		revokes bool
	}{
		"10,000 to repair":                  {Drift, 1, false},
		"10,000 to renew":                   {Renewal, 4, false},
		"10,000 to renew, without overlaps": {Renewal, 4, true},
	} {
		for plan, config := range map[string]Config{
			"as the spec says":            {RequestsPerSecond: 16, Burst: 50, Concurrent: 4},
			"learnt":                      {Concurrent: 4},
			"all of it":                   {Concurrent: 4, Share: 1},
			"all of it, as the spec says": {RequestsPerSecond: 16, Burst: 50, Concurrent: 4, Share: 1},
		} {
			t.Run(name+"/"+plan, func(t *testing.T) {
				s := simulate(t, 50, 16, config)
				s.revokes, s.uneven = backlog.revokes, 10*time.Millisecond
				for i := range 10000 {
					s.want(Claim{Lane: backlog.lane, Key: fmt.Sprint(i)}, backlog.calls, nil)
				}
				var waits []time.Duration
				for i := range 250 {
					s.after(time.Duration(i)*2*time.Second, func() {
						s.want(Claim{Lane: Urgent, Key: fmt.Sprint("urgent", i)}, 3, func(w time.Duration) { waits = append(waits, w) })
					})
				}
				s.run(epoch.Add(500 * time.Second))
				slices.Sort(waits)
				p99, worst := waits[len(waits)*99/100], waits[len(waits)-1]
				t.Logf("waits p50 %v p99 %v max %v; %d sent, %d × 429, %d looks", waits[len(waits)/2], p99, worst, s.sent, s.limited, s.looks)
				if len(waits) != 750 || worst > 500*time.Millisecond || s.limited > 0 {
					t.Errorf("%d waits, the longest %v, %d × 429", len(waits), worst, s.limited)
				}
			})
		}
	}
}

// Thousands who find a tenant's calls all under way neither look again and again, which would hold up other tenants, nor leave them unused.
func TestWhoFindsNoRoomComesBackWhenThereIsSome(t *testing.T) {
	const clients, concurrent = 10000, 4
	for name, test := range map[string]struct {
		latency time.Duration
		most    float64 // of the least time for the calls that were made
		looks   float64 // for each client and minute
	}{
		"a fast tenant":   {5 * time.Millisecond, 1.2, 50}, // in the first two seconds nobody knows that it is fast
		"an ordinary one": {80 * time.Millisecond, 1.1, 5},
		"a slow one":      {30 * time.Second, 1.1, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := simulate(t, 10000, 10000, Config{Share: 1, Concurrent: concurrent})
			s.latency = test.latency
			for i := range clients {
				s.want(Claim{Lane: Renewal, Key: fmt.Sprint(i)}, 1, nil)
			}
			s.run(epoch.Add(time.Hour))
			took := s.end.Sub(epoch)
			least := time.Duration(s.sent) * test.latency / concurrent
			ratio, looks := took.Seconds()/least.Seconds(), float64(s.looks)/clients/took.Minutes()
			t.Logf("%d sent in %v, %.2f of the least, %.2f looks for each client and minute", s.sent, took, ratio, looks)
			if ratio > test.most || looks > test.looks {
				t.Errorf("%d sent in %v, %.2f of the least, %.2f looks for each client and minute", s.sent, took, ratio, looks)
			}
		})
	}
}

func TestAnOutageCostsAProbeNowAndThen(t *testing.T) {
	s := simulate(t, 50, 16, Config{Share: 1, Concurrent: 4})
	s.downFrom, s.downTo = epoch.Add(10*time.Second), epoch.Add(610*time.Second)
	for i := range 10000 {
		s.want(Claim{Lane: Renewal, Key: fmt.Sprint(i)}, 1, nil)
	}
	s.run(s.downTo)
	before := s.sent - s.failed
	s.run(forever)
	for i, at := range s.attempts {
		if i > tolerated+4 && at.Sub(s.attempts[i-1]) < probeInterval-time.Second {
			t.Errorf("attempt %d came %v after the one before", i, at.Sub(s.attempts[i-1]))
		}
	}
	drained := s.end.Sub(s.downTo)
	ratio := drained.Seconds() / s.floor(10000-before).Seconds()
	t.Logf("%d attempts while it was down, drained in %v, %.4f of the floor, %d × 429, %d looks", len(s.attempts), drained, ratio, s.limited, s.looks)
	if len(s.attempts) > 20+tolerated+4 || ratio > 1.05+33/s.floor(10000-before).Seconds() || s.limited > 0 {
		t.Errorf("%d attempts, %.4f of the floor, %d × 429", len(s.attempts), ratio, s.limited)
	}
}

func TestOthersWhoUseTheTenantAreGivenWay(t *testing.T) {
	s := simulate(t, 50, 16, Config{Share: 1, Concurrent: 4})
	for i := range 3000 {
		s.want(Claim{Lane: Renewal, Key: fmt.Sprint(i)}, 1, nil)
	}
	refused, others := 0, 0
	for at := time.Duration(0); at < 300*time.Second; at += time.Duration(rand.New(rand.NewPCG(uint64(at), 1)).ExpFloat64() * float64(time.Second) / 8) {
		s.after(at, func() {
			s.refill()
			others++
			if s.level < 1 {
				refused++
				return
			}
			s.level--
		})
	}
	s.run(forever)
	t.Logf("%d × 429 for us, %d of %d for others, done after %v", s.limited, refused, others, s.end.Sub(epoch))
	if math.Abs(float64(s.limited)) > 10 {
		t.Errorf("%d × 429", s.limited)
	}
}
