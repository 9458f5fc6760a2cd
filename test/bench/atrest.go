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
	"errors"
	"fmt"
	"net/netip"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/controller/clientcredential"
	"github.com/certbound/certbound/internal/controller/oauthclient"
	"github.com/certbound/certbound/test/apistore"
)

// restResult is what a reconcile with nothing to do takes.
type restResult struct {
	Name        string  `json:"name"`
	NsPerOp     float64 `json:"nsPerOp"`
	BytesPerOp  int64   `json:"bytesPerOp"`
	AllocsPerOp int64   `json:"allocsPerOp"`
}

// String tells it in a line.
func (r restResult) String() string {
	return fmt.Sprintf("reconcile at rest (S10), %s: %.1f µs, %d B, %d allocations", r.Name, r.NsPerOp/1000, r.BytesPerOp, r.AllocsPerOp)
}

// The kinds whose reconciles are measured.
const (
	oauthClient      = "OAuthClient"
	clientCredential = "ClientCredential"
)

// atRest measures reconciles with nothing to do.
func atRest(ctx context.Context) (results []restResult, err error) {
	for _, kind := range []string{oauthClient, clientCredential} {
		measured := testing.Benchmark(func(b *testing.B) {
			b.Helper()
			if failed := benchmarkAtRest(ctx, b, kind); failed != nil {
				err = failed
			}
		})
		if err != nil {
			return nil, err
		}
		results = append(results, restResult{
			kind, float64(measured.T.Nanoseconds()) / float64(measured.N), measured.AllocedBytesPerOp(), measured.AllocsPerOp(),
		})
	}
	return results, nil
}

// benchmarkAtRest brings a client and its credential to rest, on an API server in memory, and then reconciles one of them again and
// again. What is read then comes from memory, copied as a cache copies it: an API server would be all that is measured.
func benchmarkAtRest(ctx context.Context, b *testing.B, kind string) error {
	b.Helper()
	t := &tenant{namespace: "rest", credentials: 1000}
	var err error
	if t.Simulator, err = auth0sim.Start(auth0sim.Options{}); err != nil {
		return err
	}
	defer t.Close()
	r, err := newResting(ctx, t)
	if err != nil {
		return err
	}
	if err := r.comeToRest(ctx); err != nil {
		return err
	}
	if err := r.freeze(ctx); err != nil {
		return err
	}
	reconcile := r.reconcileClient
	if kind == clientCredential {
		reconcile = r.reconcileCredential
	}
	asked := len(t.Requests())
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if err := reconcile(ctx); err != nil {
			return err
		}
	}
	b.StopTimer()
	if more := len(t.Requests()) - asked; more > 0 {
		return fmt.Errorf("a client at rest cost %d calls", more)
	}
	return nil
}

// resting is a client that has all that it was declared with, and the two controllers that look after it.
type resting struct {
	store       client.WithWatch
	key         types.NamespacedName
	clients     *oauthclient.Reconciler
	credentials *clientcredential.Reconciler
}

func newResting(ctx context.Context, t *tenant) (*resting, error) {
	store, err := apistore.New(nil)
	if err != nil {
		return nil, err
	}
	c, err := store.Session(ctx, apistore.SessionOptions{}).Client()
	if err != nil {
		return nil, err
	}
	connection, err := auth0.Open(auth0.Config{
		Domain: t.Domain(), CABundle: t.CABundle(), AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		SignIn: auth0.SignIn{ClientSecret: &auth0.ClientSecret{ClientID: t.ManagementClientID(), Secret: t.ManagementClientSecret()}},
	})
	if err != nil {
		return nil, err
	}
	registry := &auth0.Registry{}
	registry.Put(auth0.Key{Kind: v1alpha1.KindTenant, Namespace: t.namespace, Name: tenantName}, connection)
	m := member{name: "client", gated: true, kind: v1alpha1.TypeX509Cert}
	certificate, err := newPair(m.name)
	if err != nil {
		return nil, err
	}
	s := &stand{client: c}
	namespace := &corev1.Namespace{}
	namespace.Name = t.namespace
	if err := s.create(ctx, namespace, t.secret(m.name, certificate), t.client(m), t.credential(m)); err != nil {
		return nil, err
	}
	recorder := &silent{}
	return &resting{
		store: c, key: types.NamespacedName{Namespace: t.namespace, Name: m.name},
		clients: &oauthclient.Reconciler{
			Client: c, Live: c, Recorder: recorder, Registry: registry, Clock: clock.RealClock{}, Fence: oauthclient.DefaultFence,
			TookOver: func() (time.Time, bool) { return time.Time{}, false },
		},
		credentials: &clientcredential.Reconciler{Client: c, Live: c, Recorder: recorder, Clock: clock.RealClock{}},
	}, s.open(ctx, t)
}

// passes are more than it takes to come to rest.
const passes = 20

func (r *resting) comeToRest(ctx context.Context) error {
	for range passes {
		if err := errors.Join(r.reconcileCredential(ctx), r.reconcileClient(ctx)); err != nil {
			return err
		}
		var c v1alpha1.OAuthClient
		var credential v1alpha1.ClientCredential
		if err := errors.Join(r.store.Get(ctx, r.key, &c), r.store.Get(ctx, r.key, &credential)); err != nil {
			return err
		}
		if meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady) &&
			meta.IsStatusConditionTrue(credential.Status.Conditions, v1alpha1.ConditionReady) {
			return nil
		}
	}
	return errors.New("a client does not come to rest")
}

func (r *resting) reconcileClient(ctx context.Context) error {
	var c v1alpha1.OAuthClient
	if err := r.clients.Client.Get(ctx, r.key, &c); err != nil {
		return err
	}
	_, err := r.clients.Reconcile(ctx, &c)
	return err
}

func (r *resting) reconcileCredential(ctx context.Context) error {
	var c v1alpha1.ClientCredential
	if err := r.credentials.Client.Get(ctx, r.key, &c); err != nil {
		return err
	}
	_, err := r.credentials.Reconcile(ctx, &c)
	return err
}

// freeze lets the controllers read from memory what is there now.
func (r *resting) freeze(ctx context.Context) error {
	f := &frozen{objects: map[types.NamespacedName][]client.Object{}}
	for _, list := range []client.ObjectList{
		&v1alpha1.OAuthClientList{}, &v1alpha1.ClientCredentialList{}, &v1alpha1.TenantList{}, &corev1.SecretList{},
	} {
		if err := r.store.List(ctx, list); err != nil {
			return err
		}
		err := meta.EachListItem(list, func(o runtime.Object) error {
			object := o.(client.Object)
			key := client.ObjectKeyFromObject(object)
			f.objects[key] = append(f.objects[key], object)
			return nil
		})
		if err != nil {
			return err
		}
	}
	r.clients.Client, r.clients.Live, r.credentials.Client, r.credentials.Live = f, f, f, f
	return nil
}
