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

package rotation_test

import (
	"testing"
	"time"
)

func TestModel(t *testing.T) {
	for _, s := range settings() {
		t.Run(s.name, func(t *testing.T) {
			m := s.model(theProtocol)
			began := time.Now()
			m.explore(func() bool { return false })
			w, n := m.settle()
			t.Logf("%d states %d transitions %.3g schedules %d decisions writes %d %v %+v", len(m.visited.states), len(m.edges), n, len(m.decided), w, time.Since(began), m.tally)
			for i, v := range m.broken {
				t.Errorf("%s\n%s", modelInvariants[i], m.trace(v))
			}
		})
	}
}
