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
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Markers between which the results stand in docs/benchmarks/README.md.
const (
	readme = "README.md"
	begin  = "<!-- results: written by make bench -->"
	end    = "<!-- end of results -->"
)

// lastResult is what was kept of the last run with as many clients.
func lastResult(o options) (report, bool, error) {
	if o.results == "" {
		return report{}, false, nil
	}
	kept, err := load(o.results, o.clients)
	if errors.Is(err, fs.ErrNotExist) {
		return report{}, false, nil
	}
	return kept, err == nil, err
}

func file(folder string, clients int, extension string) string {
	return filepath.Join(folder, strconv.Itoa(clients)+extension)
}

func load(folder string, clients int) (kept report, err error) {
	content, err := os.ReadFile(file(folder, clients, ".json"))
	if err != nil {
		return kept, fmt.Errorf("read the last result: %w", err)
	}
	if err := json.Unmarshal(content, &kept); err != nil {
		return kept, fmt.Errorf("read the last result: %w", err)
	}
	return kept, nil
}

// keep writes the figures, the picture and the table. Scenarios that were not measured this time stay as they were.
func keep(o options, found report) error {
	kept, known, err := lastResult(o)
	if err != nil {
		return err
	}
	if known {
		found = merge(kept, found)
	}
	if err := os.MkdirAll(o.results, 0o750); err != nil {
		return fmt.Errorf("make the folder for results: %w", err)
	}
	figures, err := json.MarshalIndent(found, "", "  ")
	if err != nil {
		return fmt.Errorf("keep the result: %w", err)
	}
	for extension, content := range map[string][]byte{".json": append(figures, '\n'), ".svg": picture(found)} {
		if err := os.WriteFile(file(o.results, o.clients, extension), content, 0o644); err != nil { //nolint:gosec // for everybody to read
			return fmt.Errorf("keep the result: %w", err)
		}
	}
	return writeTable(o.results)
}

// merge takes new results over old ones, in the order of the scenarios.
func merge(old, found report) report {
	for _, r := range old.Results {
		same := func(other result) bool { return other.Scenario == r.Scenario && other.Limits == r.Limits }
		if !slices.ContainsFunc(found.Results, same) {
			found.Results = append(found.Results, r)
		}
	}
	all := names()
	slices.SortStableFunc(found.Results, func(a, b result) int {
		if (a.Limits.Rate == 0) != (b.Limits.Rate == 0) {
			return b.Limits.Rate - a.Limits.Rate
		}
		return slices.Index(all, a.Scenario) - slices.Index(all, b.Scenario)
	})
	if len(found.AtRest) == 0 {
		found.AtRest = old.AtRest
	}
	return found
}

// writeTable writes the results of all sizes into the README, between its markers.
func writeTable(folder string) error {
	path := filepath.Join(folder, readme)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	written, err := withTable(string(content), folder)
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, []byte(written), 0o644); err != nil { //nolint:gosec // for everybody to read
		return fmt.Errorf("write the table: %w", err)
	}
	return nil
}

// withTable is the README with the results that stand beside it.
func withTable(text, folder string) (string, error) {
	head, rest, opened := strings.Cut(text, begin)
	_, tail, closed := strings.Cut(rest, end)
	if !opened || !closed {
		return "", fmt.Errorf("write the table: %s has no markers %s and %s", readme, begin, end)
	}
	reports, err := loadAll(folder)
	if err != nil {
		return "", err
	}
	var table strings.Builder
	for _, r := range reports {
		fmt.Fprintf(&table, "\n%s\n![Calls and times of %d clients, as ratios to the least](%d.svg)\n", r.markdown(), r.Clients, r.Clients)
	}
	return head + begin + "\n" + table.String() + "\n" + end + tail, nil
}

// loadAll reads the results of all sizes, the smallest first.
func loadAll(folder string) (reports []report, err error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.json"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		clients, err := strconv.Atoi(strings.TrimSuffix(filepath.Base(path), ".json"))
		if err != nil {
			return nil, fmt.Errorf("read the results: %s is not named for a number of clients: %w", path, err)
		}
		r, err := load(folder, clients)
		if err != nil {
			return nil, err
		}
		reports = append(reports, r)
	}
	slices.SortFunc(reports, func(a, b report) int { return a.Clients - b.Clients })
	return reports, nil
}

// surroundings are where this is measured.
func surroundings(o options) about {
	a := about{
		Date: time.Now().UTC().Format(time.DateOnly), Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH, Processor: processor(),
		Processors: runtime.NumCPU(), Seed: o.seed, UrgentEvery: o.every.String(), Kubernetes: "unknown",
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			if m.Path == "k8s.io/client-go" {
				a.Kubernetes = m.Version
			}
		}
	}
	return a
}

// processor is the model, where the system tells it as Linux does.
func processor() string {
	content, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "unknown model"
	}
	for line := range strings.Lines(string(content)) {
		if name, value, _ := strings.Cut(line, ":"); strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "unknown model"
}
