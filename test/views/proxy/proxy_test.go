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
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"k8s.io/client-go/rest"
)

const clientsPath = "/apis/certbound.dev/v1alpha1/oauthclients"

// fakeServer is an API server of one resource whose watch tells what a test sends.
type fakeServer struct {
	events chan string

	mutex   sync.Mutex
	list    string
	written []string
}

func (f *fakeServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Query().Has("watch"):
		flush(w)
		for {
			select {
			case e := <-f.events:
				_, _ = fmt.Fprintln(w, e)
				flush(w)
			case <-r.Context().Done():
				return
			}
		}
	case r.Method == http.MethodGet:
		f.mutex.Lock()
		defer f.mutex.Unlock()
		_, _ = fmt.Fprint(w, f.list)
	default:
		f.mutex.Lock()
		defer f.mutex.Unlock()
		f.written = append(f.written, r.URL.Path)
		_, _ = fmt.Fprint(w, `{"stored":true}`)
	}
}

func (f *fakeServer) setList(list string) {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	f.list = list
}

func (f *fakeServer) writes() []string {
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return append([]string(nil), f.written...)
}

// setup is a proxy before a fake server, and a client that goes through it.
func setup(t *testing.T) (Gomega, *fakeServer, *Proxy, *http.Client) {
	t.Helper()
	g := NewWithT(t)
	g.SetDefaultEventuallyTimeout(10 * time.Second)
	fake := &fakeServer{events: make(chan string), list: `{"items":["old"]}`}
	server := httptest.NewServer(fake)
	t.Cleanup(server.Close)
	p, err := Start(&rest.Config{Host: server.URL})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(p.Close)
	return g, fake, p, p.server.Client()
}

func get(g Gomega, p *Proxy, client *http.Client, path string) string {
	response, err := client.Get(p.server.URL + path) //nolint:noctx // the server is this test's
	g.Expect(err).NotTo(HaveOccurred())
	defer func() { _ = response.Body.Close() }()
	content, err := readAll(response.Body)
	g.Expect(err).NotTo(HaveOccurred())
	return string(content)
}

// watching opens a watch and returns the names, or the types of what has none, that it tells.
func watching(g Gomega, p *Proxy, client *http.Client) func() []string {
	response, err := client.Get(p.server.URL + clientsPath + "?watch=true") //nolint:noctx,bodyclose // it ends with the server
	g.Expect(err).NotTo(HaveOccurred())
	var mutex sync.Mutex
	var told []string
	go func() {
		for decoder := json.NewDecoder(response.Body); ; {
			var e struct {
				Type   string
				Object struct {
					Metadata struct{ Name, ResourceVersion string }
				}
			}
			if decoder.Decode(&e) != nil {
				return
			}
			mutex.Lock()
			told = append(told, strings.TrimSpace(e.Object.Metadata.Name+" "+e.Object.Metadata.ResourceVersion+" "+e.Type))
			mutex.Unlock()
		}
	}()
	return func() []string {
		mutex.Lock()
		defer mutex.Unlock()
		return append([]string{}, told...)
	}
}

func tells(name string, version int) string {
	return fmt.Sprintf(`{"type":"MODIFIED","object":{"metadata":{"namespace":"ns","name":%q,"uid":"uid of %s","resourceVersion":"%d"}}}`, name, name, version)
}

func TestAFrozenViewHoldsBackAndThawsAsArranged(t *testing.T) {
	for name, row := range map[string]struct {
		arrange func([]Event) []Event
		told    []string
	}{
		"in order":         {nil, []string{"a 2 MODIFIED", "b 3 MODIFIED", "a 4 MODIFIED"}},
		"the newest only":  {Newest, []string{"b 3 MODIFIED", "a 4 MODIFIED"}},
		"objects reversed": {Last, []string{"b 3 MODIFIED", "a 2 MODIFIED", "a 4 MODIFIED"}},
		"nothing":          {None, nil},
	} {
		t.Run(name, func(t *testing.T) {
			g, fake, p, client := setup(t)
			told := watching(g, p, client)
			view := p.View("oauthclients", "ns")
			fake.events <- tells("a", 1)
			g.Eventually(told).Should(Equal([]string{"a 1 MODIFIED"}))

			reached := view.FreezeAt(func(e Event) bool { return e.ResourceVersion == "2" })
			for _, e := range []string{tells("a", 2), tells("b", 3), tells("a", 4), `{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"4"}}}`} {
				fake.events <- e
			}
			g.Eventually(reached).Should(BeClosed())
			g.Eventually(view.Held).Should(HaveLen(3))
			g.Expect(told()).To(HaveLen(1))

			view.Thaw(row.arrange)
			fake.events <- tells("c", 5)
			g.Eventually(told).Should(Equal(append(append([]string{"a 1 MODIFIED"}, row.told...), "c 5 MODIFIED")))
		})
	}
}

func TestAnotherNamespaceGoesOn(t *testing.T) {
	g, fake, p, client := setup(t)
	told := watching(g, p, client)
	p.View("oauthclients", "elsewhere").Freeze()
	fake.events <- tells("a", 1)
	g.Eventually(told).Should(Equal([]string{"a 1 MODIFIED"}))
	p.View("oauthclients", "ns").Replay(p.View("oauthclients", "ns").Seen()[0])
	g.Eventually(told).Should(Equal([]string{"a 1 MODIFIED", "a 1 MODIFIED"}))
}

func TestAnExpiredWatchEndsWithAnError(t *testing.T) {
	g, _, p, client := setup(t)
	told := watching(g, p, client)
	p.Expire("oauthclients")
	g.Eventually(told).Should(Equal([]string{"ERROR"}))
	g.Eventually(func() int { p.mutex.Lock(); defer p.mutex.Unlock(); return len(p.streams) }).Should(BeZero())
}

func TestAnOldListIsShownToACacheAndToNobodyElse(t *testing.T) {
	g, fake, p, client := setup(t)
	recorded, err := p.Record(t.Context(), clientsPath)
	g.Expect(err).NotTo(HaveOccurred())
	fake.setList(`{"items":["new"]}`)
	p.Show(recorded)
	g.Expect(get(g, p, client, clientsPath+"?resourceVersion=0")).To(ContainSubstring("old"))
	g.Expect(get(g, p, client, "/apis/certbound.dev/v1alpha1/namespaces/ns/oauthclients")).To(ContainSubstring("new"))
	p.ShowPresent()
	g.Expect(get(g, p, client, clientsPath)).To(ContainSubstring("new"))
	g.Expect(get(g, p, client, clientsPath+"?watch=true&sendInitialEvents=true")).To(ContainSubstring("streams no lists"))
}

func TestAHeldRequestArrivesAlthoughItsCallerIsGone(t *testing.T) {
	g, fake, p, client := setup(t)
	held := p.HoldRequest(func(r Request) bool { return r.Method == http.MethodPut && r.Subresource == "status" })
	ctx, cancel := context.WithCancel(t.Context())
	const path = "/apis/certbound.dev/v1alpha1/namespaces/ns/oauthclients/checkout/status"
	gone := make(chan error, 1)
	go func() {
		r, err := http.NewRequestWithContext(ctx, http.MethodPut, p.server.URL+path, strings.NewReader("{}"))
		if err == nil {
			_, err = client.Do(r) //nolint:bodyclose // there is no answer
		}
		gone <- err
	}()
	g.Eventually(held.Reached()).Should(BeClosed())
	cancel()
	g.Eventually(gone).Should(Receive(HaveOccurred()))
	g.Expect(fake.writes()).To(BeEmpty())
	held.Release()
	g.Eventually(fake.writes).Should(Equal([]string{path}))
}
