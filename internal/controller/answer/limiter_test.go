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

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

func TestARetryComesSoonAndSlowsDown(t *testing.T) {
	g := NewWithT(t)
	for before, want := range []int{50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000} {
		g.Expect(retryPause(before, 0)).To(Equal(time.Duration(want) * time.Millisecond))
	}
	g.Expect(retryPause(1000, 0)).To(Equal(longestRetry))
	g.Expect(retryPause(0, 1)).To(Equal(60 * time.Millisecond))
}

func TestAnItemThatDidNotFailBeginsAnew(t *testing.T) {
	g := NewWithT(t)
	item := reconcile.Request{NamespacedName: types.NamespacedName{Namespace: "a", Name: "b"}}
	other := reconcile.Request{NamespacedName: types.NamespacedName{Namespace: "a", Name: "c"}}
	l := NewRateLimiter()
	for range 5 {
		l.When(item)
	}
	g.Expect(l.NumRequeues(item)).To(Equal(5))
	g.Expect(l.When(other)).To(BeNumerically("<=", 60*time.Millisecond), "each item has a pause of its own")
	l.Forget(item)
	g.Expect(l.NumRequeues(item)).To(BeZero())
	g.Expect(l.When(item)).To(BeNumerically("<=", 60*time.Millisecond))
}
