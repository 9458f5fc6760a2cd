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

// Package status turns what a reconcile found into what it reports: conditions by the Kubernetes API conventions and
// KEP-1623, Reconciling and Stalled by kstatus, and when to look again. It is the one place that says what "not done"
// means.
package status

import (
	"time"
)

// meaning is what an Outcome says of its condition.
type meaning int

const (
	notObserved meaning = iota // an earlier finding left it unlooked at
	done
	waiting // something else must happen first; a watch or Again wakes
	failed  // to be tried again, with backoff
	blocked // a person must act; looked at again slowly
)

// slowly is how often a blocked object is looked at again although nothing changed: what blocks it may have been
// mended where no watch can see it.
const slowly = 15 * time.Minute

// Outcome is the finding on one condition.
type Outcome struct {
	meaning meaning
	Reason  string
	Message string
	// Again is when to look again at the latest; zero for never.
	Again time.Time
	err   error
	// unknown leaves the condition Unknown where False would claim what was not found out.
	unknown bool
}

// Done is an outcome that makes its condition True.
func Done(reason, message string) Outcome {
	return Outcome{meaning: done, Reason: reason, Message: message}
}

// Waiting is an outcome that a watch ends: something else must happen first.
func Waiting(reason, message string) Outcome {
	return Outcome{meaning: waiting, Reason: reason, Message: message}
}

// Pending is Waiting for what tells whether the condition holds: until then the condition is Unknown.
func Pending(reason, message string) Outcome {
	return Outcome{meaning: waiting, Reason: reason, Message: message, unknown: true}
}

// Blocked is an outcome that a person must end.
func Blocked(reason, message string) Outcome {
	return Outcome{meaning: blocked, Reason: reason, Message: message}
}

// Failed is an outcome to be tried again with backoff. err goes to the log, message to the status.
func Failed(reason, message string, err error) Outcome {
	return Outcome{meaning: failed, Reason: reason, Message: message, err: err}
}

// Until adds the time to look again at the latest.
func (o Outcome) Until(at time.Time) Outcome {
	o.Again = at
	return o
}

// IsDone tells whether the condition is True.
func (o Outcome) IsDone() bool { return o.meaning == done }

// IsZero tells whether nothing was found out yet.
func (o Outcome) IsZero() bool { return o.meaning == notObserved }
