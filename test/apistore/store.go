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

package apistore

import (
	"maps"
	"slices"
	"sync"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
)

// A Store is one cluster's objects and all that happened to them.
type Store struct {
	api   *api
	clock clock.PassiveClock

	// mutex guards everything below. Each request is carried out under it, as one transaction.
	mutex    sync.Mutex
	revision int64
	kinds    map[schema.GroupVersionResource]*collection
}

// A collection is the objects of one kind and what happened to them.
type collection struct {
	*kind
	objects map[types.NamespacedName]*object
	history []event
	// compacted is the revision up to which the history was dropped.
	compacted int64
	// changed is closed, and replaced, when a watch may have something new to tell.
	changed chan struct{}
}

// An event is one change. before is nil for an object that was not there before it, now for one that is not there after it.
type event struct {
	revision    int64
	before, now *object
}

// New returns a store that is empty but for the namespace default. A nil clock is the real one, in a bubble the bubble's.
func New(c clock.PassiveClock) (*Store, error) {
	a, err := loadAPI()
	if err != nil {
		return nil, err
	}
	if c == nil {
		c = clock.RealClock{}
	}
	s := &Store{api: a, clock: c, kinds: map[schema.GroupVersionResource]*collection{}}
	for _, k := range a.kinds {
		s.kinds[k.gvr()] = &collection{kind: k, objects: map[types.NamespacedName]*object{}, changed: make(chan struct{})}
	}
	_, err = s.create(s.kinds[namespaces], "", []byte(`{"metadata":{"name":"default"}}`))
	return s, err
}

var namespaces = schema.GroupVersionResource{Version: "v1", Resource: "namespaces"}

// Compact drops the history: a watch that goes on from before now is told that its revision is too old.
func (s *Store) Compact() {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	for _, c := range s.kinds {
		c.history, c.compacted = nil, s.revision
	}
}

// Revision is that of the last change.
func (s *Store) Revision() int64 {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.revision
}

// commit makes now the state of its object.
func (s *Store) commit(c *collection, before, now *object) error {
	if err := now.seal(c.kind, s.revision+1); err != nil {
		return err
	}
	s.revision++
	c.objects[now.key()] = now
	c.tell(event{revision: s.revision, before: before, now: now})
	return nil
}

// remove takes the object away.
func (s *Store) remove(c *collection, before *object) {
	s.revision++
	delete(c.objects, before.key())
	c.tell(event{revision: s.revision, before: before})
}

func (c *collection) tell(e event) {
	c.history = append(c.history, e)
	c.wake()
}

func (c *collection) wake() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// since are the events after a revision.
func (c *collection) since(revision int64) []event {
	first, _ := slices.BinarySearchFunc(c.history, revision+1, func(e event, wanted int64) int { return int(e.revision - wanted) })
	return c.history[first:]
}

// at are the objects as they were at a revision, in the order of their names.
func (c *collection) at(revision int64) []*object {
	past := maps.Clone(c.objects)
	for _, e := range slices.Backward(c.since(revision)) {
		switch {
		case e.before != nil:
			past[e.before.key()] = e.before
		default:
			delete(past, e.now.key())
		}
	}
	objects := make([]*object, 0, len(past))
	for _, o := range past {
		objects = append(objects, o)
	}
	slices.SortFunc(objects, func(a, b *object) int {
		return compareNames(a.key(), b.key())
	})
	return objects
}
