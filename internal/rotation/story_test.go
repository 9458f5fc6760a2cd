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
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/rotation"
)

var update = flag.Bool("update", false, "write what happens into the page instead of comparing it")

// storyPage is where the stories are told: each has a heading, some sentences, and the table of what happens.
const storyPage = "../../docs/rotation.md"

// TestStories compares whole sequences, from an event to the rest that follows, with the tables of the page. The tenant, the
// other controller and the time do their part. Each step is held to the invariants as well.
func TestStories(t *testing.T) {
	page, err := os.ReadFile(storyPage)
	if err != nil {
		t.Fatal(err)
	}
	parts := regexp.MustCompile("(?s)\n## ([^\n]+)\n(.*?)\n```text\n(.*?)```\n").FindAllSubmatchIndex(page, -1)
	all := stories()
	var after strings.Builder
	told := 0
	for i, at := range parts {
		title, table := string(page[at[2]:at[3]]), string(page[at[6]:at[7]])
		if i >= len(all) || all[i].question != title {
			t.Fatalf("the page tells %q where the next story is another one, or none", title)
		}
		t.Run(title, func(t *testing.T) {
			now := tell(t, all[i])
			after.Write(page[told:at[6]])
			after.WriteString(now)
			told = at[7]
			if now != table && !*update {
				t.Errorf("the page says otherwise (-update writes it anew):\n%s", now)
			}
		})
	}
	if len(parts) != len(all) {
		t.Fatalf("the page tells %d stories of %d", len(parts), len(all))
	}
	after.Write(page[told:])
	if *update {
		if err := os.WriteFile(storyPage, []byte(after.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Logf("stories: %d", len(all))
}

// story is a question that a user may have, a world, and what happens in it.
type story struct {
	question string
	world    world
	happens  func(*teller)
}

// teller lets a story happen and writes it down.
type teller struct {
	t     *testing.T
	world world
	last  rotation.Step
	rows  [][]string // of one cell for what happens, of all columns for a step
}

func tell(t *testing.T, s story) string {
	t.Helper()
	var b strings.Builder
	teller := &teller{t: t, world: s.world.look(), rows: [][]string{{"time", "method", "stored", "attached", "published", "newest", "next step"}}}
	s.happens(teller)
	teller.print(&b)
	return b.String()
}

// print writes the rows in columns.
func (t *teller) print(out *strings.Builder) {
	widths := make([]int, len(t.rows[0]))
	for _, row := range t.rows {
		for i := range len(row) - 1 {
			widths[i] = max(widths[i], len(row[i]))
		}
	}
	for _, row := range t.rows {
		for i := range len(row) - 1 {
			fmt.Fprintf(out, "%-*s  ", widths[i], row[i])
		}
		fmt.Fprintln(out, row[len(row)-1])
	}
}

// now lets something happen, and then the planner do all that it does at once.
func (t *teller) now(what string, event func(*world)) {
	t.t.Helper()
	t.rows = append(t.rows, []string{"* " + what})
	t.world = t.world.clone()
	event(&t.world)
	t.world = t.world.look()
	t.settle()
}

// rest lets time pass until there is nothing to wait for.
func (t *teller) rest() {
	t.t.Helper()
	for t.last.Verb == rotation.Wait && !t.last.Until.IsZero() {
		t.pass()
	}
}

// pass lets the time pass that the planner waits for.
func (t *teller) pass() {
	t.t.Helper()
	t.world.Now = t.last.Until
	t.settle()
}

func (t *teller) settle() {
	t.t.Helper()
	for range farthest {
		s := rotation.Next(t.world.Observation)
		t.rows = append(t.rows, slices.Concat([]string{moment(t.world.Now), short(t.world.method)}, t.world.columns(), []string{text(s)}))
		t.last = s
		if !s.Writes() && s.Verb != rotation.Publish {
			return
		}
		after := mustApply(t.t, t.world, s)
		if err := violated(always, t.world, s, after); err != nil {
			t.t.Fatal(err)
		}
		t.world = after
	}
	t.t.Fatalf("no rest after %d steps", farthest)
}

func short(m method) string {
	switch m {
	case secretMethod:
		return "secret"
	case otherMethod:
		return "other"
	}
	return "certificates"
}

// renew is the event that a ClientCredential gets a new certificate.
func renew(owner string, id rotation.Identity) func(*world) {
	return func(w *world) { *w = w.renew(w.owner(owner), id) }
}

// edit is the event that somebody attaches and detaches at the tenant, by the list of what signs in afterwards.
func edit(attached string) func(*world) {
	return func(w *world) {
		for i, c := range w.Credentials {
			w.Credentials[i].Attached = contains(attached, c.ID)
		}
	}
}

// erase is the event that somebody deletes a credential at the tenant.
func erase(id string) func(*world) {
	return func(w *world) { w.Credentials = append(w.Credentials[:w.index(id)], w.Credentials[w.index(id)+1:]...) }
}

// depart is the event that a ClientCredential is deleted.
func depart(owner string) func(*world) {
	return func(w *world) {
		k := w.owner(owner)
		w.Certificates, w.workloads = append(w.Certificates[:k], w.Certificates[k+1:]...), append(w.workloads[:k], w.workloads[k+1:]...)
	}
}

func later(d time.Duration) func(*world) { return func(w *world) { w.Now = w.Now.Add(d) } }

func nothing(*world) {}
