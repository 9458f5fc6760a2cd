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

import (
	"encoding/json"
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/types"
)

// Event is an event of a watch.
type Event struct {
	Type   string          `json:"type"`
	Object json.RawMessage `json:"object"`

	identity `json:"-"`
}

// identity is what all objects have.
type identity struct {
	Namespace, Name, ResourceVersion string
	UID                              types.UID
}

func newEvent(raw json.RawMessage) (Event, error) {
	var e Event
	var object struct {
		Metadata struct {
			Namespace       string    `json:"namespace"`
			Name            string    `json:"name"`
			ResourceVersion string    `json:"resourceVersion"`
			UID             types.UID `json:"uid"`
		} `json:"metadata"`
	}
	err := json.Unmarshal(raw, &e)
	if err == nil {
		err = json.Unmarshal(e.Object, &object)
	}
	if err != nil {
		return Event{}, fmt.Errorf("read an event: %w", err)
	}
	m := object.Metadata
	e.identity = identity{m.Namespace, m.Name, m.ResourceVersion, m.UID}
	return e, nil
}

// View is what the operator sees of a resource in one namespace. It begins transparent.
type View struct {
	proxy    *Proxy
	resource string

	frozen  bool
	trigger func(Event) bool
	reached chan struct{}
	held    []Event
	seen    []Event
}

// View returns the view of a resource, "oauthclients" for one, in a namespace.
func (p *Proxy) View(resource, namespace string) *View {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.view(resource, namespace)
}

func (p *Proxy) view(resource, namespace string) *View {
	v, known := p.views[scope{resource, namespace}]
	if !known {
		v = &View{proxy: p, resource: resource}
		p.views[scope{resource, namespace}] = v
	}
	return v
}

// Freeze holds back every event from now on.
func (v *View) Freeze() {
	v.proxy.mutex.Lock()
	defer v.proxy.mutex.Unlock()
	v.frozen = true
}

// FreezeAt holds back the first event for which it holds, and every one after it. The channel is closed when it has come.
func (v *View) FreezeAt(holds func(Event) bool) <-chan struct{} {
	v.proxy.mutex.Lock()
	defer v.proxy.mutex.Unlock()
	v.trigger, v.reached = holds, make(chan struct{})
	return v.reached
}

// Held are the events held back so far.
func (v *View) Held() []Event {
	v.proxy.mutex.Lock()
	defer v.proxy.mutex.Unlock()
	return slices.Clone(v.held)
}

// Seen are the events that the operator got.
func (v *View) Seen() []Event {
	v.proxy.mutex.Lock()
	defer v.proxy.mutex.Unlock()
	return slices.Clone(v.seen)
}

// Thaw lets the events go that are held back, arranged as asked for, and holds back no more.
func (v *View) Thaw(arrange func([]Event) []Event) {
	v.proxy.mutex.Lock()
	defer v.proxy.mutex.Unlock()
	released := v.held
	if arrange != nil {
		released = arrange(released)
	}
	v.frozen, v.trigger, v.held = false, nil, nil
	for _, e := range released {
		v.send(e)
	}
}

// Replay shows an object as an event told it, again.
func (v *View) Replay(e Event) {
	v.proxy.mutex.Lock()
	defer v.proxy.mutex.Unlock()
	v.send(Event{"MODIFIED", e.Object, e.identity})
}

// take takes an event of the API server. The Proxy's lock is held.
func (v *View) take(e Event) {
	if v.trigger != nil && v.trigger(e) {
		v.frozen, v.trigger = true, nil
		close(v.reached)
	}
	if v.frozen {
		v.held = append(v.held, e)
		return
	}
	v.send(e)
}

func (v *View) send(e Event) {
	v.seen = append(v.seen, e)
	v.proxy.sendAll(v.resource, e)
}

// Newest keeps of several events about one object the last, as a watch that was away for a while does.
func Newest(events []Event) (newest []Event) {
	for i, e := range events {
		if !slices.ContainsFunc(events[i+1:], func(later Event) bool { return later.UID == e.UID }) {
			newest = append(newest, e)
		}
	}
	return newest
}

// None drops all events.
func None([]Event) []Event { return nil }

// Last keeps the order of the events of each object, and tells of the objects in the opposite order.
func Last(events []Event) (arranged []Event) {
	var uids []types.UID
	for _, e := range events {
		if !slices.Contains(uids, e.UID) {
			uids = append(uids, e.UID)
		}
	}
	for _, uid := range slices.Backward(uids) {
		for _, e := range events {
			if e.UID == uid {
				arranged = append(arranged, e)
			}
		}
	}
	return arranged
}
