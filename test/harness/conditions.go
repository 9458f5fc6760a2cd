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

package harness

import (
	"fmt"
	"strings"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
)

// conditionMatcher matches an object by its status. Its failure shows all that the object says.
type conditionMatcher struct {
	what    string
	matches func(o client.Object, conditions []metav1.Condition) bool
}

// Match implements OmegaMatcher.
func (m *conditionMatcher) Match(actual any) (bool, error) {
	o, ok := actual.(client.Object)
	if !ok {
		return false, fmt.Errorf("%T is no object", actual)
	}
	_, conditions := statusOf(o)
	return m.matches(o, conditions), nil
}

// FailureMessage implements OmegaMatcher.
func (m *conditionMatcher) FailureMessage(actual any) string { return m.tell(actual, "to ") }

// NegatedFailureMessage implements OmegaMatcher.
func (m *conditionMatcher) NegatedFailureMessage(actual any) string { return m.tell(actual, "not to ") }

func (m *conditionMatcher) tell(actual any, to string) string {
	o := actual.(client.Object)
	observed, conditions := statusOf(o)
	var text strings.Builder
	fmt.Fprintf(&text, "Expected %s %s%s.\nIts status observed generation %d:\n", describe(o), to, m.what, observed)
	for _, c := range conditions {
		fmt.Fprintf(&text, "  %s=%s %s: %s\n", c.Type, c.Status, c.Reason, c.Message)
	}
	return text.String()
}

// BeObserved matches an object whose status speaks of its present generation.
func BeObserved() OmegaMatcher {
	return &conditionMatcher{"be observed", func(o client.Object, _ []metav1.Condition) bool {
		observed, _ := statusOf(o)
		return observed == o.GetGeneration()
	}}
}

// BeReady matches an object that has everything in place.
func BeReady() OmegaMatcher {
	return &conditionMatcher{"be ready", func(_ client.Object, conditions []metav1.Condition) bool {
		return meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady)
	}}
}

// HaveCondition matches an object with a condition of this type, status and reason.
func HaveCondition(conditionType string, status metav1.ConditionStatus, reason string) OmegaMatcher {
	what := fmt.Sprintf("have the condition %s=%s %s", conditionType, status, reason)
	return &conditionMatcher{what, func(_ client.Object, conditions []metav1.Condition) bool {
		c := meta.FindStatusCondition(conditions, conditionType)
		return c != nil && c.Status == status && c.Reason == reason
	}}
}

// Say matches an object with a condition whose message holds all of these words.
func Say(conditionType string, words ...string) OmegaMatcher {
	what := fmt.Sprintf("say under %s %q", conditionType, words)
	return &conditionMatcher{what, func(_ client.Object, conditions []metav1.Condition) bool {
		c := meta.FindStatusCondition(conditions, conditionType)
		for _, word := range words {
			if c == nil || !strings.Contains(c.Message, word) {
				return false
			}
		}
		return true
	}}
}

// BeWaiting matches an object that waits for something else than a person, for this reason.
func BeWaiting(conditionType, reason string) OmegaMatcher {
	return And(HaveCondition(conditionType, metav1.ConditionFalse, reason),
		HaveCondition(v1alpha1.ConditionReady, metav1.ConditionUnknown, reason),
		HaveCondition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason))
}

// BeStalled matches an object that waits for a person, for this reason.
func BeStalled(conditionType, reason string) OmegaMatcher {
	return And(HaveCondition(conditionType, metav1.ConditionFalse, reason),
		HaveCondition(v1alpha1.ConditionReady, metav1.ConditionFalse, reason),
		HaveCondition(v1alpha1.ConditionStalled, metav1.ConditionTrue, reason))
}

// BeRetrying matches an object on which something failed that is tried again, for this reason.
func BeRetrying(conditionType, reason string) OmegaMatcher {
	return And(HaveCondition(conditionType, metav1.ConditionFalse, reason),
		HaveCondition(v1alpha1.ConditionReady, metav1.ConditionFalse, reason),
		HaveCondition(v1alpha1.ConditionReconciling, metav1.ConditionTrue, reason))
}
