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

package status

import (
	"errors"
	"maps"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
)

// reasonNotObserved surfaces on a condition that was not looked at, because of what another one says.
const reasonNotObserved = "NotObserved"

// Report gathers the outcome for each condition of an object.
type Report struct {
	types    []string
	outcomes map[string]Outcome
	asides   []metav1.Condition
}

// NewReport returns a report on these condition types, in the order in which they are found out.
func NewReport(types ...string) *Report {
	return &Report{types: types, outcomes: map[string]Outcome{}}
}

// Again returns a new report of the same outcomes.
func (r *Report) Again() *Report {
	return &Report{types: r.types, outcomes: maps.Clone(r.outcomes)}
}

// Set records the outcome for a condition and returns it.
func (r *Report) Set(condition string, o Outcome) Outcome {
	r.outcomes[condition] = o
	return o
}

// Conditions returns the object's conditions: those of the report, Ready derived from them, and Reconciling or Stalled
// where they hold. The transition time of a condition in existing whose status is the same is kept.
func (r *Report) Conditions(generation int64, now time.Time, existing []metav1.Condition) []metav1.Condition {
	worst := r.worst()
	conditions := []metav1.Condition{ready(worst)}
	for _, t := range r.types {
		conditions = append(conditions, r.condition(t, worst))
	}
	conditions = append(conditions, r.asides...)
	switch worst.meaning {
	case waiting, failed:
		conditions = append(conditions, abnormal(v1alpha1.ConditionReconciling, worst))
	case blocked:
		conditions = append(conditions, abnormal(v1alpha1.ConditionStalled, worst))
	default: // everything is in place
	}
	for i := range conditions {
		c := &conditions[i]
		c.ObservedGeneration, c.LastTransitionTime = generation, metav1.NewTime(now)
		if old := meta.FindStatusCondition(existing, c.Type); old != nil && old.Status == c.Status {
			c.LastTransitionTime = old.LastTransitionTime
		}
	}
	return conditions
}

// worst is the outcome that Ready speaks of: what a person must mend, then what failed, then what is waited for.
func (r *Report) worst() Outcome {
	worst := Done(v1alpha1.ReasonReady, "Everything is in place.")
	for _, t := range r.types {
		if o := r.outcomes[t]; o.meaning > worst.meaning {
			worst = o
		}
	}
	if worst.IsDone() && len(r.outcomes) < len(r.types) {
		return Waiting(reasonNotObserved, "Not everything was looked at yet.")
	}
	return worst
}

func (r *Report) condition(t string, worst Outcome) metav1.Condition {
	o := r.outcomes[t]
	switch o.meaning {
	case done:
		return metav1.Condition{Type: t, Status: metav1.ConditionTrue, Reason: o.Reason, Message: o.Message}
	case notObserved:
		return metav1.Condition{Type: t, Status: metav1.ConditionUnknown, Reason: reasonNotObserved,
			Message: "Not looked at yet: " + worst.Message}
	default:
		c := metav1.Condition{Type: t, Status: metav1.ConditionFalse, Reason: o.Reason, Message: o.Message}
		if o.unknown {
			c.Status = metav1.ConditionUnknown
		}
		return c
	}
}

func ready(worst Outcome) metav1.Condition {
	c := metav1.Condition{Type: v1alpha1.ConditionReady, Status: metav1.ConditionFalse, Reason: worst.Reason, Message: worst.Message}
	if worst.meaning == done {
		c.Status = metav1.ConditionTrue
	}
	if worst.meaning == waiting {
		c.Status = metav1.ConditionUnknown // under way, which is no failure
	}
	return c
}

func abnormal(t string, o Outcome) metav1.Condition {
	return metav1.Condition{Type: t, Status: metav1.ConditionTrue, Reason: o.Reason, Message: o.Message}
}

// Next tells how to go on: after how long to look again, zero for never, or the error to back off for.
func (r *Report) Next(now time.Time) (time.Duration, error) {
	var errs []error
	for _, o := range r.outcomes {
		if o.meaning == failed && o.Again.IsZero() {
			errs = append(errs, o.err)
		}
	}
	if err := errors.Join(errs...); err != nil {
		return 0, err
	}
	return r.earliest(now, func(o Outcome) time.Time {
		if o.meaning == blocked && o.Again.IsZero() {
			return now.Add(slowly)
		}
		return o.Again
	}), nil
}

// Failing tells whether something failed or is blocked.
func (r *Report) Failing() bool {
	worst := r.worst().meaning
	return worst == failed || worst == blocked
}

// Paced tells like Next how to go on, where a backoff of the object's own says when what failed or is blocked is tried again. What is
// done or waited for keeps its time. The error is for the log.
func (r *Report) Paced(now, retry time.Time) (time.Duration, error) {
	var errs []error
	again := r.earliest(now, func(o Outcome) time.Time {
		if o.meaning != failed && o.meaning != blocked {
			return o.Again
		}
		errs = append(errs, o.err)
		if o.Again.After(retry) {
			return o.Again
		}
		return retry
	})
	return again, errors.Join(errs...)
}

// earliest is how long until the first of the outcomes' times, zero where none has one.
func (r *Report) earliest(now time.Time, at func(Outcome) time.Time) time.Duration {
	var first time.Time
	for _, o := range r.outcomes {
		if t := at(o); !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	if first.IsZero() {
		return 0
	}
	return max(first.Sub(now), time.Millisecond)
}

// Transition is a change of Ready worth an Event.
type Transition struct {
	Warning bool
	Reason  string
	Message string
}

// ReadyTransition tells whether Ready changed in status or reason.
func ReadyTransition(before, after []metav1.Condition) (Transition, bool) {
	old, now := meta.FindStatusCondition(before, v1alpha1.ConditionReady), meta.FindStatusCondition(after, v1alpha1.ConditionReady)
	if now == nil || (old != nil && old.Status == now.Status && old.Reason == now.Reason) {
		return Transition{}, false
	}
	return Transition{Warning: now.Status == metav1.ConditionFalse, Reason: now.Reason, Message: now.Message}, true
}
