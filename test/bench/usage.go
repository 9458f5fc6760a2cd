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
	"net/http"
	"os"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// usage is what the operator's process took so far, by its own metrics.
type usage struct {
	pid int

	cpu                      float64 // seconds
	resident, peak, heap     int64   // bytes
	goroutines, files        int
	allocations, allocated   int64 // number, bytes
	requests                 map[string]int
	residentKnown, peakKnown bool
}

// usage asks the operator.
func (s *stand) usage(ctx context.Context) (usage, error) {
	limited, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(limited, http.MethodGet, "http://"+s.metrics+"/metrics", http.NoBody)
	if err != nil {
		return usage{}, fmt.Errorf("ask for the operator's metrics: %w", err)
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return usage{}, fmt.Errorf("ask for the operator's metrics: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		return usage{}, fmt.Errorf("read the operator's metrics: %w", err)
	}
	u := read(families)
	u.pid = s.process.PID()
	u.peak, u.peakKnown = s.process.PeakMemory()
	return u, nil
}

func read(families map[string]*dto.MetricFamily) usage {
	u := usage{
		cpu: value(families, "process_cpu_seconds_total"), resident: int64(value(families, "process_resident_memory_bytes")),
		heap: int64(value(families, "go_memstats_heap_inuse_bytes")), goroutines: int(value(families, "go_goroutines")),
		files: int(value(families, "process_open_fds")), allocations: int64(value(families, "go_memstats_mallocs_total")),
		allocated: int64(value(families, "go_memstats_alloc_bytes_total")), requests: map[string]int{},
	}
	u.residentKnown = u.resident > 0
	for _, metric := range families["rest_client_requests_total"].GetMetric() {
		for _, label := range metric.GetLabel() {
			if label.GetName() == "method" {
				u.requests[label.GetValue()] += int(metric.GetCounter().GetValue())
			}
		}
	}
	return u
}

// value is that of a metric without labels; zero where there is none, as on systems that do not tell.
func value(families map[string]*dto.MetricFamily, name string) float64 {
	for _, metric := range families[name].GetMetric() {
		return metric.GetGauge().GetValue() + metric.GetCounter().GetValue() + metric.GetUntyped().GetValue()
	}
	return 0
}

// forgetPeak lets the peak of the process begin anew where the system can (proc_pid_clear_refs(5)). Elsewhere it is that since
// its start.
func (s *stand) forgetPeak() {
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", s.process.PID()), []byte("5"), 0)
}

// since is what was used after an earlier look. A process that was started meanwhile has used all that it has.
func (u usage) since(before usage) usage {
	if u.pid != before.pid {
		return u
	}
	u.cpu -= before.cpu
	u.allocations -= before.allocations
	u.allocated -= before.allocated
	requests := map[string]int{}
	for verb, count := range u.requests {
		if more := count - before.requests[verb]; more > 0 {
			requests[verb] = more
		}
	}
	u.requests = requests
	return u
}
