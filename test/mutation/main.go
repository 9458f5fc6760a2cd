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

// Command mutation changes the packages that decide, one expression at a time, and shows that their tests notice each change. A
// change that nobody notices is listed in survivors.tsv with the reason why it makes no difference, or is a missing test.
//
//	go run ./test/mutation -gremlins bin/gremlins ./internal/rotation ./internal/certificate
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// operators are those that gremlins does not apply unless it is told to, and that make sense here.
var operators = []string{"--invert-logical", "--invert-loopctrl", "--invert-assignments", "--remove-self-assignments"}

// mutant is a change of the code.
type mutant struct {
	file, operator string
	line, column   int
	text           string // the line that is changed
	status         string
}

// key names a mutant also when lines above it come and go.
func (m mutant) key() string {
	return strings.Join([]string{m.file, m.operator, fmt.Sprint(m.column), m.text}, "\t")
}

func main() {
	gremlins := flag.String("gremlins", "bin/gremlins", "the pinned tool")
	survivors := flag.String("survivors", "test/mutation/survivors.tsv", "the changes that make no difference, and why")
	flag.Parse()
	if err := run(context.Background(), *gremlins, *survivors, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, gremlins, survivors string, packages []string) error {
	explained, err := read(survivors)
	if err != nil {
		return err
	}
	var open []mutant
	for _, pkg := range packages {
		unnoticed, err := examine(ctx, gremlins, pkg)
		if err != nil {
			return err
		}
		for _, m := range unnoticed {
			if _, known := explained[m.key()]; !known {
				open = append(open, m)
			}
			delete(explained, m.key())
		}
	}
	for _, m := range open {
		fmt.Printf("%s:%d:%d %s, %s:\n\t%s\n", m.file, m.line, m.column, m.operator, strings.ToLower(m.status), m.text)
	}
	for _, key := range slices.Sorted(maps.Keys(explained)) {
		fmt.Printf("explained, and no survivor (any more): %s\n", key)
	}
	if len(open) > 0 || len(explained) > 0 {
		return fmt.Errorf("%d mutants are not noticed and not explained, %d explanations are out of date", len(open), len(explained))
	}
	return nil
}

// examine returns the mutants of a package that no test notices, and prints how many there are of each status.
func examine(ctx context.Context, gremlins, pkg string) (unnoticed []mutant, err error) {
	mutants, err := unleash(ctx, gremlins, pkg)
	if err != nil {
		return nil, err
	}
	counts := map[string]int{}
	for _, m := range mutants {
		// A busy machine may have run out of the tool's time: that says nothing of the tests.
		if m.status == "NOT COVERED" || m.status == "TIMED OUT" {
			if m.status, err = m.try(ctx, pkg); err != nil {
				return nil, err
			}
		}
		counts[m.status]++
		if m.status != "KILLED" && m.status != "NOT VIABLE" { // what does not compile is noticed
			unnoticed = append(unnoticed, m)
		}
	}
	fmt.Printf("%s: %d mutants", pkg, len(mutants))
	for _, status := range slices.Sorted(maps.Keys(counts)) {
		fmt.Printf(", %s %d", strings.ToLower(status), counts[status])
	}
	fmt.Println()
	return unnoticed, nil
}

// unleash runs the tool on a package. It changes a copy of the module, never the module.
func unleash(ctx context.Context, gremlins, pkg string) ([]mutant, error) {
	report, err := os.CreateTemp("", "mutants-*.json")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.Remove(report.Name()) }()
	args := append([]string{"unleash", "--silent", "--exclude-files", "testdata/", "--timeout-coefficient", "20", "-o", report.Name()}, operators...)
	command := exec.CommandContext(ctx, gremlins, append(args, pkg)...)
	command.Stdout, command.Stderr = os.Stderr, os.Stderr
	command.Env = append(os.Environ(), "GOFLAGS="+os.Getenv("GOFLAGS")+" -short -count=1") // the searches of all states have a short form; its time is taken anew
	if err := command.Run(); err != nil {
		return nil, fmt.Errorf("gremlins on %s: %w", pkg, err)
	}
	var found struct {
		Files []struct {
			Name      string `json:"file_name"`
			Mutations []struct {
				Type   string `json:"type"`
				Status string `json:"status"`
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
			mutants = append(mutants, mutant{path, m.Type, m.Line, m.Column, strings.TrimSpace(lines[m.Line-1]), m.Status})
		}
	}
	return mutants, nil
}

// read reads the explained survivors: file, operator, column, line, and the reason, with tabs between.
func read(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	explained := map[string]string{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndex(line, "\t")
		if strings.Count(line, "\t") != 4 || line[at+1:] == "" {
			return nil, fmt.Errorf("%s: %q has not five fields", path, line)
		}
		explained[line[:at]] = line[at+1:]
	}
	return explained, nil
}
