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

// operators are those that gremlins does not apply unless it is told to, and that make sense here.
var operators = []string{"--invert-logical", "--invert-loopctrl", "--invert-assignments", "--remove-self-assignments"}

// mutant is a change of the code.
type mutant struct {
	file, operator string
	line, column   int
	text           string // the line that is changed
}

func (m mutant) place() string { return fmt.Sprintf("%s:%d:%d", m.file, m.line, m.column) }

// key names a mutant also when lines above it come and go.
func (m mutant) key() string {
	return strings.Join([]string{m.file, m.operator, fmt.Sprint(m.column), m.text}, "\t")
}

// list asks the tool for the mutants of a package. It does not run them: it leaves out what Go's coverage does not count, the
// conditions of cases and constants, and sets no bound to the memory of those that never end.
func list(ctx context.Context, gremlins, pkg string) ([]mutant, error) {
	report, err := os.CreateTemp("", "mutants-*.json")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(report.Name()) }()
	args := append([]string{"unleash", "--dry-run", "--silent", "--exclude-files", "testdata/", "-o", report.Name()}, operators...)
	command := exec.CommandContext(ctx, gremlins, append(args, pkg)...)
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	command.Env = append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -short") // it runs the tests once
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("gremlins on %s: %w", pkg, err)
	}
	var found struct {
		Files []struct {
			Name      string `json:"file_name"`
			Mutations []struct {
				Type   string `json:"type"`
				Line   int    `json:"line"`
				Column int    `json:"column"`
			} `json:"mutations"`
		} `json:"files"`
	}
	if err := json.NewDecoder(report).Decode(&found); err != nil {
		return nil, fmt.Errorf("the report on %s: %w", pkg, err)
	}
	var mutants []mutant
	for _, f := range found.Files {
		path := filepath.Join(pkg, f.Name)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		lines := strings.Split(string(text), "\n")
		for _, m := range f.Mutations {
			mutants = append(mutants, mutant{path, m.Type, m.Line, m.Column, strings.TrimSpace(lines[m.Line-1])})
		}
	}
	return mutants, nil
}
