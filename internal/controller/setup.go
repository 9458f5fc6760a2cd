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

// Package controller puts the controllers together: which of them run, and what the cache holds for them.
package controller

import (
	"context"
	"fmt"
	"slices"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller/clientcredential"
	"github.com/certbound/certbound/internal/controller/handover"
	"github.com/certbound/certbound/internal/controller/metrics"
	"github.com/certbound/certbound/internal/controller/oauthclient"
	"github.com/certbound/certbound/internal/controller/probe"
	"github.com/certbound/certbound/internal/controller/recorder"
	"github.com/certbound/certbound/internal/controller/shard"
	"github.com/certbound/certbound/internal/controller/sweep"
	"github.com/certbound/certbound/internal/controller/tenant"
)

// reporter is who reports Events.
const reporter = "certbound"

// Options are what the controllers are set up with.
type Options struct {
	// Sides are the sides to run, as ParseSides returns them; the default ones when empty.
	Sides []string
	// ClusterResourceNamespace is where ClusterTenants' Secrets are.
	ClusterResourceNamespace string
	// Connect is what all tenants' connections have in common.
	Connect auth0.Config
	// Shard is what this operator looks after, and Secrets those of which it is told when they change. The cache is to be filled by the same.
	Shard, Secrets shard.Shard
	// Workers is how many objects of a kind are reconciled at a time.
	Workers int
	// Fence is how long a client is left alone after a request without an answer.
	Fence time.Duration
	// Lease is that of the leader election; nil without one.
	Lease *handover.Lease
	Clock clock.PassiveClock
	// Program stands for this very program, as what it judged holds for no other.
	Program string
	// Metrics is where the metrics of tenants are registered; nil: nowhere.
	Metrics prometheus.Registerer
}

// NewScheme returns a scheme with every kind that the controllers use.
func NewScheme() (*runtime.Scheme, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme, cmapi.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("build the scheme: %w", err)
		}
	}
	return scheme, nil
}

// Setup adds the controllers to a manager.
func Setup(ctx context.Context, mgr ctrl.Manager, o Options) error {
	events, err := recorder.Add(mgr, reporter)
	if err != nil {
		return err
	}
	registry := &auth0.Registry{}
	if len(o.Sides) == 0 {
		o.Sides = defaultSides()
	}
	runs := func(side string) bool { return slices.Contains(o.Sides, side) }
	for _, index := range []func(context.Context, ctrl.Manager) error{clientcredential.IndexByClient, tenant.IndexByTenant} {
		if err := index(ctx, mgr); err != nil {
			return err
		}
	}
	if runs(ClusterSide) {
		r := &clientcredential.Reconciler{Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Metadata: mgr.GetCache(), Recorder: events,
			Clock: o.Clock, Program: o.Program, Shard: o.Shard, Secrets: o.Secrets}
		if err := r.SetupWithManager(ctx, mgr, o.Workers); err != nil {
			return err
		}
	}
	if runs(ProbeSide) {
		p := &probe.Reconciler{Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Clock: o.Clock, Connect: o.Connect,
			ClusterResourceNamespace: o.ClusterResourceNamespace}
		if err := p.SetupWithManager(mgr, o.Workers); err != nil {
			return err
		}
	}
	if !runs(TenantSide) {
		return nil
	}
	if o.Lease != nil {
		o.Connect.Permit = o.Lease.Permit
	}
	o.Connect.Concurrent = max(o.Workers/2, 1)
	signedIn := make(chan event.GenericEvent)
	t := &tenant.Reconciler{Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Recorder: events, Registry: registry, Clock: o.Clock,
		SignedIn: signedIn, Connect: o.Connect, ClusterResourceNamespace: o.ClusterResourceNamespace}
	var drifted func(auth0.Key, string)
	if t.Observe, drifted, err = o.meter(mgr.GetClient(), registry); err != nil {
		return err
	}
	if err := t.SetupWithManager(ctx, mgr); err != nil {
		return err
	}
	wanted := make(chan event.TypedGenericEvent[auth0.Key])
	c := &oauthclient.Reconciler{Client: mgr.GetClient(), Live: mgr.GetAPIReader(), Recorder: events, Registry: registry, Clock: o.Clock,
		SignedIn: signedIn, Wanted: wanted, Fence: o.Fence, Shard: o.Shard, Drifted: drifted}
	if o.Lease != nil {
		o.Lease.Settle(c.Settled)
		c.TookOver = func() (time.Time, bool) { return o.Lease.Since(), !o.Lease.Clean() }
	}
	if err := c.SetupWithManager(ctx, mgr, o.Workers); err != nil {
		return err
	}
	s := &sweep.Reconciler{Client: mgr.GetClient(), Registry: registry, Clients: c, Wanted: wanted, Clock: o.Clock}
	return s.SetupWithManager(mgr, o.Workers)
}

// meter registers the metrics of tenants, and returns what counts the requests to one, and the fields that are put back there; nil for nothing.
func (o Options) meter(from client.Client, registry *auth0.Registry) (
	observe func(auth0.Key) func(op string, status int, took time.Duration), drifted func(auth0.Key, string), err error,
) {
	if o.Metrics == nil {
		return nil, nil, nil
	}
	collector := metrics.New(from, registry, o.Clock)
	if err := o.Metrics.Register(collector); err != nil {
		return nil, nil, fmt.Errorf("register the metrics: %w", err)
	}
	return collector.Observe, collector.Drifted, nil
}

// ClientOptions make sure that what must not be cached is not read through the cache by mistake.
func ClientOptions() client.Options {
	return client.Options{Cache: &client.CacheOptions{
		DisableFor: []client.Object{&corev1.Secret{}, &corev1.ConfigMap{}, &cmapi.Certificate{}},
	}}
}
