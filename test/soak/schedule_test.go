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
	"reflect"
	"slices"
	"testing"
	"time"
)

var usual = options{seed: 1, load: 10 * time.Minute, clients: 12, compress: 10}

func scheduleOf(o options) []action { return schedule(o, newPace(o.compress), members(o.clients)) }

// What was found once must be found again: the same seed is the same schedule, to the moment.
func TestSameSeedSameSchedule(t *testing.T) {
	if !reflect.DeepEqual(scheduleOf(usual), scheduleOf(usual)) {
		t.Error("one seed gives two schedules")
	}
	other := usual
	other.seed = 2
	if reflect.DeepEqual(scheduleOf(usual), scheduleOf(other)) {
		t.Error("two seeds give one schedule")
	}
}

func TestScheduleCoversEverything(t *testing.T) {
	actions := scheduleOf(usual)
	counts := map[kind]int{}
	for _, a := range actions {
		counts[a.kind]++
		if a.kind != renew && a.at < usual.storm() {
			t.Errorf("%s at %s, before the faults begin", a.kind, a.at)
		}
		if a.at >= usual.load {
			t.Errorf("%s at %s, after the load", a.kind, a.at)
		}
	}
	if counts[renew] < 200 || counts[renew] < usual.leastRenewals() {
		t.Errorf("%d renewals in ten minutes, want 200 at least, and %d", counts[renew], usual.leastRenewals())
	}
	for _, f := range families {
		for _, k := range f.kinds {
			if counts[k] == 0 {
				t.Errorf("never: %s, %s", f.name, k)
			}
		}
	}
}

// The tenant has two places, so a workload that mounts cert-manager's own Secret needs the overlap between two renewals, and one
// that may have to do without one of the places is never visited by somebody else's attached credential.
func TestScheduleSparesWhatNobodyCouldKeep(t *testing.T) {
	p, crew := newPace(usual.compress), members(usual.clients)
	last := map[int]time.Duration{}
	for _, a := range scheduleOf(usual) {
		if a.member < 0 || crew[a.member].mode != ungated {
			continue
		}
		if previous, known := last[a.member]; a.kind == renew && known && a.at-previous < p.overlap+p.kubelet/10 {
			t.Errorf("%s is renewed after %s, with an overlap of %s", crew[a.member].name, a.at-previous, p.overlap)
		}
		if a.kind == renew {
			last[a.member] = a.at
		}
		if a.kind == attach {
			t.Errorf("somebody else's credential is attached to %s", crew[a.member].name)
		}
	}
}

func TestPaceKeepsTheOrderOfTimes(t *testing.T) {
	for _, compress := range []float64{1, 10, 30} {
		p := newPace(compress)
		switch {
		case p.handover <= p.kubelet+time.Second: // publications are dated in whole seconds
			t.Errorf("1:%g: a kubelet takes %s, and the handover is %s", compress, p.kubelet, p.handover)
		case p.overlap <= p.handover:
			t.Errorf("1:%g: the overlap of %s is no longer than the handover of %s", compress, p.overlap, p.handover)
		case p.fence <= p.late || p.fence <= p.timeout:
			t.Errorf("1:%g: the fence of %s is shorter than a request lives (%s, %s)", compress, p.fence, p.late, p.timeout)
		}
	}
	if p := newPace(1); p.kubelet != 90*time.Second || p.fence != 30*time.Second || p.timeout != 10*time.Second {
		t.Errorf("uncompressed, times are %s", p)
	}
}

func TestMembersAreOfEveryModeAndKubelet(t *testing.T) {
	three := members(3)
	if got := []*mode{three[0].mode, three[1].mode, three[2].mode}; !slices.Equal(got, []*mode{gated, ungated, gatedDN}) {
		t.Errorf("three clients are %s, %s, %s", got[0].name, got[1].name, got[2].name)
	}
	seen := map[*mode]map[kubelet]bool{}
	for _, m := range members(usual.clients) {
		if seen[m.mode] == nil {
			seen[m.mode] = map[kubelet]bool{}
		}
		seen[m.mode][m.kubelet] = true
	}
	for _, m := range modes {
		if len(seen[m]) != len(m.kubelets) {
			t.Errorf("%s has the kubelets %v, want %v", m.name, seen[m], m.kubelets)
		}
	}
}
