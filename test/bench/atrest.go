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
	"net/http"
	"net/netip"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	restclient "k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/controller"
	"github.com/certbound/certbound/internal/controller/clientcredential"
	"github.com/certbound/certbound/internal/controller/oauthclient"
	"github.com/certbound/certbound/internal/controller/shard"
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

// benchmarkAtRest reconciles an object at rest again and again.
func benchmarkAtRest(ctx context.Context, b *testing.B, kind string) (err error) {
	b.Helper()
	r, err := newResting(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.end()) }()
	reconcile, asked := r.reconciles()[kind], r.asked()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if err := reconcile(ctx); err != nil {
			return err
		}
	}
	b.StopTimer()
	if more := r.asked() - asked; more > 0 {
		return fmt.Errorf("an object at rest cost %d requests", more)
	}
	return nil
}

// resting is a client that has all that it was declared with, its credential, and the two controllers that look after them. They have
// the operator's caches, of an API server in memory.
type resting struct {
	tenant      *tenant
	clients     *oauthclient.Reconciler
	credentials *clientcredential.Reconciler

	key      types.NamespacedName
	requests atomic.Int64 // to the API server
	stop     context.CancelFunc
	ended    chan error
}

// newResting returns when there is nothing left to do.
func newResting(ctx context.Context) (*resting, error) {
	const name = "client"
	r := &resting{tenant: &tenant{namespace: "rest", credentials: 1000}, ended: make(chan error, 1)}
	r.key = types.NamespacedName{Namespace: r.tenant.namespace, Name: name}
	var err error
	if r.tenant.Simulator, err = auth0sim.Start(auth0sim.Options{}); err != nil {
		return nil, err
	}
	ctx, r.stop = context.WithCancel(ctx)
	if err := r.begin(ctx); err != nil {
		r.stop()
		r.tenant.Close()
		return nil, err
	}
	if err := r.comeToRest(ctx); err != nil {
		return nil, errors.Join(err, r.end())
	}
	return r, nil
}

// begin declares the client and starts what the controllers are made of.
func (r *resting) begin(ctx context.Context) error {
	store, err := apistore.New(nil)
	if err != nil {
		return err
	}
	admin, err := store.Session(ctx, apistore.SessionOptions{}).Client()
	if err != nil {
		return err
	}
	m := member{name: r.key.Name, gated: true, kind: v1alpha1.TypeX509Cert}
	certificate, err := newPair(m.name)
	if err != nil {
		return err
	}
	namespace := &corev1.Namespace{}
	namespace.Name = r.key.Namespace
	s := &stand{client: admin}
	if err := s.create(ctx, namespace, r.tenant.secret(m.name, certificate), r.tenant.client(m), r.tenant.credential(m)); err != nil {
		return err
	}
	if err := s.open(ctx, r.tenant); err != nil {
		return err
	}
	mgr, err := ctrl.NewManager(store.Session(ctx, apistore.SessionOptions{Hook: r.count}).Config(), ctrl.Options{
		Scheme: store.Scheme(), MapperProvider: func(*restclient.Config, *http.Client) (meta.RESTMapper, error) { return store.Mapper(), nil },
		Cache: controller.CacheOptions(shard.Shard{}, shard.Shard{}), Client: controller.ClientOptions(), Logger: logr.Discard(),
		Metrics: server.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
	})
	if err != nil {
		return err
	}
	if err := clientcredential.IndexByClient(ctx, mgr); err != nil {
		return err
	}
	return r.control(ctx, mgr)
}

// control sets up the controllers, which are called by hand: what calls them in the operator is not measured.
func (r *resting) control(ctx context.Context, mgr ctrl.Manager) error {
	t := r.tenant
	connection, err := auth0.Open(auth0.Config{
		Domain: t.Domain(), CABundle: t.CABundle(), AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		SignIn: auth0.SignIn{ClientSecret: &auth0.ClientSecret{ClientID: t.ManagementClientID(), Secret: t.ManagementClientSecret()}},
	})
	if err != nil {
		return err
	}
	registry, recorder := &auth0.Registry{}, &silent{}
	registry.Put(auth0.Key{Kind: v1alpha1.KindTenant, Namespace: t.namespace, Name: tenantName}, connection)
	r.clients = &oauthclient.Reconciler{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Recorder: recorder, Registry: registry, Clock: clock.RealClock{},
		Fence: oauthclient.DefaultFence, TookOver: func() (time.Time, bool) { return time.Time{}, false },
	}
	r.credentials = &clientcredential.Reconciler{
		Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Metadata: mgr.GetCache(), Recorder: recorder, Clock: clock.RealClock{},
	}
	go func() { r.ended <- mgr.Start(ctx) }()
	<-mgr.Elected()
	return nil
}

// count is between the controllers and the API server.
func (r *resting) count(ctx context.Context, _ apistore.Operation, send func(context.Context) error) error {
	r.requests.Add(1)
	return send(ctx)
}

// asked is how many requests there were, to the API server and to the tenant.
func (r *resting) asked() int { return int(r.requests.Load()) + len(r.tenant.Requests()) }

func (r *resting) reconciles() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		oauthClient: func(ctx context.Context) error {
			var c v1alpha1.OAuthClient
			if err := r.clients.Client.Get(ctx, r.key, &c); err != nil {
				return err
			}
			_, err := r.clients.Reconcile(ctx, &c)
			return err
		},
		clientCredential: func(ctx context.Context) error {
			var c v1alpha1.ClientCredential
			if err := r.credentials.Client.Get(ctx, r.key, &c); err != nil {
				return err
			}
			_, err := r.credentials.Reconcile(ctx, &c)
			return err
		},
	}
}

// comeToRest reconciles both until both are ready and nobody asks anything.
func (r *resting) comeToRest(ctx context.Context) error {
	const often, long = 10 * time.Millisecond, time.Minute
	return wait.PollUntilContextTimeout(ctx, often, long, true, func(ctx context.Context) (bool, error) {
		asked := r.asked()
		for _, reconcile := range r.reconciles() {
			if err := reconcile(ctx); err != nil {
				return false, err
			}
		}
		var c v1alpha1.OAuthClient
		var credential v1alpha1.ClientCredential
		err := errors.Join(r.clients.Client.Get(ctx, r.key, &c), r.clients.Client.Get(ctx, r.key, &credential))
		return r.asked() == asked && meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady) &&
			meta.IsStatusConditionTrue(credential.Status.Conditions, v1alpha1.ConditionReady), err
	})
}

func (r *resting) end() error {
	r.stop()
	defer r.tenant.Close()
	return <-r.ended
}

// silent records no Events.
type silent struct{}

// Eventf does nothing.
func (*silent) Eventf(runtime.Object, runtime.Object, string, string, string, string, ...any) {}
