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
	"net/http"
	"strconv"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// list answers with the objects that there are; a cache's first look, which says that any state will do, sees no more than the
// session's caches see.
func (s *Session) list(q *request) ([]byte, error) {
	selected, err := q.selection()
	if err != nil {
		return nil, err
	}
	revision := s.store.revision
	if q.query.Get("resourceVersion") == "0" {
		revision = s.horizon(q.collection)
	}
	apiVersion, kind := q.collection.gvk.GroupVersion().String(), q.collection.gvk.Kind+"List"
	if q.partial {
		apiVersion, kind = "meta.k8s.io/v1", "PartialObjectMetadataList"
	}
	var text bytes.Buffer
	text.WriteString(`{"apiVersion":"` + apiVersion + `","kind":"` + kind + `","metadata":{"resourceVersion":"` +
		strconv.FormatInt(revision, 10) + `"},"items":[`)
	separator := ""
	for _, o := range q.collection.at(revision) {
		if !selected(o) {
			continue
		}
		item := o.text
		if q.partial {
			if item, err = o.partial(); err != nil {
				return nil, err
			}
		}
		text.WriteString(separator)
		text.Write(item)
		separator = ","
	}
	text.WriteString("]}")
	return text.Bytes(), nil
}

// watch answers with a stream. It ends with the request, the session, or never: a server may go on beyond the time that is asked for.
func (s *Session) watch(ctx context.Context, q *request) (*http.Response, error) {
	selected, err := q.selection()
	if err != nil {
		return nil, err
	}
	w := &stream{session: s, c: q.collection, selected: selected, partial: q.partial, end: ctx.Done()}
	horizon := s.horizon(q.collection)
	switch from := q.query.Get("resourceVersion"); {
	case q.query.Get("sendInitialEvents") == "true":
		w.revision = horizon
		if err = w.begin(q.collection.at(horizon)); err == nil {
			err = w.bookmark()
		}
	case from == "" || from == "0":
		w.revision = horizon
		err = w.begin(q.collection.at(horizon))
	default:
		w.revision, err = strconv.ParseInt(from, 10, 64)
		if err != nil {
			return nil, apierrors.NewBadRequest(err.Error())
		}
		if w.revision < q.collection.compacted {
			return nil, apierrors.NewResourceExpired("too old resource version: " + from + " (" + strconv.FormatInt(q.collection.compacted, 10) + ")")
		}
	}
	if err != nil {
		return nil, err
	}
	answer := answered(http.StatusOK, nil)
	answer.Body, answer.ContentLength = w, -1
	return answer, nil
}
