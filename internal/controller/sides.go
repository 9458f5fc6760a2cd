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

package controller

import (
	"fmt"
	"slices"
	"strings"

	"github.com/certbound/certbound/internal/controller/shard"
)

// The sides that can run as one program or as several. The tenant side speaks to tenants and has no need of workload
// Secrets; the cluster side holds the keys and speaks to no tenant. The probe side logs in with certificates, so it does both,
// and runs only where it is asked for.
const (
	TenantSide  = "tenant"
	ClusterSide = "cluster"
	ProbeSide   = "probe"
)

func defaultSides() []string { return []string{TenantSide, ClusterSide} }

// ParseSides reads a comma-separated list of sides. The empty one stands for those that run by default.
func ParseSides(list string) (sides []string, err error) {
	if list == "" {
		return defaultSides(), nil
	}
	for side := range strings.SplitSeq(list, ",") {
		side = strings.TrimSpace(side)
		if !slices.Contains([]string{TenantSide, ClusterSide, ProbeSide}, side) || slices.Contains(sides, side) {
			return nil, fmt.Errorf("%q: list some of tenant, cluster and probe, each once", list)
		}
		sides = append(sides, side)
	}
	return sides, nil
}

// LeaseName is the name of the lease of a program that runs these sides of a shard. Programs with other sides, or of other shards, work
// side by side, so each has a lease of its own; whatever runs both the tenant and the cluster side is the operator itself and has the one of its group.
func LeaseName(sides []string, of shard.Shard) string {
	const group = "certbound.dev"
	if slices.Contains(sides, TenantSide) && slices.Contains(sides, ClusterSide) {
		return of.Lease(group)
	}
	return of.Lease(strings.Join(slices.Sorted(slices.Values(sides)), "-") + "." + group)
}
