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
	"encoding/json"
	"io"
	"net/http"
	"time"
)

// AdminHandler serves what the Go API offers, under /simulator, for people and scripts: it creates faults, moves the clock
// and mints tokens, so it must be reachable for nobody else.
func (s *Simulator) AdminHandler() http.Handler {
	mux := http.NewServeMux()
	reads := map[string]func() any{
		"GET /simulator":                func() any { return s.summary() },
		"GET /simulator/clients":        func() any { return s.Clients() },
		"GET /simulator/requests":       func() any { return s.Requests() },
		"GET /simulator/token-requests": func() any { return s.TokenRequests() },
		"GET /simulator/counters":       func() any { return s.Counters() },
		"GET /simulator/faults":         func() any { return s.orders() },
	}
	for pattern, read := range reads {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, _ *http.Request) { adminAnswer(w, http.StatusOK, read()) })
	}
	mux.HandleFunc("GET /simulator/ca", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(s.CABundle()) })
	mux.HandleFunc("DELETE /simulator/requests", s.adminDo(s.ResetLog))
	mux.HandleFunc("DELETE /simulator/faults", s.adminDo(s.ClearFaults))
	mux.HandleFunc("POST /simulator/expire-tokens", s.adminDo(s.ExpireTokens))
	mux.HandleFunc("POST /simulator/faults", s.adminInject)
	mux.HandleFunc("POST /simulator/faults/{id}/release", s.adminFault((*Injection).Release))
	mux.HandleFunc("DELETE /simulator/faults/{id}", s.adminFault((*Injection).Remove))
	mux.HandleFunc("POST /simulator/clock", s.adminClock)
	mux.HandleFunc("PUT /simulator/latency", s.adminLatency)
	mux.HandleFunc("PUT /simulator/client-cas", s.adminClientCAs)
	mux.HandleFunc("POST /simulator/tokens", s.adminToken)
	return mux
}

// summary is what a person needs to use the tenant. The management client's secret is not in it.
func (s *Simulator) summary() document {
	return document{
		{"domain", s.Domain()}, {"url", s.URL()}, {"mtlsURL", s.MTLSURL()}, {"audience", s.Audience()},
		{"managementClientID", s.ManagementClientID()}, {"now", s.Now()}, {"latency", s.currentLatency().String()},
	}
}

// order is a Fault with durations in words ("30s").
type order struct {
	ID   string `json:"id,omitempty"`
	Hits int    `json:"hits"`
	Fault
	Delay      words `json:"delay,omitempty"`
	RetryAfter words `json:"retryAfter,omitempty"`
	Latency    words `json:"latency,omitempty"`
}

type words time.Duration

// MarshalText writes a duration as Go does.
func (d words) MarshalText() ([]byte, error) { return []byte(time.Duration(d).String()), nil }

// UnmarshalText reads a duration as Go does.
func (d *words) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	*d = words(parsed)
	return err
}

func orderOf(i *Injection) order {
	return order{ID: i.ID, Hits: i.Hits(), Fault: i.Fault, Delay: words(i.Delay), RetryAfter: words(i.RetryAfter),
		Latency: words(i.Latency)}
}

func (s *Simulator) orders() []order {
	orders := []order{}
	for _, injected := range s.faults.list() {
		orders = append(orders, orderOf(injected))
	}
	return orders
}

func (s *Simulator) adminInject(w http.ResponseWriter, r *http.Request) {
	var wanted order
	if !adminRead(w, r, &wanted) {
		return
	}
	fault := wanted.Fault
	fault.Delay = time.Duration(wanted.Delay)
	fault.RetryAfter = time.Duration(wanted.RetryAfter)
	fault.Latency = time.Duration(wanted.Latency)
	if err := fault.validate(); err != nil {
		adminRefuse(w, http.StatusBadRequest, err.Error())
		return
	}
	adminAnswer(w, http.StatusCreated, orderOf(s.Inject(fault)))
}

func (s *Simulator) adminFault(do func(*Injection)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		injected, known := s.faults.find(r.PathValue("id"))
		if !known {
			adminRefuse(w, http.StatusNotFound, "no fault has this id")
			return
		}
		do(injected)
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Simulator) adminDo(do func()) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		do()
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Simulator) adminClock(w http.ResponseWriter, r *http.Request) {
	var wanted struct {
		Advance words `json:"advance"`
	}
	if !adminRead(w, r, &wanted) {
		return
	}
	if wanted.Advance < 0 {
		adminRefuse(w, http.StatusBadRequest, "the clock moves forward only")
		return
	}
	s.Advance(time.Duration(wanted.Advance))
	adminAnswer(w, http.StatusOK, document{{"now", s.Now()}})
}

func (s *Simulator) adminLatency(w http.ResponseWriter, r *http.Request) {
	var wanted struct {
		Latency words `json:"latency"`
	}
	if adminRead(w, r, &wanted) {
		s.SetLatency(time.Duration(wanted.Latency))
		w.WriteHeader(http.StatusNoContent)
	}
}

func (s *Simulator) adminClientCAs(w http.ResponseWriter, r *http.Request) {
	bundle, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	if err == nil {
		err = s.SetClientCAs(bundle)
	}
	if err != nil {
		adminRefuse(w, http.StatusBadRequest, err.Error())
		return
	}
	w.WriteHeader(http.StatusNoContent)
}

func (s *Simulator) adminToken(w http.ResponseWriter, r *http.Request) {
	var wanted struct {
		Scopes []string `json:"scopes"`
	}
	if adminRead(w, r, &wanted) {
		adminAnswer(w, http.StatusCreated, document{{"access_token", s.ManagementToken(wanted.Scopes...)}})
	}
}

// adminRead decodes a body strictly, so that a misspelt member is not taken for a default.
func adminRead(w http.ResponseWriter, r *http.Request, into any) bool {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxRequestBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		adminRefuse(w, http.StatusBadRequest, "the body is not what is expected: "+err.Error())
		return false
	}
	return true
}

func adminRefuse(w http.ResponseWriter, status int, message string) {
	adminAnswer(w, status, document{{"error", message}})
}

func adminAnswer(w http.ResponseWriter, status int, body any) { write(w, answered(status, body)) }
