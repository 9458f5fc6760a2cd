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

package budget

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// A million clients in a thousand tenants, as docs/scale.md has it, each told by its spec what it may spend: this prints the figures of its table. Tenants share nothing, so
// that a few of them stand for all.
func TestAMillionClients(t *testing.T) {
	const (
		tenants, sample  = 1000, 10
		clients          = 1000 // in each tenant
		hours            = 6
		page, audit      = 100, time.Minute
		pages            = clients / page
		growing, cleared = 2, 2 // calls to store and attach a certificate, and to detach and delete the one before
		overlap          = 10 * time.Minute
	)
	for _, row := range []struct {
		lifetime time.Duration
		drift    time.Duration
		rate     float64
		burst    float64
		most     float64 // of the tenant's rate
	}{
		{90 * 24 * time.Hour, time.Hour, 16, 50, 0.01},
		{24 * time.Hour, time.Hour, 16, 50, 0.01},
		{time.Hour, time.Hour, 16, 50, 0.12},
		{time.Hour, time.Minute, 16, 50, 0.13},
		{24 * time.Hour, time.Hour, 2, 10, 0.06},
	} {
		t.Run(fmt.Sprintf("certificates of %v, drift each %v, %v a second", row.lifetime, row.drift, row.rate), func(t *testing.T) {
			calls, limited := 0, 0
			var waits []time.Duration
			for range sample {
				s := simulate(t, row.burst, row.rate, Config{RequestsPerSecond: row.rate, Burst: int(row.burst), Concurrent: 4})
				end := epoch.Add(hours * time.Hour)
				wait := func(d time.Duration) { waits = append(waits, d) }
				for i := range clients {
					key := fmt.Sprint(i)
					every := row.lifetime * 2 / 3 // as cert-manager renews
					var renew func()
					renew = func() {
						s.want(Claim{Lane: Renewal, Key: key}, growing, wait)
						s.after(overlap, func() { s.want(Claim{Lane: Cleanup, Key: key + " cleanup"}, cleared, nil) })
						s.after(every, renew)
					}
					s.after(time.Duration(s.seed.Float64()*float64(every)), renew)
				}
				var sweep, look func()
				sweep = func() { s.want(Claim{Lane: Drift, Key: "sweep"}, pages, nil); s.after(row.drift, sweep) }
				look = func() { s.want(Claim{Lane: Drift, Key: "audit"}, 1, nil); s.after(audit, look) }
				s.after(time.Duration(s.seed.Float64()*float64(row.drift)), sweep)
				s.after(0, look)
				s.run(end)
				calls, limited = calls+s.sent, limited+s.limited
			}
			slices.Sort(waits)
			perTenant := float64(calls) / sample / (hours * time.Hour).Seconds()
			p99 := time.Duration(0)
			if len(waits) > 0 {
				p99 = waits[len(waits)*99/100]
			}
			t.Logf("%.1f renewals/s and %.0f calls/s in all; %.4f calls/s for each tenant, %.2f %% of its rate; a renewal waits %v (p99); %d × 429",
				float64(tenants*clients)/(row.lifetime*2/3).Seconds(), perTenant*tenants, perTenant, 100*perTenant/row.rate, p99.Round(time.Millisecond), limited)
			if limited > 0 || perTenant > row.most*row.rate {
				t.Errorf("%d × 429, %.4f calls/s for each tenant", limited, perTenant)
			}
		})
	}
}

// What happens at once: all certificates of one tenant are renewed, and a shard of a hundred tenants comes up.
func TestAThousandAtOnce(t *testing.T) {
	s := simulate(t, 50, 16, Config{RequestsPerSecond: 16, Burst: 50, Concurrent: 4})
	for i := range 1000 {
		s.want(Claim{Lane: Renewal, Key: fmt.Sprint(i)}, 2, nil)
	}
	s.run(forever)
	covered := s.end.Sub(epoch)
	t.Logf("a tenant of 1,000: all are covered after %v, at 80 %% of its rate; %d × 429", covered.Round(time.Second), s.limited)
	listing := simulate(t, 50, 16, Config{RequestsPerSecond: 16, Burst: 50, Concurrent: 4})
	listing.want(Claim{Lane: Drift, Key: "sweep"}, 10, nil)
	listing.run(forever)
	started := listing.end.Sub(epoch)
	t.Logf("a start: each tenant's 1,000 clients are known after %v of listing, all tenants at the same time", started)
	if s.limited+listing.limited > 0 || covered > 170*time.Second || started > 2*time.Second {
		t.Errorf("covered after %v, started after %v", covered, started)
	}
}
