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

package auth0sim

import (
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Request is one request in the log. Secrets and private keys are not in it.
type Request struct {
	Sequence int       `json:"sequence"`
	At       time.Time `json:"at"`
	Method   string    `json:"method"`
	Path     string    `json:"path"`
	Query    string    `json:"query,omitempty"`
	// Route is the operation, e.g. "POST /api/v2/clients/{id}/credentials".
	Route string `json:"route"`
	// Status is the status of the true answer, or of the fault's where there is none; 0 if nothing was answered.
	Status int `json:"status"`
	// ClientID is the client that the request concerned, Caller the client that sent it.
	ClientID     string `json:"clientID,omitempty"`
	Caller       string `json:"caller,omitempty"`
	RequestBody  string `json:"requestBody,omitempty"`
	ResponseBody string `json:"responseBody,omitempty"`
	// Fault is what went wrong by order.
	Fault string `json:"fault,omitempty"`
	// Committed says that the request changed something.
	Committed bool `json:"committed,omitempty"`
	// CarriedPrivateKey says that the request body held a private key, which the log leaves out.
	CarriedPrivateKey bool `json:"carriedPrivateKey,omitempty"`
	// After is the client as it was after the request.
	After *Client `json:"after,omitempty"`
}

// TokenRequest is one request to the token endpoint.
type TokenRequest struct {
	Sequence int       `json:"sequence"`
	At       time.Time `json:"at"`
	ClientID string    `json:"clientID,omitempty"`
	// Via is how the request came: "direct", "alias" (the mTLS alias) or "edge" (with a cname-api-key).
	Via string `json:"via"`
	// Method is how the client authenticated or tried to: "client_secret_post", "client_secret_basic",
	// "private_key_jwt", "tls_client_auth", "self_signed_tls_client_auth" or "none".
	Method string `json:"method"`
	// Thumbprint and SubjectDN are those of the certificate presented.
	Thumbprint string `json:"thumbprint,omitempty"`
	SubjectDN  string `json:"subjectDN,omitempty"`
	Audience   string `json:"audience,omitempty"`
	Scope      string `json:"scope,omitempty"`
	Status     int    `json:"status"`
	// Error and ErrorDescription are those of the answer; Reason is why, in the simulator's words.
	Error            string `json:"error,omitempty"`
	ErrorDescription string `json:"errorDescription,omitempty"`
	Reason           string `json:"reason,omitempty"`
	// Confirmation is the token's cnf.x5t#S256.
	Confirmation string `json:"confirmation,omitempty"`
	Fault        string `json:"fault,omitempty"`
}

// record is what serve knows of a request.
type record struct {
	r      *http.Request
	body   []byte
	route  string
	at     time.Time
	result exchange
	fault  string
}

// requestLog keeps the last requests and counts all.
type requestLog struct {
	limit int

	mu       sync.Mutex
	sequence int
	requests []Request
	tokens   []TokenRequest
	counters map[string]int
}

func newRequestLog(limit int) *requestLog {
	return &requestLog{limit: limit, counters: map[string]int{}}
}

func (l *requestLog) add(entry record) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.sequence++
	l.counters[entry.route]++
	if entry.route == routeToken {
		token := TokenRequest{Status: entry.result.status}
		if entry.result.token != nil {
			token = *entry.result.token
		}
		token.Sequence, token.At, token.Fault = l.sequence, entry.at, entry.fault
		l.tokens = appendLimited(l.tokens, token, l.limit)
		return
	}
	body, carriedKey := redact(entry.body)
	answer, _ := redact(entry.result.body)
	l.requests = appendLimited(l.requests, Request{
		Sequence: l.sequence, At: entry.at,
		Method: entry.r.Method, Path: entry.r.URL.Path, Query: entry.r.URL.RawQuery, Route: entry.route,
		Status: entry.result.status, ClientID: entry.result.client, Caller: entry.result.caller,
		RequestBody: body, ResponseBody: answer, CarriedPrivateKey: carriedKey,
		Fault: entry.fault, Committed: entry.result.committed, After: entry.result.after,
	}, l.limit)
}

func appendLimited[T any](items []T, item T, limit int) []T {
	if len(items) >= limit {
		items = slices.Delete(items, 0, len(items)-limit+1)
	}
	return append(items, item)
}

// Requests returns the log of everything but token requests, oldest first.
func (s *Simulator) Requests() []Request {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return slices.Clone(s.log.requests)
}

// TokenRequests returns the log of the token endpoint, oldest first.
func (s *Simulator) TokenRequests() []TokenRequest {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return slices.Clone(s.log.tokens)
}

// Counters returns how many requests each route had since the start or the last ResetLog.
func (s *Simulator) Counters() map[string]int {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	return maps.Clone(s.log.counters)
}

// ResetLog forgets all requests and counts from zero.
func (s *Simulator) ResetLog() {
	s.log.mu.Lock()
	defer s.log.mu.Unlock()
	s.log.requests, s.log.tokens, s.log.counters = nil, nil, map[string]int{}
}
