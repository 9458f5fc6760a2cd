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

package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"
)

// values are fields by their paths, such as spec.grants[0].audience; nil takes a field away.
type values map[string]any

// A testCase is one change of an object that is accepted as it is, and what the API server says to it.
type testCase struct {
	change values
	// field and message are of the refusal; both are empty when the change is accepted.
	field, message string
}

// A transition is one change of an object that exists.
type transition struct {
	before, after  values
	field, message string
}

// A table is what one kind accepts and refuses.
type table struct {
	// object is a manifest with every field that can be set together.
	object      string
	cases       []testCase
	transitions []transition
}

func accepted(change values) testCase { return testCase{change: change} }

func refused(change values, field, message string) testCase {
	return testCase{change: change, field: field, message: message}
}

// under adds to every case what its field needs beside it.
func under(more values, cases ...[]testCase) (all []testCase) {
	for _, c := range slices.Concat(cases...) {
		c.change = merged(more, c.change)
		all = append(all, c)
	}
	return all
}

func merged(a, b values) values {
	both := maps.Clone(a)
	maps.Copy(both, b)
	return both
}

func required(path string) []testCase {
	return []testCase{refused(values{path: nil}, path, "Required value")}
}

// optional is a field that may be left out.
func optional(path string) []testCase { return []testCase{accepted(values{path: nil})} }

// text is a field whose value has a least and a greatest length. A valid value of any length is made of x alone.
func text(path string, least, most int) []testCase {
	cases := []testCase{
		accepted(values{path: strings.Repeat("x", most)}),
		refused(values{path: strings.Repeat("x", most+1)}, path, fmt.Sprintf("may not be more than %d bytes", most)),
	}
	if least > 0 {
		cases = append(cases, refused(values{path: ""}, path, fmt.Sprintf("should be at least %d chars long", least)))
	}
	return cases
}

func number(path string, least, most int) []testCase {
	return []testCase{
		accepted(values{path: least}), accepted(values{path: most}),
		refused(values{path: least - 1}, path, fmt.Sprintf("should be greater than or equal to %d", least)),
		refused(values{path: most + 1}, path, fmt.Sprintf("should be less than or equal to %d", most)),
	}
}

// choice is a field with these values and no others; the refusal names them all.
func choice(path string, allowed ...string) (cases []testCase) {
	for _, value := range allowed {
		cases = append(cases, accepted(values{path: value}))
	}
	return append(cases, refused(values{path: "Other"}, path, `Unsupported value: "Other": supported values: "`+strings.Join(allowed, `", "`)+`"`))
}

// list is a set of items, each with a least and a greatest length.
func list(path string, least, most, leastItem, mostItem int) []testCase {
	cases := []testCase{
		accepted(values{path: items(most)}),
		refused(values{path: items(most + 1)}, path, fmt.Sprintf("must have at most %d items", most)),
		refused(values{path: []any{"a", "a"}}, path+"[1]", "Duplicate value"),
		accepted(values{path: []any{strings.Repeat("x", mostItem)}}),
		refused(values{path: []any{strings.Repeat("x", mostItem+1)}}, path+"[0]", fmt.Sprintf("may not be more than %d bytes", mostItem)),
	}
	if leastItem > 0 {
		cases = append(cases, refused(values{path: []any{""}}, path+"[0]", fmt.Sprintf("should be at least %d chars long", leastItem)))
	}
	if least == 0 {
		return append(cases, accepted(values{path: []any{}}))
	}
	return append(cases, refused(values{path: []any{}}, path, fmt.Sprintf("should have at least %d items", least)))
}

func items(n int) (all []any) {
	for i := range n {
		all = append(all, fmt.Sprintf("x%d", i))
	}
	return all
}

// name is the name of another object.
func name(path string) []testCase {
	const message = "a name has lower-case letters, digits, - and . only, and no namespace before it"
	return slices.Concat(required(path), text(path, 1, 253), []testCase{
		accepted(values{path: "payments-api.v2"}),
		refused(values{path: "payments/api"}, path, message),
		refused(values{path: "Payments"}, path, message),
		refused(values{path: "-payments"}, path, message),
	})
}

// key is a key of the data of a Secret or ConfigMap.
func key(path, example string) []testCase {
	return slices.Concat(required(path), text(path, 1, 253), []testCase{
		accepted(values{path: "CA_bundle-1.pem"}),
		refused(values{path: "client secret"}, path, "a key has letters, digits, -, _ and . only, such as "+example),
	})
}

func (c testCase) String() string { return c.change.String() + " " + c.field }

func (v values) String() string {
	content, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	if len(content) > 80 {
		return string(content[:80]) + "…"
	}
	return string(content)
}

// run shows every case and transition of the table to the API server.
func (table table) run(t *testing.T) {
	t.Helper()
	namespace := newNamespace(t)
	for _, c := range table.cases {
		t.Run(c.String(), func(t *testing.T) {
			if strings.HasPrefix(slices.Sorted(maps.Keys(c.change))[0], "status.") {
				status := table.created(t, namespace, nil)
				c.expect(t, env.Client.Status().Update(t.Context(), changed(t, status, c.change), client.DryRunAll))
				return
			}
			c.expect(t, env.Client.Create(t.Context(), changed(t, parse(t, table.object, namespace), c.change), client.DryRunAll))
		})
	}
	for _, c := range table.transitions {
		t.Run(c.before.String()+" to "+c.after.String(), func(t *testing.T) {
			there := table.created(t, namespace, c.before)
			err := env.Client.Update(t.Context(), changed(t, there, c.after), client.DryRunAll)
			testCase{field: c.field, message: c.message}.expect(t, err)
		})
	}
}

// created is the table's object with a change, in the cluster, with its status.
func (table table) created(t *testing.T, namespace string, change values) *unstructured.Unstructured {
	t.Helper()
	g := NewWithT(t)
	o := changed(t, parse(t, table.object, namespace), change)
	status := o.Object["status"]
	o.SetName("")
	o.SetGenerateName("case-")
	g.Expect(env.Client.Create(t.Context(), o)).To(Succeed())
	t.Cleanup(func() { _ = env.Client.Delete(context.WithoutCancel(t.Context()), o) })
	if status != nil {
		o.Object["status"] = status
		g.Expect(env.Client.Status().Update(t.Context(), o)).To(Succeed())
	}
	return o
}

// expect looks in the API server's answer for the refusal that the case expects, or for none.
func (c testCase) expect(t *testing.T, err error) {
	t.Helper()
	g := NewWithT(t)
	if c.message == "" {
		g.Expect(err).NotTo(HaveOccurred())
		return
	}
	g.Expect(err).To(Satisfy(apierrors.IsInvalid), "refused because it is invalid")
	g.Expect(causesOf(err)).To(ContainElement(And(HaveField("Field", c.field), HaveField("Message", ContainSubstring(c.message)))))
}

// causesOf are the reasons for a refusal.
func causesOf(err error) []metav1.StatusCause {
	var refusal *apierrors.StatusError
	if !errors.As(err, &refusal) || refusal.ErrStatus.Details == nil {
		return nil
	}
	return refusal.ErrStatus.Details.Causes
}

func parse(t *testing.T, manifest, namespace string) *unstructured.Unstructured {
	t.Helper()
	o := &unstructured.Unstructured{}
	NewWithT(t).Expect(yaml.UnmarshalStrict([]byte(manifest), &o.Object)).To(Succeed())
	if o.GetKind() != "ClusterTenant" {
		o.SetNamespace(namespace)
	}
	return o
}

// changed is a copy with other values.
func changed(t *testing.T, o *unstructured.Unstructured, change values) *unstructured.Unstructured {
	t.Helper()
	var tree any = o.DeepCopy().Object
	for _, path := range slices.Sorted(maps.Keys(change)) {
		tree = set(tree, steps(path), copied(t, change[path]))
	}
	content, err := json.Marshal(tree)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	after := &unstructured.Unstructured{}
	NewWithT(t).Expect(after.UnmarshalJSON(content)).To(Succeed())
	return after
}

// copied is a value as JSON has it, of which the caller may change any part.
func copied(t *testing.T, value any) (plain any) {
	t.Helper()
	content, err := json.Marshal(value)
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	NewWithT(t).Expect(json.Unmarshal(content, &plain)).To(Succeed())
	return plain
}

var separator = regexp.MustCompile(`\]?[.\[]`)

func steps(path string) []string { return separator.Split(strings.TrimSuffix(path, "]"), -1) }

func set(node any, path []string, value any) any {
	if len(path) == 0 {
		return value
	}
	switch node := node.(type) {
	case map[string]any:
		if value == nil && len(path) == 1 {
			delete(node, path[0])
			return node
		}
		node[path[0]] = set(node[path[0]], path[1:], value)
		return node
	case []any:
		i, err := strconv.Atoi(path[0])
		if err != nil || i >= len(node) {
			panic(fmt.Sprintf("no item %s in a list of %d", path[0], len(node)))
		}
		node[i] = set(node[i], path[1:], value)
		return node
	default:
		return set(map[string]any{}, path, value)
	}
}
