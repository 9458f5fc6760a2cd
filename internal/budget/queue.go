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
	"cmp"
	"slices"
	"time"
)

const (
	// grace is how long a place is kept for somebody who does not come back at the time that was told.
	grace = 10 * time.Second
	// starving is after how many turns of others the next one is a waiting lane's: each gets at least a fiftieth.
	starving = 49
	// memory is how fast turns are forgotten: it is the last few hundred that count.
	memory = 1.0 / 256
)

// queue holds the places of those who wait.
type queue struct {
	lines  [lanes]line
	places map[string]*place
	last   uint64
	// passed is how many turns others had while somebody in the lane waited.
	passed [lanes]int
	// begins and turns are how many undertakings began of late, and how many turns there were.
	begins, all float64
}

// line is a lane's queue: those who have begun, then the others, each in the order in which they came.
type line struct{ begun, fresh []*place }

type place struct {
	key    string
	lane   Lane
	begun  bool
	number uint64
	at     time.Time // when its holder was told to come back
}

func (l *line) of(begun bool) *[]*place {
	if begun {
		return &l.begun
	}
	return &l.fresh
}

func (l *line) len() int { return len(l.begun) + len(l.fresh) }

// rank is how many of its own lane go before a claim.
func (q *queue) rank(c Claim) int {
	l := &q.lines[c.Lane]
	before := 0
	if !c.Begun {
		before = len(l.begun)
	}
	if p := q.places[c.Key]; p != nil && p.lane == c.Lane && p.begun == c.Begun {
		return before + index(*l.of(c.Begun), p.number)
	}
	return before + len(*l.of(c.Begun))
}

// ahead is how many go before a claim, and whether it is the turn of its lane although others are more urgent.
func (q *queue) ahead(c Claim) (count int, owed bool) {
	rank := q.rank(c)
	if q.passed[c.Lane] >= starving && rank == 0 {
		return 0, true
	}
	count = rank
	for lane := range c.Lane {
		count += q.lines[lane].len()
	}
	for lane := c.Lane + 1; int(lane) < lanes; lane++ {
		if q.passed[lane] >= starving && q.lines[lane].len() > 0 {
			count++
		}
	}
	return count, false
}

// turns is about how many turns pass before a claim's: those ahead of it will ask for more than one each.
func (q *queue) turns(c Claim) float64 {
	count, _ := q.ahead(c)
	begun := 0
	for lane := range c.Lane + 1 {
		begun += len(q.lines[lane].begun)
	}
	begun = min(begun, count)
	expected := float64(begun) + float64(count-begun)*q.each()
	return min(expected, float64((starving+1)*(q.rank(c)+1)-q.passed[c.Lane]-1))
}

// each is how many turns an undertaking took of late.
func (q *queue) each() float64 {
	if q.begins < 1 {
		return 1
	}
	return q.all / q.begins
}

// keep gives a claim its place, or leaves it where it is, and notes when it comes back.
func (q *queue) keep(c Claim, at time.Time) {
	if c.Key == "" {
		return
	}
	if q.places == nil {
		q.places = map[string]*place{}
	}
	p := q.places[c.Key]
	if p == nil || p.lane != c.Lane || p.begun != c.Begun {
		q.leave(c.Key)
		q.last++
		p = &place{key: c.Key, lane: c.Lane, begun: c.Begun, number: q.last}
		q.places[c.Key] = p
		list := q.lines[c.Lane].of(c.Begun)
		*list = append(*list, p)
	}
	p.at = at
}

// leave gives a place up.
func (q *queue) leave(key string) {
	p := q.places[key]
	if p == nil {
		return
	}
	delete(q.places, key)
	list := q.lines[p.lane].of(p.begun)
	if i := index(*list, p.number); i == 0 {
		(*list)[0] = nil
		*list = (*list)[1:]
	} else {
		*list = slices.Delete(*list, i, i+1)
	}
	if q.lines[p.lane].len() == 0 {
		q.passed[p.lane] = 0
	}
}

// granted notes that a claim had its turn.
func (q *queue) granted(c Claim) {
	q.leave(c.Key)
	q.all = q.all*(1-memory) + 1
	q.begins *= 1 - memory
	if !c.Begun {
		q.begins++
	}
	for lane := range q.lines {
		if q.lines[lane].len() > 0 {
			q.passed[lane]++
		}
	}
	q.passed[c.Lane] = 0
}

// expire drops those at the head who did not come back: an object that is gone would hold up the others.
func (q *queue) expire(now time.Time) {
	for lane := range q.lines {
		l := &q.lines[lane]
		for _, list := range []*[]*place{&l.begun, &l.fresh} {
			for len(*list) > 0 && now.After((*list)[0].at.Add(grace)) {
				q.leave((*list)[0].key)
			}
		}
	}
}

func (q *queue) len() int { return len(q.places) }

func index(list []*place, number uint64) int {
	i, _ := slices.BinarySearchFunc(list, number, func(p *place, n uint64) int { return cmp.Compare(p.number, n) })
	return i
}
