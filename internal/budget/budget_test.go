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

package budget

import (
	"fmt"
	"testing"
	"time"
)

// spent is a budget of a token a second whose bucket of size 10 is empty.
func spent(t *testing.T) *Budget {
	t.Helper()
	b := Of(Config{RequestsPerSecond: 1 / most, Burst: 10})
	for range 10 {
		if !b.Take(Claim{Lane: Urgent}, epoch).Granted {
			t.Fatal("a full bucket does not give all that is in it")
		}
	}
	return b
}

func at(seconds float64) time.Time { return epoch.Add(time.Duration(seconds * float64(time.Second))) }

// order lets all who wait come at each tenth of a second and returns in which order they are let through.
func order(b *Budget, claims []Claim, from, to float64) (keys []string) {
	for now := from; now < to; now += 0.1 {
		for _, c := range claims {
			if c.Key != "" && b.Take(c, at(now)).Granted {
				keys = append(keys, c.Key)
				for i := range claims {
					if claims[i].Key == c.Key {
						claims[i].Key = ""
					}
				}
			}
		}
	}
	return keys
}

func TestTheMoreUrgentGoFirstAndThenWhoCameFirst(t *testing.T) {
	b := spent(t)
	claims := []Claim{
		{Lane: Drift, Key: "drift"}, {Lane: Cleanup, Key: "cleanup"}, {Lane: Renewal, Key: "second"}, {Lane: Renewal, Key: "third"},
		{Lane: Renewal, Key: "begun", Begun: true}, {Lane: New, Key: "new"}, {Lane: Edit, Key: "edit"},
		{Lane: Revocation, Key: "revocation"}, {Lane: Urgent, Key: "urgent"},
	}
	for _, c := range claims {
		if turn := b.Take(c, epoch); turn.Granted || !turn.At.After(epoch) || turn.Why != Spent {
			t.Errorf("%s: got %+v", c.Key, turn)
		}
	}
	want := "[urgent revocation edit begun second third new cleanup drift]"
	if got := fmt.Sprint(order(b, claims, 0.1, 20)); got != want {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEachIsToldATimeByItsPlace(t *testing.T) {
	b := spent(t)
	for place := range 20 {
		turn := b.Take(Claim{Lane: Urgent, Key: fmt.Sprint(place)}, epoch)
		if want := float64(place+1) * early; turn.At.Sub(at(want)).Abs() > 50*time.Millisecond {
			t.Errorf("place %d is told %v, want about %.1fs", place, turn.At.Sub(epoch), want)
		}
	}
	again := b.Take(Claim{Lane: Urgent, Key: "3"}, epoch)
	if want := at(4 * early); again.At.Sub(want).Abs() > 50*time.Millisecond || b.State(epoch).Waiting[Urgent] != 20 {
		t.Errorf("who asks again is told %v, with %v waiting", again.At.Sub(epoch), b.State(epoch).Waiting)
	}
}

func TestALowerLaneLeavesTokensToTheOthers(t *testing.T) {
	b := Of(Config{RequestsPerSecond: 1, Burst: 50})
	for range 50 {
		b.Take(Claim{Lane: Drift}, epoch)
	}
	for range 6 {
		if !b.Take(Claim{Lane: Urgent}, epoch).Granted {
			t.Fatal("nothing was left to an urgent claim")
		}
	}
	if b.Take(Claim{Lane: Urgent}, epoch).Granted {
		t.Error("more was left than there is")
	}
}

func TestEveryLaneGetsItsTurn(t *testing.T) {
	b := spent(t)
	b.Take(Claim{Lane: Drift, Key: "drift"}, epoch)
	edits := 0
	for now := 0.1; now < 100; now += 0.1 {
		if b.Take(Claim{Lane: Drift, Key: "drift"}, at(now)).Granted {
			if edits < starving {
				t.Errorf("after %d edits", edits)
			}
			return
		}
		if b.Take(Claim{Lane: Edit, Key: fmt.Sprint("edit", edits)}, at(now)).Granted {
			edits++
		}
	}
	t.Errorf("%d edits went before it", edits)
}

func TestWhoIsGoneHoldsUpNobody(t *testing.T) {
	b := spent(t)
	gone := b.Take(Claim{Lane: Urgent, Key: "gone"}, epoch)
	b.Take(Claim{Lane: Edit, Key: "here"}, epoch)
	if later := gone.At.Add(grace + time.Second); !b.Take(Claim{Lane: Edit, Key: "here"}, later).Granted || b.State(later).Waiting[Urgent] != 0 {
		t.Error("a place is kept for ever")
	}
}

// Somebody who waited to begin may find that there is nothing to send. Where nobody sends anything any more, that is noticed too.
func TestWhoIsGoneIsNotToldToWait(t *testing.T) {
	b := Of(Config{Concurrent: 1})
	b.Enter(Claim{Lane: Edit, Key: "long"}, epoch)
	again := b.Enter(Claim{Lane: Edit, Key: "gone"}, epoch).At
	if waiting := b.State(again).Waiting[Edit]; waiting != 1 {
		t.Errorf("%d wait, want the one that was told to come back", waiting)
	}
	if waiting := b.State(again.Add(grace + time.Second)).Waiting[Edit]; waiting != 0 {
		t.Errorf("%d wait, and nobody has come back", waiting)
	}
}

func TestWhatTheBucketHoldsTakesNoTimeToDrain(t *testing.T) {
	b := Of(Config{RequestsPerSecond: 1, Burst: 10, Concurrent: 1})
	b.Enter(Claim{Lane: Edit, Key: "under way"}, epoch)
	b.Enter(Claim{Lane: Edit, Key: "waits"}, epoch)
	if s := b.State(epoch); s.Waiting[Edit] != 1 || s.Drain != 0 {
		t.Errorf("%d wait, for %v", s.Waiting[Edit], s.Drain)
	}
}

func TestNothingGoesOutInAPause(t *testing.T) {
	b := Of(Config{})
	turn := b.Take(Claim{Lane: Renewal}, epoch)
	b.Learn(Answer{Turn: turn, Resume: at(7)}, epoch)
	for _, c := range []Claim{{Lane: Urgent, Key: "a"}, {Outside: true}, {Lane: Drift, Key: "b"}} {
		if turn := b.Take(c, at(6.9)); turn.Granted || turn.Why != Paused || turn.At.Before(at(7)) {
			t.Errorf("%+v: got %+v", c, turn)
		}
	}
	granted := 0
	for _, key := range []string{"a", "c", "d", "e"} {
		if b.Take(Claim{Lane: Urgent, Key: key}, at(7)).Granted {
			granted++
		}
	}
	if granted != 1 {
		t.Errorf("%d go out when the pause is over, want one", granted)
	}
}

func TestABreakerLetsOneThroughNowAndThen(t *testing.T) {
	b := Of(Config{RequestsPerSecond: 100, Burst: 100})
	fail := func(key string, now float64) bool {
		turn := b.Take(Claim{Lane: Edit, Key: key}, at(now))
		if turn.Granted {
			b.Learn(Answer{Turn: turn, Failed: true}, at(now))
		}
		return turn.Granted
	}
	for i := range tolerated {
		if !fail("a", float64(i)*10) {
			t.Fatalf("failure %d opens it", i)
		}
	}
	if fail("b", 69.9) || !b.State(at(69.9)).Broken {
		t.Fatal("it is not open")
	}
	if fail("a", 70.1) {
		t.Error("who failed last probes although somebody else waits")
	}
	if !fail("b", 70.2) || fail("c", 70.3) || fail("a", 99) {
		t.Error("not just one goes through")
	}
	turn := b.Take(Claim{Lane: Edit, Key: "c"}, at(101))
	b.Learn(Answer{Turn: turn}, at(101.1))
	if !turn.Granted || b.State(at(101.1)).Broken || !b.Take(Claim{Lane: Edit, Key: "d"}, at(101.2)).Granted {
		t.Error("an answer does not close it")
	}
}

func TestAnOperationWithABucketOfItsOwnHoldsUpNoOther(t *testing.T) {
	b := Of(Config{Share: 1})
	answer := func(op string, limit, remaining int) {
		turn := b.Take(Claim{Operation: op}, epoch)
		b.Learn(Answer{Turn: turn, Limit: limit, Remaining: remaining, Reset: at(60)}, epoch)
	}
	answer("Client", 10, 9)
	answer("ListClients", 5, 0)
	if b.Take(Claim{Operation: "ListClients"}, epoch).Granted {
		t.Error("the listing's bucket is empty")
	}
	if !b.Take(Claim{Operation: "Client"}, epoch).Granted {
		t.Error("the others' is not")
	}
}

func TestOthersWhoEmptyTheBucketAreNoticedAtOnce(t *testing.T) {
	b := Of(Config{RequestsPerSecond: 16, Burst: 50, Share: 1})
	for _, remaining := range []int{49, 2} {
		turn := b.Take(Claim{Lane: Urgent}, epoch)
		b.Learn(Answer{Turn: turn, Limit: 50, Remaining: remaining, Reset: at(3)}, epoch)
	}
	granted := 0
	for range 10 {
		if b.Take(Claim{Lane: Urgent}, epoch).Granted {
			granted++
		}
	}
	if granted != 2 {
		t.Errorf("%d go out, want the two that remain", granted)
	}
}

func TestCallsThatHangTakeNoMorePlaces(t *testing.T) {
	b := Of(Config{Concurrent: 2})
	for i, want := range []struct {
		lane    Lane
		granted bool
	}{{Drift, true}, {Drift, true}, {Drift, false}, {Urgent, true}, {Urgent, false}} {
		if turn := b.Enter(Claim{Lane: want.lane}, epoch); turn.Granted != want.granted {
			t.Errorf("call %d: got %+v", i, turn)
		}
	}
	b.Leave()
	b.Leave()
	if !b.Enter(Claim{Lane: Drift}, epoch).Granted {
		t.Error("a place that is free again is not given")
	}
}

// Others who take most of the rate for a while look like a tenant that allows less. When they have gone the bucket is full, and what is
// not asked for shows nothing: so the rate goes back to the most that was measured, and no further.
func TestARateIsFoundAgainWhenOthersHaveGone(t *testing.T) {
	now := epoch
	k := newBucket(50, slowest, defaultShare, now)
	read := func(remaining float64, after time.Duration) {
		granted := now
		now = now.Add(after)
		k.refill(now, 1)
		k.take(Renewal)
		k.learn(reading{granted: granted, remaining: remaining, reset: now.Add(time.Duration((50 - remaining) / 10 * float64(time.Second))), taken: k.taken}, now)
	}
	read(49, 80*time.Millisecond)
	for range 100 { // 10 requests a second and a bucket that loses none of its 20: that is what comes in
		read(20, 100*time.Millisecond)
	}
	known := k.rate
	if !k.sure || known < 8 || known > 10 {
		t.Fatalf("the rate is %.2f (%t), of 10", known, k.sure)
	}
	for i := range 10 { // others empty it, again and again
		now = now.Add(3 * time.Second)
		k.level = 20
		read(float64(i%2), 100*time.Millisecond)
	}
	if k.rate > known/4 {
		t.Fatalf("the rate is still %.2f", k.rate)
	}
	for range 50 {
		read(49, time.Second)
	}
	if k.rate != known {
		t.Errorf("the rate is %.2f when others have gone, and was %.2f", k.rate, known)
	}
}

// The tenant decides in no order: a watch that begins with an answer of which it counted later requests before has them twice.
func TestRequestsThatWereCountedBeforeTeachNoRate(t *testing.T) {
	k := newBucket(50, 16, 1, epoch)
	k.sure = true
	for range 5 {
		k.take(Renewal)
	}
	k.learn(reading{granted: at(0), remaining: 20, taken: 1, others: 4, later: 4}, at(0.08)) // all four were counted
	k.learn(reading{granted: at(0), remaining: 20, taken: 5}, at(0.08))
	if k.rate != 16 {
		t.Errorf("a rate of %.2f was learnt where nothing came in", k.rate)
	}
}
