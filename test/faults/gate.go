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

package faults

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// errKilled is what a killed operator sees of the world until it is stopped.
var errKilled = errors.New("the operator was killed")

// Strike is a fault at a point.
type Strike struct {
	Point Point
	Fault *Fault
}

func (s Strike) String() string { return s.Point.String() + ": " + s.Fault.Name }

// gate is where all requests of all operators of a run pass. It counts them, lets the faults strike, and holds back what a killed
// operator sends.
type gate struct {
	checker *checker
	fence   time.Duration

	mutex     sync.Mutex
	recording bool
	began     time.Time
	moved     time.Time // when something last passed
	passing   int       // requests that are on their way
	counts    map[Request]int
	strikes   []Strike
	reached   []bool
	dead      map[string]bool
	late      []*lateEffect
	log       []*passage

	// killed gets the name of an operator when it was killed and a successor is to be started.
	killed chan string
}

func newGate(c *checker, fence time.Duration, strikes []Strike) *gate {
	now := time.Now()
	return &gate{checker: c, fence: fence, strikes: strikes, reached: make([]bool, len(strikes)), counts: map[Request]int{},
		dead: map[string]bool{}, killed: make(chan string, len(strikes)), began: now, moved: now}
}

// passage is a request on its way.
type passage struct {
	operator string
	point    Point
	at       time.Duration
	fault    *Fault // nil for none
	dead     bool   // it comes from an operator that was killed
	late     bool   // it passed before, and takes effect now
	result   string
}

// record begins to count: the first request from now on is the first point, and strikes hit from now on.
func (g *gate) record() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.recording = true
}

// enter takes a request. What was late and is due takes effect before it.
func (g *gate) enter(operator string, r Request) *passage {
	for _, l := range g.overdue() {
		l.happen()
	}
	p := g.admit(operator, r)
	if !p.dead {
		g.checker.sends(operator, p.point.Request)
	}
	return p
}

func (g *gate) admit(operator string, r Request) *passage {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	p := &passage{operator: operator, point: Point{Request: r}, dead: g.dead[operator], at: time.Since(g.began)}
	g.log = append(g.log, p)
	if p.dead {
		p.result = "held back: the operator was killed"
		return p
	}
	g.moved = time.Now()
	g.passing++
	if !g.recording {
		return p
	}
	g.counts[r]++
	p.point.Ordinal = g.counts[r]
	for i, s := range g.strikes {
		if !g.reached[i] && s.Point == p.point {
			g.reached[i], p.fault = true, s.Fault
			break
		}
	}
	if p.fault != nil && p.fault.kills {
		g.dead[operator] = true
	}
	return p
}

// ending is what the operator knows of the end of a request.
type ending int

const (
	done    ending = iota
	failed         // and had no effect
	unknown        // and may have had its effect, or have it later
)

// leave ends the passage of a request. result is for the log.
func (g *gate) leave(p *passage, result string, ended ending) {
	if p.dead {
		return
	}
	g.checker.answered(p.operator, p.point.Request, ended)
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.passing--
	g.moved = time.Now()
	p.result = result
	if p.fault != nil && p.fault.kills {
		g.killed <- p.operator
	}
}

// still tells whether nothing has passed for a while and nothing late is to come.
func (g *gate) still(since time.Duration) bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, l := range g.late {
		if !l.happened {
			return false
		}
	}
	return g.passing == 0 && len(g.killed) == 0 && time.Since(g.moved) >= since
}

// points are what passed so far of what was recorded, with how long after the beginning.
func (g *gate) points() (points []Point) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, p := range g.log {
		if p.point.Ordinal > 0 && !p.late {
			points = append(points, p.point)
		}
	}
	return points
}

// String is the log of all requests.
func (g *gate) String() string {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	var text strings.Builder
	for _, p := range g.log {
		fmt.Fprintf(&text, "%8.3fs %-24s %s: %s", p.at.Seconds(), p.operator, p.point, p.result)
		if p.fault != nil {
			fmt.Fprintf(&text, "   <-- %s", p.fault.Name)
		}
		text.WriteByte('\n')
	}
	return text.String()
}

// lateEffect is a request that has its effect when nobody waits for it any more.
type lateEffect struct {
	gate     *gate
	effect   func() string
	passage  *passage
	begun    atomic.Bool
	over     chan struct{} // closed when it has happened
	due      time.Time     // zero: not before a successor has started
	happened bool
}

// share of the fence after which what is late takes effect.
const lateAt = 0.6

// postpone lets a request have its effect later, within the fence: counted from now, or from the start of a successor.
func (g *gate) postpone(p *passage, effect func() string) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	l := &lateEffect{gate: g, effect: effect, passage: p, over: make(chan struct{})}
	g.late = append(g.late, l)
	if !p.fault.kills {
		l.arm()
	}
}

// succeeded tells that a successor is about to start.
func (g *gate) succeeded() {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.moved = time.Now()
	for _, l := range g.late {
		if l.due.IsZero() {
			l.arm()
		}
	}
}

// arm sets the time. The gate is locked.
func (l *lateEffect) arm() {
	after := time.Duration(float64(l.gate.fence) * lateAt)
	l.due = time.Now().Add(after)
	time.AfterFunc(after, l.happen)
}

// overdue is what must have happened by now. A timer may be late where the machine is busy, and must not make it later than the
// fence.
func (g *gate) overdue() (due []*lateEffect) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	for _, l := range g.late {
		if !l.happened && !l.due.IsZero() && !time.Now().Before(l.due) {
			due = append(due, l)
		}
	}
	return due
}

// happen lets the effect happen, once, and returns when it has. It waits at a channel: in a bubble time stands still for who waits at a
// lock, and the effect takes some.
func (l *lateEffect) happen() {
	if !l.begun.CompareAndSwap(false, true) {
		<-l.over
		return
	}
	defer close(l.over)
	result := l.effect()
	l.gate.mutex.Lock()
	defer l.gate.mutex.Unlock()
	l.happened = true
	l.gate.moved = time.Now()
	l.gate.log = append(l.gate.log, &passage{operator: "late, of " + l.passage.operator, point: l.passage.point,
		at: time.Since(l.gate.began), late: true, result: result})
}
