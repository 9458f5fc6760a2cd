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

// Package metrics tells Prometheus what the operator does at its tenants. What a tenant's budget is, and what waits, is asked of the
// budget itself when it is scraped; only what happened is counted. Labels are bounded: objects of the cluster, operations of this
// program, and a list of HTTP statuses.
package metrics

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/budget"
	"github.com/certbound/certbound/internal/controller/tenant"
)

// patience is how long a scrape waits for the cache.
const patience = time.Second

// Collector collects the metrics of all tenants that this operator is signed in to.
type Collector struct {
	reader   client.Reader
	registry *auth0.Registry
	clock    clock.PassiveClock

	requests *prometheus.CounterVec
	drift    *prometheus.CounterVec
	counted  sync.Map // auth0.Key of tenants of which something was counted
}

// New returns a collector that reads tenants' objects from a cache.
func New(reader client.Reader, registry *auth0.Registry, now clock.PassiveClock) *Collector {
	return &Collector{reader: reader, registry: registry, clock: now, requests: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "certbound_management_requests_total", Help: "Requests that were sent to the tenant, by operation and HTTP status.",
	}, []string{"tenant", "operation", "status"}), drift: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "certbound_drift_total", Help: "What somebody else changed at a client of the tenant and was put back, by field.",
	}, []string{"tenant", "field"})}
}

func gauge(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, append([]string{"tenant"}, labels...), nil)
}

var (
	level    = gauge("certbound_budget_level", "Requests that may be sent to the tenant at once now.")
	burst    = gauge("certbound_budget_burst", "Requests that may be sent to the tenant at once at most.")
	rate     = gauge("certbound_budget_requests_per_second", "Requests that may be sent to the tenant each second.")
	waiting  = gauge("certbound_budget_waiting", "Clients that wait for their turn.", "priority")
	drain    = gauge("certbound_budget_drain_seconds", "How long what waits takes by this budget.")
	paused   = gauge("certbound_budget_paused", "1 while the tenant wants a pause, else 0.")
	broken   = gauge("certbound_budget_breaker_open", "1 while the tenant gives no answers and is only probed, else 0.")
	stored   = gauge("certbound_stored_credentials", "Credentials that the clients of OAuthClients hold at the tenant.")
	capacity = gauge("certbound_stored_credentials_limit", "Credentials that the tenant may hold.")
)

// Describe sends the description of each metric.
func (c *Collector) Describe(descriptions chan<- *prometheus.Desc) {
	c.requests.Describe(descriptions)
	c.drift.Describe(descriptions)
	for _, d := range []*prometheus.Desc{level, burst, rate, waiting, drain, paused, broken, stored, capacity} {
		descriptions <- d
	}
}

// Collect sends each metric of each tenant that is there.
func (c *Collector) Collect(metrics chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for key := range c.counted.Range {
		if _, err := tenant.Read(ctx, c.reader, key.(auth0.Key)); apierrors.IsNotFound(err) {
			c.counted.Delete(key)
			gone := prometheus.Labels{"tenant": label(key.(auth0.Key))}
			c.requests.DeletePartialMatch(gone)
			c.drift.DeletePartialMatch(gone)
		}
	}
	c.requests.Collect(metrics)
	c.drift.Collect(metrics)
	for key, t := range c.registry.All() {
		object, err := tenant.Read(ctx, c.reader, key)
		if err != nil {
			continue // it is gone, or not known for the moment
		}
		send := func(d *prometheus.Desc, value float64, labels ...string) {
			metrics <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, append([]string{label(key)}, labels...)...)
		}
		now := c.clock.Now()
		sendBudget(send, t.Budget(now), now)
		send(capacity, float64(tenant.Quota(object.GetTenantSpec().Limits)))
		if credentials := object.GetTenantStatus().StoredCredentials; credentials != nil {
			send(stored, float64(*credentials))
		}
	}
}

// sendBudget leaves out what nothing bounds.
func sendBudget(send func(*prometheus.Desc, float64, ...string), s budget.State, now time.Time) {
	if s.Rate > 0 {
		send(rate, s.Rate)
		send(burst, s.Burst)
		send(level, s.Level)
		send(drain, s.Drain.Seconds())
	}
	for _, lane := range budget.Lanes() {
		send(waiting, float64(s.Waiting[lane]), lane.String())
	}
	send(paused, one(s.PausedUntil.After(now)))
	send(broken, one(s.Broken))
}

func one(is bool) float64 {
	if is {
		return 1
	}
	return 0
}

// label is the tenant's label: namespace/name, or the name alone of a ClusterTenant. A name has no slash, so that they do not meet.
func label(key auth0.Key) string {
	if key.Namespace == "" {
		return key.Name
	}
	return key.Namespace + "/" + key.Name
}

// Observe returns what counts the requests to a tenant.
func (c *Collector) Observe(key auth0.Key) func(op string, status int, took time.Duration) {
	return func(op string, status int, _ time.Duration) {
		c.counted.Store(key, nil)
		c.requests.WithLabelValues(label(key), op, statusLabel(status)).Inc()
	}
}

// Drifted counts a field that somebody else changed at a client of a tenant.
func (c *Collector) Drifted(key auth0.Key, field string) {
	c.counted.Store(key, nil)
	c.drift.WithLabelValues(label(key), field).Inc()
}
