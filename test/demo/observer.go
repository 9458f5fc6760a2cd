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
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/demo/timeline"
	"github.com/certbound/certbound/test/workload"
)

// lookout is how often the tenant's log is read, and settle how long an event may be noticed late: after that, all events before
// it are known.
const (
	lookout = 50 * time.Millisecond
	settle  = 500 * time.Millisecond
)

// happening is an event and how it came about.
type happening struct {
	timeline.Event
	// route is the request that did it, for what happened at the tenant.
	route string
	// note is what else there is to say.
	note string
}

// observer watches from outside, as an auditor would: the tenant's own log of requests, the Secrets, and what the workloads were
// answered. It does not ask the operator.
type observer struct {
	tenant       *auth0sim.Simulator
	client       client.Client
	applications []application
	cancel       context.CancelFunc
	running      sync.WaitGroup

	mu       sync.Mutex
	events   []happening
	taken    map[int]bool
	held     map[string]string          // by Secret: the thumbprint in it
	states   map[string]auth0sim.Client // by client id
	names    map[string]string          // by client id
	requests int                        // of the tenant's log, read so far
}

func newObserver(tenant *auth0sim.Simulator, c client.Client, applications []application, cancel context.CancelFunc) *observer {
	o := &observer{
		tenant: tenant, client: c, applications: applications, cancel: cancel,
		taken: map[int]bool{}, held: map[string]string{}, states: map[string]auth0sim.Client{}, names: map[string]string{},
	}
	for _, c := range tenant.Clients() {
		o.states[c.ID] = c
	}
	return o
}

// start starts to watch, until ctx ends.
func (o *observer) start(ctx context.Context, config *rest.Config, namespace string) error {
	secrets, err := cache.New(config, cache.Options{
		Scheme: o.client.Scheme(), DefaultNamespaces: map[string]cache.Config{namespace: {}},
	})
	if err != nil {
		return fmt.Errorf("watch the cluster: %w", err)
	}
	informer, err := secrets.GetInformer(ctx, &corev1.Secret{}, cache.BlockUntilSynced(false))
	if err != nil {
		return fmt.Errorf("watch the Secrets: %w", err)
	}
	_, err = informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
		AddFunc: func(added any) { o.secret(added) }, UpdateFunc: func(_, updated any) { o.secret(updated) },
	})
	if err != nil {
		return fmt.Errorf("watch the Secrets: %w", err)
	}
	o.running.Go(func() { _ = secrets.Start(ctx) })
	o.running.Go(func() {
		ticker := time.NewTicker(lookout)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				o.readTenant(ctx)
			}
		}
	})
	return nil
}

func (o *observer) stop() {
	o.cancel()
	o.running.Wait()
}

func (o *observer) add(h happening) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.events = append(o.events, h)
}

// take returns, in their order, the events that are settled and were not taken yet.
func (o *observer) take(now time.Time) (next []happening) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, h := range o.events {
		if !o.taken[i] && h.At.Before(now.Add(-settle)) {
			o.taken[i] = true
			next = append(next, h)
		}
	}
	slices.SortStableFunc(next, func(a, b happening) int { return a.At.Compare(b.At) })
	return next
}

// told tells whether every step so far was taken.
func (o *observer) told() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	for i, h := range o.events {
		if !o.taken[i] && h.Kind != timeline.Granted {
			return false
		}
	}
	return true
}

// all are the events so far.
func (o *observer) all() []timeline.Event {
	o.mu.Lock()
	defer o.mu.Unlock()
	events := make([]timeline.Event, 0, len(o.events))
	for _, h := range o.events {
		events = append(events, h.Event)
	}
	return events
}

// count counts the events of a kind of a client.
func (o *observer) count(name string, kind timeline.Kind) (n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, h := range o.events {
		if h.Client == name && h.Kind == kind {
			n++
		}
	}
	return n
}

// secret notes when cert-manager issues a certificate, and when one is published.
func (o *observer) secret(changed any) {
	secret, ok := changed.(*corev1.Secret)
	if !ok {
		return
	}
	certificate, ok := thumbprint(secret.Data[corev1.TLSCertKey])
	o.mu.Lock()
	known := o.held[secret.Name] == certificate
	o.held[secret.Name] = certificate
	o.mu.Unlock()
	if !ok || known {
		return
	}
	for _, c := range o.applications {
		event := timeline.Event{At: time.Now(), Client: c.name, Certificate: certificate}
		switch secret.Name {
		case c.source:
			event.Kind = timeline.Issued
		case c.published:
			event.Kind = timeline.Published
		default:
			continue
		}
		o.add(happening{Event: event})
	}
}

// token notes what a workload was answered.
func (o *observer) token(name string, r workload.Request) {
	event := timeline.Event{At: r.At, Kind: timeline.Granted, Client: name, Certificate: r.Thumbprint}
	if r.Err == nil {
		o.add(happening{Event: event})
		return
	}
	event.Kind = timeline.Refused
	o.add(happening{Event: event, note: r.Err.Error()})
}

// readTenant reads on in the tenant's log of requests. A client that no OAuthClient names yet, is read when one does.
func (o *observer) readTenant(ctx context.Context) {
	for _, r := range o.tenant.Requests()[o.requests:] {
		if r.Committed && r.After != nil {
			name := o.nameOf(ctx, r.ClientID)
			if name == "" {
				return
			}
			before, note := o.states[r.ClientID], ""
			if before.TokenEndpointAuthMethod != "" && r.After.TokenEndpointAuthMethod == "" {
				note = "its client secret no longer can"
			}
			for _, event := range changes(before, *r.After) {
				event.At, event.Client = r.At, name
				o.add(happening{Event: event, route: r.Route, note: note})
			}
			o.states[r.ClientID] = *r.After
		}
		o.requests++
	}
}

func (o *observer) nameOf(ctx context.Context, clientID string) string {
	if name := o.names[clientID]; name != "" {
		return name
	}
	var list v1alpha1.OAuthClientList
	if err := o.client.List(ctx, &list); err != nil {
		return ""
	}
	for i := range list.Items {
		o.names[list.Items[i].Status.ClientID] = list.Items[i].Name
	}
	return o.names[clientID]
}
