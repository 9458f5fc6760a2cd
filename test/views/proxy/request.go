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
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Request is what a request to the API server asks for.
type Request struct {
	Method string
	// Resource is the plural of the kind, in lower case.
	Resource    string
	Namespace   string
	Name        string
	Subresource string
	Watch       bool
}

// parse reads the paths /api/v1/… and /apis/group/version/… of the Kubernetes API; others have no Resource.
func parse(r *http.Request) Request {
	request := Request{Method: r.Method, Watch: r.URL.Query().Get("watch") == "true" || r.URL.Query().Get("watch") == "1"}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	switch {
	case len(parts) > 2 && parts[0] == "api":
		parts = parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		parts = parts[3:]
	default:
		return request
	}
	if parts[0] == "namespaces" && len(parts) > 2 {
		request.Namespace, parts = parts[1], parts[2:]
	}
	for i, field := range []*string{&request.Resource, &request.Name, &request.Subresource} {
		if i < len(parts) {
			*field = parts[i]
		}
	}
	return request
}

// ofCache tells whether it is a cache that asks, for all objects of a kind.
func (r Request) ofCache() bool {
	return r.Method == http.MethodGet && r.Resource != "" && r.Namespace == "" && r.Name == ""
}

func (r Request) writes() bool {
	return r.Method != http.MethodGet && r.Resource != ""
}

// answer is an answer of the API server, whole.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a *answer) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), a.header)
	w.Header().Del("Content-Length")
	w.WriteHeader(a.status)
	_, _ = w.Write(a.body) // #nosec G705 -- whoever asks is an operator; one that went away needs no answer
}

// send sends a request on and reads the whole answer.
func (p *Proxy) send(ctx context.Context, r *http.Request, body []byte) (*answer, error) {
	response, err := p.open(ctx, r, body, p.forward)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := readAll(response.Body)
	if err != nil {
		return nil, err
	}
	return &answer{response.StatusCode, response.Header, content}, nil
}

// open sends a request on. Of the forms of an answer that the caller takes, only JSON is asked for.
func (p *Proxy) open(ctx context.Context, r *http.Request, body []byte, transport http.RoundTripper) (*http.Response, error) {
	onwards, err := http.NewRequestWithContext(ctx, r.Method, p.upstream+r.URL.RequestURI(), bytes.NewReader(body)) // #nosec G704 -- it goes to one host
	if err != nil {
		return nil, fmt.Errorf("hand the request on: %w", err)
	}
	onwards.Header = r.Header.Clone()
	onwards.Header.Del("Accept-Encoding") // the transport decodes what it asks for itself
	onwards.Header.Del("Connection")
	onwards.Header.Set("Accept", onlyJSON(r.Header.Get("Accept")))
	response, err := transport.RoundTrip(onwards)
	if err != nil {
		return nil, fmt.Errorf("hand the request on: %w", err)
	}
	return response, nil
}

func onlyJSON(accepted string) string {
	var kept []string
	for form := range strings.SplitSeq(accepted, ",") {
		if strings.HasPrefix(strings.TrimSpace(form), "application/json") {
			kept = append(kept, strings.TrimSpace(form))
		}
	}
	if len(kept) == 0 {
		return "application/json"
	}
	return strings.Join(kept, ",")
}

// readAll reads a body to its end.
func readAll(body io.Reader) ([]byte, error) {
	content, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("read a body: %w", err)
	}
	return content, nil
}

// failure is the API server's answer that something failed.
func failure(code int32, reason metav1.StatusReason, message string) []byte {
	content, _ := json.Marshal(&metav1.Status{ //nolint:errchkjson // it is made of texts and a number
		TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"},
		Status:   metav1.StatusFailure, Code: code, Reason: reason, Message: message,
	})
	return content
}

func writeStatus(w http.ResponseWriter, code int32, reason metav1.StatusReason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(int(code))
	_, _ = w.Write(failure(code, reason, message))
}
