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

import "testing"

// A mutant is the change that gremlins names: at that column and of that token, or the reasons in survivors.tsv explain another.
func TestChange(t *testing.T) {
	for sentence, test := range map[string]struct {
		operator     string
		column       int
		line, mutant string
	}{
		"the token at the column and no other": {"CONDITIONALS_NEGATION", 6, "a == b == c", ""},
		"the second of two":                    {"CONDITIONALS_NEGATION", 8, "a == b == c", "a == b != c"},
		"the longest token":                    {"CONDITIONALS_NEGATION", 3, "a <= b", "a > b"},
		"a boundary":                           {"CONDITIONALS_BOUNDARY", 3, "a <= b", "a < b"},
		"a word":                               {"INVERT_LOOPCTRL", 2, "\tcontinue\n", "\tbreak\n"},
		"an assignment with an operation":      {"REMOVE_SELF_ASSIGNMENTS", 3, "i += 2", "i = 2"},
		"columns count bytes":                  {"ARITHMETIC_BASE", 6, `"ü" + a`, `"ü" - a`},
		"an operator that is not known":        {"INVERT_BITWISE", 3, "a & b", ""},
	} {
		t.Run(sentence, func(t *testing.T) {
			got, known := mutant{operator: test.operator, column: test.column}.change(test.line)
			if known != (test.mutant != "") || known && got != test.mutant {
				t.Errorf("change = %q, %t; want %q", got, known, test.mutant)
			}
		})
	}
}
