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

package backoff

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

const day = 24 * time.Hour

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func TestPausesDoubleAndEnd(t *testing.T) {
	g := NewWithT(t)
	var r Record
	now := start
	for _, want := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 1800, 1800, 1800} {
		var again time.Time
		r, again = r.Failed(0, now, 0)
		g.Expect(again.Sub(now)).To(Equal(time.Duration(want) * time.Second))
		now = again
	}
}

func TestJitterOnlyMakesAPauseLonger(t *testing.T) {
	g := NewWithT(t)
	_, least := Record{}.Failed(1, start, 0)
	_, most := Record{}.Failed(1, start, 1)
	g.Expect(least).To(Equal(start.Add(time.Second)))
	g.Expect(most).To(Equal(start.Add(1100 * time.Millisecond)))
}

// A failing object takes at most 100 requests in any 24 hours, whatever an attempt costs, be it always the same or not.
func TestAFailingObjectStaysWithinItsAllowance(t *testing.T) {
	source := rand.New(rand.NewPCG(1, 2))
	constant := func(cost int) func() int { return func() int { return cost } }
	attempts := map[string]struct {
		cost func() int
		most int
	}{
		"one to six, in no order": {func() int { return 1 + source.IntN(6) }, Burst + Daily + 5},
		"of which some cost none": {func() int { return source.IntN(3) }, Burst + Daily + 2},
	}
	for _, cost := range []int{1, 2, 3, 4, 5, 7, 10, 15, 29, 30} {
		attempts[fmt.Sprintf("always %d", cost)] = struct {
			cost func() int
			most int
		}{constant(cost), Burst + Daily}
	}
	for _, cost := range []int{31, 49, 50, 51, 99, 100} {
		attempts[fmt.Sprintf("always %d", cost)] = struct {
			cost func() int
			most int
		}{constant(cost), 100}
	}
	for name, test := range attempts {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			most := busiestDay(test.cost)
			g.Expect(most).To(BeNumerically("<=", test.most))
			g.Expect(most).To(BeNumerically(">", 0))
			t.Logf("at most %d requests in 24 hours", most)
		})
	}
}

// busiestDay lets an object fail for ten days and returns the most requests in any 24 hours of them.
func busiestDay(cost func() int) (most int) {
	type attempt struct {
		at       time.Time
		requests int
	}
	var attempts []attempt
	var r Record
	for now := start; now.Before(start.Add(10 * day)); {
		a := attempt{now, cost()}
		attempts = append(attempts, a)
		r, now = r.Failed(a.requests, now, 0)
	}
	for i, from := range attempts {
		sum := 0
		for _, a := range attempts[i:] {
			if a.at.Before(from.at.Add(day)) {
				sum += a.requests
			}
		}
		most = max(most, sum)
	}
	return most
}

// What was sent is forgiven with time, but how often it failed in a row is not.
func TestAnAllowanceComesBack(t *testing.T) {
	g := NewWithT(t)
	r, _ := Record{}.Failed(Burst, start, 0)
	_, soon := r.Failed(1, start, 0)
	g.Expect(soon.Sub(start)).To(Equal(2 * share))
	_, later := r.Failed(1, start.Add(day), 0)
	g.Expect(later.Sub(start.Add(day))).To(Equal(2 * time.Second))
	_, afresh := r.Afresh().Failed(1, start.Add(day), 0)
	g.Expect(afresh.Sub(start.Add(day))).To(Equal(time.Second))
	_, afresh = r.Afresh().Failed(1, start, 0)
	g.Expect(afresh).To(Equal(soon), "an edit does not forgive what was sent")
}
