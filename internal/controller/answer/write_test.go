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
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A status is written when it says something else, not when the same time has another form (I9).
func TestUnchanged(t *testing.T) {
	at := time.Unix(1_000_000, 0)
	type status struct {
		At   *metav1.Time
		IDs  []string
		Text string
	}
	before := status{At: &metav1.Time{Time: at.UTC()}, Text: "all is well"}
	tests := map[string]struct {
		after status
		want  bool
	}{
		"to the letter":       {status{At: &metav1.Time{Time: at.UTC()}, Text: "all is well"}, true},
		"of another zone":     {status{At: &metav1.Time{Time: at.In(time.FixedZone("x", 3600))}, Text: "all is well"}, true},
		"empty, not missing":  {status{At: &metav1.Time{Time: at.UTC()}, IDs: []string{}, Text: "all is well"}, true},
		"a second later":      {status{At: &metav1.Time{Time: at.Add(time.Second)}, Text: "all is well"}, false},
		"in other words":      {status{At: &metav1.Time{Time: at.UTC()}, Text: "all is lost"}, false},
		"without what it had": {status{Text: "all is well"}, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := Unchanged(&before, &test.after); got != test.want {
				t.Errorf("unchanged: %t", got)
			}
		})
	}
}
