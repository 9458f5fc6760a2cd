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
	"testing"

	. "github.com/onsi/gomega"

	"github.com/certbound/certbound/internal/controller/shard"
)

func TestSides(t *testing.T) {
	g := NewWithT(t)
	for list, want := range map[string][]string{
		"": {TenantSide, ClusterSide}, "tenant": {TenantSide}, "probe, cluster": {ProbeSide, ClusterSide}, "tenant,cluster,probe": {TenantSide, ClusterSide, ProbeSide},
	} {
		sides, err := ParseSides(list)
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(sides).To(Equal(want), list)
	}
	for _, list := range []string{"tenants", "tenant,", "tenant,tenant", "all"} {
		_, err := ParseSides(list)
		g.Expect(err).To(MatchError(ContainSubstring("tenant, cluster and probe")), list)
	}
}

// Programs that run other sides must not wait for each other's lease; those that share one must.
func TestLeases(t *testing.T) {
	g := NewWithT(t)
	for name, sides := range map[string][]string{
		"tenant.certbound.dev": {TenantSide}, "cluster.certbound.dev": {ClusterSide}, "probe.certbound.dev": {ProbeSide},
		"certbound.dev": {ClusterSide, TenantSide},
	} {
		g.Expect(LeaseName(sides, shard.Shard{})).To(Equal(name))
	}
	g.Expect(LeaseName([]string{ProbeSide, TenantSide, ClusterSide}, shard.Shard{})).To(Equal("certbound.dev"))
}
