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
	"time"

	"github.com/certbound/certbound/internal/rotation"
)

// The notation of tables and stories: A to F are certificates of the ClientCredential web, M to P of batch, G of one that
// is deleted, and x to z credentials of others. A' is a second credential for A, and A* one for A that others made.

// client is a client that holds these credentials, with the wanted method in force.
func client(stored, attached string, certificates ...holder) world {
	w := world{method: wantedMethod, validity: validity{}, Observation: rotation.Observation{Limits: usual, Now: noon}}
	for i, letter := range "ABCDEFGMNOP" {
		w.validity[rotation.Identity(letter)] = noon.Add(time.Duration(i%7+1) * 10 * day)
	}
	for _, h := range certificates {
		h.PublishedNotAfter = w.validity[h.Published]
		w.Certificates = append(w.Certificates, h.Certificate)
		w.workloads = append(w.workloads, workload{gated: h.gated, held: w.earlier(h)})
	}
	for i, label := range strings.Fields(stored) {
		if label != "-" {
			w.Credentials = append(w.Credentials, w.labelled(label, i, contains(attached, label)))
		}
	}
	return w.look()
}

// labelled is the credential of a label, the nth that was made.
func (w world) labelled(label string, nth int, attached bool) rotation.Credential {
	c := rotation.Credential{ID: label, Attached: attached, CreatedAt: noon.Add(time.Duration(nth)*time.Second - day)}
	if strings.ToLower(label) == label {
		return c
	}
	c.Identity = rotation.Identity(label[:1])
	c.NotAfter = w.validity[c.Identity]
	if !strings.HasSuffix(label, "*") {
		c.Owned, c.Owner = true, ownerOf(c.Identity)
	}
	return c
}

func ownerOf(id rotation.Identity) string {
	switch {
	case id == "G":
		return "gone"
	case id < "G":
		return "web"
	}
	return "batch"
}

// earlier are the certificates that the workload may present besides the published one.
func (w world) earlier(h holder) (held []holding) {
	for id := range w.validity {
		if ownerOf(id) == h.Owner && id < h.Published {
			held = append(held, holding{id, h.PublishedAt})
		}
	}
	return held
}

// web is a ClientCredential with a published Secret, published ten minutes ago.
func web(published, wanted string) holder {
	return named("web", published, wanted)
}

// batch is another ClientCredential of the same client.
func batch(published, wanted string) holder {
	return named("batch", published, wanted)
}

func named(owner, published, wanted string) holder {
	h := holder{gated: true}
	h.Owner, h.Handover = owner, time.Hour
	if published != "-" {
		h.Published, h.PublishedAt = rotation.Identity(published), noon.Add(-10*time.Minute)
	}
	if wanted != "-" {
		h.Wanted = rotation.Identity(wanted)
	}
	return h
}

// ungated has workloads that use the certificate's own Secret.
func (h holder) ungated() holder {
	h.gated = false
	return h
}

// ago sets when the certificate was published.
func (h holder) ago(d time.Duration) holder {
	h.PublishedAt = noon.Add(-d)
	return h
}

// overlap sets how long the old certificate stays.
func (h holder) overlap(d time.Duration) holder {
	h.Overlap = &d
	return h
}

func contains(list, label string) bool {
	return slices.Contains(strings.Fields(list), label)
}

// text is a step in words.
func text(s rotation.Step) string {
	switch s.Verb {
	case rotation.Create, rotation.Publish:
		return fmt.Sprintf("%s %s for %s", s.Verb, s.Identity, s.Owner)
	case rotation.Attach:
		return fmt.Sprintf("%s %v", s.Verb, s.Attached)
	case rotation.Delete:
		return fmt.Sprintf("%s %s", s.Verb, s.ID)
	case rotation.Wait:
		if s.Until.IsZero() {
			return fmt.Sprintf("%s for %s", s.Verb, s.Why)
		}
		return fmt.Sprintf("%s for %s until %s", s.Verb, s.Why, moment(s.Until))
	case rotation.Blocked:
		return fmt.Sprintf("%s by %s for %s", s.Verb, s.Why, s.Owner)
	}
	return string(s.Verb)
}

func moment(t time.Time) string {
	if t.IsZero() {
		return "unknown"
	}
	return t.Format("Jan 02 15:04")
}

// columns are a world as tables and stories show it: stored, attached, published, wanted.
func (w world) columns() []string {
	columns := make([]string, 4)
	add := func(i int, s string) { columns[i] = strings.TrimSpace(columns[i] + " " + s) }
	for _, c := range w.Credentials {
		add(0, c.ID)
		if c.Attached {
			add(1, c.ID)
		}
	}
	for _, cert := range w.Certificates {
		add(2, orNone(string(cert.Published)))
		add(3, orNone(string(cert.Wanted)))
	}
	for i := range columns {
		columns[i] = orNone(columns[i])
	}
	return columns
}

func orNone(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func (e event) String() string { return fmt.Sprintf("** %s (%d)", e.what, e.which) }

// String tells everything about a world, for the story of a failure.
func (w world) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s in force, secret wanted %t, limits %v, to come %d renewals, %d accidents",
		moment(w.Now), w.method, w.Secret, w.Limits, w.renewals, w.accidents)
	for k, c := range w.Certificates {
		overlap := "while valid"
		if c.Overlap != nil {
			overlap = c.Overlap.String()
		}
		fmt.Fprintf(&b, "\n\t%s: wants %q; published %q at %s, expires %s, the one before %s; overlap %s, gated %t, held before:", c.Owner,
			c.Wanted, c.Published, moment(c.PublishedAt), moment(c.PublishedNotAfter), moment(c.PreviousNotAfter), overlap, w.workloads[k].gated)
		for _, h := range w.workloads[k].held {
			fmt.Fprintf(&b, " %s until %s", h.id, moment(h.replaced))
		}
	}
	for _, c := range w.Credentials {
		fmt.Fprintf(&b, "\n\t%s: %q attached %t, owned %t by %q, expires %s", c.ID, c.Identity, c.Attached, c.Owned, c.Owner,
			moment(c.NotAfter))
	}
	return b.String()
}
