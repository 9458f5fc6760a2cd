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
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	dto "github.com/prometheus/client_model/go"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/memory"
)

// What docs/metrics.md says there is, with its type and labels, is there once the operator works, and nothing else.
func TestMetricsAreThoseOfThePage(t *testing.T) {
	plan := auth0sim.Plans()["enterprise"]
	memory.Run(t, auth0sim.Options{Plan: &plan}, func(t *testing.T, w *memory.World) {
		t.Helper()
		registry := prometheus.NewPedanticRegistry()
		start(t, w, memory.OperatorOptions{Metrics: registry})
		declare(t, w, harness.SelfSigned(t, "first"))
		await(t, w, "the client is ready", func() bool { return ready(t, w) })
		await(t, w, "the operator rests", func() bool { return w.AwaitQuiet(patience) })

		if err := w.Sim.EditClient(oauthClient(t, w).Status.ClientID, map[string]any{"client_metadata": map[string]any{registration.OwnerKey: nil}}); err != nil {
			t.Fatal(err)
		}
		w.Advance(interval + late)

		got := map[string]string{}
		for _, family := range gather(t, registry) {
			got[family.GetName()] = strings.ToLower(family.GetType().String()) + " " + strings.Join(labelsOf(family), ", ")
		}
		if want := pageOfMetrics(t); !maps.Equal(got, want) {
			t.Errorf("the operator has %q,\ndocs/metrics.md tells of %q", got, want)
		}
		if value := valueOf(t, registry, "certbound_management_requests_total", "operation", "CreateClient"); value != 1 {
			t.Errorf("one client was created, and %v are told", value)
		}
		if value := valueOf(t, registry, "certbound_stored_credentials", "tenant", memory.Namespace+"/tenant"); value != 1 {
			t.Errorf("one credential is stored, and %v are told", value)
		}
		if problems, err := promlint.NewWithMetricFamilies(gather(t, registry)).Lint(); err != nil || len(problems) > 0 {
			t.Errorf("names and help are not as Prometheus wants them: %v %v", problems, err)
		}
	})
}

// Each field that others change, and that is put back, counts once for each client.
func TestDriftIsCountedByField(t *testing.T) {
	memory.Run(t, roomy, func(t *testing.T, w *memory.World) {
		t.Helper()
		if _, err := w.Sim.AddResourceServer(map[string]any{"name": "api", "identifier": "https://api"}); err != nil {
			t.Fatal(err)
		}
		registry := prometheus.NewPedanticRegistry()
		f := measuredFleet(t, w, 5, registry, func(c *v1alpha1.OAuthClient) {
			c.Spec.Grants = []v1alpha1.ClientGrant{{Audience: "https://api"}}
			if c.Name == "client-4" {
				c.Spec.ManagementPolicy = v1alpha1.ManagementCredentialsOnly
			}
		})
		f.settles(t)
		if got := driftIn(t, registry); len(got) != 0 {
			t.Errorf("nobody has changed anything, and %v is told", got)
		}

		foreign := harness.SelfSigned(t, "foreign")
		detached, _ := w.Sim.Client(f.id(t, "client-2"))
		_, err := w.Sim.AddCredential(f.id(t, "client-1"), map[string]any{"credential_type": "x509_cert", "pem": string(foreign.Certificate)})
		for _, failed := range []error{
			err,
			w.Sim.EditClient(f.id(t, "client-0"), map[string]any{"name": "by hand", "description": "nobody's"}),
			w.Sim.EditClient(f.id(t, "client-1"), map[string]any{"name": "by hand", "client_metadata": map[string]any{registration.OwnerKey: nil, "theirs": "x"}}),
			w.Sim.Detach(detached.ID, detached.Attached[0]),
			w.Sim.RevertToSecret(f.id(t, "client-3"), "client_secret_post"),
			w.Sim.EditClient(f.id(t, "client-4"), map[string]any{"name": "by hand"}),
		} {
			if failed != nil {
				t.Fatal(failed)
			}
		}
		want := map[string]float64{"name": 2, "client_metadata": 1, "credentials": 2, "token_endpoint_auth_method": 1}
		for range 2 { // what was put back is not found again
			f.sweep(t)
			f.settles(t)
			if got := driftIn(t, registry); !maps.Equal(got, want) {
				t.Errorf("what is told of is %v, want %v", got, want)
			}
		}
	})
}

// driftIn is what is counted, by field.
func driftIn(t *testing.T, registry prometheus.Gatherer) map[string]float64 {
	t.Helper()
	counted := map[string]float64{}
	for _, family := range gather(t, registry) {
		for _, m := range family.GetMetric() {
			for _, pair := range m.GetLabel() {
				if family.GetName() == "certbound_drift_total" && pair.GetName() == "field" {
					counted[pair.GetValue()] += m.GetCounter().GetValue()
				}
			}
		}
	}
	return counted
}

// A tenant's series end with its object, so that there are no more of them than objects.
func TestMetricsEndWithTheirTenant(t *testing.T) {
	memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
		t.Helper()
		registry := prometheus.NewPedanticRegistry()
		start(t, w, memory.OperatorOptions{Metrics: registry})
		declare(t, w, harness.SelfSigned(t, "first"))
		await(t, w, "the client is ready", func() bool { return ready(t, w) })
		if len(gather(t, registry)) == 0 {
			t.Fatal("there is no metric")
		}
		if err := w.Client.Delete(t.Context(), &v1alpha1.Tenant{ObjectMeta: named("tenant")}); err != nil {
			t.Fatal(err)
		}
		await(t, w, "its metrics are gone", func() bool { return len(gather(t, registry)) == 0 })
	})
}

func gather(t *testing.T, registry prometheus.Gatherer) []*dto.MetricFamily {
	t.Helper()
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	return families
}

// labelsOf are the names of a family's labels.
func labelsOf(family *dto.MetricFamily) (names []string) {
	for _, pair := range family.GetMetric()[0].GetLabel() {
		names = append(names, pair.GetName())
	}
	slices.Sort(names)
	return names
}

// valueOf is the sum of a family's metrics with a label.
func valueOf(t *testing.T, registry prometheus.Gatherer, name, label, value string) (sum float64) {
	t.Helper()
	for _, family := range gather(t, registry) {
		for _, m := range family.GetMetric() {
			has := slices.ContainsFunc(m.GetLabel(), func(p *dto.LabelPair) bool { return p.GetName() == label && p.GetValue() == value })
			if family.GetName() == name && has {
				sum += m.GetCounter().GetValue() + m.GetGauge().GetValue()
			}
		}
	}
	return sum
}

// pageOfMetrics is the page's table: type and labels by name.
func pageOfMetrics(t *testing.T) map[string]string {
	t.Helper()
	page, err := os.ReadFile("../../docs/metrics.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(certbound_\\w+)` \\| (\\w+) \\| ([^|]*) \\|").FindAllStringSubmatch(string(page), -1) {
		labels := regexp.MustCompile(`\w+`).FindAllString(row[3], -1)
		slices.Sort(labels)
		told[row[1]] = row[2] + " " + strings.Join(labels, ", ")
	}
	return told
}
