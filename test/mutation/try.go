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
	"time"
)

// trial is what came of a mutant.
type trial struct {
	status status
	err    error
}

func (t trial) String() string {
	if t.err != nil {
		return t.err.Error()
	}
	return string(t.status)
}

type status string

const (
	killed    status = "killed"
	timedOut  status = "killed by the time" // an endless loop, or close to one
	notViable status = "not viable"         // what does not compile is noticed
	lived     status = "LIVED"
)

// replacements are what each operator of gremlins makes of a token (https://gremlins.dev/latest/usage/mutations/).
var replacements = map[string]map[string]string{
	"CONDITIONALS_NEGATION":   {"==": "!=", "!=": "==", "<=": ">", ">=": "<", "<": ">=", ">": "<="},
	"CONDITIONALS_BOUNDARY":   {"<=": "<", ">=": ">", "<": "<=", ">": ">="},
	"INVERT_LOGICAL":          {"&&": "||", "||": "&&"},
	"ARITHMETIC_BASE":         {"+": "-", "-": "+", "*": "/", "/": "*", "%": "*"},
	"INVERT_NEGATIVES":        {"-": "+"},
	"INCREMENT_DECREMENT":     {"++": "--", "--": "++"},
	"INVERT_LOOPCTRL":         {"break": "continue", "continue": "break"},
	"INVERT_ASSIGNMENTS":      {"+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "%=": "*="},
	"REMOVE_SELF_ASSIGNMENTS": {"+=": "=", "-=": "=", "*=": "=", "/=": "=", "%=": "="},
}

// patience is how long the tests of a mutant may take.
type patience time.Duration

// measure sees the tests pass without a mutant, and allows ten times the time that they and their build took.
func measure(ctx context.Context, pkg string) (patience, error) {
	began := time.Now()
	if output, err := test(ctx, pkg, time.Hour, "-skip", unrelated); err != nil {
		return 0, fmt.Errorf("the tests of %s without a mutant: %w\n%s", pkg, err, output)
	}
	return patience(10 * time.Since(began)), nil
}

// try runs the tests with the mutant.
func (m mutant) try(ctx context.Context, pkg string, allowed patience) trial {
	folder, err := os.MkdirTemp("", "mutant-")
	if err != nil {
		return trial{err: err}
	}
	defer func() { _ = os.RemoveAll(folder) }()
	overlay, err := m.overlay(folder)
	if err != nil {
		return trial{err: err}
	}
	output, err := test(ctx, pkg, time.Duration(allowed), "-overlay", overlay, "-skip", unrelated+"|"+searches)
	if err == nil {
		output, err = test(ctx, pkg, time.Duration(allowed), "-overlay", overlay, "-run", searches)
	}
	switch {
	case err == nil:
		return trial{status: lived}
	case strings.Contains(output, "[build failed]"):
		return trial{status: notViable}
	case strings.Contains(output, "panic: test timed out"):
		return trial{status: timedOut}
	case ctx.Err() == nil && strings.Contains(output, "FAIL\t"):
		return trial{status: killed}
	}
	return trial{err: fmt.Errorf("the tests say neither pass nor fail: %w\n%s", err, output)}
}

// guarded bounds the memory of the tests to 4 GB where the system can: a mutant may eat all there is.
const guarded = `sh -c 'ulimit -v 4000000 2>/dev/null; exec "$0" "$@"'`

const (
	// searches go through all states, which takes seconds: a mutant that other tests notice is not shown to them.
	searches = "^TestEveryWorld$|^TestModel"
	// unrelated asks node and openssl whether the recorded answers are theirs. No mutant changes them.
	unrelated = "^TestCorpusIsWhatTheToolsSay$"
)

// test runs the tests of a package, with the short form of the searches of all states.
func test(ctx context.Context, pkg string, timeout time.Duration, flags ...string) (output string, err error) {
	args := []string{"test", "-short", "-failfast", "-count=1", "-vet=off", "-exec", guarded, "-timeout", timeout.String()}
	text, err := exec.CommandContext(ctx, "go", append(append(args, flags...), pkg)...).CombinedOutput()
	return string(text), err
}

// overlay writes the mutant, and what makes Go take it in place of the file, into a folder.
func (m mutant) overlay(folder string) (path string, err error) {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return "", err
	}
	lines := strings.SplitAfter(string(text), "\n")
	changed, known := m.change(lines[m.line-1])
	if !known {
		return "", fmt.Errorf("%s is not known here", m.operator)
	}
	lines[m.line-1] = changed
	original, err := filepath.Abs(m.file)
	if err != nil {
		return "", err
	}
	mutated, path := filepath.Join(folder, "mutant.go"), filepath.Join(folder, "overlay.json")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{original: mutated}})
	if err != nil {
		return "", err
	}
	if err := os.WriteFile(mutated, []byte(strings.Join(lines, "")), 0o600); err != nil {
		return "", err
	}
	return path, os.WriteFile(path, replace, 0o600)
}

// change makes the mutant's change in its line; columns count bytes from 1.
func (m mutant) change(line string) (string, bool) {
	rest := line[m.column-1:]
	longest := ""
	for token := range replacements[m.operator] {
		if len(token) > len(longest) && strings.HasPrefix(rest, token) {
			longest = token
		}
	}
	return line[:m.column-1] + replacements[m.operator][longest] + rest[len(longest):], longest != ""
}
