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
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"path/filepath"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// apiProxy stands between the operator and the API server, and lets requests go wrong.
type apiProxy struct {
	server *httptest.Server

	mu      sync.Mutex
	armed   []*apiFault
	streams map[*watchStream]struct{}
	open    chan struct{} // closed while watches may speak
}

// apiFault waits for a request to meet it.
type apiFault struct {
	kind  kind
	fired chan struct{}
}

// startProxy starts a proxy for the API server of a connection. It passes on what its callers say of themselves.
func startProxy(config *rest.Config) (*apiProxy, error) {
	target, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return nil, fmt.Errorf("start the proxy for the API server: %w", err)
	}
	transport, err := rest.TransportFor(rest.AnonymousClientConfig(config))
	if err != nil {
		return nil, fmt.Errorf("start the proxy for the API server: %w", err)
	}
	p := &apiProxy{streams: map[*watchStream]struct{}{}, open: make(chan struct{})}
	close(p.open)
	silent := log.New(io.Discard, "", 0) // of callers that were killed
	forward := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     transport,
		FlushInterval: -1,
		ErrorLog:      silent,
		ModifyResponse: func(r *http.Response) error {
			if watches(r.Request) {
				r.Body = p.stream(r.Body)
			}
			return nil
		},
	}
	// TLS, because clients send their token by nothing else; HTTP/1.1, so that a request that is cut is a connection that is.
	p.server = httptest.NewUnstartedServer(p.handler(forward))
	p.server.Config.ErrorLog = silent
	p.server.StartTLS()
	return p, nil
}

// kubeconfig writes a kubeconfig that leads to the proxy, beside one that leads to the API server.
func (p *apiProxy) kubeconfig(direct string) (string, error) {
	config, err := clientcmd.LoadFromFile(direct)
	if err != nil {
		return "", fmt.Errorf("write the operator's kubeconfig: %w", err)
	}
	for _, c := range config.Clusters {
		c.Server, c.CertificateAuthority = p.server.URL, ""
		c.CertificateAuthorityData = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.server.Certificate().Raw})
	}
	path := filepath.Join(filepath.Dir(direct), "proxied.kubeconfig")
	if err := clientcmd.WriteToFile(*config, path); err != nil {
		return "", fmt.Errorf("write the operator's kubeconfig: %w", err)
	}
	return path, nil
}

func (p *apiProxy) close() {
	p.server.CloseClientConnections()
	p.server.Close()
}

// arm lets the next request that a fault is for meet it.
func (p *apiProxy) arm(k kind) *apiFault {
	p.mu.Lock()
	defer p.mu.Unlock()
	f := &apiFault{kind: k, fired: make(chan struct{})}
	p.armed = append(p.armed, f)
	return f
}

func (p *apiProxy) disarm(f *apiFault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.remove(f)
}

func (p *apiProxy) remove(f *apiFault) {
	kept := p.armed[:0:0]
	for _, other := range p.armed {
		if other != f {
			kept = append(kept, other)
		}
	}
	p.armed = kept
}

// take returns the fault that a request meets; empty for none.
func (p *apiProxy) take(r *http.Request) kind {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, f := range p.armed {
		if f.kind.meets(r) {
			p.remove(f)
			close(f.fired)
			return f.kind
		}
	}
	return ""
}

// meets tells whether a fault is for a request: those for the objects that this operator is about, and no watches.
func (k kind) meets(r *http.Request) bool {
	ours := false
	for _, part := range []string{"/apis/certbound.dev/", "/apis/cert-manager.io/", "/secrets", "/configmaps"} {
		ours = ours || strings.Contains(r.URL.Path, part)
	}
	update := r.Method == http.MethodPut || r.Method == http.MethodPatch
	return ours && !watches(r) && (k != conflict || update)
}

func watches(r *http.Request) bool { return r.URL.Query().Has("watch") }

func (p *apiProxy) handler(forward http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch p.take(r) {
		case conflict:
			refuse(w, http.StatusConflict, metav1.StatusReasonConflict, "the object has been modified; please apply your changes to the latest version")
		case apiError:
			refuse(w, http.StatusInternalServerError, metav1.StatusReasonInternalError, "etcdserver: request timed out")
		case apiLimited:
			w.Header().Set("Retry-After", "1")
			refuse(w, http.StatusTooManyRequests, metav1.StatusReasonTooManyRequests, "too many requests")
		case apiCut:
			panic(http.ErrAbortHandler)
		case apiLost:
			forward.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		default:
			forward.ServeHTTP(w, r)
		}
	})
}

func refuse(w http.ResponseWriter, code int32, reason metav1.StatusReason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(code))
	body, err := json.Marshal(metav1.Status{
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusFailure, Code: code, Reason: reason, Message: message,
	})
	if err == nil {
		_, _ = w.Write(body)
	}
}

// watchStream is what a watch tells.
type watchStream struct {
	io.ReadCloser
	proxy *apiProxy
}

func (p *apiProxy) stream(body io.ReadCloser) *watchStream {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &watchStream{body, p}
	p.streams[s] = struct{}{}
	return s
}

// Read waits while watches stand still.
func (s *watchStream) Read(into []byte) (int, error) {
	n, err := s.ReadCloser.Read(into)
	s.proxy.mu.Lock()
	open := s.proxy.open
	s.proxy.mu.Unlock()
	<-open
	return n, err
}

// Close ends the watch.
func (s *watchStream) Close() error {
	s.proxy.mu.Lock()
	delete(s.proxy.streams, s)
	s.proxy.mu.Unlock()
	return s.ReadCloser.Close()
}

// stall lets watches stand still until the returned function is called: the operator's caches are out of date meanwhile.
func (p *apiProxy) stall() (release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	gate := make(chan struct{})
	p.open = gate
	return func() { close(gate) }
}

// cutWatches ends all watches that are open.
func (p *apiProxy) cutWatches() int {
	p.mu.Lock()
	streams := p.streams
	p.streams = map[*watchStream]struct{}{}
	p.mu.Unlock()
	for s := range streams {
		_ = s.ReadCloser.Close()
	}
	return len(streams)
}
