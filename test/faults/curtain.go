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

package faults

import (
	"context"
	"io"
	"sync"
	"time"
)

// unseen is how long what was written is not seen: long enough for people to do what comes next, and not for a run to count as waiting.
const unseen = 2 * time.Second

// Curtain keeps an operator's caches from seeing what happens to a kind, as where an API server or a network has fallen behind. Reads
// past the caches see all. The zero value is open.
type Curtain struct {
	mutex sync.Mutex
	until map[string]time.Time // by kind
}

func (c *Curtain) draw(kind string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.until == nil {
		c.until = map[string]time.Time{}
	}
	c.until[kind] = time.Now().Add(unseen)
}

// drawn is how much longer a kind is not seen.
func (c *Curtain) drawn(kind string) time.Duration {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return time.Until(c.until[kind])
}

// longest is how long it takes until everything is seen.
func (c *Curtain) longest() (longest time.Duration) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, until := range c.until {
		longest = max(longest, time.Until(until))
	}
	return longest
}

// behind is what a watch of a kind tells, seen through a curtain.
func (c *Curtain) behind(ctx context.Context, kind string, watch io.ReadCloser) io.ReadCloser {
	return &curtained{ReadCloser: watch, ctx: ctx, curtain: c, kind: kind}
}

type curtained struct {
	io.ReadCloser

	ctx     context.Context //nolint:containedctx // a Reader is given none
	curtain *Curtain
	kind    string
}

// Read implements io.Reader.
func (c *curtained) Read(p []byte) (int, error) {
	n, err := c.ReadCloser.Read(p)
	for left := c.curtain.drawn(c.kind); left > 0; left = c.curtain.drawn(c.kind) {
		select {
		case <-time.After(left):
		case <-c.ctx.Done():
			return n, err
		}
	}
	return n, err
}
