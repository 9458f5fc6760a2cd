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

// Package handover keeps the work of one operator apart from that of the one before it. A Lease says who may act; it does
// not stop a request that the one before has sent and that is still under way. So three things hold together: no request
// begins that could outlast the lease; the lease is given up early only when every request was answered; and whoever takes
// over otherwise lets some time pass before it changes what the one before may have been changing.
package handover

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/utils/clock"
)

var errUnsettled = errors.New("the lease is not given up early: a request to a tenant was not answered and may still take effect")

// Lease is the lock of a leader election that remembers what a leader must know: until when it surely leads, and how the
// one before it ended. It is safe for concurrent use.
type Lease struct {
	resourcelock.Interface

	clock    clock.PassiveClock
	duration time.Duration

	mutex     sync.Mutex
	holder    string // whom the record named when it was last read
	asked     bool   // it was read at least once
	heldUntil time.Time
	since     time.Time
	clean     bool
	settled   func() bool
}

// NewLease makes a Lease of a lock whose leases last for duration.
func NewLease(lock resourcelock.Interface, c clock.PassiveClock, duration time.Duration) *Lease {
	return &Lease{Interface: lock, clock: c, duration: duration, settled: func() bool { return true }}
}

// Settle sets what tells whether every request that this operator sent was answered. It is asked when the lease is about to
// be given up, after all work has ended.
func (l *Lease) Settle(settled func() bool) { l.settled = settled }

// Get implements resourcelock.Interface.
func (l *Lease) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := l.Interface.Get(ctx)
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.asked = true
	if err == nil {
		l.holder = record.HolderIdentity
	}
	return record, raw, err
}

// Create implements resourcelock.Interface. A lease that does not exist says nothing about the one before: somebody may
// have deleted it.
func (l *Lease) Create(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	begun := l.clock.Now()
	if err := l.Interface.Create(ctx, record); err != nil {
		return err
	}
	l.held(begun, false)
	return nil
}

// Update implements resourcelock.Interface: it takes the lease, renews it, or gives it up.
func (l *Lease) Update(ctx context.Context, record resourcelock.LeaderElectionRecord) error {
	if record.HolderIdentity == "" && !l.settled() {
		return errUnsettled
	}
	begun := l.clock.Now()
	if err := l.Interface.Update(ctx, record); err != nil {
		return err
	}
	switch {
	case record.HolderIdentity == "":
		l.released()
	case record.HolderIdentity == l.Identity():
		l.held(begun, l.previousHolder() == "")
	}
	return nil
}

func (l *Lease) previousHolder() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.holder
}

// held notes that the lease was taken or renewed by a request that began at this time: nobody else takes it sooner than
// its duration later, since others count from when they see it.
func (l *Lease) held(begun time.Time, clean bool) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if l.heldUntil.IsZero() {
		l.clean, l.since = clean, begun
	}
	l.heldUntil = begun.Add(l.duration)
}

func (l *Lease) released() {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	l.heldUntil = time.Time{}
}

// Permit returns an error unless this operator surely leads for as long as a request may take. A paused process that wakes
// up when another leads is stopped here, before it has noticed.
func (l *Lease) Permit(longest time.Duration) error {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	if left := l.heldUntil.Sub(l.clock.Now()); left < longest {
		return fmt.Errorf("the leader election's lease could end before a request of up to %s does; nothing is sent until it is renewed", longest)
	}
	return nil
}

// Clean tells whether the operator before this one gave the lease up, which it does only when all its requests were
// answered.
func (l *Lease) Clean() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.clean
}

// Since is when this operator began to lead; zero before.
func (l *Lease) Since() time.Time {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.since
}

// Stands tells whether this operator leads or stands by to lead. The lease is not looked at before the caches are full, so that one
// that stands by can go on at once.
func (l *Lease) Stands() bool {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.asked
}
