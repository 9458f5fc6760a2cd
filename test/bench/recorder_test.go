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

package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

func TestKindOf(t *testing.T) {
	for path, want := range map[string]string{
		"/api/v2/clients":                    "GET clients",
		"/api/v2/clients/abc":                "GET clients/{id}",
		"/api/v2/clients/abc/credentials":    "GET clients/{id}/credentials",
		"/api/v2/clients/abc/credentials/d1": "GET clients/{id}/credentials/{id}",
		"/api/v2/client-grants/g1":           "GET client-grants/{id}",
		"/api/v2/tenants/settings":           "GET tenants/settings",
	} {
		if got := kindOf(http.MethodGet, path); got != want {
			t.Errorf("%s is %q, want %q", path, got, want)
		}
	}
}

// What is asked of a tenant is counted, what went wrong among it, and of listings only their first pages as sweeps.
func TestRecorder(t *testing.T) {
	now := time.Unix(0, 0)
	r := newRecorder(func() time.Time { return now })
	handler := r.intercept(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		switch q.URL.Query().Get("answer") {
		case "429":
			w.WriteHeader(http.StatusTooManyRequests)
		case "500":
			w.WriteHeader(http.StatusInternalServerError)
		case "cut":
			panic(http.ErrAbortHandler)
		default:
			_, _ = w.Write([]byte("{}"))
		}
	}))
	ask := func(method, target string) {
		defer func() { _ = recover() }()
		handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, target, http.NoBody))
	}
	ask(http.MethodPost, "/oauth/token")
	ask(http.MethodGet, "/.well-known/openid-configuration")
	if !r.firstAsked().IsZero() {
		t.Error("a request that is none of the Management API's counts as one")
	}
	now = now.Add(time.Second)
	ask(http.MethodGet, "/api/v2/clients?take=100")
	ask(http.MethodGet, "/api/v2/clients?take=100&from=x")
	ask(http.MethodPost, "/api/v2/clients?answer=429")
	ask(http.MethodPost, "/api/v2/clients?answer=500")
	ask(http.MethodPost, "/api/v2/clients?answer=cut")
	got, want := r.counted(), tally{ByKind: map[string]int{"GET clients": 2, "POST clients": 3}, Refused: 1, Failed: 2, Sweeps: 1, Tokens: 1}
	if !maps.Equal(got.ByKind, want.ByKind) || got.Refused != want.Refused || got.Failed != want.Failed || got.Sweeps != want.Sweeps || got.Tokens != want.Tokens {
		t.Errorf("counted %+v, want %+v", got, want)
	}
	if got.total() != 5 || got.pages() != 2 || !r.lastAnswered().Equal(now) {
		t.Errorf("counted %d calls, %d pages, the last at %v", got.total(), got.pages(), r.lastAnswered())
	}
	sum := got.plus(got)
	if sum.total() != 10 || sum.Tokens != 2 || got.total() != 5 {
		t.Errorf("the sum is %+v, and the summand became %+v", sum, got)
	}
}
