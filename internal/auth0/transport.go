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

package auth0

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"k8s.io/utils/clock"
)

// maxAnswer is the longest answer that is read. A page of 100 clients is about 200 KiB.
const maxAnswer = 1 << 20

var (
	errRedirect = errors.New("the answer is a redirect")
	errTooLarge = errors.New("the answer is longer than 1 MiB")
)

// exchange is what one operation saw on the wire. It travels in the request's context, so that operations which run at
// the same time do not mix, and because the SDK drops an answer's error code and headers.
type exchange struct {
	op      string
	host    string
	trust   string      // whose certificates are trusted, in words
	sent    atomic.Bool // a connection was there: the request may have had its effect
	method  string
	status  int // of the last answer; zero without one
	header  http.Header
	body    []byte
	err     error    // why there is no whole answer
	secrets []string // what was sent and must not come back in a message
	// judge is told whether what came is an answer; nil where that is known.
	judge func(isAnswer bool)
}

type exchangeKey struct{}

func withExchange(ctx context.Context, op, host string) (context.Context, *exchange) {
	x := &exchange{op: op, host: host}
	return context.WithValue(ctx, exchangeKey{}, x), x
}

func exchangeOf(ctx context.Context) *exchange {
	if x, ok := ctx.Value(exchangeKey{}).(*exchange); ok {
		return x
	}
	return &exchange{}
}

// judged tells the budget whether what came is an answer of the Management API, where it waits for that.
func (x *exchange) judged(isAnswer bool) {
	if x.judge != nil {
		x.judge(isAnswer)
	}
}

// fail notes why there is no answer; it returns err.
func (x *exchange) fail(err error) error {
	x.status, x.header, x.body, x.err = 0, nil, nil, err
	return err
}

// emptyAnswer tells whether an answer that must have a body has none. The SDK takes it for a success.
func (x *exchange) emptyAnswer() bool {
	must := x.status == http.StatusOK || x.status == http.StatusCreated
	return must && x.method != http.MethodDelete && len(x.body) == 0
}

// trace notes when the request is about to leave. Whatever goes wrong before that has no effect on the tenant.
func (x *exchange) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { x.sent.Store(true) },
		WroteHeaders: func() { x.sent.Store(true) },
	}
}

// wire sends a request and reads its whole answer. It is the innermost transport: nothing gets past its limits.
type wire struct {
	base      *http.Transport
	clock     clock.Clock
	timeout   time.Duration
	grace     time.Duration
	userAgent string
	trust     string
	observe   func(op string, status int, took time.Duration)
	// difference is that of the clocks here and there.
	difference difference
}

func newWire(c Config, roots *x509.CertPool) *wire {
	trust := "the system's certificate authorities"
	if roots != nil {
		trust = "the given CA bundle"
	}
	return &wire{
		base: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			DialContext:            newDialer(c),
			TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
			TLSHandshakeTimeout:    c.Timeout,
			ForceAttemptHTTP2:      true,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        30 * time.Second, // shorter than a server's, so that no request meets a closing connection
			MaxResponseHeaderBytes: 64 << 10,
		},
		clock:     c.Clock,
		timeout:   c.Timeout,
		grace:     c.Grace,
		userAgent: c.UserAgent,
		trust:     trust,
		observe:   c.Observe,
	}
}

// RoundTrip sends req. What it learns is left in the context's exchange, whatever becomes of the response.
func (w *wire) RoundTrip(req *http.Request) (*http.Response, error) {
	x := exchangeOf(req.Context())
	x.trust, x.method = w.trust, req.Method
	x.status, x.header, x.body, x.err = 0, nil, nil, nil
	start := w.clock.Now()
	res, err := w.send(req, x) //nolint:contextcheck // see life
	w.observe(x.op, x.status, w.clock.Since(start))
	if x.sent.Load() {
		countSent(req.Context())
	}
	if err != nil {
		x.err = err
		return nil, err
	}
	return res, nil
}

// life is the context of a request on the wire. One that may change something is not given up at the moment when its caller is, but a
// grace later: an answer that nobody waited for leaves its effect in doubt, and whoever takes over would have to wait.
func (w *wire) life(req *http.Request) (context.Context, context.CancelFunc) {
	if req.Method == http.MethodGet || w.grace == 0 {
		return context.WithTimeout(req.Context(), w.timeout)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(req.Context()), w.timeout)
	stop := context.AfterFunc(req.Context(), func() {
		select {
		case <-w.clock.After(w.grace):
			cancel()
		case <-ctx.Done():
		}
	})
	return ctx, func() { stop(); cancel() }
}

func (w *wire) send(req *http.Request, x *exchange) (*http.Response, error) {
	ctx, cancel := w.life(req)
	defer cancel()
	ctx = httptrace.WithClientTrace(ctx, x.trace())
	req = req.Clone(ctx)
	req.Header.Set("User-Agent", w.userAgent)
	res, err := w.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	x.status, x.header = res.StatusCode, res.Header
	w.difference.note(res.Header, w.clock.Now())
	if res.StatusCode >= 300 && res.StatusCode < 400 {
		return nil, errRedirect
	}
	x.body, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case len(x.body) > maxAnswer:
		x.body = nil
		return nil, errTooLarge
	}
	res.Body = io.NopCloser(bytes.NewReader(x.body))
	return res, nil
}
