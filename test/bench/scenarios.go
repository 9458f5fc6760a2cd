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

import "context"

// act is a number of scenarios that follow each other with the same clients.
type act struct {
	prepare   func(ctx context.Context, s *stage) error
	scenarios []scenario
}

// scenario is one thing to measure.
type scenario struct {
	// name is what it is called, number what docs/benchmarks calls it.
	name, number string
	// unlimited says that it is measured at a tenant without a limit too.
	unlimited bool
	run       func(ctx context.Context, s *stage) error
}

// of are the scenarios of the act that are wanted.
func (a act) of(o options, l limits) (wanted []scenario) {
	for _, scenario := range a.scenarios {
		if o.wants(scenario.name) && (l.Rate > 0 || scenario.unlimited) {
			wanted = append(wanted, scenario)
		}
	}
	return wanted
}

// acts are all that there is to measure, in this order.
func acts() []act {
	return []act{
		{prepare: population, scenarios: []scenario{
			{"create", "S1", true, createAll},
			{"renew", "S3", true, renewAll},
			{"rest", "S5", false, rest},
			{"drift", "S6", false, drift},
			{"urgent-in-repair", "S4", true, urgentInRepair},
			{"urgent-in-renewal", "S4", false, urgentInRenewal},
			{"outage", "S9", false, outage},
			{"broken", "S8", false, broken},
			// After a restart each client's first renewal reads its credentials: only the restarts' own figures are to have that.
			{"killed-in-renewal", "S7", false, killedInRenewal},
			{"ended-in-renewal", "S7", false, endedInRenewal},
			{"restart-killed", "S7", false, restartKilled},
			{"restart-ended", "S7", true, restartEnded},
		}},
		{scenarios: []scenario{{"adopt", "S2", true, adoptAll}}},
		{scenarios: []scenario{{"renew-lazily", "S3", false, renewLazily}}},
		{scenarios: []scenario{{"same-subject", "B2.2", false, sameSubject}}},
		{scenarios: []scenario{{"neighbours", "S12", false, neighbours}}},
		{scenarios: []scenario{{"many-tenants", "S13", false, manyTenants}}},
	}
}

// names are those of all scenarios.
func names() (all []string) {
	for _, a := range acts() {
		for _, s := range a.scenarios {
			all = append(all, s.name)
		}
	}
	return append(all, reconcileAtRest)
}

// reconcileAtRest is S10, which needs no stage.
const reconcileAtRest = "reconcile-at-rest"
