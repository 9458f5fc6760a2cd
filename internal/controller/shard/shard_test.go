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

package shard

import (
	"context"
	"errors"
	"maps"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

func parse(t *testing.T, selector string) Shard {
	t.Helper()
	s, err := Parse(selector)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestParse(t *testing.T) {
	if !parse(t, "").Whole() || !parse(t, " ").Whole() {
		t.Error("no selector is not the whole")
	}
	if parse(t, "certbound.dev/shard=a").Whole() {
		t.Error("a selector is the whole")
	}
	if _, err := Parse("certbound.dev/shard==a=b"); err == nil {
		t.Error("nonsense is a selector")
	}
}

// Two operators that divide their work must not wait for each other's lease; two that share it must (G1).
func TestLease(t *testing.T) {
	const group = "certbound.dev"
	a, b, rest := parse(t, "certbound.dev/shard=a").Lease(group), parse(t, "certbound.dev/shard=b").Lease(group), parse(t, "!certbound.dev/shard").Lease(group)
	if a == b || a == rest || b == rest || a == group {
		t.Errorf("shards share a lease: %q %q %q", a, b, rest)
	}
	if parse(t, "").Lease(group) != group {
		t.Error("the lease of a single operator has another name")
	}
	if one, other := parse(t, "x=1,a in (c,b)").Lease(group), parse(t, "a in (b, c), x=1").Lease(group); one != other {
		t.Errorf("one selector, two leases: %q %q", one, other)
	}
}

func TestHolds(t *testing.T) {
	a := map[string]string{"certbound.dev/shard": "a"}
	for selector, want := range map[string]bool{"": true, "certbound.dev/shard=a": true, "certbound.dev/shard=b": false, "!certbound.dev/shard": false} {
		if got := parse(t, selector).Holds(a); got != want {
			t.Errorf("%q: %t", selector, got)
		}
	}
}

func TestLabels(t *testing.T) {
	for selector, want := range map[string]map[string]string{
		"": nil, "shard=a": {"shard": "a"}, "shard==a,!old,tier in (x)": {"shard": "a", "tier": "x"}, "shard in (a,b)": {}, "shard!=a": {},
	} {
		if got := parse(t, selector).Labels(); !maps.Equal(got, want) {
			t.Errorf("%q: %v", selector, got)
		}
	}
}

// cluster holds one object, or answers with an error.
type cluster struct {
	client.Reader

	labels map[string]string
	err    error
}

func (c cluster) Get(_ context.Context, _ client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	o.SetLabels(c.labels)
	return c.err
}

func TestElsewhere(t *testing.T) {
	gone := apierrors.NewNotFound(schema.GroupResource{}, "tenant")
	tests := map[string]struct {
		shard   string
		cluster client.Reader
		want    bool
		fails   bool
	}{
		"one shard asks nobody":                 {"", nil, false, false},
		"of another shard":                      {"shard=a", cluster{labels: map[string]string{"shard": "b"}}, true, false},
		"of none":                               {"shard=a", cluster{}, true, false},
		"of this one, and not in the cache yet": {"shard=a", cluster{labels: map[string]string{"shard": "a"}}, false, false},
		"nowhere":                               {"shard=a", cluster{err: gone}, false, false},
		"not to be known, while nobody can be asked": {"shard=a", cluster{err: errors.New("away")}, false, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := parse(t, test.shard).Elsewhere(t.Context(), test.cluster, client.ObjectKey{Name: "tenant"}, &corev1.Secret{})
			if got != test.want || (err != nil) != test.fails {
				t.Errorf("elsewhere: %t, %v", got, err)
			}
		})
	}
}
