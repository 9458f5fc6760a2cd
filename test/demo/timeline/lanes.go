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

package timeline

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// lane is one client.
type lane struct {
	client Client
	rows   []*row
	// renewals are the certificates after the first that were published.
	renewals         int
	granted, refused int
}

// row is one certificate, or the subject that many of them share.
type row struct {
	subject, certificate string
	events               []Event // steps, without token requests
	tokens               []Event
	attached, published  span
}

// span is a time during which something holds; zero when it never did.
type span struct{ from, to time.Time }

func (s span) empty() bool { return s.from.IsZero() }

// order is that of what happens to one certificate in the same instant.
var order = []Kind{Issued, Stored, Attached, Published, Granted, Refused, Detached, Deleted}

// inOrder sorts events as they happened, whatever order they were noticed in.
func inOrder(events []Event) []Event {
	sorted := slices.Clone(events)
	slices.SortStableFunc(sorted, func(a, b Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Client, b.Client),
			cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)), cmp.Compare(a.Certificate, b.Certificate))
	})
	return sorted
}

// lanes sorts events by client and certificate, the certificates in the order in which each was first seen. What has not ended,
// ends at end.
func lanes(clients []Client, events []Event, end time.Time) (all []*lane) {
	for _, c := range clients {
		l := &lane{client: c}
		for _, e := range events {
			if e.Client == c.Name {
				l.add(e)
			}
		}
		l.close(end)
		all = append(all, l)
	}
	return all
}

func (l *lane) add(e Event) {
	switch e.Kind {
	case Granted:
		l.granted++
	case Refused:
		l.refused++
	default:
	}
	r := l.row(e)
	switch e.Kind {
	case Granted, Refused:
		r.tokens = append(r.tokens, e)
		return
	case Attached:
		r.attached = span{from: e.At}
	case Detached:
		r.attached.to = e.At
	case Published:
		l.publish(r, e.At)
	default:
	}
	r.events = append(r.events, e)
}

// publish ends the time of the certificate that was published before.
func (l *lane) publish(r *row, at time.Time) {
	for _, other := range l.rows {
		if !other.published.empty() && other.published.to.IsZero() {
			other.published.to = at
			l.renewals++
		}
	}
	r.published = span{from: at}
}

func (l *lane) row(e Event) *row {
	for _, r := range l.rows {
		if r.subject == e.Subject && r.certificate == e.Certificate {
			return r
		}
	}
	r := &row{subject: e.Subject, certificate: e.Certificate}
	l.rows = append(l.rows, r)
	if r.subject != "" { // above the certificates that have it
		slices.SortStableFunc(l.rows, func(a, b *row) int { return -cmp.Compare(len(a.subject), len(b.subject)) })
	}
	return r
}

func (l *lane) close(end time.Time) {
	for _, r := range l.rows {
		for _, s := range []*span{&r.attached, &r.published} {
			if !s.empty() && s.to.IsZero() {
				s.to = end
			}
		}
	}
}

// bySubject tells whether the tenant matches the client's certificates by their subject.
func (l *lane) bySubject() bool {
	return slices.ContainsFunc(l.rows, func(r *row) bool { return r.subject != "" })
}

// together is how close steps are that are named in one breath.
const together = 2 * time.Second

// step is a group of events of a row, close to each other.
type step struct {
	at    time.Time
	words string
}

// steps groups the events of a row.
func (r *row) steps() (steps []step) {
	var last time.Time
	for _, e := range r.events {
		switch {
		case len(steps) == 0 || e.At.Sub(last) > together:
			steps = append(steps, step{at: e.At, words: string(e.Kind)})
		case !strings.Contains(steps[len(steps)-1].words, string(e.Kind)):
			steps[len(steps)-1].words += ", " + string(e.Kind)
		}
		last = e.At
	}
	return steps
}
