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
	"context"
	"fmt"
	"net/http"
	"sync"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// An Operation is one request.
type Operation struct {
	// Verb is get, list, watch, create, update, patch or delete.
	Verb string
	Kind schema.GroupVersionKind
	// Namespace is empty for objects that have none and for lists of all; Name for lists and for a name that is not made up yet.
	Namespace, Name string
	// Subresource is empty or status.
	Subresource string
	// Body is what is sent: an object, a patch of one, or the options of a deletion.
	Body []byte
}

// Writes says whether the operation may change something.
func (o Operation) Writes() bool { return o.Verb != "get" && o.Verb != "list" && o.Verb != "watch" }

func (o Operation) String() string {
	text := o.Verb + " " + o.Kind.Kind
	if o.Subresource != "" {
		text += "/" + o.Subresource
	}
	return text + " " + o.Name
}

// A Hook stands between a program and the store. send carries the operation out and returns the refusal, if it is refused; it may
// be called once, at once or later, under this context or one that outlives the program, or not at all. What the hook returns is what
// the program is told: a status error as the answer of the API server, any other as the loss of the connection.
type Hook func(ctx context.Context, o Operation, send func(context.Context) error) error

// A Session is one program's connection to the store.
type Session struct {
	store *Store
	// life is the program's. All watches end with it, and every request fails from then on and has no effect, those included that are
	// with the hook and are sent under its context.
	life      context.Context //nolint:containedctx // a program's, which is longer than any call
	hook      Hook
	transport http.RoundTripper

	// held is, for kinds whose news are held back, the revision up to which caches see them. The store's mutex guards it.
	held map[*collection]int64
	// guards client, which is made when it is first asked for.
	once   sync.Once
	client client.WithWatch
	err    error
}

// SessionOptions say what stands between a program and the store.
type SessionOptions struct {
	// Hook may be nil.
	Hook Hook
	// Transport stands before the hook and sees HTTP, as it would with a real API server; nil for nothing.
	Transport func(next http.RoundTripper) http.RoundTripper
}

// Session opens the connection of a program that ends with its context.
func (s *Store) Session(life context.Context, o SessionOptions) *Session {
	session := &Session{store: s, life: life, hook: o.Hook, held: map[*collection]int64{}}
	if session.hook == nil {
		session.hook = func(ctx context.Context, _ Operation, send func(context.Context) error) error { return send(ctx) }
	}
	session.transport = server{session}
	if o.Transport != nil {
		session.transport = o.Transport(session.transport)
	}
	return session
}

// Config is how a manager or a client reaches the store. The protocol is JSON.
func (s *Session) Config() *rest.Config {
	return &rest.Config{
		Host: "http://store.invalid", Transport: s, QPS: -1,
		ContentConfig: rest.ContentConfig{ContentType: "application/json", AcceptContentTypes: "application/json"},
	}
}

// Scheme is that of the controllers. All stores share it.
func (s *Store) Scheme() *runtime.Scheme { return s.api.scheme }

// Mapper knows the kinds of the store.
func (s *Store) Mapper() meta.RESTMapper { return s.api.mapper }

// Client reads and writes past all caches.
func (s *Session) Client() (client.WithWatch, error) {
	s.once.Do(func() {
		s.client, s.err = client.NewWithWatch(s.Config(), client.Options{Scheme: s.store.api.scheme, Mapper: s.store.api.mapper})
	})
	return s.client, s.err
}

// Hold keeps what happens to a kind from now on back from the session's caches, those that are filled anew included, as an API
// server would that has fallen behind. Reads past the caches see all.
func (s *Session) Hold(of client.Object) error { return s.hold(of, true) }

// Release lets through what was held back.
func (s *Session) Release(of client.Object) error { return s.hold(of, false) }

func (s *Session) hold(of client.Object, is bool) error {
	gvk, err := s.store.gvkOf(of)
	if err != nil {
		return err
	}
	s.store.mutex.Lock()
	defer s.store.mutex.Unlock()
	for _, c := range s.store.kinds {
		if c.gvk != gvk {
			continue
		}
		if _, held := s.held[c]; is && !held {
			s.held[c] = s.store.revision
		} else if !is {
			delete(s.held, c)
			c.wake()
		}
		return nil
	}
	return fmt.Errorf("the store knows no %s", gvk)
}

// horizon is the revision up to which caches see a kind. The store's mutex is held.
func (s *Session) horizon(c *collection) int64 {
	if revision, held := s.held[c]; held {
		return revision
	}
	return s.store.revision
}
