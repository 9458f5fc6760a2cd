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
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// errCut is what a program gets that has been ended.
var errCut = errors.New("the connection to the API server was cut")

// RoundTrip sends a request on its way, unless the program has ended.
func (s *Session) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.life.Err() != nil {
		return nil, errCut
	}
	ctx, abandon := context.WithCancel(r.Context())
	stop := context.AfterFunc(s.life, abandon) //nolint:contextcheck // a request ends with its program, too
	release := func() { stop(); abandon() }
	answer, err := s.transport.RoundTrip(r.WithContext(mortal{ctx, s.life})) //nolint:contextcheck // as above
	if err != nil {
		release()
		return nil, err
	}
	answer.Request, answer.Body = r, releasing{answer.Body, release}
	if s.life.Err() != nil {
		_ = answer.Body.Close()
		return nil, errCut
	}
	return answer, nil
}

// releasing is a body with which what belongs to the request ends.
type releasing struct {
	io.ReadCloser
	release func()
}

func (r releasing) Close() error {
	r.release()
	return r.ReadCloser.Close()
}

// mortal is a context that has ended as soon as the program has: what is cancelled by it hears of that a moment later.
type mortal struct {
	context.Context                 //nolint:containedctx // it is one
	life            context.Context //nolint:containedctx // a program's, which is longer than any call
}

func (m mortal) Err() error {
	if err := m.life.Err(); err != nil {
		return err
	}
	return m.Context.Err()
}

// A server is the far end of a session.
type server struct{ *Session }

// RoundTrip carries a request out, or lets the hook do so.
func (s server) RoundTrip(r *http.Request) (*http.Response, error) {
	q, err := s.parse(r)
	if err != nil {
		return failure(err)
	}
	var answer *http.Response
	var sent atomic.Bool
	err = s.hook(r.Context(), q.Operation, func(ctx context.Context) error {
		if sent.Swap(true) {
			return errors.New("an operation is sent once at most")
		}
		if ctx.Err() != nil {
			return errCut
		}
		var err error
		answer, err = s.serve(r.Context(), q) //nolint:bodyclose,contextcheck // the program closes it; a watch is the request's, whatever it is sent under
		return err
	})
	switch {
	case err != nil:
		return failure(err)
	case answer == nil:
		return nil, errors.New("the hook neither sent the operation nor refused it")
	}
	return answer, nil
}

// serve carries out what was asked.
func (s *Session) serve(ctx context.Context, q *request) (*http.Response, error) {
	s.store.mutex.Lock()
	defer s.store.mutex.Unlock()
	if q.Verb == "watch" {
		return s.watch(ctx, q)
	}
	text, err := s.carryOut(q)
	if err != nil {
		return nil, err
	}
	code := http.StatusOK
	if q.Verb == "create" {
		code = http.StatusCreated
	}
	return answered(code, text), nil
}

func (s *Session) carryOut(q *request) ([]byte, error) {
	var o *object
	var err error
	switch c, key := q.collection, q.key(); q.Verb {
	case "get":
		if o = c.objects[key]; o == nil {
			err = apierrors.NewNotFound(c.gr(), key.Name)
		}
	case "list":
		return s.list(q)
	case "create":
		o, err = s.store.create(c, q.Namespace, q.Body)
	case "update":
		o, err = s.store.update(c, key, q.Subresource, q.Body)
	case "patch":
		o, err = s.store.patch(c, key, q.Subresource, q.contentType, q.Body)
	case "delete":
		var options metav1.DeleteOptions
		if len(q.Body) > 0 {
			if err := json.Unmarshal(q.Body, &options); err != nil {
				return nil, apierrors.NewBadRequest(err.Error())
			}
		}
		o, err = s.store.delete(c, key, options)
	}
	switch {
	case err != nil:
		return nil, err
	case q.partial:
		return o.partial()
	}
	return o.text, nil
}

func answered(code int, text []byte) *http.Response {
	return &http.Response{
		Status: http.StatusText(code), StatusCode: code, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, ContentLength: int64(len(text)), Body: io.NopCloser(bytes.NewReader(text)),
	}
}

// failure answers with a status, as the API server does; what is no status is an answer that never came.
func failure(err error) (*http.Response, error) {
	var status apierrors.APIStatus
	if !errors.As(err, &status) {
		return nil, err
	}
	content := status.Status()
	content.Kind, content.APIVersion = "Status", "v1"
	text, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	return answered(int(content.Code), text), nil
}

func unsupported(message string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusUnsupportedMediaType, Reason: metav1.StatusReasonUnsupportedMediaType, Message: message,
	}}
}

func noSuchPath(path string) error {
	return &apierrors.StatusError{ErrStatus: metav1.Status{
		Status: metav1.StatusFailure, Code: http.StatusNotFound, Reason: metav1.StatusReasonNotFound,
		Message: fmt.Sprintf("the server could not find the requested resource (%s)", path),
	}}
}
