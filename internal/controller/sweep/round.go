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

package sweep

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/backoff"
	"github.com/certbound/certbound/internal/registration"
)

// A round is where the sweeping of a tenant stands.
type round struct {
	began    time.Time      // the last listing, or this program's look at the tenant
	late     float64        // the part of the interval by which the next one comes late
	listing  *listing       // nil while there is none
	ended    time.Time      // the last listing that did
	audited  time.Time      // the last audit
	resume   time.Time      // nothing is asked before
	failures int            // in a row
	refused  backoff.Record // of listings
	session  *auth0.Tenant  // asked last
}

// newRound is that of a tenant that is new here. Its first listing is due in an interval, unless somebody waits for it.
func newRound(now time.Time) *round {
	return &round{began: now, late: jitter(), audited: now}
}

func (t *round) begin(now time.Time) { t.began, t.late = now, jitter() }

// abandon makes the next listing due at once.
func (t *round) abandon() { t.began = time.Time{} }

func (t *round) due(interval time.Duration) time.Time {
	return t.began.Add(interval + time.Duration(t.late*float64(interval)))
}

// mended makes another sign-in begin at once: it may be allowed what the one before was refused. A listing that was under way is begun
// anew.
func (t *round) mended(session *auth0.Tenant) {
	if t.listing != nil {
		t.abandon()
	}
	t.session, t.listing, t.resume, t.refused = session, nil, time.Time{}, t.refused.Afresh()
}

// listed notes that the tenant answered with a page.
func (t *round) listed() { t.failures, t.refused = 0, t.refused.Afresh() }

// putOffListing notes when to ask again for a page. A tenant that refuses it mostly refuses it again, so that has the allowance of a failing
// object. An audit that is refused may be one client's matter, and holds up no listing.
func (t *round) putOffListing(now time.Time, err error) {
	before := t.failures
	t.putOff(now, err)
	if t.failures > before && !auth0.Silent(err) {
		t.refused, t.resume = t.refused.Failed(1, now, rand.Float64()) // #nosec G404 -- jitter is no secret
	}
}

// putOff notes when to ask again: when the error says, or after a pause that doubles.
func (t *round) putOff(now time.Time, err error) {
	var e *auth0.Error
	if errors.As(err, &e) && e.ResumeAt.After(now) {
		t.resume = e.ResumeAt
		return
	}
	t.resume = now.Add(min(firstRetry<<min(t.failures, 10), lastRetry))
	t.failures++
}

// A listing is one of all clients of a tenant, and before them of all grants where any are managed.
type listing struct {
	session *auth0.Tenant
	began   time.Time
	grants  map[string][]registration.Grant // nil where they are not listed
	from    string                          // where the next page begins
	listing bool                            // the grants are whole, and the clients are listed
}

func newListing(session *auth0.Tenant, grants bool, began time.Time) *listing {
	l := &listing{session: session, began: began, listing: !grants}
	if grants {
		l.grants = map[string][]registration.Grant{}
	}
	return l
}

// next asks for the next page. A page of grants has no clients.
func (l *listing) next(ctx context.Context) (clients []registration.Client, ended bool, err error) {
	if l.listing {
		clients, l.from, err = l.page(ctx)
		return clients, err == nil && l.from == "", err
	}
	grants, from, err := l.session.ListGrants(ctx, l.from)
	if err != nil {
		return nil, false, err
	}
	for id := range maps.Keys(grants) {
		l.grants[id] = slices.Concat(l.grants[id], grants[id])
	}
	l.from, l.listing = from, from == ""
	return nil, false, nil
}

// page keeps its place when there is no answer.
func (l *listing) page(ctx context.Context) ([]registration.Client, string, error) {
	clients, from, err := l.session.ListClients(ctx, l.from)
	if err != nil {
		return nil, l.from, err
	}
	return clients, from, nil
}
