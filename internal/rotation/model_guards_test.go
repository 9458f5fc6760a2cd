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
	"slices"
	"testing"

	"github.com/certbound/certbound/internal/rotation"
)

// mistake is a departure from the protocol or from the planner, and the invariant that it breaks.
type mistake struct {
	name     string
	breaks   int
	in       setting
	protocol func(*protocol)
}

// mistakes are those that others have made, one for each guard that the protocol and the planner have.
func mistakes() []mistake {
	one := usually("", running(1)).with(func(s *setting) { s.renewals, s.maxFaults = 2, 3 })
	three := one.with(func(s *setting) { s.renewals = 3 })
	accepting := one.with(func(s *setting) { s.rejectsDuplicates = false })
	crowded := usually("", running(1).with([]credential{theirs}, nil)).with(func(s *setting) { s.renewals, s.maxFaults = 1, 0 })
	back := three.with(func(s *setting) { s.goesBack, s.liveGate = true, true })
	return []mistake{
		{"the status is trusted and the tenant never read", i3, one, func(p *protocol) { p.list, p.fence = false, fenceNever }},
		{"nothing is gated", i1, one, func(p *protocol) { p.gate = false }},
		{"no fence", i1, three, func(p *protocol) { p.fence = fenceNever }},
		{"a fence before shrinking only", i1, three, func(p *protocol) { p.fence = fenceBeforeShrinking }},
		{"no fence after a crash", i1, three, func(p *protocol) { p.fenceAfterCrash = false }},
		{"a POST is sent again blindly", i3, accepting, func(p *protocol) { p.repost = true }},
		{"shrinks from a view that is older than an unknown outcome", i4, one, func(p *protocol) { p.list = false }},
		{"ClientCredentials are read from the cache", i1, three, func(p *protocol) { p.live = false }},
		{"the status names what is about to be detached", i1, back, func(p *protocol) { p.disclaim = false }},
		{"what is published was confirmed by a stale status", i1, back.with(func(s *setting) { s.liveGate = false }), func(*protocol) {}},
		{"several rotations at a time", i1, one, planner(hurried)},

		{"the list is replaced by the newest alone", i1, one, planner(replacing)},
		{"more is attached than there is room for", i2, three, planner(unlimited)},
		{"the last credential is taken away first", i4, one, planner(emptying)},
		{"a secret when it gets tight", i5, crowded, planner(fallingBack)},
		{"what others made is taken for ours", i7, crowded, planner(possessive)},
		{"an old certificate stays for ever", i8, one, planner(idle(rotation.Attach))},
		{"the same list is sent again and again", i9, one, planner(restless)},
		{"done before anything is attached", i12, one, planner(idle(rotation.Create))},
	}
}

// TestModelHasTeeth puts each mistake back and holds the model to find it.
func TestModelHasTeeth(t *testing.T) {
	for _, c := range mistakes() {
		t.Run(c.name, func(t *testing.T) {
			p := theProtocol
			c.protocol(&p)
			m := c.in.model(p)
			found := func() bool { _, found := m.broken[c.breaks]; return found }
			m.explore(found)
			if !found() {
				m.settle()
			}
			if !found() {
				t.Fatalf("%d states, and in none is %q broken", len(m.visited.states), modelInvariants[c.breaks])
			}
			v := m.broken[c.breaks]
			t.Logf("%s: broken after %d states, by %d faults\n%s", modelInvariants[c.breaks], len(m.visited.states), m.faults[v.state], m.trace(v))
		})
	}
}

func planner(next func(rotation.Observation) rotation.Step) func(*protocol) {
	return func(p *protocol) { p.next = next }
}

// hurried gives workloads no time to take up a certificate before the next one pushes out the one before it.
func hurried(o rotation.Observation) rotation.Step {
	o.Certificates = slices.Clone(o.Certificates)
	for i := range o.Certificates {
		o.Certificates[i].Handover = 0
	}
	return rotation.Next(o)
}

// replacing lists what is wanted and nothing else, as tools do that know no overlap.
func replacing(o rotation.Observation) rotation.Step {
	s := rotation.Next(o)
	if s.Verb == rotation.Attach {
		s.Attached = slices.DeleteFunc(s.Attached, func(id string) bool {
			return !slices.ContainsFunc(o.Credentials, func(c rotation.Credential) bool { return c.ID == id && c.Identity == o.Certificates[0].Wanted })
		})
	}
	return s
}

// unlimited does not know how many credentials the tenant takes.
func unlimited(o rotation.Observation) rotation.Step {
	o.Limits = rotation.Limits{Stored: 8, Attached: 8}
	return rotation.Next(o)
}

// emptying makes the place free before it fills it.
func emptying(o rotation.Observation) rotation.Step {
	s := rotation.Next(o)
	if s.Verb == rotation.Create {
		return rotation.Step{Verb: rotation.Attach}
	}
	return s
}

// fallingBack would rather have a secret than nothing new.
func fallingBack(o rotation.Observation) rotation.Step {
	if s := rotation.Next(o); s.Verb != rotation.Blocked {
		return s
	}
	return rotation.Step{Verb: rotation.Revert}
}

// possessive takes every credential for one of a ClientCredential that is gone.
func possessive(o rotation.Observation) rotation.Step {
	o.Credentials = slices.Clone(o.Credentials)
	for i := range o.Credentials {
		o.Credentials[i].Owned = true
	}
	return rotation.Next(o)
}

// restless sends what is attached once more where nothing is left to do.
func restless(o rotation.Observation) rotation.Step {
	s := rotation.Next(o)
	if s.Verb == rotation.Done {
		s = rotation.Step{Verb: rotation.Attach}
		for _, c := range o.Credentials {
			s.Attached = append(s.Attached, c.ID)
		}
	}
	return s
}

// idle believes that everything is done when it should take a step.
func idle(instead rotation.Verb) func(rotation.Observation) rotation.Step {
	return func(o rotation.Observation) rotation.Step {
		if s := rotation.Next(o); s.Verb != instead {
			return s
		}
		return rotation.Step{Verb: rotation.Done}
	}
}
