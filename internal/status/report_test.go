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
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

var (
	now        = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	errRefused = errors.New("connection refused")
)

func TestReadyIsDerivedFromTheOtherConditions(t *testing.T) {
	for name, row := range map[string]struct {
		first, second Outcome
		ready         metav1.ConditionStatus
		reason        string
		abnormal      string // Reconciling, Stalled or nothing
	}{
		"everything is done": {
			Done("Registered", "a"), Done("InSync", "b"), metav1.ConditionTrue, "Ready", "",
		},
		"something is waited for, which is no failure": {
			Done("Registered", "a"), Waiting("WaitingForCertificate", "b"), metav1.ConditionUnknown, "WaitingForCertificate", "Reconciling",
		},
		"something failed and is tried again": {
			Failed("Unreachable", "a", errRefused), Done("InSync", "b"), metav1.ConditionFalse, "Unreachable", "Reconciling",
		},
		"a person must act": {
			Blocked("OwnedByAnother", "a"), Done("InSync", "b"), metav1.ConditionFalse, "OwnedByAnother", "Stalled",
		},
		"what a person must mend comes before what failed": {
			Failed("Unreachable", "a", errRefused), Blocked("MethodMismatch", "b"), metav1.ConditionFalse, "MethodMismatch", "Stalled",
		},
		"what failed comes before what is waited for": {
			Waiting("Overlap", "a"), Failed("Unreachable", "b", errRefused), metav1.ConditionFalse, "Unreachable", "Reconciling",
		},
		"what was not looked at is never taken for done": {
			Done("Registered", "a"), Outcome{}, metav1.ConditionUnknown, "NotObserved", "Reconciling",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			r := NewReport("First", "Second")
			r.Set("First", row.first)
			if !row.second.IsZero() {
				r.Set("Second", row.second)
			}
			conditions := r.Conditions(7, now, nil)
			ready := meta.FindStatusCondition(conditions, "Ready")
			g.Expect(ready).NotTo(BeNil())
			g.Expect(ready.Status).To(Equal(row.ready))
			g.Expect(ready.Reason).To(Equal(row.reason))
			for _, abnormal := range []string{"Reconciling", "Stalled"} {
				g.Expect(meta.IsStatusConditionTrue(conditions, abnormal)).To(Equal(abnormal == row.abnormal), abnormal)
			}
			for _, c := range conditions {
				g.Expect(c.ObservedGeneration).To(Equal(int64(7)))
				g.Expect(c.Reason).To(MatchRegexp(`^[A-Za-z]+$`), "KEP-1623 wants a reason on every condition")
				g.Expect(c.LastTransitionTime.Time).To(Equal(now))
			}
		})
	}
}

func TestEveryTypeOfTheReportIsThereFromTheFirstVisit(t *testing.T) {
	g := NewWithT(t)
	r := NewReport("TenantReady", "Registered")
	r.Set("TenantReady", Waiting("TenantNotFound", "The Tenant t does not exist."))
	registered := meta.FindStatusCondition(r.Conditions(1, now, nil), "Registered")
	g.Expect(registered.Status).To(Equal(metav1.ConditionUnknown))
	g.Expect(registered.Message).To(Equal("Not looked at yet: The Tenant t does not exist."))
}

func TestWhatIsNotFoundOutYetIsUnknown(t *testing.T) {
	g := NewWithT(t)
	r := NewReport("Verified")
	r.Set("Verified", Pending("VerificationPending", "A login is tried."))
	conditions := r.Conditions(1, now, nil)
	for _, c := range []string{"Verified", "Ready"} {
		g.Expect(meta.FindStatusCondition(conditions, c).Status).To(Equal(metav1.ConditionUnknown), c)
		g.Expect(meta.FindStatusCondition(conditions, c).Reason).To(Equal("VerificationPending"), c)
	}
	g.Expect(meta.IsStatusConditionTrue(conditions, "Reconciling")).To(BeTrue())
}

func TestTransitionTimeMovesOnlyWithTheStatus(t *testing.T) {
	g := NewWithT(t)
	r := NewReport("First")
	r.Set("First", Blocked("OldReason", "old"))
	before := r.Conditions(1, now, nil)

	r.Set("First", Blocked("NewReason", "new"))
	again := r.Conditions(2, now.Add(time.Hour), before)
	g.Expect(meta.FindStatusCondition(again, "First").LastTransitionTime.Time).To(Equal(now))
	g.Expect(meta.FindStatusCondition(again, "First").Reason).To(Equal("NewReason"))

	r.Set("First", Done("Good", "good"))
	mended := r.Conditions(2, now.Add(2*time.Hour), again)
	g.Expect(meta.FindStatusCondition(mended, "First").LastTransitionTime.Time).To(Equal(now.Add(2 * time.Hour)))
	g.Expect(meta.FindStatusCondition(mended, "Stalled")).To(BeNil(), "kstatus: present only while it is true")
}

func TestNextLooksAgainAtTheEarliestTime(t *testing.T) {
	at := now.Add
	for name, row := range map[string]struct {
		outcomes []Outcome
		again    time.Duration
		fails    bool
	}{
		"nothing to come back for":               {[]Outcome{Done("A", ""), Waiting("B", "")}, 0, false},
		"the earlier of two times":               {[]Outcome{Done("A", "").Until(at(time.Hour)), Waiting("B", "").Until(at(time.Minute))}, time.Minute, false},
		"what is blocked is looked at slowly":    {[]Outcome{Blocked("A", "")}, slowly, false},
		"what is blocked with a time of its own": {[]Outcome{Blocked("A", "").Until(at(time.Second))}, time.Second, false},
		"what failed backs off":                  {[]Outcome{Failed("A", "", errRefused), Waiting("B", "").Until(at(time.Second))}, 0, true},
		"what failed and says when":              {[]Outcome{Failed("A", "", errRefused).Until(at(time.Second))}, time.Second, false},
		"a time that has passed comes at once":   {[]Outcome{Waiting("A", "").Until(at(-time.Hour))}, time.Millisecond, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			r := NewReport()
			for i, o := range row.outcomes {
				r.Set(string(rune('a'+i)), o)
			}
			again, err := r.Next(now)
			g.Expect(again).To(Equal(row.again))
			g.Expect(err != nil).To(Equal(row.fails))
			if row.fails {
				g.Expect(err).To(MatchError(errRefused))
			}
		})
	}
}

func TestABackoffOfItsOwnDecidesForWhatFailsAlone(t *testing.T) {
	at := now.Add
	retry := at(time.Hour)
	for name, row := range map[string]struct {
		outcomes []Outcome
		again    time.Duration
		failing  bool
	}{
		"what failed":                             {[]Outcome{Failed("A", "", errRefused)}, time.Hour, true},
		"what is blocked":                         {[]Outcome{Blocked("A", "")}, time.Hour, true},
		"what may not be tried before":            {[]Outcome{Failed("A", "", errRefused).Until(at(2 * time.Hour))}, 2 * time.Hour, true},
		"what could be tried before":              {[]Outcome{Blocked("A", "").Until(at(time.Minute))}, time.Hour, true},
		"beside a step that has its time":         {[]Outcome{Blocked("A", ""), Done("B", "").Until(at(time.Minute))}, time.Minute, true},
		"beside something that is waited for":     {[]Outcome{Blocked("A", ""), Waiting("B", "").Until(at(time.Minute))}, time.Minute, true},
		"nothing failed":                          {[]Outcome{Done("A", ""), Waiting("B", "")}, 0, false},
		"nothing failed and a step has its time":  {[]Outcome{Done("A", "").Until(at(2 * time.Hour))}, 2 * time.Hour, false},
		"what was not looked at is not a failure": {[]Outcome{Done("A", ""), {}}, 0, false},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			r := NewReport("a", "b")
			for i, o := range row.outcomes {
				r.Set(string(rune('a'+i)), o)
			}
			again, _ := r.Paced(now, retry)
			g.Expect(again).To(Equal(row.again))
			g.Expect(r.Failing()).To(Equal(row.failing))
		})
	}
	r := NewReport("a")
	r.Set("a", Failed("A", "", errRefused))
	_, err := r.Paced(now, retry)
	NewWithT(t).Expect(err).To(MatchError(errRefused), "it goes to the log")
}

func TestReadyTransitions(t *testing.T) {
	g := NewWithT(t)
	conditions := func(o Outcome) []metav1.Condition {
		r := NewReport("First")
		r.Set("First", o)
		return r.Conditions(1, now, nil)
	}
	done, stuck := conditions(Done("A", "a")), conditions(Blocked("B", "b"))

	first, changed := ReadyTransition(nil, done)
	g.Expect(changed).To(BeTrue())
	g.Expect(first.Warning).To(BeFalse())

	broke, changed := ReadyTransition(done, stuck)
	g.Expect(changed).To(BeTrue())
	g.Expect(broke).To(Equal(Transition{Warning: true, Reason: "B", Message: "b"}))

	_, changed = ReadyTransition(stuck, conditions(Blocked("B", "another message")))
	g.Expect(changed).To(BeFalse(), "a message alone is no transition")
}
