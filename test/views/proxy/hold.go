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

package proxy

import "sync"

// Hold holds one request, or its answer.
type Hold struct {
	matches  func(Request) bool
	answered bool
	taken    bool

	reached, released chan struct{}
	once              sync.Once
}

// HoldRequest holds the next request that matches, before the API server gets it. Released, it arrives there even if the operator
// that sent it is gone.
func (p *Proxy) HoldRequest(matches func(Request) bool) *Hold { return p.hold(matches, false) }

// HoldAnswer holds the answer to the next request that matches, which has had its effect.
func (p *Proxy) HoldAnswer(matches func(Request) bool) *Hold { return p.hold(matches, true) }

func (p *Proxy) hold(matches func(Request) bool, answered bool) *Hold {
	h := &Hold{matches: matches, answered: answered, reached: make(chan struct{}), released: make(chan struct{})}
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.holds = append(p.holds, h)
	return h
}

// Reached is closed when a request, or its answer, is held.
func (h *Hold) Reached() <-chan struct{} { return h.reached }

// Release lets it go.
func (h *Hold) Release() { h.once.Do(func() { close(h.released) }) }

func (h *Hold) before() {
	if !h.answered {
		h.wait()
	}
}

func (h *Hold) after() {
	if h.answered {
		h.wait()
	}
}

func (h *Hold) wait() {
	close(h.reached)
	<-h.released
}

// take finds the hold for a request. Each holds one.
func (p *Proxy) take(r Request) (*Hold, bool) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, h := range p.holds {
		if !h.taken && h.matches(r) {
			h.taken = true
			return h, true
		}
	}
	return nil, false
}
