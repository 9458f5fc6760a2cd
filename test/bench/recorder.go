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
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

const managementAPI = "/api/v2/"

// recorder counts what is asked of a tenant. The simulator's own log would keep every body.
type recorder struct {
	mutex sync.Mutex
	calls tally
	begun time.Time // when the first Management API request came since the last reset
	ended time.Time // when the last one was answered
	// clock tells the time.
	clock func() time.Time
}

// tally is what was counted.
type tally struct {
	// ByKind are the Management API requests, those that failed among them.
	ByKind map[string]int
	// Refused are those that were answered 429, Failed those answered 5xx.
	Refused, Failed int
	// Sweeps are listings of all clients, of one page or more. Tokens are requests to the token endpoint.
	Sweeps, Tokens int
}

func (t tally) total() (n int) {
	for _, count := range t.ByKind {
		n += count
	}
	return n
}

// pages are the pages of clients that were listed.
func (t tally) pages() int { return t.ByKind[listClients] }

const listClients = "GET clients"

// plus adds the counts of another tenant.
func (t tally) plus(other tally) tally {
	sum := tally{maps.Clone(t.ByKind), t.Refused + other.Refused, t.Failed + other.Failed, t.Sweeps + other.Sweeps, t.Tokens + other.Tokens}
	if sum.ByKind == nil {
		sum.ByKind = map[string]int{}
	}
	for kind, count := range other.ByKind {
		sum.ByKind[kind] += count
	}
	return sum
}

func newRecorder(clock func() time.Time) *recorder {
	return &recorder{clock: clock, calls: tally{ByKind: map[string]int{}}}
}

// intercept stands before a simulated tenant.
func (r *recorder) intercept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if !strings.HasPrefix(q.URL.Path, managementAPI) {
			r.other(q)
			next.ServeHTTP(w, q)
			return
		}
		r.begin(q)
		answer := &answerWriter{ResponseWriter: w}
		defer func() { r.end(answer.status) }() // also where the simulator cuts the connection
		next.ServeHTTP(answer, q)
	})
}

func (r *recorder) other(q *http.Request) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if q.URL.Path == "/oauth/token" {
		r.calls.Tokens++
	}
}

func (r *recorder) begin(q *http.Request) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.begun.IsZero() {
		r.begun = r.clock()
	}
	kind := kindOf(q.Method, q.URL.Path)
	r.calls.ByKind[kind]++
	if kind == listClients && !q.URL.Query().Has("from") {
		r.calls.Sweeps++
	}
}

func (r *recorder) end(status int) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.ended = r.clock()
	switch {
	case status == http.StatusTooManyRequests:
		r.calls.Refused++
	case status >= http.StatusInternalServerError, status == 0:
		r.calls.Failed++
	}
}

// reset counts from zero.
func (r *recorder) reset() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.calls, r.begun = tally{ByKind: map[string]int{}}, time.Time{}
}

func (r *recorder) counted() tally {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	t := r.calls
	t.ByKind = maps.Clone(t.ByKind)
	return t
}

// firstAsked is when the first Management API request came since the last reset; lastAnswered when the last one was answered.
func (r *recorder) firstAsked() time.Time {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.begun
}

func (r *recorder) lastAnswered() time.Time {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	return r.ended
}

// answerWriter remembers the status of an answer; zero for none.
type answerWriter struct {
	http.ResponseWriter
	status int
}

// WriteHeader notes the status.
func (w *answerWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Write notes that a status was implied.
func (w *answerWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap is for http.ResponseController.
func (w *answerWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// identifier is a part of a path that names one thing: what follows a collection.
var identifier = regexp.MustCompile(`(clients|credentials|client-grants|resource-servers)/[^/]+`)

// kindOf is what a request is, without which client it is for: "PATCH clients/{id}".
func kindOf(method, path string) string {
	return method + " " + identifier.ReplaceAllString(strings.TrimPrefix(path, managementAPI), "$1/{id}")
}

// sortedKinds are the kinds of calls, most frequent first.
func (t tally) sortedKinds() []string {
	return slices.SortedFunc(maps.Keys(t.ByKind), func(a, b string) int {
		if d := t.ByKind[b] - t.ByKind[a]; d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
}
