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
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// A request is an operation and what else the wire says of it.
type request struct {
	Operation
	collection  *collection
	query       url.Values
	contentType string
	// partial asks for metadata only.
	partial bool
}

func (q *request) key() types.NamespacedName {
	return types.NamespacedName{Namespace: q.Namespace, Name: q.Name}
}

var verbs = map[string]string{
	http.MethodPost: "create", http.MethodPut: "update", http.MethodPatch: "patch", http.MethodDelete: "delete", http.MethodGet: "get",
}

func (s *Session) parse(r *http.Request) (*request, error) {
	q := &request{query: r.URL.Query(), partial: strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata")}
	q.Verb = verbs[r.Method]
	q.contentType, _, _ = strings.Cut(r.Header.Get("Content-Type"), ";")
	if err := s.locate(q, r.URL.Path); err != nil {
		return nil, err
	}
	switch {
	case q.Verb == "get" && q.query.Get("watch") != "":
		q.Verb = "watch"
	case q.Verb == "get" && q.Name == "":
		q.Verb = "list"
	case q.Verb == "" || q.Verb != "create" && q.Verb != "get" && q.Name == "":
		return nil, apierrors.NewMethodNotSupported(q.collection.gr(), r.Method)
	}
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
		var err error
		if q.Body, err = io.ReadAll(r.Body); err != nil {
			return nil, fmt.Errorf("read the request: %w", err)
		}
	}
	if q.Verb == "create" {
		var named struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
		}
		_ = json.Unmarshal(q.Body, &named) // what is malformed is refused when it is carried out
		q.Name = named.Metadata.Name
	}
	return q, nil
}

// locate finds what a path names: /api/v1/namespaces/{namespace}/secrets/{name}, /apis/{group}/{version}/..., and the like.
func (s *Session) locate(q *request, path string) error {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	var gv schema.GroupVersion
	switch {
	case len(parts) > 2 && parts[0] == "api":
		gv, parts = schema.GroupVersion{Version: parts[1]}, parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		gv, parts = schema.GroupVersion{Group: parts[1], Version: parts[2]}, parts[3:]
	default:
		return noSuchPath(path)
	}
	if len(parts) > 2 && parts[0] == "namespaces" {
		q.Namespace, parts = parts[1], parts[2:]
	}
	q.collection = s.store.kinds[gv.WithResource(parts[0])]
	if len(parts) > 1 {
		q.Name = parts[1]
	}
	if len(parts) > 2 {
		q.Subresource = parts[2]
	}
	c := q.collection
	if c == nil || len(parts) > 3 || q.Subresource != "" && (q.Subresource != statusField || !c.custom) {
		return noSuchPath(path)
	}
	q.Kind = c.gvk
	return nil
}

// selection is what a list or watch is limited to.
func (q *request) selection() (func(*object) bool, error) {
	byLabel, err := labels.Parse(q.query.Get("labelSelector"))
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	byField, err := fields.ParseSelector(q.query.Get("fieldSelector"))
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	for _, r := range byField.Requirements() {
		if _, known := q.collection.selectable[r.Field]; !known && r.Field != "metadata.name" && r.Field != "metadata.namespace" {
			return nil, apierrors.NewBadRequest("field label not supported: " + r.Field)
		}
	}
	return func(o *object) bool {
		if q.Namespace != "" && o.meta.Namespace != q.Namespace || q.Name != "" && o.meta.Name != q.Name {
			return false
		}
		return byLabel.Matches(labels.Set(o.meta.Labels)) && byField.Matches(q.fieldsOf(o, byField))
	}, nil
}

func (q *request) fieldsOf(o *object, selector fields.Selector) fields.Set {
	set := fields.Set{"metadata.name": o.meta.Name, "metadata.namespace": o.meta.Namespace}
	for _, r := range selector.Requirements() {
		if path, known := q.collection.selectable[r.Field]; known {
			set[r.Field] = o.value(path)
		}
	}
	return set
}

func (s *Store) gvkOf(o client.Object) (schema.GroupVersionKind, error) {
	return apiutil.GVKForObject(o, s.api.scheme)
}

// decodeNumbers decodes JSON and keeps numbers as they are written.
func decodeNumbers(text []byte) (decoded map[string]any, err error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	err = decoder.Decode(&decoded)
	return decoded, err
}
