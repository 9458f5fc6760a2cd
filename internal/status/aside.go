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
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Aside adds a condition that Ready does not speak of: it tells a person what to expect while everything is in place. Nil adds none.
func (r *Report) Aside(c *metav1.Condition) {
	if c != nil {
		r.asides = append(r.asides, *c)
	}
}

// WarningTransition tells whether a condition became False, or for another reason.
func WarningTransition(conditionType string, before, after []metav1.Condition) (Transition, bool) {
	old, now := meta.FindStatusCondition(before, conditionType), meta.FindStatusCondition(after, conditionType)
	if now == nil || now.Status != metav1.ConditionFalse || (old != nil && old.Status == now.Status && old.Reason == now.Reason) {
		return Transition{}, false
	}
	return Transition{Warning: true, Reason: now.Reason, Message: now.Message}, true
}
