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

// Package architecture holds the structure that the design describes to its word: which package may import which, and that
// every package says what it is for. The linter refuses the same imports in .golangci.yml, at the line where they stand; here is
// why each is refused.
package architecture

import (
	"slices"
	"strings"
	"testing"
)

const module = "github.com/certbound/certbound/"

// anything is the prefix of every import path.
const anything = ""

// A rule says what the files of a package and of those below it, tests aside, may import besides the standard library.
type rule struct {
	// pkg is the package's path below the module.
	pkg string
	// ours are the packages of this module that it may import; those below itself it may always.
	ours []string
	// others are the prefixes of what it may import from other modules.
	others []string
	// never are packages that it may not import, nor those below them, although the above would allow it.
	never []string
	// reason is what is lost when the rule is broken.
	reason string
}

// pure are the packages of the standard library by which a decision would wait, look around, act or tell.
var pure = []string{"context", "log", "math/rand", "net/http", "os"}

// rules are in the order in which packages build on each other: each imports only what stands above it.
var rules = []rule{
	{
		pkg:    "api/v1alpha1",
		others: []string{"k8s.io/apimachinery/"},
		reason: "users import the kinds, and get every dependency of theirs into their own go.mod",
	},
	{
		pkg:    "api/v1alpha1/applyconfiguration",
		ours:   []string{"api/v1alpha1"},
		others: []string{"k8s.io/apimachinery/", "k8s.io/client-go/applyconfigurations/", "sigs.k8s.io/structured-merge-diff/"},
		reason: "it is generated from the kinds and knows nothing else",
	},
	{
		pkg:    "internal/certificate",
		never:  pure,
		reason: "what a certificate is follows from its bytes alone, so that a table can test every case",
	},
	{
		pkg:    "internal/rotation",
		never:  pure,
		reason: "the next step follows from what was observed alone, so that a test can walk through every state there is",
	},
	{
		pkg:    "internal/registration",
		never:  pure,
		reason: "what to change at a client follows from what is wanted and what is there, so that a table can test every case",
	},
	{
		pkg:    "internal/verification",
		never:  pure,
		reason: "when to log in, and what holds a certificate back, follows from what the status records, so that a table can test every case",
	},
	{
		pkg:    "internal/flapping",
		never:  pure,
		reason: "whether a Secret flaps follows from what it held lately, so that a table can test every case",
	},
	{
		pkg:    "internal/backoff",
		never:  pure,
		reason: "when a failing object is tried again follows from what it cost so far, so that a table can test every case",
	},
	{
		pkg:    "internal/status",
		ours:   []string{"api/v1alpha1"},
		others: []string{"k8s.io/apimachinery/"},
		never:  pure,
		reason: "a status is a report of facts that it was given: it never looks for itself, so it cannot tell what was not observed",
	},
	{
		pkg:    "internal/budget",
		never:  []string{"log", "math/rand", "net/http", "os"},
		reason: "whose turn it is follows from the claims, the answers and the time that it is given, so that hours of a tenant can be simulated",
	},
	{
		pkg:    "internal/auth0",
		ours:   []string{"api/v1alpha1", "internal/certificate", "internal/rotation", "internal/registration", "internal/backoff", "internal/status", "internal/budget"},
		others: []string{anything},
		never:  []string{"sigs.k8s.io/controller-runtime", "k8s.io/client-go"},
		reason: "the part that talks to the Internet is given what it needs; it has no way to read a Secret",
	},
	{
		pkg:    "internal/auth0sim",
		others: []string{anything},
		never:  []string{"github.com/auth0", "k8s.io/api", "k8s.io/apimachinery", "k8s.io/client-go", "sigs.k8s.io/controller-runtime"},
		reason: "an error that the simulator shared with the client it checks would be seen by no test",
	},
	{
		pkg:    "internal/guard",
		others: []string{anything},
		never:  []string{"github.com/auth0", "k8s.io/apiserver"},
		reason: "who may read the metrics is for the API server to say, which is asked, and whose libraries would be a third of the program",
	},
	{
		pkg: "internal/controller",
		ours: []string{
			"api/v1alpha1", "internal/certificate", "internal/rotation", "internal/registration", "internal/verification", "internal/flapping",
			"internal/backoff", "internal/status", "internal/budget", "internal/auth0",
		},
		others: []string{anything},
		never:  []string{"net/http", "github.com/auth0"},
		reason: "controllers reach the tenant only through internal/auth0, whose budget and error classes hold for every call",
	},
}

// ruleFor finds the rule of the most specific path; nil where none speaks of the package.
func ruleFor(pkg string) *rule {
	var found *rule
	for i := range rules {
		if within(pkg, rules[i].pkg) && (found == nil || len(rules[i].pkg) > len(found.pkg)) {
			found = &rules[i]
		}
	}
	return found
}

// allows decides about one import. Packages of the standard library are known by a first element without a dot.
func (r *rule) allows(imported string) bool {
	if ours, is := strings.CutPrefix(imported, module); is {
		return within(ours, r.pkg) || slices.ContainsFunc(r.ours, func(p string) bool { return within(ours, p) })
	}
	if slices.ContainsFunc(r.never, func(p string) bool { return within(imported, p) }) {
		return false
	}
	first, _, _ := strings.Cut(imported, "/")
	if !strings.Contains(first, ".") {
		return true
	}
	return slices.ContainsFunc(r.others, func(prefix string) bool { return strings.HasPrefix(imported, prefix) })
}

// within says whether pkg is parent or a package below it.
func within(pkg, parent string) bool {
	return pkg == parent || strings.HasPrefix(pkg, parent+"/")
}

func TestImports(t *testing.T) {
	for _, pkg := range list(t) {
		path := strings.TrimPrefix(pkg.ImportPath, module)
		if !within(path, "api") && !within(path, "internal") {
			continue // Programs and tests wire the packages together.
		}
		r := ruleFor(path)
		if r == nil {
			t.Errorf("%s has no rule here: give it its place among those it builds on, with the reason", path)
			continue
		}
		for _, imported := range pkg.Imports {
			if !r.allows(imported) {
				t.Errorf("%s imports %s, but %s", path, imported, r.reason)
			}
		}
	}
}

// The list itself must say what it claims: who is allowed to import what stands above, and only that.
func TestRulesPointUpwards(t *testing.T) {
	for i, r := range rules {
		for _, ours := range r.ours {
			if !slices.ContainsFunc(rules[:i], func(above rule) bool { return above.pkg == ours }) {
				t.Errorf("%s may import %s, which does not stand above it", r.pkg, ours)
			}
		}
	}
}
