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
	"slices"
	"strings"

	"github.com/certbound/certbound/internal/rotation"
)

// trace tells the way to a violation.
func (m *model) trace(v violation) string {
	var way []uint32
	for at := v.state; at != noParent; at = m.parent[at] {
		way = append(way, at)
	}
	slices.Reverse(way)
	var b strings.Builder
	for i, at := range way {
		s := &m.visited.states[at]
		if i > 0 {
			fmt.Fprintf(&b, "  -> %s\n", m.between(way[i-1], at))
		}
		fmt.Fprintf(&b, "%2d %v\n", i, s)
	}
	if v.by != nil {
		m.canonical(&v.after)
		fmt.Fprintf(&b, "  -> %s\n   %v\n", v.by.String(&m.visited.states[v.state]), &v.after)
	}
	return b.String()
}

// between names the event that leads from one state to the other.
func (m *model) between(from, to uint32) (name string) {
	before := m.visited.states[from]
	m.next(&before, func(_ class, after *state, h happening, _ violations) {
		m.canonical(after)
		if name == "" && *after == m.visited.states[to] {
			name = h.String(&before)
		}
	})
	return name
}

// letters name the certificates in traces, as tables and stories do: web's from A on, batch's from M on.
const letters = "?ABCDEMNOPQ"

func (s *state) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "tenant (%s) stores", [...]string{"certificates", "the other method", "a secret"}[s.tenant.method])
	s.write(&b, s.stored())
	b.WriteString(", attaches")
	s.write(&b, s.listed())
	for i := range s.owners {
		o := &s.owners[i]
		if !o.present {
			continue
		}
		fmt.Fprintf(&b, "; %s: issued %s, wanted %s, published %s, presented %s", ownerNames[i],
			o.letter(o.source), o.letter(o.wanted), o.letter(o.published), o.letter(o.held))
		if o.reported != o.published {
			fmt.Fprintf(&b, " (status: %s)", o.letter(o.reported))
		}
		if o.closing > 0 {
			fmt.Fprintf(&b, ", %d closing, %d expired", o.closing, o.expired)
		}
	}
	switch {
	case s.operator.fenced:
		b.WriteString("; fenced")
	case !s.operator.sees:
		b.WriteString("; no view")
	case s.operator.known != s.stored() || s.operator.attached != s.listed():
		b.WriteString("; view: stored")
		s.write(&b, s.operator.known)
		b.WriteString(", attached")
		s.write(&b, s.operator.attached)
	}
	for _, r := range s.flight {
		if r.verb != nothingToDo {
			fmt.Fprintf(&b, "; under way: %s", s.request(r))
		}
	}
	return b.String()
}

var ownerNames = []string{"web", "batch", "somebody", "gone"}

func (o *ownerState) letter(generation uint8) string {
	if generation == none {
		return "-"
	}
	return letters[o.names[generation] : o.names[generation]+1]
}

func (s *state) label(slot uint8) string {
	c := s.tenant.pool[slot]
	switch {
	case c.certificate == unnamed && c.ours():
		return fmt.Sprintf("o%d", slot)
	case c.certificate == unnamed:
		return fmt.Sprintf("x%d", slot)
	case !c.ours():
		return letters[c.certificate:c.certificate+1] + "*"
	}
	return letters[c.certificate : c.certificate+1]
}

func (s *state) write(b *strings.Builder, m marks) {
	if m == 0 {
		b.WriteString(" -")
	}
	for i := range uint8(slots) {
		if m.has(i) {
			b.WriteString(" " + s.label(i))
		}
	}
}

func (s *state) request(r request) string {
	var b strings.Builder
	switch r.verb {
	case create:
		fmt.Fprintf(&b, "%s %s for %s", rotation.Create, letters[r.certificate:r.certificate+1], ownerNames[r.owner])
	case attach:
		b.WriteString(string(rotation.Attach))
		s.write(&b, r.list)
	case revert:
		b.WriteString(string(rotation.Revert))
	case remove:
		fmt.Fprintf(&b, "%s %s", rotation.Delete, s.label(r.slot))
	}
	return b.String()
}

func (d decision) String() string {
	names := map[verb]rotation.Verb{waiting: rotation.Wait, done: rotation.Done, blocked: rotation.Blocked}
	if d.why != "" {
		return fmt.Sprintf("%s (%s)", names[d.verb], d.why)
	}
	return string(names[d.verb])
}

func (h happening) String(before *state) string {
	switch {
	case h.request.verb != nothingToDo:
		return fmt.Sprintf("%s %s%s", h.what, before.request(h.request), h.outcome)
	case strings.Contains(h.what, "%s"):
		return fmt.Sprintf(h.what, ownerNames[h.who])
	}
	return h.what + h.outcome
}
