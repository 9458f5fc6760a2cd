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

// Package knownbugs keeps bugs that neighbouring tools had, and some that this one had, as patches, and shows that the tests catch
// each of them. A guard that somebody takes away later, for a reason that sounds good, is then missed at once.
//
// A bug is a file in bugs: what it does and who had it, in plain words, then
//
//	Breaks: I1
//	Test: ./internal/rotation -run TestEveryWorld
//	Says: I1
//
// and then a unified diff of the code. Breaks names the invariant, Test is what must fail, and Says is a regular expression that its
// output must match, so that it fails for the right reason.
package knownbugs

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// Bug is one patch.
type Bug struct {
	Name string
	// Story is what the bug does, and where it was seen.
	Story string
	// Breaks names the invariant.
	Breaks string
	// Test are the arguments of go test that must fail.
	Test []string
	// Says is what the failing test must print.
	Says *regexp.Regexp
	// Diff is the patch.
	Diff string
	// Files are what it touches, relative to the module.
	Files []string
}

// Read reads the bugs of a folder.
func Read(folder string) (bugs []Bug, err error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.patch"))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		b, err := parse(string(text))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		b.Name = strings.TrimSuffix(filepath.Base(path), ".patch")
		bugs = append(bugs, b)
	}
	return bugs, nil
}

func parse(text string) (Bug, error) {
	head, diff, found := strings.Cut(text, "\n--- a/")
	if !found {
		return Bug{}, errors.New("there is no diff in it")
	}
	b := Bug{Diff: "--- a/" + diff}
	var story []string
	for line := range strings.Lines(head) {
		line = strings.TrimSpace(line)
		name, value, _ := strings.Cut(line, ": ")
		switch name {
		case "Breaks":
			b.Breaks = value
		case "Test":
			b.Test = strings.Fields(value)
		case "Says":
			says, err := regexp.Compile(value)
			if err != nil {
				return Bug{}, err
			}
			b.Says = says
		default:
			story = append(story, line)
		}
	}
	b.Story = strings.TrimSpace(strings.Join(story, " "))
	for line := range strings.Lines(b.Diff) {
		if path, ok := strings.CutPrefix(line, "+++ b/"); ok {
			b.Files = append(b.Files, strings.TrimSpace(path))
		}
	}
	if b.Story == "" || b.Breaks == "" || len(b.Test) == 0 || b.Says == nil || len(b.Files) == 0 {
		return Bug{}, errors.New("it lacks one of: a story, Breaks, Test, Says, a diff")
	}
	return b, nil
}
