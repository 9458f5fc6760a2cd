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

package auth0sim

import (
	"sync"
	"time"

	"k8s.io/utils/clock"
)

// movableClock is a clock that runs with its base and can be moved forward. Whoever sleeps on it wakes when the time has
// come, whether it passed or was moved.
type movableClock struct {
	base clock.Clock

	mu     sync.Mutex
	offset time.Duration
	moved  chan struct{}
}

func newMovableClock(base clock.Clock) *movableClock {
	return &movableClock{base: base, moved: make(chan struct{})}
}

func (c *movableClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.base.Now().Add(c.offset)
}

func (c *movableClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.offset += d
	close(c.moved)
	c.moved = make(chan struct{})
}

// sleepUntil waits until this clock shows the time, and says whether it did before done was closed.
func (c *movableClock) sleepUntil(done <-chan struct{}, end time.Time) bool {
	for {
		c.mu.Lock()
		left := end.Sub(c.base.Now().Add(c.offset))
		moved := c.moved
		c.mu.Unlock()
		if left <= 0 {
			return true
		}
		timer := c.base.NewTimer(left)
		select {
		case <-timer.C():
		case <-moved:
			timer.Stop()
		case <-done:
			timer.Stop()
			return false
		}
	}
}
