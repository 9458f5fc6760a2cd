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
	"bufio"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

const secretPath = "/api/v1/namespaces/soak/secrets/one"

// startBehind starts a proxy before an API server that counts requests and serves an endless watch.
func startBehind(t *testing.T) (p *apiProxy, seen *[]string) {
	t.Helper()
	seen = &[]string{}
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*seen = append(*seen, r.Method+" "+r.URL.Path+" "+r.Header.Get("Authorization"))
		if !watches(r) {
			_, _ = io.WriteString(w, "ok")
			return
		}
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, "event\n")
			w.(http.Flusher).Flush()
			pause(r.Context(), 10*time.Millisecond)
		}
	}))
	t.Cleanup(server.Close)
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	p, err := startProxy(&rest.Config{Host: server.Listener.Addr().String(), TLSClientConfig: rest.TLSClientConfig{CAData: ca}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.close)
	return p, seen
}

func (p *apiProxy) do(t *testing.T, method, path string) (int, string, error) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, p.server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer me")
	response, err := p.server.Client().Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

func TestProxyPassesOn(t *testing.T) {
	p, seen := startBehind(t)
	status, body, err := p.do(t, http.MethodGet, secretPath)
	if err != nil || status != 200 || body != "ok" {
		t.Fatalf("got %d %q, %v", status, body, err)
	}
	if got := strings.Join(*seen, "; "); got != "GET "+secretPath+" Bearer me" {
		t.Errorf("the API server saw %s", got)
	}
}

func TestProxyFaults(t *testing.T) {
	for k, want := range map[kind]struct {
		status   int // 0 for no answer
		reaching bool
	}{
		conflict: {409, false}, apiError: {500, false}, apiLimited: {429, false}, apiCut: {0, false}, apiLost: {0, true},
	} {
		t.Run(string(k), func(t *testing.T) {
			p, seen := startBehind(t)
			armed := p.arm(k)
			status, _, err := p.do(t, http.MethodPut, secretPath)
			if status != want.status || (err != nil) != (want.status == 0) {
				t.Errorf("got %d, %v, want %d", status, err, want.status)
			}
			if (len(*seen) == 1) != want.reaching {
				t.Errorf("the API server saw %v", *seen)
			}
			select {
			case <-armed.fired:
			default:
				t.Error("the fault does not know that it was met")
			}
			if status, _, _ := p.do(t, http.MethodPut, secretPath); status != 200 {
				t.Errorf("the next request gets %d", status)
			}
		})
	}
	t.Run("not for others", func(t *testing.T) {
		p, _ := startBehind(t)
		p.arm(conflict)
		for _, path := range []string{secretPath, "/healthz"} {
			if status, _, err := p.do(t, http.MethodGet, path); status != 200 {
				t.Errorf("%s gets %d, %v", path, status, err)
			}
		}
	})
}

func TestProxyHoldsAndCutsWatches(t *testing.T) {
	p, _ := startBehind(t)
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, p.server.URL+"/api/v1/secrets?watch=true", nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := p.server.Client().Do(request) //nolint:bodyclose // the watch is cut below
	if err != nil {
		t.Fatal(err)
	}
	events := make(chan error)
	go func() {
		for lines := bufio.NewReader(response.Body); ; {
			_, err := lines.ReadString('\n')
			events <- err
			if err != nil {
				return
			}
		}
	}()
	if err := <-events; err != nil {
		t.Fatal(err)
	}
	release := p.stall()
	silent := false
	for range 1000 { // what had passed before arrives still
		select {
		case err := <-events:
			if err != nil {
				t.Fatal(err)
			}
		case <-time.After(200 * time.Millisecond):
			silent = true
		}
		if silent {
			break
		}
	}
	if !silent {
		t.Error("a watch that stands still goes on")
	}
	release()
	if err := <-events; err != nil {
		t.Errorf("a watch that was released fails: %v", err)
	}
	if n := p.cutWatches(); n != 1 {
		t.Errorf("%d watches were cut, want 1", n)
	}
	for err := range events {
		if err != nil {
			break
		}
	}
}
