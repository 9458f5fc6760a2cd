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

package proxy

import (
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"k8s.io/client-go/rest"
)

// Proxy is one operator's way to the API server.
type Proxy struct {
	server   *httptest.Server
	upstream string
	// forward adds no credentials: every request has its caller's.
	forward http.RoundTripper
	// observe has the rights of the configuration that the Proxy was started with.
	observe http.RoundTripper

	mutex    sync.Mutex
	views    map[scope]*View
	shown    map[string]*Recording
	streams  map[*stream]bool
	holds    []*Hold
	observer func(Request, []byte)
}

// scope is what a View is about: a resource, in one namespace.
type scope struct{ resource, namespace string }

// Start starts a proxy for the API server of a configuration, on a free port of the loopback interface.
func Start(config *rest.Config) (*Proxy, error) {
	forward, err := rest.TransportFor(rest.AnonymousClientConfig(config))
	if err != nil {
		return nil, fmt.Errorf("reach the API server: %w", err)
	}
	observe, err := rest.TransportFor(config)
	if err != nil {
		return nil, fmt.Errorf("reach the API server: %w", err)
	}
	p := &Proxy{
		upstream: strings.TrimSuffix(config.Host, "/"), forward: forward, observe: observe,
		views: map[scope]*View{}, shown: map[string]*Recording{}, streams: map[*stream]bool{},
	}
	p.server = httptest.NewTLSServer(p)
	return p, nil
}

// Through is the configuration that leads through the proxy with the same credentials. It asks for JSON, so that what is written
// can be read here.
func (p *Proxy) Through(config *rest.Config) *rest.Config {
	through := rest.CopyConfig(config)
	through.Host = p.server.URL
	through.CAFile, through.ServerName = "", ""
	through.CAData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw})
	through.ContentType, through.AcceptContentTypes = "application/json", "application/json"
	return through
}

// Close ends the proxy, and every request that it holds.
func (p *Proxy) Close() {
	p.mutex.Lock()
	holds := p.holds
	p.mutex.Unlock()
	for _, h := range holds {
		h.Release()
	}
	p.server.CloseClientConnections()
	p.server.Close()
}

// OnWrite names a function that is told of every request that changed something, with the object as the API server stored it,
// before the operator gets the answer.
func (p *Proxy) OnWrite(observe func(r Request, stored []byte)) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.observer = observe
}

// ServeHTTP implements http.Handler.
func (p *Proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	request := parse(r)
	switch {
	case !request.ofCache():
		p.pass(w, r, request)
	case request.Watch && r.URL.Query().Has("sendInitialEvents"):
		writeStatus(w, http.StatusUnprocessableEntity, "Invalid", "the API server streams no lists")
	case request.Watch:
		p.watch(w, r, request)
	default:
		p.list(w, r, request)
	}
}

// pass hands a request on and its answer back. One that is held goes on although its caller may have given up: bytes that have
// left the caller arrive.
func (p *Proxy) pass(w http.ResponseWriter, r *http.Request, request Request) {
	body, err := readAll(r.Body)
	if err != nil {
		return // the caller went away in the middle
	}
	held, isHeld := p.take(request)
	ctx := r.Context()
	if isHeld {
		ctx = context.WithoutCancel(ctx)
		held.before()
	}
	answer, err := p.send(ctx, r, body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	if request.writes() && answer.status < http.StatusMultipleChoices {
		p.tell(request, answer.body)
	}
	if isHeld {
		held.after()
	}
	answer.write(w)
}

func (p *Proxy) tell(r Request, stored []byte) {
	p.mutex.Lock()
	observe := p.observer
	p.mutex.Unlock()
	if observe != nil {
		observe(r, stored)
	}
}
