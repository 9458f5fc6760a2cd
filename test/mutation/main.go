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
//	go run ./test/mutation -gremlins bin/gremlins -at internal/rotation/next.go:76: ./internal/rotation
package main

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// examination is what is to be examined, and how.
type examination struct {
	gremlins, survivors string
	at                  string
	workers             int
}

func main() {
	var e examination
	flag.StringVar(&e.gremlins, "gremlins", "bin/gremlins", "the pinned tool")
	flag.StringVar(&e.survivors, "survivors", "test/mutation/survivors.tsv", "the changes that make no difference, and why")
	flag.StringVar(&e.at, "at", "", "only the mutants whose file:line:column begins with this")
	flag.IntVar(&e.workers, "workers", runtime.NumCPU(), "how many mutants are tried at a time")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := e.run(ctx, flag.Args())
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutation:", err)
		os.Exit(1)
	}
}

func (e examination) run(ctx context.Context, packages []string) error {
	explained, err := read(e.survivors)
	if err != nil {
		return err
	}
	var open int
	for _, pkg := range packages {
		unnoticed, err := e.examine(ctx, pkg)
		if err != nil {
			return err
		}
		for _, m := range unnoticed {
			if explained[m.key()] > 0 {
				explained[m.key()]--
				continue
			}
			open++
			fmt.Printf("%s %s is not noticed:\n\t%s\n\t%s\n", m.place(), m.operator, m.text, m.key())
		}
	}
	maps.DeleteFunc(explained, func(key string, left int) bool { return left == 0 || e.at != "" || !isOf(packages, key) })
	for _, key := range slices.Sorted(maps.Keys(explained)) {
		fmt.Printf("explained, and no survivor (any more): %s\n", key)
	}
	if open > 0 || len(explained) > 0 {
		return fmt.Errorf("%d mutants are not noticed and not explained, %d explanations are out of date", open, len(explained))
	}
	return nil
}

// isOf tells whether a mutant's file is in one of the packages.
func isOf(packages []string, key string) bool {
	file, _, _ := strings.Cut(key, "\t")
	return slices.ContainsFunc(packages, func(pkg string) bool { return filepath.Clean(pkg) == filepath.Dir(file) })
}

// examine returns the mutants of a package that no test notices, and prints how many there are of each status.
func (e examination) examine(ctx context.Context, pkg string) (unnoticed []mutant, err error) {
	mutants, err := list(ctx, e.gremlins, pkg)
	if err != nil {
		return nil, err
	}
	mutants = slices.DeleteFunc(mutants, func(m mutant) bool { return !strings.HasPrefix(m.place(), e.at) })
	patience, err := measure(ctx, pkg)
	if err != nil {
		return nil, err
	}
	trials := e.tryAll(ctx, pkg, mutants, patience)
	counts := map[status]int{}
	for i, t := range trials {
		if t.err != nil {
			return nil, fmt.Errorf("%s: %w", mutants[i].place(), t.err)
		}
		counts[t.status]++
		if t.status == lived {
			unnoticed = append(unnoticed, mutants[i])
		}
	}
	fmt.Printf("%s: %d mutants", pkg, len(mutants))
	for _, s := range slices.Sorted(maps.Keys(counts)) {
		fmt.Printf(", %d %s", counts[s], s)
	}
	fmt.Println()
	return unnoticed, nil
}

// tryAll tries so many mutants at a time as there are workers, and returns what came of each.
func (e examination) tryAll(ctx context.Context, pkg string, mutants []mutant, patience patience) []trial {
	trials := make([]trial, len(mutants))
	var running sync.WaitGroup
	free := make(chan struct{}, e.workers)
	for i, m := range mutants {
		free <- struct{}{}
		running.Go(func() {
			trials[i] = m.try(ctx, pkg, patience)
			fmt.Fprintf(os.Stderr, "%d of %d: %s %s %s\n", i+1, len(mutants), m.place(), m.operator, trials[i])
			<-free
		})
	}
	running.Wait()
	return trials
}

// read reads the explained survivors: file, operator, column, line, and the reason, with tabs between. It returns how often each
// is explained: two equal lines of a file take two explanations.
func read(path string) (map[string]int, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	explained := map[string]int{}
	for line := range strings.Lines(string(text)) {
		line = strings.TrimRight(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		at := strings.LastIndex(line, "\t")
		if strings.Count(line, "\t") != 4 || line[at+1:] == "" {
			return nil, fmt.Errorf("%s: %q has not five fields", path, line)
		}
		explained[line[:at]]++
	}
	return explained, nil
}
