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
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/internal/controller"
)

// hooked is a connection to an API server with a hook before every write.
type hooked struct {
	next  http.RoundTripper
	codec *codec
	hook  WriteHook
	// curtain stands before the watches.
	curtain *Curtain
}

// RoundTrip implements http.RoundTripper.
func (h *hooked) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		return h.get(r)
	}
	var body []byte
	var err error
	if r.Body != nil {
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	write, err := h.codec.read(r, body)
	if err != nil {
		return nil, err
	}
	var answer *http.Response
	err = h.hook(r.Context(), write, func(ctx context.Context) error {
		sent := r.Clone(ctx)
		sent.Body = io.NopCloser(bytes.NewReader(body))
		var sendErr error
		answer, sendErr = h.receive(sent) //nolint:bodyclose // it was read and closed, and is a copy
		return sendErr
	})
	if err == nil {
		return answer, nil
	}
	var refusal apierrors.APIStatus
	if !errors.As(err, &refusal) {
		return nil, err
	}
	return refused(r, refusal)
}

func (h *hooked) get(r *http.Request) (*http.Response, error) {
	answer, err := h.next.RoundTrip(r)
	if err != nil || r.URL.Query().Get("watch") == "" {
		return answer, err
	}
	answer.Body = h.curtain.behind(r.Context(), h.codec.kinds[path.Base(r.URL.Path)], answer.Body)
	return answer, nil
}

// receive sends a request and reads the whole answer. A refusal is an error.
func (h *hooked) receive(r *http.Request) (*http.Response, error) {
	answer, err := h.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	content, err := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if err != nil {
		return nil, err
	}
	answer.Body = io.NopCloser(bytes.NewReader(content))
	if answer.StatusCode < http.StatusBadRequest {
		return answer, nil
	}
	o, _, err := h.codec.decoder.Decode(content, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("the API server answered %d: %s", answer.StatusCode, content)
	}
	return nil, apierrors.FromObject(o)
}

// refused is the answer of an API server that refuses.
func refused(r *http.Request, refusal apierrors.APIStatus) (*http.Response, error) {
	status := refusal.Status()
	status.Kind, status.APIVersion = "Status", "v1"
	content, err := json.Marshal(status)
	if err != nil {
		return nil, err
	}
	return &http.Response{
		StatusCode: int(status.Code), Status: http.StatusText(int(status.Code)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(content)),
		ContentLength: int64(len(content)), Request: r,
	}, nil
}

// codec knows the kinds of the cluster.
type codec struct {
	kinds   map[string]string // by resource
	decoder runtime.Decoder
}

func newCodec() (*codec, error) {
	scheme, err := controller.NewScheme()
	if err != nil {
		return nil, err
	}
	c := &codec{kinds: map[string]string{}, decoder: serializer.NewCodecFactory(scheme).UniversalDeserializer()}
	for kind := range scheme.AllKnownTypes() {
		plural, _ := meta.UnsafeGuessKindToResource(kind)
		c.kinds[plural.Resource] = kind.Kind
	}
	return c, nil
}

var verbs = map[string]string{
	http.MethodPost: "create", http.MethodPut: "update", http.MethodPatch: "patch", http.MethodDelete: "delete",
}

// read names a write from its path, /api/v1/... or /apis/group/version/..., with namespaces/name/ before what is in one.
func (c *codec) read(r *http.Request, body []byte) (Write, error) {
	segments := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	start := 2
	if segments[0] == "apis" {
		start = 3
	}
	if len(segments) > start+2 && segments[start] == "namespaces" {
		start += 2
	}
	if len(segments) <= start {
		return Write{}, fmt.Errorf("what does %s %s write?", r.Method, r.URL.Path)
	}
	w := Write{Verb: verbs[r.Method], Kind: c.kinds[segments[start]]}
	if rest := segments[start+1:]; len(rest) > 0 {
		w.Name, w.Subresource = rest[0], strings.Join(rest[1:], "/")
	}
	if r.Header.Get("Content-Type") == string(types.ApplyPatchType) {
		w.Verb = "apply"
	}
	if w.Kind == event && w.Name != "" { // it goes on with one of before, whose name ends in the time of that
		w.Name = w.Name[:max(0, strings.LastIndex(w.Name, "."))] + "/again"
	}
	if w.Name != "" {
		return w, nil
	}
	o, _, err := c.decoder.Decode(body, nil, nil)
	if err != nil {
		return Write{}, fmt.Errorf("read what %s %s writes: %w", r.Method, r.URL.Path, err)
	}
	object, ok := o.(client.Object)
	if !ok {
		return Write{}, fmt.Errorf("%s %s writes a %T", r.Method, r.URL.Path, o)
	}
	w.Name = NameOf(object)
	return w, nil
}
