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

package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

// tracker looks at every change at a tenant, the moment it takes place, for what is expected.
type tracker struct {
	mutex    sync.Mutex
	expected []*expectation
	clock    func() time.Time
}

// expectation is a set of things that are to come.
type expectation struct {
	// match tells which of them a client's new state is; empty for none.
	match func(auth0sim.Client) string

	tracker *tracker
	left    map[string]struct{}
	came    map[string]time.Time
	done    chan struct{}
}

// expect begins to wait for things.
func (t *tracker) expect(match func(auth0sim.Client) string, things ...string) *expectation {
	e := &expectation{match: match, tracker: t, left: make(map[string]struct{}, len(things)), came: map[string]time.Time{}, done: make(chan struct{})}
	for _, thing := range things {
		e.left[thing] = struct{}{}
	}
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.expected = append(t.expected, e)
	return e
}

// commit takes a change. The simulator calls it while the tenant is locked.
func (t *tracker) commit(now auth0sim.Client) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.expected = slices.DeleteFunc(t.expected, func(e *expectation) bool {
		thing := e.match(now)
		if _, awaited := e.left[thing]; !awaited {
			return false
		}
		delete(e.left, thing)
		e.came[thing] = t.clock()
		if len(e.left) == 0 {
			close(e.done)
			return true
		}
		return false
	})
}

// await waits until all has come, at most for a while, and tells how much has not.
func (e *expectation) await(ctx context.Context, patience time.Duration) (missing int, err error) {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-e.done:
		return 0, nil
	case <-timer.C:
	case <-ctx.Done():
		return 0, fmt.Errorf("waiting for changes at the tenant: %w", ctx.Err())
	}
	e.tracker.mutex.Lock()
	defer e.tracker.mutex.Unlock()
	e.tracker.expected = slices.DeleteFunc(e.tracker.expected, func(other *expectation) bool { return other == e })
	return len(e.left), nil
}

// awaitSome waits until a part of what is expected has come.
func (e *expectation) awaitSome(ctx context.Context, many int, patience time.Duration) error {
	return poll(ctx, patience, fmt.Sprintf("%d changes at the tenant", many), func() bool { return len(e.times()) >= many })
}

// times are when things came.
func (e *expectation) times() map[string]time.Time {
	e.tracker.mutex.Lock()
	defer e.tracker.mutex.Unlock()
	times := make(map[string]time.Time, len(e.came))
	for thing, at := range e.came {
		times[thing] = at
	}
	return times
}

// last is when the last of them came.
func (e *expectation) last() (last time.Time) {
	for _, at := range e.times() {
		if at.After(last) {
			last = at
		}
	}
	return last
}

// attached is the newest certificate that can sign in to a client, by its thumbprint.
func attached(c auth0sim.Client) (thumbprint string) {
	for _, credential := range c.Credentials {
		if slices.Contains(c.Attached, credential.ID) {
			thumbprint = credential.Thumbprint
		}
	}
	return thumbprint
}

// alone is the certificate of a client that holds one and no other.
func alone(c auth0sim.Client) string {
	if len(c.Credentials) != 1 || c.AuthenticationMethod == "" {
		return ""
	}
	return attached(c)
}

// two is the newest certificate of a client that holds two and can sign in with both.
func two(c auth0sim.Client) string {
	if len(c.Credentials) != 2 || len(c.Attached) != 2 {
		return ""
	}
	return attached(c)
}

// poll waits for what must come.
func poll(ctx context.Context, patience time.Duration, what string, holds func() bool) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for !holds() {
		pause(limited, 50*time.Millisecond)
		if limited.Err() != nil {
			return fmt.Errorf("waited in vain for %s: %w", what, limited.Err())
		}
	}
	return nil
}

// pause waits, at most until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
