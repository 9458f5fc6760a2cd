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

package metrics

import (
	"testing"

	. "github.com/onsi/gomega"

	"github.com/certbound/certbound/internal/auth0"
)

// Whatever a server answers, there are few series.
func TestStatusLabelsAreBounded(t *testing.T) {
	g := NewWithT(t)
	g.Expect(statusLabel(0)).To(Equal("none"))
	g.Expect(statusLabel(200)).To(Equal("200"))
	g.Expect(statusLabel(429)).To(Equal("429"))
	g.Expect(statusLabel(299)).To(Equal("other"))
	labels := map[string]bool{}
	for status := -1; status < 2000; status++ {
		labels[statusLabel(status)] = true
	}
	g.Expect(labels).To(HaveLen(len(told) + 2))
}

func TestTenantsOfBothKindsHaveLabelsOfTheirOwn(t *testing.T) {
	g := NewWithT(t)
	g.Expect(label(auth0.Key{Kind: "Tenant", Namespace: "payments", Name: "auth0"})).To(Equal("payments/auth0"))
	g.Expect(label(auth0.Key{Kind: "ClusterTenant", Name: "auth0"})).To(Equal("auth0"))
}
