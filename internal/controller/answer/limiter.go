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
	"math/rand/v2"
	"sync"
	"time"

	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

const (
	firstRetry   = 50 * time.Millisecond
	longestRetry = 30 * time.Second
)

// limiter is how soon a reconcile that returned an error is tried again. Errors of requests to the tenant do not come here: the objects
// that they concern have a backoff of their own, and the tenant has a breaker. What is left are errors of the cluster itself, where
// the least is lost by trying again soon, and with jitter, since all objects meet them together.
type limiter struct {
	mutex    sync.Mutex
	failures map[reconcile.Request]int
}

// NewRateLimiter returns the rate limiter of a controller.
func NewRateLimiter() workqueue.TypedRateLimiter[reconcile.Request] {
	return &limiter{failures: map[reconcile.Request]int{}}
}

// When counts a failure and returns the pause after it.
func (l *limiter) When(item reconcile.Request) time.Duration {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	before := l.failures[item]
	l.failures[item]++
	return retryPause(before, rand.Float64()) // #nosec G404 -- jitter is no secret
}

// retryPause is the pause after so many failures before the last one. jitter, from 0 to 1, makes it up to a fifth longer.
func retryPause(before int, jitter float64) time.Duration {
	pause := longestRetry
	if before < 10 {
		pause = min(firstRetry<<before, longestRetry)
	}
	return pause + time.Duration(jitter*float64(pause)/5)
}

// Forget is told that the item did not fail.
func (l *limiter) Forget(item reconcile.Request) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	delete(l.failures, item)
}

// NumRequeues is how often the item failed in a row.
func (l *limiter) NumRequeues(item reconcile.Request) int {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.failures[item]
}
