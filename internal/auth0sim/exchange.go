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
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strconv"
	"time"
)

// exchange is the true answer to a request and what the log keeps of it. Faults replace the answer afterwards.
type exchange struct {
	status int
	header http.Header
	body   []byte

	// client is the client that the request concerned, caller who sent it.
	client, caller string
	committed      bool
	// after is the client as it was after the request.
	after *Client
	// token is set for a request to the token endpoint.
	token *TokenRequest
}

// answered makes an exchange of a JSON answer.
func answered(status int, body any) exchange {
	result := exchange{status: status, header: http.Header{}}
	result.header.Set("Content-Type", "application/json; charset=utf-8")
	if body == nil {
		return result
	}
	data, err := marshal(body)
	if err != nil {
		panic("auth0sim: an answer cannot be written as JSON: " + err.Error())
	}
	result.body = data
	return result
}

func failed(fail *failure) exchange { return answered(fail.status, fail.body()) }

// maxRequestBody bounds what a request may carry; Auth0's own bound is not documented.
const maxRequestBody = 1 << 20

// serve takes one request through latency, faults, its effect, the log and the answer.
func (s *Simulator) serve(w http.ResponseWriter, r *http.Request, route string,
	answer func(*http.Request, []byte) exchange,
) {
	started := s.clock.Now()
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequestBody))
	if err != nil {
		refuseBody(w, err)
		return
	}
	fault := s.faults.take(r.Method, r.URL.Path)
	log := func(result exchange, what string) {
		s.log.add(record{r: r, body: body, route: route, at: started, result: result, fault: what})
	}
	abandoned := func() { log(exchange{}, "abandoned by the caller") }

	if !s.clock.sleepUntil(r.Context().Done(), started.Add(s.currentLatency()+fault.Latency)) {
		abandoned()
		return
	}
	if fault.Hold && fault.Effect == EffectNone && !fault.wait(r.Context().Done()) {
		abandoned()
		return
	}
	var result exchange
	switch {
	case fault.Effect == EffectLate:
		s.later(fault.Delay, r, func(detached *http.Request) { log(answer(detached, body), "late effect") })
		result = fault.answer()
	case fault.Effect == EffectCommitted || fault.Reply.needsAnswer():
		result = answer(r, body)
	default:
		result = fault.answer()
	}
	log(result, fault.describe())
	if fault.Hold && fault.Effect != EffectNone && !fault.wait(r.Context().Done()) {
		return
	}
	fault.reply(w, result)
}

// refuseBody answers a body that is too large; of any other the caller went away in the middle.
func refuseBody(w http.ResponseWriter, err error) {
	var tooLarge *http.MaxBytesError
	if !errors.As(err, &tooLarge) {
		panic(http.ErrAbortHandler)
	}
	write(w, failed(&failure{status: http.StatusRequestEntityTooLarge,
		message: fmt.Sprintf("Payload content length greater than maximum allowed: %d", tooLarge.Limit)}))
}

// later lets a request have its effect after a delay on the simulator's clock, whatever became of its caller.
func (s *Simulator) later(delay time.Duration, r *http.Request, effect func(*http.Request)) {
	detached := r.WithContext(context.WithoutCancel(r.Context()))
	due := s.clock.Now().Add(delay)
	s.pending.Go(func() {
		if s.clock.sleepUntil(s.stopping, due) {
			effect(detached)
		}
	})
}

// write sends a true answer.
func write(w http.ResponseWriter, result exchange) {
	maps.Copy(w.Header(), result.header)
	if len(result.body) > 0 {
		w.Header().Set("Content-Length", strconv.Itoa(len(result.body)))
	}
	w.WriteHeader(result.status)
	// The caller may be gone; its request had its effect all the same.
	_, _ = w.Write(result.body)
}
