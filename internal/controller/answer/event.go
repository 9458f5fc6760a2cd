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

package answer

import (
	corev1 "k8s.io/api/core/v1"

	"github.com/certbound/certbound/internal/status"
)

// EventType is the type of the Event that reports a transition.
func EventType(t status.Transition) string {
	if t.Warning {
		return corev1.EventTypeWarning
	}
	return corev1.EventTypeNormal
}
