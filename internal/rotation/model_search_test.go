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

package rotation_test

import (
	"fmt"
	"hash/maphash"
)

// model is a setting with its protocol, and what was found of it.
type model struct {
	setting
	protocol protocol

	decided map[sight]decision
	tally   tally

	visited visited
	parent  []uint32    // the state from which each was reached first, with the fewest faults and then the fewest events
	faults  []uint8     // how many faults it took at least
	spans   [][2]uint32 // where in edges those of each state are
	edges   []edge

	broken map[int]violation
}

// edge leads from a state to another.
type edge struct {
	to    uint32
	class class
	sends bool // the tenant is asked to write, and answers
}

// violation is the shortest way to break an invariant.
type violation struct {
	state uint32
	by    *happening // the event that breaks it; nil where the state itself does
	after state
}

func (s setting) model(p protocol) *model {
	return &model{setting: s, protocol: p, decided: map[sight]decision{}, broken: map[int]violation{}}
}

// explore visits every state that at most so many faults lead to: those without a fault first, then those with one. A
// state that is reached again with more faults has nothing new to show, as what could follow could have followed before.
func (m *model) explore(enough func() bool) {
	m.visited.init()
	var reached, next []uint32
	for _, s := range m.starts {
		n, _ := m.visit(&s, noParent, 0)
		reached = append(reached, n)
	}
	for level := uint8(0); level <= m.maxFaults; level++ {
		for i := 0; i < len(reached); i++ {
			if m.faults[reached[i]] < level {
				continue // it was reached with fewer, and then looked at
			}
			later, again := m.expand(reached[i], level)
			next, reached = append(next, later...), append(reached, again...)
			if enough() {
				return
			}
		}
		reached, next = next, nil
	}
}

// expand looks at all that may happen in a state. It returns the states to look at with one more fault, and those with no
// more.
func (m *model) expand(from uint32, level uint8) (later, again []uint32) {
	before := m.visited.states[from]
	begin := len(m.edges)
	m.next(&before, func(c class, after *state, h happening, broken violations) {
		if c == fault && level == m.maxFaults {
			return
		}
		m.note(broken, violation{from, &h, *after})
		faults := level
		if c == fault {
			faults++
		}
		to, fresh := m.visit(after, from, faults)
		switch {
		case fresh && c == fault:
			later = append(later, to)
		case fresh:
			again = append(again, to)
		case m.faults[to] > faults: // so far it was only known to take more
			m.faults[to], m.parent[to] = faults, from
			again = append(again, to)
		}
		sends := c == ordinary && h.decision.writes() && h.request.verb != nothingToDo
		switch {
		case to != from:
			m.edges = append(m.edges, edge{to, c, sends})
		case sends:
			m.note(1<<i9, violation{from, &h, *after})
		}
	})
	m.spans[from] = [2]uint32{uint32(begin), uint32(len(m.edges))}
	return later, again
}

// mostStates is more than any setting has (the largest comes to 2.2 million), and less than fills a machine's memory: a
// planner that goes astray must end in a failure.
const mostStates = 6_000_000

func (m *model) visit(s *state, from uint32, faults uint8) (n uint32, fresh bool) {
	m.canonical(s)
	if n, fresh = m.visited.add(s); fresh {
		if n > mostStates {
			panic(fmt.Sprintf("more than %d states: the planner finds new ones for ever (I9)", mostStates))
		}
		m.parent, m.faults, m.spans = append(m.parent, from), append(m.faults, faults), append(m.spans, [2]uint32{})
		m.note(m.holds(s), violation{state: n})
	}
	return n, fresh
}

// settle follows what happens once no more faults do, from every state to the rest that it comes to, and tells how many
// writes that takes at most, and how many schedules there are in all.
func (m *model) settle() (writes int, schedules float64) {
	order := m.order()
	most := make([]uint8, len(order))
	for _, n := range order {
		resting := true
		for _, e := range m.edgesOf(n) {
			if e.class != ordinary {
				continue
			}
			resting = false
			w := most[e.to]
			if e.sends {
				w++
			}
			most[n] = max(most[n], w)
		}
		writes = max(writes, int(most[n]))
		if resting {
			m.note(m.end(&m.visited.states[n]), violation{state: n})
		}
		if s := &m.visited.states[n]; !s.unseen && !s.operator.busy && int(most[n]) > m.mostWrites(s) {
			m.note(1<<i8, violation{state: n})
		}
	}
	return writes, m.schedules(order)
}

// mostWrites is how many writes may be needed from a state between two reconciles on: two for each ClientCredential, to
// store and to attach, two for each attached credential that has to go, and one for each that is stored only. That makes six
// where two may be attached and nothing is left over from before. A certificate that the status does not name any more takes
// four of its own, and what is under way may have to be undone.
func (m *model) mostWrites(s *state) (writes int) {
	for i := range s.owners {
		o := &s.owners[i]
		if o.present {
			writes += 2
		}
		if o.wanted != o.source {
			writes += 4
		}
	}
	for _, r := range s.flight {
		if r.verb != nothingToDo {
			writes += 3
		}
	}
	for _, c := range s.tenant.pool {
		switch {
		case !c.stored || !c.ours():
		case c.attached:
			writes += 2
		case c.owner < maker && s.owners[c.owner].hands(c.certificate):
			writes += 3 // it is attached again first
		default:
			writes++
		}
	}
	return writes
}

// hands tells whether the certificate is the published one, or the one that the status names as such.
func (o *ownerState) hands(certificate uint8) bool {
	return certificate == o.name(o.published) || certificate == o.name(o.reported)
}

// order is one in which each state comes after all that follow it without a fault. Where there is none, something goes
// round in a circle.
func (m *model) order() []uint32 {
	const underway, finished = 1, 2
	mark := make([]uint8, len(m.visited.states))
	order := make([]uint32, 0, len(mark))
	type frame struct{ state, edge uint32 }
	var stack []frame
	for root := range mark {
		if mark[root] != 0 {
			continue
		}
		mark[root] = underway
		stack = append(stack, frame{uint32(root), 0})
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			edges := m.edgesOf(top.state)
			if int(top.edge) == len(edges) {
				mark[top.state] = finished
				order = append(order, top.state)
				stack = stack[:len(stack)-1]
				continue
			}
			e := edges[top.edge]
			top.edge++
			switch {
			case e.class == fault:
			case mark[e.to] == underway:
				m.note(1<<i9, violation{state: e.to})
			case mark[e.to] == 0:
				mark[e.to] = underway
				stack = append(stack, frame{e.to, 0})
			}
		}
	}
	return order
}

func (m *model) edgesOf(n uint32) []edge { return m.edges[m.spans[n][0]:m.spans[n][1]] }

// schedules counts the ways from a start to a rest, with no more faults than there may be.
func (m *model) schedules(order []uint32) (total float64) {
	fewer, ways := make([]float64, len(order)), make([]float64, len(order))
	for left := uint8(0); left <= m.maxFaults; left++ {
		for _, n := range order {
			if m.faults[n]+left > m.maxFaults {
				continue
			}
			sum, resting := 0.0, true
			for _, e := range m.edgesOf(n) {
				if e.class != fault {
					sum, resting = sum+ways[e.to], false
				} else if left > 0 {
					sum += fewer[e.to]
				}
			}
			if resting {
				sum++
			}
			ways[n] = sum
		}
		fewer, ways = ways, fewer
	}
	for n, from := range m.parent {
		if from == noParent {
			total += fewer[n]
		}
	}
	return total
}

const noParent = ^uint32(0)

func (m *model) note(broken violations, v violation) {
	for i := range invariantCount {
		if _, known := m.broken[i]; !known && broken&(1<<i) != 0 {
			m.broken[i] = v
		}
	}
}

// visited is the set of states, and the number of each.
type visited struct {
	seed   maphash.Seed
	table  []uint32 // number of the state, and one
	states []state
}

func (v *visited) init() {
	v.seed, v.table = maphash.MakeSeed(), make([]uint32, 1<<12)
}

// add returns the number of a state, and whether it is a new one.
func (v *visited) add(s *state) (uint32, bool) {
	if 2*len(v.states) >= len(v.table) {
		v.grow()
	}
	mask := uint64(len(v.table) - 1)
	for at := maphash.Comparable(v.seed, *s) & mask; ; at = (at + 1) & mask {
		switch n := v.table[at]; {
		case n == 0:
			v.states = append(v.states, *s)
			v.table[at] = uint32(len(v.states))
			return uint32(len(v.states) - 1), true
		case v.states[n-1] == *s:
			return n - 1, false
		}
	}
}

func (v *visited) grow() {
	v.table = make([]uint32, 2*len(v.table))
	mask := uint64(len(v.table) - 1)
	for i := range v.states {
		at := maphash.Comparable(v.seed, v.states[i]) & mask
		for v.table[at] != 0 {
			at = (at + 1) & mask
		}
		v.table[at] = uint32(i + 1)
	}
}
