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
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

// kind is what an action does. The words are those of the report.
type kind string

// A renewal is no fault.
const renew kind = "renewal"

// Faults at the Management API.
const (
	limited       kind = "429"
	failed        kind = "500 without an effect"
	failedAfter   kind = "502 after the effect"
	slow          kind = "late answer"
	timedOut      kind = "timeout without an effect"
	timedOutAfter kind = "timeout after the effect"
	cut           kind = "connection cut before the effect"
	lost          kind = "answer lost after the effect"
	halved        kind = "answer cut in the middle"
	garbled       kind = "answer that is no JSON, after the effect"
	lateEffect    kind = "504, and the effect later"
	badToken      kind = "401 to a good token"
	expire        kind = "management tokens expired"
)

// Faults at the Kubernetes API, as the operator sees it.
const (
	conflict     kind = "409 to a write"
	apiError     kind = "500"
	apiLimited   kind = "429 with Retry-After"
	apiCut       kind = "connection cut before the effect, Kubernetes"
	apiLost      kind = "answer lost after the effect, Kubernetes"
	watchesCut   kind = "watches cut"
	watchesStall kind = "watches that stand still"
)

// What befalls the operator's process, Secrets, and the tenant by other hands.
const (
	kill       kind = "killed (SIGKILL)"
	restart    kind = "restarted (SIGTERM)"
	freeze     kind = "frozen (SIGSTOP)"
	touch      kind = "certificate's own Secret touched"
	touchCopy  kind = "published Secret touched"
	deleteCopy kind = "published Secret deleted"
	store      kind = "somebody stores a credential of theirs"
	attach     kind = "somebody attaches a credential of theirs"
)

// family are faults of a like kind, which come every so many units of the pace on average.
type family struct {
	name  string
	every float64
	kinds []kind
}

var families = []family{
	{"Management API", 2, []kind{
		limited, failed, failedAfter, slow, timedOut, timedOutAfter, cut, lost, halved, garbled, lateEffect, badToken,
	}},
	{"management tokens", 20, []kind{expire}},
	{"Kubernetes API", 3, []kind{conflict, conflict, apiError, apiLimited, apiCut, apiLost, watchesCut, watchesStall}},
	{"operator", 30, []kind{kill, kill, restart, freeze}},
	{"Secrets", 5, []kind{touch, touchCopy, deleteCopy}},
	{"other hands", 12, []kind{store, attach}},
}

// action is one thing to do, and when.
type action struct {
	at     time.Duration
	kind   kind
	member int // whom it concerns; -1 for all
	lasts  time.Duration
}

// String is the action in the log.
func (a action) String() string { return fmt.Sprintf("%s, %s", a.kind, a.lasts) }

// schedule is everything that is done in a run. It follows from the seed and the options alone.
func schedule(o options, p pace, crew []member) (actions []action) {
	for _, m := range crew {
		r, gap := stream(o.seed, "renewals of "+m.name), p.gap
		if m.mode == ungated {
			gap = p.ungated
		}
		for at := between(r, span{0, gap.least}); at < o.load; at += between(r, gap) {
			actions = append(actions, action{at: at, kind: renew, member: m.index})
		}
	}
	for _, f := range families {
		r, mean := stream(o.seed, f.name), time.Duration(f.every*float64(p.fault))
		for at := o.storm() + between(r, span{0, mean}); at < o.load; at += between(r, span{mean / 2, mean * 3 / 2}) {
			a := action{at: at, kind: f.kinds[r.IntN(len(f.kinds))], member: -1, lasts: between(r, span{p.late / 8, p.late})}
			if candidates := a.kind.concerns(crew); len(candidates) > 0 {
				a.member = candidates[r.IntN(len(candidates))].index
			}
			actions = append(actions, a)
		}
	}
	slices.SortStableFunc(actions, func(a, b action) int { return cmp.Compare(a.at, b.at) })
	return actions
}

// concerns are the clients that the action can be about; none for what is not about one.
func (k kind) concerns(crew []member) []member {
	those := func(may func(member) bool) []member {
		return slices.DeleteFunc(slices.Clone(crew), func(m member) bool { return !may(m) })
	}
	switch k {
	case touch, store:
		return crew
	case touchCopy, deleteCopy:
		return those(func(m member) bool { return m.gated })
	case attach: // with one of two places taken, the workload of an ungated client could be left without
		return those(func(m member) bool { return m.mode != ungated })
	default:
		return nil
	}
}

// stream are random numbers for one purpose, so that no purpose shifts those of another.
func stream(seed uint64, purpose string) *rand.Rand {
	var mixed uint64
	for _, b := range []byte(purpose) {
		mixed = mixed*31 + uint64(b)
	}
	return rand.New(rand.NewPCG(seed, mixed)) // #nosec G404 -- it is to be repeatable
}

func between(r *rand.Rand, s span) time.Duration {
	if s.most <= s.least {
		return s.least
	}
	return s.least + time.Duration(r.Int64N(int64(s.most-s.least)))
}

// managementFault is the fault of a kind at the simulated tenant.
func managementFault(a action, p pace) (auth0sim.Fault, bool) {
	f := auth0sim.Fault{Path: "/api/v2/**"}
	switch a.kind {
	case limited:
		f.Reply, f.RetryAfter = auth0sim.ReplyRateLimited, time.Second
	case failed:
		f.Reply = auth0sim.ReplyStatus
	case failedAfter:
		f.Effect, f.Reply, f.Status = auth0sim.EffectCommitted, auth0sim.ReplyStatus, 502
	case slow:
		f.Latency = p.timeout / 2
	case timedOut:
		f.Latency = p.timeout * 2
	case timedOutAfter:
		f.Effect, f.Hold = auth0sim.EffectCommitted, true
	case cut:
		f.Reply = auth0sim.ReplyCut
	case lost:
		f.Effect, f.Reply = auth0sim.EffectCommitted, auth0sim.ReplyCut
	case halved:
		f.Reply = auth0sim.ReplyTruncated
	case garbled:
		f.Effect, f.Reply = auth0sim.EffectCommitted, auth0sim.ReplyNotJSON
	case lateEffect:
		f.Effect, f.Delay = auth0sim.EffectLate, a.lasts
	case badToken:
		f.Reply = auth0sim.ReplyInvalidToken
	default:
		return auth0sim.Fault{}, false
	}
	return f, true
}
