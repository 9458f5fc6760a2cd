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

package apistore_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// A server is one of the two that must answer alike, and the transcript of what it answered.
type server struct {
	client.WithWatch
	namespace string

	t          *testing.T
	transcript []string
	uids       map[string]string
	versions   map[string]string
}

func (s *server) ctx() context.Context { return s.t.Context() }

func (s *server) tellf(format string, args ...any) {
	s.transcript = append(s.transcript, fmt.Sprintf(format, args...))
}

// answer writes down what came of a request: the refusal, or the object as it then is.
func (s *server) answer(what string, err error, o runtime.Object) {
	var status apierrors.APIStatus
	switch {
	case errors.As(err, &status):
		s.tellf("%s: %d %s", what, status.Status().Code, status.Status().Reason)
	case err != nil:
		s.tellf("%s: %v", what, err)
	default:
		s.tellf("%s: %s", what, s.render(o))
	}
}

var times = regexp.MustCompile(`"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"`)

// render is an object in JSON, without what differs from run to run: uids and resourceVersions are numbered as they come up, so
// that it shows which are the same.
func (s *server) render(o runtime.Object) string {
	if meta.IsListType(o) {
		var items []string
		if err := meta.EachListItem(o, func(item runtime.Object) error {
			items = append(items, s.render(item))
			return nil
		}); err != nil {
			s.t.Fatal(err)
		}
		return "[" + strings.Join(items, " ") + "]"
	}
	one := o.DeepCopyObject().(client.Object)
	one.SetManagedFields(nil)
	text, err := json.Marshal(one)
	if err != nil {
		s.t.Fatal(err)
	}
	rendered := times.ReplaceAllString(string(text), `"<time>"`)
	rendered = strings.ReplaceAll(rendered, s.namespace, "<namespace>")
	rendered = replace(rendered, string(one.GetUID()), "uid", s.uids)
	return replace(rendered, one.GetResourceVersion(), "version", s.versions)
}

func replace(text, value, what string, known map[string]string) string {
	if value == "" {
		return text
	}
	if _, seen := known[value]; !seen {
		known[value] = fmt.Sprintf("%s %d", what, len(known)+1)
	}
	return strings.ReplaceAll(text, `"`+value+`"`, `"`+known[value]+`"`)
}

// fresh reads the object anew and writes it down.
func (s *server) fresh(what string, o client.Object) {
	err := s.Get(s.ctx(), client.ObjectKeyFromObject(o), o)
	s.answer(what, err, o)
}

// mustCreate is for what a case begins with.
func (s *server) mustCreate(objects ...client.Object) {
	s.t.Helper()
	for _, o := range objects {
		if err := s.Create(s.ctx(), o); err != nil {
			s.t.Fatal(err)
		}
	}
}

const patience = 10 * time.Second

// follow writes down the next events of a watch.
func (s *server) follow(what string, w watch.Interface, count int) {
	s.t.Helper()
	for range count {
		select {
		case e, open := <-w.ResultChan():
			if !open {
				s.t.Fatalf("%s: the watch has ended", what)
			}
			if e.Type == watch.Error {
				s.answer(what, apierrors.FromObject(e.Object), nil)
				continue
			}
			s.answer(what+" "+string(e.Type), nil, e.Object)
		case <-time.After(patience):
			s.t.Fatalf("%s: no event; so far:\n%s", what, strings.Join(s.transcript, "\n"))
		}
	}
}
