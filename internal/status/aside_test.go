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
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func TestAnAsideIsShownAndReadyDoesNotSpeakOfIt(t *testing.T) {
	g := NewWithT(t)
	r := NewReport("First")
	r.Set("First", Done("Fine", "Fine."))
	r.Aside(nil)
	r.Aside(&metav1.Condition{Type: "Subject", Status: metav1.ConditionFalse, Reason: "Changes", Message: "It changes."})
	before := []metav1.Condition{{Type: "Subject", Status: metav1.ConditionFalse, LastTransitionTime: metav1.NewTime(now.Add(-time.Hour))}}

	conditions := r.Conditions(7, now, before)
	g.Expect(conditions).To(HaveLen(3))
	g.Expect(meta.IsStatusConditionTrue(conditions, "Ready")).To(BeTrue())
	g.Expect(meta.FindStatusCondition(conditions, "Subject")).To(Equal(&metav1.Condition{Type: "Subject", Status: metav1.ConditionFalse,
		Reason: "Changes", Message: "It changes.", ObservedGeneration: 7, LastTransitionTime: metav1.NewTime(now.Add(-time.Hour))}))
	g.Expect(r.Next(now)).To(BeZero())
}

func TestWarningTransition(t *testing.T) {
	of := func(status metav1.ConditionStatus, reason string) []metav1.Condition {
		return []metav1.Condition{{Type: "Subject", Status: status, Reason: reason, Message: "What happens."}}
	}
	for sentence, test := range map[string]struct {
		before, after []metav1.Condition
		want          bool
	}{
		"from True to False":                     {of(metav1.ConditionTrue, "Same"), of(metav1.ConditionFalse, "Changes"), true},
		"from True to False for the same reason": {of(metav1.ConditionTrue, "Known"), of(metav1.ConditionFalse, "Known"), true},
		"from nothing to False":                  {nil, of(metav1.ConditionFalse, "Changes"), true},
		"to another reason":                      {of(metav1.ConditionFalse, "Changes"), of(metav1.ConditionFalse, "Refused"), true},
		"False as it was":                        {of(metav1.ConditionFalse, "Changes"), of(metav1.ConditionFalse, "Changes"), false},
		"from False to True":                     {of(metav1.ConditionFalse, "Changes"), of(metav1.ConditionTrue, "Same"), false},
		"from False to nothing":                  {of(metav1.ConditionFalse, "Changes"), nil, false},
		"of another condition":                   {nil, []metav1.Condition{{Type: "Other", Status: metav1.ConditionFalse}}, false},
		"True as it was":                         {of(metav1.ConditionTrue, "Same"), of(metav1.ConditionTrue, "Same"), false},
	} {
		t.Run(sentence, func(t *testing.T) {
			g := NewWithT(t)
			transition, warns := WarningTransition("Subject", test.before, test.after)
			g.Expect(warns).To(Equal(test.want))
			if warns {
				g.Expect(transition).To(Equal(Transition{Warning: true, Reason: test.after[0].Reason, Message: "What happens."}))
			} else {
				g.Expect(transition).To(BeZero())
			}
		})
	}
}
