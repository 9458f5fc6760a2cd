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
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// What Go's coverage does not count, the tool does not run: the conditions of cases, and constants. Those are run here, in the
// same way, by an overlay, and with time enough for an endless loop to be told from a slow machine.

// replacements are what each operator of gremlins makes of a token (https://gremlins.dev/latest/usage/mutations/).
var replacements = map[string]map[string]string{
	"CONDITIONALS_NEGATION": {"==": "!=", "!=": "==", "<=": ">", ">=": "<", "<": ">=", ">": "<="},
	"CONDITIONALS_BOUNDARY": {"<=": "<", ">=": ">", "<": "<=", ">": ">="},
	"INVERT_LOGICAL":        {"&&": "||", "||": "&&"},
	"ARITHMETIC_BASE":       {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*"},
	"INVERT_NEGATIVES":      {"-": "+"},
}

// try runs the tests with the mutant, and returns its status in gremlins' words.
func (m mutant) try(ctx context.Context, pkg string) (string, error) {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	lines := strings.SplitAfter(string(text), "\n")
	changed, known := m.change(lines[m.line-1])
	if !known {
		return "", fmt.Errorf("%s:%d:%d: %s is not known here", m.file, m.line, m.column, m.operator)
	}
	lines[m.line-1] = changed
	folder, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	original, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	mutated, overlay := filepath.Join(folder, "mutant.go"), filepath.Join(folder, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{original: mutated}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(mutated, []byte(strings.Join(lines, "")), 0o600); err != nil {
		return "", err
	}
	if err := os.WriteFile(overlay, replace, 0o600); err != nil {
		return "", err
	}
	output, err := exec.CommandContext(ctx, "go", "test", "-short", "-failfast", "-timeout", "5m", "-overlay", overlay, pkg).CombinedOutput()
	switch {
	case err == nil:
		return "LIVED", nil
	case strings.Contains(string(output), "[build failed]"):
		return "NOT VIABLE", nil
	}
	return "KILLED", nil
}

// change makes the mutant's change in its line; columns count bytes from 1.
func (m mutant) change(line string) (string, bool) {
	for _, length := range []int{2, 1} {
		if end := m.column - 1 + length; end <= len(line) {
			if other, ok := replacements[m.operator][line[m.column-1:end]]; ok {
				return line[:m.column-1] + other + line[end:], true
			}
		}
	}
	return "", false
}
