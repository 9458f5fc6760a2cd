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

package guard

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	"k8s.io/client-go/rest"
)

// reviews is an API server that knows two tokens, of which one may get /metrics.
type reviews struct {
	*httptest.Server
	mutex sync.Mutex
	asked []string
	wants authorizationv1.SubjectAccessReviewSpec
	down  bool
}

func newReviews(t *testing.T) *reviews {
	t.Helper()
	r := &reviews{}
	r.Server = httptest.NewServer(http.HandlerFunc(r.answer))
	t.Cleanup(r.Close)
	return r
}

func (a *reviews) answer(w http.ResponseWriter, r *http.Request) {
	a.mutex.Lock()
	defer a.mutex.Unlock()
	kind := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
	a.asked = append(a.asked, kind)
	w.Header().Set("Content-Type", "application/json")
	var err error
	switch {
	case a.down:
		w.WriteHeader(http.StatusServiceUnavailable)
	case kind == "tokenreviews":
		review := authenticationv1.TokenReview{}
		err = json.NewDecoder(r.Body).Decode(&review)
		if review.Spec.Token == "reader" || review.Spec.Token == "stranger" {
			review.Status = authenticationv1.TokenReviewStatus{Authenticated: true, User: authenticationv1.UserInfo{
				Username: review.Spec.Token, UID: "uid", Groups: []string{"group"}, Extra: map[string]authenticationv1.ExtraValue{"pod": {"prometheus"}},
			}}
		}
		err = cmp.Or(err, json.NewEncoder(w).Encode(review))
	default:
		review := authorizationv1.SubjectAccessReview{}
		err = json.NewDecoder(r.Body).Decode(&review)
		a.wants = review.Spec
		of := review.Spec.NonResourceAttributes
		review.Status.Allowed = review.Spec.User == "reader" && of.Verb == "get" && of.Path == "/metrics"
		err = cmp.Or(err, json.NewEncoder(w).Encode(review))
	}
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
	}
}

// visitor sends requests to metrics that are guarded.
func (a *reviews) visitor(t *testing.T) func(method, path, authorization string) int {
	t.Helper()
	filter, err := Readers(&rest.Config{Host: a.URL, ContentConfig: rest.ContentConfig{ContentType: "application/json"}}, a.Client())
	if err != nil {
		t.Fatal(err)
	}
	guarded, err := filter(logr.Discard(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }))
	if err != nil {
		t.Fatal(err)
	}
	return func(method, path, authorization string) int {
		request, answer := httptest.NewRequestWithContext(t.Context(), method, path, http.NoBody), httptest.NewRecorder()
		request.Header.Set("Authorization", authorization)
		guarded.ServeHTTP(answer, request)
		return answer.Code
	}
}

// The metrics themselves answer 418 here.
func TestMetricsAreForThoseWhoMayReadThem(t *testing.T) {
	tests := map[string]struct {
		method, path, authorization string
		down                        bool
		want                        int
		asked                       []string
	}{
		"nobody":                      {authorization: "", want: 401},
		"a password":                  {authorization: "Basic reader", want: 401},
		"an empty token":              {authorization: "Bearer ", want: 401},
		"a token that nobody gave":    {authorization: "Bearer forged", want: 401, asked: []string{"tokenreviews"}},
		"somebody without the right":  {authorization: "Bearer stranger", want: 403, asked: []string{"tokenreviews", "subjectaccessreviews"}},
		"a reader":                    {authorization: "Bearer reader", want: 418, asked: []string{"tokenreviews", "subjectaccessreviews"}},
		"a reader in small letters":   {authorization: "bearer reader", want: 418, asked: []string{"tokenreviews", "subjectaccessreviews"}},
		"a reader at another path":    {authorization: "Bearer reader", path: "/debug", want: 403, asked: []string{"tokenreviews", "subjectaccessreviews"}},
		"a reader who wants to write": {authorization: "Bearer reader", method: http.MethodPost, want: 403, asked: []string{"tokenreviews", "subjectaccessreviews"}},
		"no API server":               {authorization: "Bearer reader", down: true, want: 500, asked: []string{"tokenreviews"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			g, api := NewWithT(t), newReviews(t)
			visit := api.visitor(t)
			api.down = test.down
			method, path := http.MethodGet, "/metrics"
			if test.method != "" {
				method = test.method
			}
			if test.path != "" {
				path = test.path
			}
			g.Expect(visit(method, path, test.authorization)).To(Equal(test.want))
			g.Expect(api.asked).To(Equal(test.asked))
		})
	}
}

func TestTheRightIsThatOfTheWholeUser(t *testing.T) {
	g, api := NewWithT(t), newReviews(t)
	api.visitor(t)(http.MethodGet, "/metrics", "Bearer stranger")
	g.Expect(api.wants).To(Equal(authorizationv1.SubjectAccessReviewSpec{
		User: "stranger", UID: "uid", Groups: []string{"group"}, Extra: map[string]authorizationv1.ExtraValue{"pod": {"prometheus"}},
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Verb: "get", Path: "/metrics"},
	}))
}

// A scrape every few seconds does not ask the API server each time; what was allowed for one request is not for another.
func TestAReaderIsKnownForAWhile(t *testing.T) {
	g, api := NewWithT(t), newReviews(t)
	visit := api.visitor(t)
	for range 3 {
		g.Expect(visit(http.MethodGet, "/metrics", "Bearer reader")).To(Equal(418))
	}
	g.Expect(api.asked).To(HaveLen(2))
	g.Expect(visit(http.MethodPost, "/metrics", "Bearer reader")).To(Equal(403))
	g.Expect(visit(http.MethodGet, "/debug", "Bearer reader")).To(Equal(403))
	g.Expect(visit(http.MethodGet, "/metrics", "Bearer stranger")).To(Equal(403))
	g.Expect(visit(http.MethodGet, "/metrics", "Bearer forged")).To(Equal(401))
}

// A right that is granted is not waited for.
func TestARefusalIsNotRemembered(t *testing.T) {
	g, api := NewWithT(t), newReviews(t)
	visit := api.visitor(t)
	api.down = true
	g.Expect(visit(http.MethodGet, "/metrics", "Bearer reader")).To(Equal(500))
	api.down = false
	g.Expect(visit(http.MethodGet, "/metrics", "Bearer reader")).To(Equal(418))
}
