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
	"bytes"
	"encoding/json"
	"io"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
)

// A stream is the body of the answer to a watch: events, one after the other, as long as the request lives.
type stream struct {
	session  *Session
	c        *collection
	selected func(*object) bool
	partial  bool
	// end is closed when the request is over.
	end <-chan struct{}

	// revision is that of the last event which was looked at.
	revision int64
	pending  bytes.Buffer
	// over tells that the last word was said.
	over bool
}

// Read waits for an event if none is there.
func (w *stream) Read(into []byte) (int, error) {
	for w.pending.Len() == 0 {
		if w.over {
			return 0, io.EOF
		}
		changed, err := w.fetch()
		if err != nil {
			return 0, err
		}
		if w.pending.Len() > 0 {
			break
		}
		select {
		case <-changed:
		case <-w.end:
			return 0, io.EOF
		}
	}
	return w.pending.Read(into)
}

// Close has nothing to do: the watch ends with its request.
func (w *stream) Close() error { return nil }

// gone is what a watch is told whose next events were compacted away.
const gone = `{"kind":"Status","apiVersion":"v1","status":"Failure","reason":"Expired","code":410,"message":"too old resource version"}`

// fetch takes what has happened since; changed tells of more.
func (w *stream) fetch() (changed <-chan struct{}, err error) {
	w.session.store.mutex.Lock()
	defer w.session.store.mutex.Unlock()
	if w.revision < w.c.compacted {
		w.writeText(watch.Error, []byte(gone))
		w.over = true
		return w.c.changed, nil
	}
	horizon := w.session.horizon(w.c)
	for _, e := range w.c.since(w.revision) {
		if e.revision > horizon {
			break
		}
		w.revision = e.revision
		if err := w.add(e); err != nil {
			return nil, err
		}
	}
	return w.c.changed, nil
}

// add writes one event. To a watch that selects, an object comes and goes with what it is selected by.
func (w *stream) add(e event) error {
	was, is := e.before != nil && w.selected(e.before), e.now != nil && w.selected(e.now)
	switch {
	case is && was:
		return w.write(watch.Modified, e.now)
	case is:
		return w.write(watch.Added, e.now)
	case was:
		last := e.before.next() // as it last was selected, with the revision at which it is no more
		if err := last.seal(w.c.kind, e.revision); err != nil {
			return err
		}
		return w.write(watch.Deleted, last)
	}
	return nil
}

func (w *stream) write(kind watch.EventType, o *object) error {
	text, err := w.textOf(o)
	if err != nil {
		return err
	}
	w.writeText(kind, text)
	return nil
}

func (w *stream) writeText(kind watch.EventType, text []byte) {
	w.pending.WriteString(`{"type":"` + string(kind) + `","object":`)
	w.pending.Write(text)
	w.pending.WriteString("}\n")
}

func (w *stream) textOf(o *object) ([]byte, error) {
	if w.partial {
		return o.partial()
	}
	return o.text, nil
}

// begin writes the objects that there are.
func (w *stream) begin(objects []*object) error {
	for _, o := range objects {
		if !w.selected(o) {
			continue
		}
		if err := w.write(watch.Added, o); err != nil {
			return err
		}
	}
	return nil
}

// bookmark says that what there was is complete.
func (w *stream) bookmark() error {
	end := metav1.ObjectMeta{
		ResourceVersion: strconv.FormatInt(w.revision, 10), Annotations: map[string]string{metav1.InitialEventsAnnotationKey: "true"},
	}
	apiVersion, kind := w.c.gvk.GroupVersion().String(), w.c.gvk.Kind
	if w.partial {
		apiVersion, kind = "meta.k8s.io/v1", "PartialObjectMetadata"
	}
	text, err := json.Marshal(map[string]any{"apiVersion": apiVersion, "kind": kind, "metadata": end})
	if err != nil {
		return err
	}
	w.writeText(watch.Bookmark, text)
	return nil
}
