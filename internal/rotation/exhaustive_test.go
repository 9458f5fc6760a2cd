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
	"encoding/binary"
	"errors"
	"fmt"
	"hash/maphash"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/rotation"
)

// TestEveryWorld takes every starting world and follows the planner from it, with everything that may happen happening
// at every point. A crash and a lost answer need no case of their own: each state is looked at afresh, and is reached
// from many sides.
func TestEveryWorld(t *testing.T) {
	for _, f := range families {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			x := explorer{t: t, seen: map[uint64]path{}, seed: maphash.MakeSeed(), most: mostWorlds}
			if testing.Short() || raceDetector {
				f, x.most = f.shortened(), mostWorldsShort
			}
			began := time.Now()
			for w := range f.worlds() {
				x.starts++
				x.visit(w)
			}
			t.Logf("%d starting worlds, %d states, %d events, at most %d steps to rest, %d writes in a row; %v",
				x.starts, len(x.seen), x.events, x.longest.steps, x.longest.writes, time.Since(began).Round(time.Millisecond))
		})
	}
}

// raceDetector is set in a build with the race detector, which takes ten times as long and finds nothing more in a walk
// of one goroutine.
var raceDetector bool

// explorer walks through the worlds, each once.
type explorer struct {
	t    *testing.T
	seed maphash.Seed
	seen map[uint64]path // by the hash of the world
	most int             // worlds to see
	way  []move          // to where the walk is

	starts, events, asked int
	longest               path
}

// path is what the planner does from a world on, when nothing else happens.
type path struct {
	steps  uint8 // to where it has nothing left to do; underway while they are counted
	writes uint8 // in a row
}

// move is what led on from a world.
type move struct {
	from world
	by   any
}

const (
	underway = 255
	// farthest is more steps than any world may need to come to rest: with a handful of credentials, each is created,
	// attached, published, detached and deleted once at most, for each of two ClientCredentials.
	farthest = 30
	// mostWrites is how many writes any world may need before there is nothing to write for now. The controller looks at a
	// client again after some more than these.
	mostWrites = 10
	// mostWorlds is more than any family has (the largest comes to 1.7 million, in its short form to 240,000), and mostMoves
	// more than there are between a start and any of them (27). A planner that finds new worlds for ever must end in a failure,
	// before it fills the memory.
	mostWorlds, mostWorldsShort = 5_000_000, 750_000
	mostMoves                   = 100
)

// visit follows the planner from w, and everything that may happen on the way.
func (x *explorer) visit(w world) path {
	key := w.hash(x.seed)
	if p, ok := x.seen[key]; ok {
		if p.steps == underway {
			x.fail(w, nil, errors.New("I8 the end is reached: the planner goes round in a circle"))
		}
		return p
	}
	if len(x.seen) > x.most || len(x.way) > mostMoves {
		x.fail(w, nil, fmt.Errorf("I9 nothing goes round in a circle: the planner finds new worlds for ever, %d so far, after %d moves",
			len(x.seen), len(x.way)))
	}
	x.seen[key] = path{steps: underway}
	p := x.proceed(w)
	x.seen[key] = p
	x.longest = path{max(x.longest.steps, p.steps), max(x.longest.writes, p.writes)}
	for _, e := range w.events() {
		x.events++
		x.way = append(x.way, move{w, e})
		x.visit(w.after(e))
		x.way = x.way[:len(x.way)-1]
	}
	return p
}

// proceed takes the planner's step and whatever else is left to do.
func (x *explorer) proceed(w world) path {
	s := x.next(w)
	after := x.take(w, s, always)
	if s.Writes() {
		x.race(w, s)
	}
	resting := !s.Writes() && s.Verb != rotation.Publish
	if resting {
		x.must(w, s, violated(rest, w, s, after))
	}
	if resting && s.Until.IsZero() {
		return x.publishElsewhere(w, s)
	}
	x.way = append(x.way, move{w, s})
	p := x.visit(after)
	x.way = x.way[:len(x.way)-1]
	p.steps++
	if s.Writes() {
		p.writes++
	} else {
		p.writes = 0
	}
	if p.steps > farthest || p.writes > mostWrites {
		x.fail(w, s, fmt.Errorf("I8 the end is reached: only after %d steps, of them %d writes in a row", p.steps, p.writes))
	}
	return p
}

// publishElsewhere goes on where the planner rests while the other controller may still publish: it need not be told.
func (x *explorer) publishElsewhere(w world, s rotation.Step) path {
	for k := range w.Certificates {
		if w.gateOpen(k) {
			if s.Verb == rotation.Done {
				x.fail(w, s, errors.New("I8 the end is reached: done before everything is published"))
			}
			return path{steps: x.visit(w.clone().publish(k)).steps + 1}
		}
	}
	return path{}
}

// race lets a certificate be renewed or published between the decision and its effect.
func (x *explorer) race(w world, s rotation.Step) {
	for _, e := range w.events() {
		if e.what != renewal && e.what != publication {
			continue
		}
		x.way = append(x.way, move{w, e})
		between := w.after(e)
		after := x.take(between, s, overtaken)
		x.way = append(x.way, move{between, s})
		x.visit(after)
		x.way = x.way[:len(x.way)-2]
	}
}

func (x *explorer) take(w world, s rotation.Step, invariants []invariant) world {
	after, err := w.apply(s)
	if err != nil {
		err = fmt.Errorf("I2 nothing is asked that the tenant would refuse: %w", err)
	}
	x.must(w, s, err)
	x.must(w, s, violated(invariants, w, s, after))
	return after
}

// next asks the planner; in one world of eight also again, with what it must not have changed in between, and with the
// credentials the other way round, as a listing has no order that could mean anything.
func (x *explorer) next(w world) rotation.Step {
	x.asked++
	if x.asked%8 != 0 {
		return rotation.Next(w.Observation)
	}
	shown := w.clone()
	s := rotation.Next(w.Observation)
	if !slices.Equal(w.Credentials, shown.Credentials) || !slices.Equal(w.Certificates, shown.Certificates) {
		x.fail(w, s, errors.New("the planner changes what it is shown"))
	}
	if again := rotation.Next(w.Observation); !reflect.DeepEqual(s, again) {
		x.fail(w, s, fmt.Errorf("the planner is no function of what it is shown: again, %v", again))
	}
	slices.Reverse(shown.Credentials)
	if turned := rotation.Next(shown.Observation); !alike(s, turned) {
		x.fail(w, s, fmt.Errorf("the planner goes by the order of the credentials: turned round, %v", turned))
	}
	return s
}

// alike tells whether two steps differ at most in which of several equal credentials they name.
func alike(a, b rotation.Step) bool {
	return a.Verb == b.Verb && a.Owner == b.Owner && a.Identity == b.Identity && len(a.Attached) == len(b.Attached) &&
		a.Until.Equal(b.Until) && a.Why == b.Why
}

func (x *explorer) must(w world, s rotation.Step, err error) {
	if err != nil {
		x.fail(w, s, err)
	}
}

// fail tells the whole story that led here.
func (x *explorer) fail(w world, by any, err error) {
	x.t.Helper()
	var story strings.Builder
	for _, m := range append(x.way, move{w, by}) {
		if s, ok := m.by.(rotation.Step); ok {
			m.by = text(s)
		}
		fmt.Fprintf(&story, "%v\n\t-> %v\n", m.from, m.by)
	}
	x.t.Fatalf("%v\n%s", err, story.String())
}

// hash stands for the world in the set of those that were seen. Of ten million worlds, two share a hash with a
// probability of less than one in a hundred thousand, and then one of them is passed over.
func (w world) hash(seed maphash.Seed) uint64 {
	var h maphash.Hash
	h.SetSeed(seed)
	number := func(n int64) {
		var b [8]byte
		binary.LittleEndian.PutUint64(b[:], uint64(n))
		_, _ = h.Write(b[:])
	}
	word := func(s string) {
		_, _ = h.WriteString(s)
		_ = h.WriteByte(0)
	}
	flag := func(b bool) {
		if b {
			_ = h.WriteByte(1)
		}
		_ = h.WriteByte(0)
	}
	instant := func(t time.Time) { number(t.Unix()) }
	flag(w.Secret)
	flag(w.bySubject)
	word(string(w.method))
	number(int64(w.Limits.Stored*10 + w.Limits.Attached))
	number(int64(w.renewals*10 + w.accidents))
	instant(w.Now)
	for id, k := range w.Certificates {
		load := w.workloads[id]
		word(k.Owner)
		word(string(k.Wanted))
		word(string(k.Published))
		for _, t := range []time.Time{k.PublishedAt, k.PublishedNotAfter, k.PreviousNotAfter} {
			instant(t)
		}
		flag(k.Overlap != nil)
		if k.Overlap != nil {
			number(int64(*k.Overlap))
		}
		flag(load.gated)
		for _, held := range load.held {
			word(string(held.id))
			instant(held.replaced)
		}
	}
	for _, c := range w.Credentials {
		word(c.ID)
		word(string(c.Identity))
		word(c.Owner)
		flag(c.Attached)
		instant(c.NotAfter)
	}
	return h.Sum64()
}
