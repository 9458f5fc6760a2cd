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

package workload

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Options say what the workload is given.
type Options struct {
	// Cluster reads the Secret and the ConfigMap.
	Cluster   client.Reader
	Namespace string
	// Secret is of type kubernetes.io/tls, ConfigMap that of an OAuthClient's spec.connection.
	Secret, ConfigMap string
	Tenant            *Tenant
	Audience          string
	// Every is the time between the beginnings of two requests.
	Every time.Duration
	// LoadOnce makes it read the Secret once, at its start, as an application does that never reloads its certificate.
	LoadOnce bool
	// OnRequest, if set, is called with each request when it is over, one after the other.
	OnRequest func(Request)
}

// Request is one request for a token, and what came of it.
type Request struct {
	At time.Time
	// Thumbprint is that of the certificate presented; empty when none could be read.
	Thumbprint string
	// Err is nil when there was a token that is bound to the certificate, a *Refusal when the tenant gave none.
	Err error
}

// Workload is a running one.
type Workload struct {
	options Options
	cancel  context.CancelFunc
	done    chan struct{}

	mu       sync.Mutex
	requests []Request

	loaded *identity // for LoadOnce
}

// identity is what a request needs: who asks, and the certificate that proves it.
type identity struct {
	connection  Connection
	certificate tls.Certificate
}

// Start lets the workload run until ctx is done or Stop is called. It makes its first request when Secret and ConfigMap are
// there; from then on whatever keeps it from a token counts.
func Start(ctx context.Context, o Options) *Workload {
	ctx, cancel := context.WithCancel(ctx)
	w := &Workload{options: o, cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(w.done)
		w.run(ctx)
	}()
	return w
}

// Stop ends it, after the request that is under way.
func (w *Workload) Stop() {
	w.cancel()
	<-w.done
}

// Requests returns what was recorded so far, oldest first.
func (w *Workload) Requests() []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.requests)
}

// Failures are the requests without a token.
func (w *Workload) Failures() []Request {
	return slices.DeleteFunc(w.Requests(), func(r Request) bool { return r.Err == nil })
}

func (w *Workload) run(ctx context.Context) {
	ticker := time.NewTicker(w.options.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			// A request that has begun is not cut off: it would count, and nobody refused it.
			w.request(context.WithoutCancel(ctx))
		}
	}
}

// request makes one request and records it.
func (w *Workload) request(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	r := Request{At: time.Now()}
	as, err := w.identity(ctx)
	if errors.Is(err, errNotYet) && len(w.Requests()) == 0 {
		return
	}
	if err == nil {
		r.Thumbprint = Thumbprint(as.certificate)
		err = w.options.Tenant.TokenByCertificate(ctx, as.connection, w.options.Audience, as.certificate)
	}
	r.Err = err
	w.mu.Lock()
	w.requests = append(w.requests, r)
	w.mu.Unlock()
	if w.options.OnRequest != nil {
		w.options.OnRequest(r)
	}
}

// errNotYet says that what the workload needs is not there, as before everything has been set up.
var errNotYet = errors.New("the workload's Secret or ConfigMap is not there")

// identity reads the ConfigMap and the Secret.
func (w *Workload) identity(ctx context.Context) (*identity, error) {
	if w.loaded != nil {
		return w.loaded, nil
	}
	var facts corev1.ConfigMap
	if err := w.read(ctx, w.options.ConfigMap, &facts); err != nil {
		return nil, err
	}
	connection := ConnectionFrom(facts.Data)
	if connection.MTLSTokenEndpoint == "" {
		return nil, fmt.Errorf("%w: ConfigMap %s names no mtls_token_endpoint", errNotYet, w.options.ConfigMap)
	}
	var secret corev1.Secret
	if err := w.read(ctx, w.options.Secret, &secret); err != nil {
		return nil, err
	}
	certificate, err := tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	if err != nil {
		return nil, fmt.Errorf("the Secret %s holds no certificate and key that belong together: %w", w.options.Secret, err)
	}
	as := &identity{connection, certificate}
	if w.options.LoadOnce {
		w.loaded = as
	}
	return as, nil
}

func (w *Workload) read(ctx context.Context, name string, into client.Object) error {
	err := w.options.Cluster.Get(ctx, types.NamespacedName{Namespace: w.options.Namespace, Name: name}, into)
	if apierrors.IsNotFound(err) {
		return fmt.Errorf("%w: %w", errNotYet, err)
	}
	return err
}
