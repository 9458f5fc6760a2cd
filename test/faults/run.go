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

package faults

import (
	"context"
	"fmt"
	"net/http"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
)

const (
	// look is how often the world is looked at, quiet how long nothing passes before it counts as at rest.
	look  = 20 * time.Millisecond
	quiet = 150 * time.Millisecond
	// idle is how long nothing passes before it is assumed that the operator waits for a time: longer than any fence and than what a
	// tenant asks for in these runs. Then the clock is moved by patience, by twice that the next time, and at most so often: where an
	// operator was dead while time passed, its successor begins late with what takes two hours.
	idle     = 2500 * time.Millisecond
	patience = 75 * time.Second
	most     = 8
	// tolerance is what the operator's seconds and those of the checker may differ by.
	tolerance = 2 * time.Second
)

// Result is what came of a run.
type Result struct {
	// Points are the requests that the operator sent, in their order.
	Points []Point
	// Reached tells of each strike whether its point was there.
	Reached []bool
	// Violations are the invariants that did not hold, and Log what led there.
	Violations []string
	Log        string
	// Waited is how often the clock had to be moved for the end to come.
	Waited int
}

// Run plays a scenario in a world of its own while the strikes hit.
func (s Scenario) Run(t *testing.T, stage Stage, strikes ...Strike) (result Result) {
	t.Helper()
	fence, timeout := timing(strikes)
	var g *gate // made in the run, whose time may be its own
	intercept := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { g.take(next, w, r) }) //nolint:contextcheck // what a request does outlives it
	}
	stage(t, auth0sim.Options{Intercept: intercept}, func(t *testing.T, w World) {
		t.Helper()
		g = newGate(newChecker(w, s.Held-tolerance), fence, strikes)
		w.Sim().OnCommit(g.checker.commit)
		r := &run{t: t, gate: g, world: w, options: OperatorOptions{Fence: fence, Timeout: timeout}}
		defer r.stop()
		r.play(s)
		result = Result{Points: g.points(), Reached: g.reached, Violations: g.checker.found(), Log: g.String(), Waited: r.waited}
		result.Violations = append(result.Violations, r.problems...)
	})
	return result
}

// run is a scenario under way.
type run struct {
	t        *testing.T
	gate     *gate
	world    World
	options  OperatorOptions
	operator Operator
	started  int
	waited   int
	problems []string
}

func (r *run) play(s Scenario) {
	p := &Play{World: r.world, t: r.t, objects: &harness.Workspace{Namespace: r.world.Namespace(), Sim: r.world.Sim()}, checker: r.gate.checker}
	r.start()
	s.Setup(p)
	if !r.await(func(now Snapshot) []string {
		if s.Before == nil {
			return now.signedIn()
		}
		return s.Before(p).Missing(now)
	}) {
		r.t.Fatalf("the scenario does not get to its beginning: %q\n%s", r.problems, r.gate)
	}
	if s.Crowded {
		p.registered()
		p.foreign()
	}
	r.gate.checker.record(purpose{secret: s.GivesUpCertificates, deleted: s.Deletes, staged: s.Stages}, p.Others)
	r.gate.record()
	for _, step := range s.Steps {
		step.Do(p)
		missing := func(Snapshot) []string { return nil }
		if step.Want != nil {
			missing = step.Want(p).Missing
		}
		if !r.await(missing) {
			return
		}
	}
	r.rest()
}

func (r *run) start() {
	r.t.Helper()
	r.started++
	r.options.Name = fmt.Sprintf("operator-%d", r.started)
	r.options.Curtain = &Curtain{}
	r.options.Write = r.gate.hook(r.options.Name, r.options.Curtain)
	operator, err := r.world.StartOperator(r.options)
	if err != nil {
		r.t.Fatalf("start an operator: %v\n%s", err, r.gate)
	}
	r.operator = operator
}

func (r *run) stop() {
	if err := r.operator.Stop(); err != nil {
		r.t.Errorf("stop the operator: %v", err)
	}
}

// await waits until nothing is missing and nothing moves, and brings up a successor wherever the operator is killed. It gives up
// where an invariant does not hold or the end does not come.
func (r *run) await(missing func(Snapshot) []string) bool {
	r.t.Helper()
	moved := 0
	for begin := time.Now(); ; r.pause() {
		r.replace()
		now, err := Look(context.Background(), r.world)
		if err != nil {
			r.t.Fatal(err)
		}
		left := missing(now)
		switch {
		case len(r.gate.checker.found()) > 0:
			return false
		case len(left) == 0 && r.gate.still(quiet):
			return true
		case r.gate.still(idle) && moved < most:
			r.world.Advance(patience << moved)
			moved++
			r.waited++
		case r.gate.still(idle), time.Since(begin) > 2*time.Minute:
			r.problems = append(r.problems, fmt.Sprintf("I8: the end is not reached: %q", left))
			return false
		}
	}
}

func (r *run) pause() { <-time.After(look) }

// replace stops an operator that was killed and starts another.
func (r *run) replace() {
	select {
	case <-r.gate.killed:
		r.stop()
		r.gate.succeeded()
		r.start()
	default:
	}
}

// rounds is how often the world is looked at again before it must have come to rest: once for what was noted late, once to see that
// nothing follows, and once for each strike, which may hit only now.
func rounds(strikes int) int { return 2 + strikes }

// rest makes sure that the end is an end: whatever is looked at again, nothing is written any more. What was noted late is written
// the first time, and so is what mends a fault that struck only now.
func (r *run) rest() {
	r.t.Helper()
	var writes []string
	for range rounds(len(r.gate.strikes)) {
		before := len(r.gate.points())
		<-time.After(r.options.Curtain.longest())
		r.touch()
		for begin := time.Now(); !r.gate.still(quiet) || time.Since(begin) < quiet; r.pause() {
			r.replace()
		}
		writes = nil
		for _, p := range r.gate.points()[before:] {
			if p.Writes && !p.isEvent() {
				writes = append(writes, p.String())
			}
		}
		if len(writes) == 0 {
			return
		}
	}
	r.problems = append(r.problems, fmt.Sprintf("I8: writes follow where nothing is left to do: %q", writes))
}

// touch makes controllers look at every object again.
func (r *run) touch() {
	r.t.Helper()
	if err := Touch(context.Background(), r.world); err != nil {
		r.t.Fatal(err)
	}
}

// Touch changes an annotation of every object of a world, for controllers to look at them again.
func Touch(ctx context.Context, w World) error {
	for _, list := range []client.ObjectList{&v1alpha1.TenantList{}, &v1alpha1.OAuthClientList{}, &v1alpha1.ClientCredentialList{}} {
		if err := w.Client().List(ctx, list, client.InNamespace(w.Namespace())); err != nil {
			return fmt.Errorf("list what is to be looked at again: %w", err)
		}
		err := meta.EachListItem(list, func(item runtime.Object) error {
			o := item.(client.Object)
			before := o.DeepCopyObject().(client.Object)
			o.SetAnnotations(map[string]string{"test.certbound.dev/touched": time.Now().String()})
			return client.IgnoreNotFound(w.Client().Patch(ctx, o, client.MergeFrom(before)))
		})
		if err != nil {
			return fmt.Errorf("have an object looked at again: %w", err)
		}
	}
	return nil
}
