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
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// tables are what each kind accepts and refuses.
var tables = map[string]table{
	"Tenant": tenants, "ClusterTenant": clusterTenants, "OAuthClient": clients, "ClientCredential": clientCredentials,
}

// definition is what these tests look at of a CustomResourceDefinition.
type definition struct {
	Spec struct {
		Names struct {
			Kind, Plural, Singular string
			ShortNames, Categories []string
		}
		Versions []struct {
			Schema struct{ OpenAPIV3Schema schema }
		}
	}
}

// schema is what they look at of a schema.
type schema struct {
	Description, Type, Format    string
	Properties                   map[string]schema
	Items, AdditionalProperties  *schema
	Required                     []string
	Enum                         []any
	Default                      any
	MinLength, MaxLength         *int
	Minimum, Maximum             *int
	MinItems, MaxItems           *int
	MinProperties, MaxProperties *int
	Pattern                      string
	ListType                     string                                `json:"x-kubernetes-list-type"`
	Validations                  []struct{ Message, FieldPath string } `json:"x-kubernetes-validations"`
}

// definitions are the kinds as config/crd has them.
func definitions(t *testing.T) map[string]definition {
	t.Helper()
	g := NewWithT(t)
	files, err := filepath.Glob(filepath.Join(root, "config", "crd", "bases", "*.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	all := map[string]definition{}
	for _, file := range files {
		content, err := os.ReadFile(file)
		g.Expect(err).NotTo(HaveOccurred())
		var d definition
		g.Expect(yaml.Unmarshal(content, &d)).To(Succeed())
		g.Expect(d.Spec.Versions).To(HaveLen(1))
		all[d.Spec.Names.Kind] = d
	}
	g.Expect(all).To(HaveLen(len(tables)))
	return all
}

// walk visits every field of the kind below spec and status, but for what other API groups define.
func (d definition) walk(visit func(path string, s schema)) {
	top := d.Spec.Versions[0].Schema.OpenAPIV3Schema
	for _, part := range []string{"spec", "status"} {
		top.Properties[part].walk(part, visit)
	}
}

// foreign are types of the Kubernetes API.
var foreign = []string{"status.conditions[]", "spec.allowedNamespaces.selector"}

func (s schema) walk(path string, visit func(path string, s schema)) {
	if slices.Contains(foreign, path) {
		return
	}
	visit(path, s)
	for _, name := range slices.Sorted(maps.Keys(s.Properties)) {
		s.Properties[name].walk(path+"."+name, visit)
	}
	if s.Items != nil {
		s.Items.walk(path+"[]", visit)
	}
	if s.AdditionalProperties != nil {
		s.AdditionalProperties.walk(path+".*", visit)
	}
}

// rule is what a schema refuses: where, and in which words.
type rule struct{ field, message string }

// rules are those of one schema, without those of the fields in it.
func (s schema) rules(path string) (all []rule) {
	for _, name := range s.Required {
		all = append(all, rule{path + "." + name, "Required value"})
	}
	for _, bound := range []struct {
		of      *int
		message string
	}{
		{s.MinLength, "should be at least %d chars long"}, {s.MaxLength, "may not be more than %d bytes"},
		{s.Minimum, "should be greater than or equal to %d"}, {s.Maximum, "should be less than or equal to %d"},
		{s.MinItems, "should have at least %d items"}, {s.MaxItems, "must have at most %d items"},
		{s.MinProperties, "should have at least %d properties"}, {s.MaxProperties, "must have at most %d items"},
	} {
		if says := bound.of != nil && (*bound.of != 0 || bound.of == s.Minimum); says {
			all = append(all, rule{path, fmt.Sprintf(bound.message, *bound.of)})
		}
	}
	if len(s.Enum) > 0 {
		all = append(all, rule{path, "Unsupported value"})
	}
	if s.ListType == "set" || s.ListType == "map" {
		all = append(all, rule{path + "[]", "Duplicate value"})
	}
	for _, v := range s.Validations {
		all = append(all, rule{path + v.FieldPath, v.Message})
	}
	return all
}

var index = regexp.MustCompile(`\[\d+\]`)

// shown tells whether a case or a transition of the table is refused by the rule.
func (table table) shown(r rule) bool {
	field := regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(r.field), `\*`, "[^.]+") + "$")
	shows := func(at, message string) bool {
		same := strings.HasPrefix(message, r.message) || message != "" && strings.HasPrefix(r.message, message)
		return same && field.MatchString(index.ReplaceAllString(at, "[]"))
	}
	return slices.ContainsFunc(table.cases, func(c testCase) bool { return shows(c.field, c.message) }) ||
		slices.ContainsFunc(table.transitions, func(c transition) bool { return shows(c.field, c.message) })
}

func TestEveryRuleIsShown(t *testing.T) {
	for kind, d := range definitions(t) {
		d.walk(func(path string, s schema) {
			for _, r := range s.rules(path) {
				if !tables[kind].shown(r) && path != "status.conditions" {
					t.Errorf("%s: nothing is refused at %s with %q", kind, r.field, r.message)
				}
			}
		})
	}
}

// A default that the API server writes looks like a wish of the user's, and one in a list item breaks server-side apply.
func TestNoDefaults(t *testing.T) {
	for kind, d := range definitions(t) {
		d.walk(func(path string, s schema) {
			if s.Default != nil {
				t.Errorf("%s: %s has the default %v", kind, path, s.Default)
			}
		})
	}
}

// A rule that says what is wrong must say what to write instead; a bare pattern does not.
func TestNoPatterns(t *testing.T) {
	for kind, d := range definitions(t) {
		d.walk(func(path string, s schema) {
			if s.Pattern != "" {
				t.Errorf("%s: %s has a pattern, whose refusal is a regular expression: use a rule with a message", kind, path)
			}
		})
	}
}

func TestEveryTextListAndMapIsBounded(t *testing.T) {
	for kind, d := range definitions(t) {
		d.walk(func(path string, s schema) {
			text := s.Type == "string" && s.Format == "" && len(s.Enum) == 0
			if text && s.MaxLength == nil || s.Type == "array" && s.MaxItems == nil || s.AdditionalProperties != nil && s.MaxProperties == nil {
				t.Errorf("%s: %s has no greatest size", kind, path)
			}
		})
	}
}
