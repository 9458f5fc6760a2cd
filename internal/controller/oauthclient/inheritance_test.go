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

package oauthclient

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clocktesting "k8s.io/utils/clock/testing"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller/shard"
)

var began = time.Unix(1_000_000, 0)

func worked(finalizers ...string) *v1alpha1.OAuthClient {
	return &v1alpha1.OAuthClient{ObjectMeta: metav1.ObjectMeta{UID: "uid", Finalizers: finalizers}}
}

// I1, I3: what an operator that did not end in order may have been working on stays unchanged for a fence from the moment of the takeover,
// however long the successor had been standing by, and nothing else does.
func TestWhatIsTakenOver(t *testing.T) {
	const fence = 30 * time.Second
	end := began.Add(fence)
	tests := map[string]struct {
		unclean bool
		obj     *v1alpha1.OAuthClient
		claimed bool
		after   time.Duration
		want    time.Time
	}{
		"worked on":                          {true, worked(Finalizer), false, 0, end},
		"worked on, a moment before the end": {true, worked(Finalizer), false, fence - 1, end},
		"worked on, long ago":                {true, worked(Finalizer), false, fence, time.Time{}},
		"worked on, by one that ended well":  {false, worked(Finalizer), false, 0, time.Time{}},
		"never worked on":                    {true, worked(), false, 0, time.Time{}},
		"of another controller":              {true, worked("other"), false, 0, time.Time{}},
		"claimed by this operator":           {true, worked(Finalizer), true, 0, time.Time{}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := &Reconciler{Fence: fence, TookOver: func() (time.Time, bool) { return began, test.unclean }}
			p := &pass{Reconciler: r, obj: test.obj, now: began}
			if test.claimed {
				p.noteFirst()
			}
			p.now = began.Add(test.after)
			if got := p.unchangedUntil(); !got.Equal(test.want) {
				t.Errorf("unchanged until %v, want %v", got, test.want)
			}
		})
	}
}

// I1: a listing is waited for until nothing of the operator before can take effect, where it may have worked on any of the clients; and
// not at all where it has not.
func TestWhatAListingIsPutOffFor(t *testing.T) {
	end := began.Add(time.Minute)
	other := worked(Finalizer)
	other.UID = "other"
	for sentence, c := range map[string]struct {
		unclean bool
		objects []v1alpha1.OAuthClient
		want    time.Time
	}{
		"none was worked on":                  {true, []v1alpha1.OAuthClient{*worked(), *worked("theirs")}, time.Time{}},
		"this operator took them on":          {true, []v1alpha1.OAuthClient{*worked(Finalizer)}, time.Time{}},
		"one of them was worked on":           {true, []v1alpha1.OAuthClient{*worked(Finalizer), *other, *worked()}, end},
		"one was, by one that ended in order": {false, []v1alpha1.OAuthClient{*other}, time.Time{}},
		"there are none":                      {true, nil, time.Time{}},
	} {
		r := &Reconciler{Fence: time.Minute, TookOver: func() (time.Time, bool) { return began, c.unclean }}
		r.claimed.add("uid")
		if got := r.leftByLast(c.objects); !got.Equal(c.want) {
			t.Errorf("%s: until %v, want %v", sentence, got, c.want)
		}
	}
}

// I1: what comes from another shard is worked on there until this moment; what is created here is nobody's.
func TestArrivals(t *testing.T) {
	a, err := shard.Parse("certbound.dev/shard=a")
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string]struct {
		shard   shard.Shard
		obj     *v1alpha1.OAuthClient
		initial bool
		fenced  bool
	}{
		"from another shard":                   {a, worked(Finalizer), false, true},
		"created":                              {a, worked(), false, false},
		"there at the start":                   {a, worked(Finalizer), true, false},
		"restored from a backup, in one shard": {shard.Shard{}, worked(Finalizer), false, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			r := &Reconciler{Shard: test.shard, Fence: time.Minute, Clock: clocktesting.NewFakePassiveClock(began),
				TookOver: func() (time.Time, bool) { return began, false }}
			r.views.put("uid", &view{})
			if !r.noteArrivals().Create(event.CreateEvent{Object: test.obj, IsInInitialList: test.initial}) {
				t.Error("the event is held back")
			}
			p := &pass{Reconciler: r, obj: test.obj, now: began}
			if fenced := !p.unchangedUntil().IsZero(); fenced != test.fenced {
				t.Errorf("left unchanged: %t", fenced)
			}
			if known, _ := r.views.get("uid"); (known == nil) != test.fenced {
				t.Errorf("what was known is forgotten: %t", known == nil)
			}
		})
	}
}
