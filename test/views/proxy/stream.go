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
	"context"
	"encoding/json"
	"io"
	"net/http"
)

const (
	bookmark = "BOOKMARK"
	failed   = "ERROR"
)

// backlog is how many events may be on their way to an operator that does not read.
const backlog = 10000

// stream is a watch of the operator.
type stream struct {
	resource string
	events   chan Event
	// end stops asking the API server.
	end context.CancelFunc
	// over tells that the operator has listed anew: what still comes is older than what it knows.
	over bool
}

// watch serves a watch of a cache. What the API server tells goes through the views.
func (p *Proxy) watch(w http.ResponseWriter, r *http.Request, request Request) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	response, err := p.open(ctx, r, nil, p.forward)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		content, _ := readAll(response.Body)
		(&answer{response.StatusCode, response.Header, content}).write(w)
		return
	}
	s := &stream{resource: request.Resource, events: make(chan Event, backlog), end: cancel}
	p.connect(s)
	go p.read(s, response.Body)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	flush(w)
	for e := range s.events {
		if json.NewEncoder(w).Encode(e) != nil { //nolint:errchkjson // what the API server sent is JSON
			cancel() // upon which the channel is closed
			continue
		}
		flush(w)
	}
}

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

// read takes the events of the API server until there are no more.
func (p *Proxy) read(s *stream, body io.Reader) {
	defer p.disconnect(s)
	for decoder := json.NewDecoder(body); ; {
		var raw json.RawMessage
		if decoder.Decode(&raw) != nil {
			return
		}
		e, err := newEvent(raw)
		if err != nil {
			return
		}
		p.arrive(s, e)
	}
}

// arrive takes an event. A bookmark says that all before it was told, so there is none while anything is held back; an error concerns
// the stream and no object.
func (p *Proxy) arrive(s *stream, e Event) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	switch {
	case s.over, e.Type == bookmark && p.holdsBack(s.resource):
	case e.Type == bookmark, e.Type == failed:
		s.events <- e
	default:
		p.view(s.resource, e.Namespace).take(e)
	}
}

func (p *Proxy) holdsBack(resource string) bool {
	for in, v := range p.views {
		if in.resource == resource && v.frozen {
			return true
		}
	}
	return false
}

func (p *Proxy) connect(s *stream) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.streams[s] = true
}

func (p *Proxy) disconnect(s *stream) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.streams, s)
	close(s.events)
}

// sendAll sends an event to all that watch the resource. The lock is held.
func (p *Proxy) sendAll(resource string, e Event) {
	for s := range p.streams {
		if s.resource == resource {
			s.events <- e
		}
	}
}

// Expire ends the watches of a resource with 410 Gone, upon which a cache lists anew (Kubernetes API concepts, "Efficient
// detection of changes").
func (p *Proxy) Expire(resource string) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	gone := Event{Type: failed, Object: failure(http.StatusGone, "Expired", "too old resource version")}
	for s := range p.streams {
		if s.resource == resource {
			s.events <- gone
			s.end()
		}
	}
}
