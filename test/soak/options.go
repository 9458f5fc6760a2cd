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
	"fmt"
	"math"
	"time"
)

// options say what a run does.
type options struct {
	// seed is what the schedule of renewals and faults, and the delays of kubelets, follow from.
	seed uint64
	// load is how long the workloads ask while certificates are renewed; the first third of it is without faults.
	load    time.Duration
	clients int
	// every is the time between two token requests of a client.
	every    time.Duration
	compress float64
	// quiet is how long the tenant must be left alone in the end.
	quiet time.Duration
	// folder is where the operator is built and the logs are written.
	folder string
}

// storm is when the faults begin.
func (o options) storm() time.Duration { return o.load / 3 }

// leastRenewals is how many renewals a run must see to prove anything: 200 in ten minutes, with twelve clients at the usual
// compression. Almost twice as many are scheduled; a busy machine makes one of two that come close together.
func (o options) leastRenewals() int {
	return int(o.load.Seconds() * o.compress / 10 / 3 * float64(o.clients) / 12)
}

// pace are the times of a run: those of a real cluster divided by the compression, as far as a machine can follow.
type pace struct {
	// kubelet is the longest that a mounted Secret stays behind: 90 s, the longest that users report.
	kubelet time.Duration
	// overlap and handover are those of every ClientCredential: whole seconds, and longer than a kubelet takes.
	overlap, handover time.Duration
	// fence and timeout are the operator's flags, by default 30 s and 10 s.
	fence, timeout time.Duration
	// late is the longest that a request takes effect after its caller gave up. A fence is longer than any request lives.
	late time.Duration
	// drift is how often the operator compares clients with the tenant.
	drift time.Duration
	// gap is the time between two renewals of a client, and without the one of a client whose workload mounts cert-manager's own
	// Secret: there, a third certificate within the overlap leaves no place for the first (docs/clientcredential.md).
	gap, ungated span
	// fault is the unit of the times between faults. They leave the operator some time without a fence.
	fault time.Duration
}

// span is a range of times to choose from.
type span struct{ least, most time.Duration }

func newPace(compress float64) pace {
	scaled := func(seconds float64) time.Duration {
		return time.Duration(seconds / compress * float64(time.Second)).Round(time.Millisecond)
	}
	whole := func(d time.Duration) time.Duration { return time.Duration(math.Ceil(d.Seconds())) * time.Second }
	p := pace{kubelet: scaled(90), drift: max(scaled(200), 10*time.Second)}
	// The operator keeps the time of a publication in whole seconds, and a token request takes its time.
	p.handover = whole(p.kubelet + max(scaled(30), 2*time.Second))
	p.overlap = p.handover + whole(scaled(60))
	p.timeout = max(scaled(10), 2*time.Second) // a busy machine answers no sooner because time is compressed
	p.fence = max(scaled(30), 2*p.timeout)
	p.late = p.fence / 2
	p.fault = p.fence / 4
	p.gap = span{scaled(50), scaled(250)}
	p.ungated = span{p.overlap + scaled(70), p.overlap + scaled(220)}
	return p
}

// String tells how time is compressed.
func (p pace) String() string {
	return fmt.Sprintf("kubelets up to %s, overlap %s, handover %s, fence %s, request timeout %s, drift interval %s, a renewal of each "+
		"client after %s to %s (without publish of x509_cert %s to %s)",
		p.kubelet, p.overlap, p.handover, p.fence, p.timeout, p.drift, p.gap.least, p.gap.most, p.ungated.least, p.ungated.most)
}
