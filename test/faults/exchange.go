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
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
)

// Answers in the words of the tenant, and of a proxy before it.
const (
	internalError   = `{"statusCode":500,"error":"Internal Server Error","message":"Internal error"}`
	tooManyRequests = `{"statusCode":429,"error":"Too Many Requests","message":"Global limit has been reached","errorCode":"too_many_requests"}`
	expiredToken    = `{"statusCode":401,"error":"Unauthorized","message":"Expired token received for JSON Web Token validation","attributes":{"error":"Expired token received for JSON Web Token validation"}}`
	html            = "<html>\r\n<head><title>Bad Gateway</title></head>\r\n<body></body>\r\n</html>\r\n"
)

// take takes a request on the tenant's side. next is the tenant.
func (g *gate) take(next http.Handler, w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler) // the caller went away
	}
	x := &exchange{gate: g, next: next, w: w, r: r, body: body, passage: g.enter(r.UserAgent(), toTenant(r.Method, r.URL.Path))}
	g.checker.reads(body)
	x.serve()
}

// exchange is a request at the tenant with its answer.
type exchange struct {
	gate    *gate
	passage *passage
	next    http.Handler
	w       http.ResponseWriter
	r       *http.Request
	body    []byte
	result  string
}

func (x *exchange) serve() {
	switch {
	case x.passage.dead:
		panic(http.ErrAbortHandler)
	case x.passage.fault != nil:
		ended := unknown
		if x.passage.fault.refuses {
			ended = failed
		}
		defer func() { x.gate.leave(x.passage, x.result, ended) }()
		x.passage.fault.atTenant(x)
	default:
		answer := x.effect()
		// The next step of the operator begins with this answer, so the passage ends before.
		ended := done
		if answer.Code >= http.StatusBadRequest {
			ended = failed
		}
		x.gate.leave(x.passage, x.result, ended)
		x.write(answer)
	}
}

// effect lets the request happen, whatever became of its caller, and returns the true answer.
func (x *exchange) effect() *httptest.ResponseRecorder {
	answer := httptest.NewRecorder()
	r := x.r.Clone(context.WithoutCancel(x.r.Context()))
	r.Body = io.NopCloser(bytes.NewReader(x.body))
	x.next.ServeHTTP(answer, r)
	x.result += strconv.Itoa(answer.Code)
	x.gate.checker.refused(x.passage.point.Request, answer.Body.String())
	return answer
}

func (x *exchange) postpone() {
	x.result += "later"
	x.gate.postpone(x.passage, func() string {
		x.result = ""
		x.effect()
		return x.result
	})
}

// hang waits until the caller gave up.
func (x *exchange) hang() {
	<-x.r.Context().Done()
	x.result += " (no answer)"
}

// cut ends the connection without an answer.
func (x *exchange) cut() {
	x.result += " (cut)"
	panic(http.ErrAbortHandler)
}

func (x *exchange) write(answer *httptest.ResponseRecorder) {
	maps.Copy(x.w.Header(), answer.Header())
	x.w.WriteHeader(answer.Code)
	_, _ = x.w.Write(answer.Body.Bytes())
}

// truncate lets the request happen, announces the whole answer, sends half of it and ends the connection. An answer without a body
// is lost instead.
func (x *exchange) truncate() {
	answer := x.effect()
	whole := answer.Body.Bytes()
	x.result += " (half)"
	if len(whole) > 0 {
		maps.Copy(x.w.Header(), answer.Header())
		x.w.Header().Set("Content-Length", strconv.Itoa(len(whole)))
		x.w.WriteHeader(answer.Code)
		_, _ = x.w.Write(whole[:len(whole)/2])
		_ = http.NewResponseController(x.w).Flush()
	}
	panic(http.ErrAbortHandler)
}

// answer answers in the place of the tenant.
func (x *exchange) answer(status int, body string) {
	x.result += " (answered " + strconv.Itoa(status) + ")"
	kind := "application/json; charset=utf-8"
	if body == html {
		kind = "text/html"
	}
	x.w.Header().Set("Content-Type", kind)
	x.w.WriteHeader(status)
	_, _ = io.WriteString(x.w, body)
}
