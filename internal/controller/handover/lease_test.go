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

package handover

import (
	"context"
	"errors"
	"testing"
	"time"

	"k8s.io/client-go/tools/leaderelection/resourcelock"
	clocktesting "k8s.io/utils/clock/testing"
)

// shelf is where the record of a lease lies, without any rule of its own.
type shelf struct {
	resourcelock.Interface

	identity string
	record   *resourcelock.LeaderElectionRecord
	refuse   error
	takes    func() // what happens while a request is under way
}

func (s *shelf) Identity() string { return s.identity }

func (s *shelf) Get(context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	if s.record == nil {
		return nil, nil, errors.New("not found")
	}
	return s.record, nil, nil
}

func (s *shelf) Create(ctx context.Context, r resourcelock.LeaderElectionRecord) error {
	return s.Update(ctx, r)
}

func (s *shelf) Update(_ context.Context, r resourcelock.LeaderElectionRecord) error {
	if s.takes != nil {
		s.takes()
	}
	if s.refuse == nil {
		s.record = &r
	}
	return s.refuse
}

func heldBy(identity string) resourcelock.LeaderElectionRecord {
	return resourcelock.LeaderElectionRecord{HolderIdentity: identity}
}

// No request begins that could outlast the lease (I1, I4).
func TestPermit(t *testing.T) {
	clock := clocktesting.NewFakeClock(time.Unix(1_000_000, 0))
	lock := &shelf{identity: "me", takes: func() { clock.Step(time.Second) }}
	lease := NewLease(lock, clock, 15*time.Second)
	permitted := func(want bool, when string) {
		t.Helper()
		if err := lease.Permit(10 * time.Second); (err == nil) != want {
			t.Errorf("%s: %v", when, err)
		}
	}
	permitted(false, "before it leads")
	if !lease.Since().IsZero() {
		t.Error("it leads before it leads")
	}
	must(t, lease.Create(t.Context(), heldBy("me")))
	began := lease.Since()
	if want := clock.Now().Add(-time.Second); !began.Equal(want) {
		t.Errorf("it leads since %v, not since the request that took the lease was sent, %v", began, want)
	}
	permitted(true, "1 s after the request that took the lease was sent")
	clock.Step(4 * time.Second)
	permitted(true, "5 s after")
	clock.Step(time.Nanosecond)
	permitted(false, "later, with less than 10 s of the lease left")
	lock.refuse = errors.New("the API server is away")
	if err := lease.Update(t.Context(), heldBy("me")); err == nil {
		t.Error("a failed renewal is a success")
	}
	permitted(false, "after a renewal that failed")
	lock.refuse = nil
	must(t, lease.Update(t.Context(), heldBy("me")))
	permitted(true, "after a renewal")
	if !lease.Since().Equal(began) {
		t.Error("with a renewal it begins anew")
	}
	clock.Step(time.Hour)
	permitted(false, "after an hour's pause")
	must(t, lease.Update(t.Context(), heldBy("me")))
	must(t, lease.Update(t.Context(), heldBy("")))
	permitted(false, "after it gave the lease up")
}

// Only a lease that was given up says that nothing of the one before is under way (I1, I3).
func TestClean(t *testing.T) {
	tests := map[string]struct {
		before *resourcelock.LeaderElectionRecord
		want   bool
	}{
		"given up":               {new(heldBy("")), true},
		"expired":                {new(heldBy("other")), false},
		"expired, of this name":  {new(heldBy("me")), false},
		"deleted, or never made": {nil, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			lock := &shelf{identity: "me", record: test.before}
			lease := NewLease(lock, clocktesting.NewFakeClock(time.Unix(1_000_000, 0)), 15*time.Second)
			take := lease.Update
			if _, _, err := lease.Get(t.Context()); err != nil {
				take = lease.Create
			}
			must(t, take(t.Context(), heldBy("me")))
			if got := lease.Clean(); got != test.want {
				t.Errorf("clean: %t", got)
			}
			if _, _, err := lease.Get(t.Context()); err != nil {
				t.Fatal(err)
			}
			must(t, lease.Update(t.Context(), heldBy("me")))
			if got := lease.Clean(); got != test.want {
				t.Errorf("after a renewal, clean: %t", got)
			}
		})
	}
}

// A lease is given up early only when every request was answered (I1, I3).
// A replica is ready when it stands by, which is when it first looks at the lease, whoever holds it.
func TestStands(t *testing.T) {
	lease := NewLease(&shelf{identity: "me"}, clocktesting.NewFakeClock(time.Unix(1_000_000, 0)), 15*time.Second)
	if lease.Stands() {
		t.Error("it stands by before its caches are full")
	}
	if _, _, err := lease.Get(t.Context()); err == nil {
		t.Fatal("there is a lease")
	}
	if !lease.Stands() {
		t.Error("it does not stand by although it looked at the lease")
	}
}

func TestSettle(t *testing.T) {
	lock := &shelf{identity: "me"}
	lease := NewLease(lock, clocktesting.NewFakeClock(time.Unix(1_000_000, 0)), 15*time.Second)
	settled := false
	lease.Settle(func() bool { return settled })
	must(t, lease.Create(t.Context(), heldBy("me")))
	if err := lease.Update(t.Context(), heldBy("")); err == nil || lock.record.HolderIdentity != "me" {
		t.Errorf("given up although a request was not answered: %v", err)
	}
	settled = true
	must(t, lease.Update(t.Context(), heldBy("")))
	if lock.record.HolderIdentity != "" {
		t.Error("not given up")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
