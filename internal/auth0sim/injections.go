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
	"slices"
	"strconv"
	"strings"
	"sync"
)

// injections are the faults at work, in the order in which they were injected. The first that matches a request takes it.
type injections struct {
	mu     sync.Mutex
	last   int
	active []*Injection
}

// noFault is what a request meets that no fault takes.
var noFault = &Injection{}

func (f *injections) add(fault Fault) *Injection {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last++
	injected := &Injection{ID: strconv.Itoa(f.last), Fault: fault, fired: make(chan struct{}),
		released: make(chan struct{})}
	injected.remove = func() { f.remove(injected.ID) }
	f.active = append(f.active, injected)
	return injected
}

func (f *injections) take(method, path string) *Injection {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, injected := range f.active {
		if injected.match(method, path) {
			return injected
		}
	}
	return noFault
}

func (f *injections) list() []*Injection {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.active)
}

func (f *injections) find(id string) (*Injection, bool) {
	for _, injected := range f.list() {
		if injected.ID == id {
			return injected, true
		}
	}
	return nil, false
}

func (f *injections) remove(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.active = slices.DeleteFunc(f.active, func(injected *Injection) bool { return injected.ID == id })
}

// Inject puts a fault to work until it is used up or removed. It panics if the fault names something that the simulator
// cannot do, which is a mistake of the test.
func (s *Simulator) Inject(fault Fault) *Injection {
	if err := fault.validate(); err != nil {
		panic("auth0sim: " + err.Error())
	}
	return s.faults.add(fault)
}

// ClearFaults removes all faults and releases what they hold.
func (s *Simulator) ClearFaults() {
	for _, injected := range s.faults.list() {
		injected.Remove()
	}
}

// Injection is a fault at work.
type Injection struct {
	Fault
	// ID names the injection at the admin endpoint.
	ID string

	mu       sync.Mutex
	seen     int
	hits     int
	fired    chan struct{}
	released chan struct{}
	remove   func()
}

// Fired is closed when the first request has met the fault.
func (i *Injection) Fired() <-chan struct{} { return i.fired }

// Hits is how many requests have met the fault.
func (i *Injection) Hits() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.hits
}

// Release lets go the requests that the fault holds, now and later.
func (i *Injection) Release() {
	i.mu.Lock()
	defer i.mu.Unlock()
	select {
	case <-i.released:
	default:
		close(i.released)
	}
}

// Remove ends the fault and releases what it holds.
func (i *Injection) Remove() {
	i.remove()
	i.Release()
}

// match counts a request and says whether it meets the fault.
func (i *Injection) match(method, path string) bool {
	if (i.Method != "" && i.Method != method) || !pathMatches(i.Path, path) {
		return false
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.seen++
	first, times := orDefault(i.Nth, 1), orDefault(i.Times, 1)
	if i.seen < first || (times > 0 && i.hits >= times) {
		return false
	}
	i.hits++
	if i.hits == 1 {
		close(i.fired)
	}
	return true
}

// wait returns whether the request was released before its caller went away.
func (i *Injection) wait(gone <-chan struct{}) bool {
	select {
	case <-i.released:
		return true
	case <-gone:
		return false
	}
}

// describe is the fault's name in the log.
func (i *Injection) describe() string {
	parts := []string{}
	if i.Effect != EffectNone {
		parts = append(parts, string(i.Effect))
	}
	if i.Hold {
		parts = append(parts, "held")
	}
	if i.Latency > 0 {
		parts = append(parts, "latency "+i.Latency.String())
	}
	if i.Reply != ReplyNormal {
		parts = append(parts, string(i.Reply))
	}
	return strings.Join(parts, ", ")
}

// pathMatches compares a path with a pattern, segment by segment.
func pathMatches(pattern, path string) bool {
	if pattern == "" {
		return true
	}
	wanted := strings.Split(strings.Trim(pattern, "/"), "/")
	given := strings.Split(strings.Trim(path, "/"), "/")
	for i, segment := range wanted {
		if segment == "**" && i == len(wanted)-1 {
			return true
		}
		if i >= len(given) {
			return false
		}
		wild := segment == "*" || (strings.HasPrefix(segment, "{") && strings.HasSuffix(segment, "}"))
		if !wild && segment != given[i] {
			return false
		}
	}
	return len(wanted) == len(given)
}
