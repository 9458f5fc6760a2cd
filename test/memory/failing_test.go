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

package memory_test

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/memory"
)

// mostPerDay is how many Management API requests a permanently broken object may cost in a day.
const mostPerDay = 100

// A way is how an object is broken for good.
type way struct {
	name   string
	status int
	// breaks decides which of the requests that concern the object are answered with the status.
	breaks func(method, path string) bool

	uncreated bool // it is broken before it was created
	secret    bool // its Secret is what is broken
	deleted   bool // it is deleted, and is to be at the tenant too
}

// patience is how soon a person's edit is acted on.
func (y way) patience() time.Duration {
	if y.status >= 500 {
		return afterOutage
	}
	return soon
}

var ways = []way{
	{name: "its Secret holds no certificate", breaks: nothing, uncreated: true, secret: true},
	{name: "403 to all that concerns it", status: 403, breaks: all},
	{name: "403 to what changes it", status: 403, breaks: writes},
	{name: "404 to all that concerns it", status: 404, breaks: all},
	{name: "400 to what changes it", status: 400, breaks: writes},
	{name: "503 to all that concerns it", status: 503, breaks: all},
	{name: "503 to what changes it", status: 503, breaks: writes},
	{name: "503 where its credentials are read", status: 503, breaks: credentials},
	{name: "400 to its creation", status: 400, breaks: creation, uncreated: true},
	{name: "403 to its creation", status: 403, breaks: creation, uncreated: true},
	{name: "503 to its creation", status: 503, breaks: creation, uncreated: true},
	{name: "403 to its deletion", status: 403, breaks: deletion, deleted: true},
	{name: "503 to its deletion", status: 503, breaks: deletion, deleted: true},
}

func nothing(string, string) bool  { return false }
func all(string, string) bool      { return true }
func writes(method, _ string) bool { return method != http.MethodGet }
func creation(method, path string) bool {
	return method == http.MethodPost && path == "/api/v2/clients"
}
func deletion(method, _ string) bool  { return method == http.MethodDelete }
func credentials(_, path string) bool { return strings.HasSuffix(path, "/credentials") }

const (
	brokenEach = 10
	healthy    = 20
)

// A breakage stands before the tenant and answers in its place what concerns the broken objects. It counts what concerns each.
type breakage struct {
	mutex    sync.Mutex
	over     bool
	objects  []*object
	searches int // pages of the listing, which concern nobody alone
}

// An object is a client and its credential.
type object struct {
	name string
	way  way
	// mark tells a request to be of it: its id in the path, or its name in the body of its creation. Empty while it is not broken.
	mark     string
	requests int
}

func (b *breakage) intercept(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		r.Body = io.NopCloser(bytes.NewReader(body))
		status := b.meets(r.Method, r.URL.Path, string(body))
		if status == 0 {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = fmt.Fprintf(w, `{"statusCode":%d,"error":"%s","message":"not this one"}`, status, http.StatusText(status))
	})
}

// meets counts a request and returns the status to answer with; zero for the true answer.
func (b *breakage) meets(method, path, body string) int {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if method == http.MethodGet && path == "/api/v2/clients" {
		b.searches++
	}
	for _, o := range b.objects {
		if o.mark == "" || !(strings.HasPrefix(path+"/", "/api/v2/clients/"+o.mark+"/") || strings.Contains(body, o.mark)) {
			continue
		}
		o.requests++
		if !b.over && o.way.breaks(method, path) {
			return o.way.status
		}
	}
	return 0
}

func (b *breakage) mark(o *object, mark string) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	o.mark = mark
}

// cost is the most that an object that is broken in a way cost until now. Pages of the listing are turned for those alone that are to
// be created and may have been.
func (b *breakage) cost(of string) (requests, pages int) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	searching := 0
	for _, o := range b.objects {
		if o.way.name == of {
			requests = max(requests, o.requests)
		}
		if o.way.uncreated && !o.way.secret {
			searching++
		}
		if o.way.name == of && o.way.uncreated && !o.way.secret {
			pages = b.searches
		}
	}
	return requests, pages / searching
}

func (b *breakage) end() {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	b.over = true
}

// I: a permanently broken object costs the tenant at most 100 requests a day, and the others nothing: neither requests nor time. A
// person's edit is acted on at once nevertheless.
func TestABrokenObjectCostsLittle(t *testing.T) {
	b := &breakage{}
	memory.Run(t, auth0sim.Options{Intercept: b.intercept, LogLimit: 10}, func(t *testing.T, w *memory.World) {
		t.Helper()
		start(t, w, memory.OperatorOptions{})
		tenant(t, w)
		sound := declareAll(t, w, b)
		breakAll(t, w, b)
		w.Advance(12 * time.Hour)
		takes(t, w, soon, "a healthy client's renewal beside broken ones", func() {
			renewOf(t, w, sound, data(harness.SelfSigned(t, "renewed", longLived)))
		}, func() bool { return attached(t, w, sound) == 2 })
		w.Advance(12 * time.Hour)

		for _, way := range ways {
			requests, pages := b.cost(way.name)
			t.Logf("%s: at most %d requests in 24 hours, and %d pages of the listing", way.name, requests, pages)
			if requests+pages > mostPerDay {
				t.Errorf("%s: an object cost %d requests in 24 hours", way.name, requests+pages)
			}
			if none := requests == 0; none != way.secret {
				t.Errorf("%s: an object cost %d requests", way.name, requests)
			}
		}
		b.end()
		for _, o := range b.objects {
			switch {
			case o.way.secret: // what a person does there is that of the Secret
			case o.way.deleted:
				takes(t, w, o.way.patience(), "the deletion after "+o.way.name, func() {
					if !gone(t, w, o.name) { // its own time may have come meanwhile
						edit(t, w, o.name)
					}
				}, func() bool { return gone(t, w, o.name) })
			default:
				takes(t, w, o.way.patience(), "an edit after "+o.way.name, func() { edit(t, w, o.name) }, func() bool { return isReady(t, w, o.name) })
			}
		}
	})
}

// declareAll creates what is to be broken and what is not, and returns the name of one that is not.
func declareAll(t *testing.T, w *memory.World, b *breakage) string {
	t.Helper()
	var names []string
	for i := range healthy {
		name := fmt.Sprintf("healthy-%02d", i)
		names = append(names, name)
		oneOf(t, w, name, data(harness.SelfSigned(t, name, longLived)), "")
	}
	for i, way := range ways {
		for j := range brokenEach {
			o := &object{name: fmt.Sprintf("broken-%02d-%02d", i, j), way: way}
			b.objects = append(b.objects, o)
			certificate, policy := data(harness.SelfSigned(t, o.name, longLived)), v1alpha1.DeletionPolicy("")
			if way.secret {
				certificate[corev1.TLSCertKey] = []byte("no certificate")
			}
			if way.uncreated {
				b.mark(o, fmt.Sprintf("%q", memory.Namespace+"/"+o.name))
			} else {
				names = append(names, o.name)
			}
			if way.deleted {
				policy = v1alpha1.DeletionDelete
			}
			oneOf(t, w, o.name, certificate, policy)
		}
	}
	for _, name := range names {
		await(t, w, name+" is ready", func() bool { return isReady(t, w, name) })
	}
	return names[0]
}

// breakAll breaks what was created, and gives the operator something to do there.
func breakAll(t *testing.T, w *memory.World, b *breakage) {
	t.Helper()
	for _, o := range b.objects {
		if o.way.uncreated {
			continue
		}
		b.mark(o, clientID(t, w, o.name))
		if !o.way.deleted {
			renewOf(t, w, o.name, data(harness.SelfSigned(t, "renewed", longLived)))
		} else if err := w.Client.Delete(t.Context(), &v1alpha1.OAuthClient{ObjectMeta: named(o.name)}); err != nil {
			t.Fatal(err)
		}
	}
}

// longLived makes a certificate valid for longer than the run.
func longLived(c *x509.Certificate) { c.NotAfter = time.Now().Add(365 * 24 * time.Hour) }

// soon is what a person waits for at the most, and afterOutage where many objects met 5xx and nothing else was asked lately: then the
// tenant itself may be taken for one that does not answer, which is tried again after half a minute.
const soon, afterOutage = 5 * time.Second, 35 * time.Second

// takes checks that something is done in time.
func takes(t *testing.T, w *memory.World, within time.Duration, what string, do func(), done func() bool) {
	t.Helper()
	do()
	begin := time.Now()
	await(t, w, what, done)
	if took := time.Since(begin); took > within {
		t.Errorf("%s took %s", what, took)
	}
}

// tenant creates a tenant.
func tenant(t *testing.T, w *memory.World, edit ...func(*v1alpha1.TenantSpec)) {
	t.Helper()
	o := &v1alpha1.Tenant{ObjectMeta: named("tenant"), Spec: v1alpha1.TenantSpec{
		Domain: w.Sim.Domain(),
		SignIn: v1alpha1.TenantSignIn{ClientSecret: &v1alpha1.ClientSecretSignIn{
			ClientID: w.Sim.ManagementClientID(), SecretRef: v1alpha1.SecretKeyReference{Name: "sign-in", Key: "secret"},
		}},
		CABundleRef: &v1alpha1.CABundleReference{Kind: "ConfigMap", Name: "ca", Key: "ca.crt"},
	}}
	for _, e := range edit {
		e(&o.Spec)
	}
	create(t, w,
		&corev1.Secret{ObjectMeta: named("sign-in"), StringData: map[string]string{"secret": w.Sim.ManagementClientSecret()}},
		&corev1.ConfigMap{ObjectMeta: named("ca"), Data: map[string]string{"ca.crt": string(w.Sim.CABundle())}}, o)
}

// oneOf creates a client with a credential, all of one name.
func oneOf(t *testing.T, w *memory.World, name string, certificate map[string][]byte, policy v1alpha1.DeletionPolicy) {
	t.Helper()
	create(t, w,
		&corev1.Secret{ObjectMeta: named(name), Type: corev1.SecretTypeTLS, Data: certificate},
		&v1alpha1.OAuthClient{ObjectMeta: named(name), Spec: v1alpha1.OAuthClientSpec{
			TenantRef: v1alpha1.TenantReference{Name: "tenant"}, AuthenticationMethod: v1alpha1.MethodSelfSignedTLSClientAuth, DeletionPolicy: policy,
		}},
		&v1alpha1.ClientCredential{ObjectMeta: named(name), Spec: v1alpha1.ClientCredentialSpec{
			ClientRef: v1alpha1.LocalReference{Name: name}, Type: v1alpha1.TypeX509Cert, SecretRef: &v1alpha1.LocalReference{Name: name},
			Publish: &v1alpha1.Publication{SecretRef: v1alpha1.LocalReference{Name: name + "-published"}},
		}})
}

func isReady(t *testing.T, w *memory.World, name string) bool {
	t.Helper()
	c := &v1alpha1.OAuthClient{ObjectMeta: named(name)}
	read(t, w, c)
	return c.Status.ObservedGeneration == c.Generation && meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady)
}

func clientID(t *testing.T, w *memory.World, name string) string {
	t.Helper()
	c := &v1alpha1.OAuthClient{ObjectMeta: named(name)}
	read(t, w, c)
	return c.Status.ClientID
}

func gone(t *testing.T, w *memory.World, name string) bool {
	t.Helper()
	c := &v1alpha1.OAuthClient{ObjectMeta: named(name)}
	read(t, w, c)
	return c.UID == ""
}

// attached is how many credentials of a client sign in.
func attached(t *testing.T, w *memory.World, name string) int {
	t.Helper()
	c, _ := w.Sim.Client(clientID(t, w, name))
	return len(c.Attached)
}

func renewOf(t *testing.T, w *memory.World, name string, certificate map[string][]byte) {
	t.Helper()
	s := &corev1.Secret{ObjectMeta: named(name)}
	read(t, w, s)
	s.Data = certificate
	if err := w.Client.Update(t.Context(), s); err != nil {
		t.Fatal(err)
	}
}

// edit changes a client's description, or of one that is being deleted an annotation.
func edit(t *testing.T, w *memory.World, name string) {
	t.Helper()
	c := &v1alpha1.OAuthClient{ObjectMeta: named(name)}
	read(t, w, c)
	if c.DeletionTimestamp == nil {
		c.Spec.Settings = &v1alpha1.ClientSettings{Description: new("as it should be")}
	}
	c.Annotations = map[string]string{"example.com/looked-at": "now"}
	if err := w.Client.Update(t.Context(), c); err != nil {
		t.Fatal(err)
	}
}
