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
	"fmt"
	"net/http"
	"strings"
)

// Recording is the list of a resource at a moment, in both forms that a cache asks for: whole objects, or their metadata.
type Recording struct {
	path            string
	whole, metadata *answer
}

const metadataList = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"

// Record records the list at a path of the API, such as /apis/certbound.dev/v1alpha1/oauthclients, as it is now.
func (p *Proxy) Record(ctx context.Context, path string) (*Recording, error) {
	recorded := &Recording{path: path}
	for accept, into := range map[string]**answer{"application/json": &recorded.whole, metadataList: &recorded.metadata} {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, p.server.URL+path, http.NoBody)
		if err != nil {
			return nil, fmt.Errorf("record %s: %w", path, err)
		}
		r.Header.Set("Accept", accept)
		response, err := p.open(ctx, r, nil, p.observe)
		if err != nil {
			return nil, fmt.Errorf("record %s: %w", path, err)
		}
		content, err := readAll(response.Body)
		_ = response.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("record %s: %w", path, err)
		}
		if response.StatusCode != http.StatusOK {
			return nil, fmt.Errorf("record %s: the API server answers %d: %s", path, response.StatusCode, content)
		}
		*into = &answer{response.StatusCode, response.Header, content}
	}
	return recorded, nil
}

// Show answers lists of a cache with recordings, as an API server does that has fallen behind. Watches go on from there, so that the
// operator catches up unless its views are frozen.
func (p *Proxy) Show(recordings ...*Recording) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for _, r := range recordings {
		p.shown[r.path] = r
	}
}

// ShowPresent ends Show.
func (p *Proxy) ShowPresent() {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	clear(p.shown)
}

// list serves a list of a cache.
func (p *Proxy) list(w http.ResponseWriter, r *http.Request, request Request) {
	shown := p.begin(r.URL.Path, request.Resource)
	switch {
	case shown == nil:
		p.pass(w, r, request)
	case strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadataList"):
		shown.metadata.write(w)
	default:
		shown.whole.write(w)
	}
}

// begin returns what to show in the place of a list. Whatever was held back before is in the list, or is told after it.
func (p *Proxy) begin(path, resource string) *Recording {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	for in, v := range p.views {
		if in.resource == resource {
			v.held = nil
		}
	}
	for s := range p.streams {
		if s.resource == resource {
			s.over = true
			s.end()
		}
	}
	return p.shown[path]
}
