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
	"fmt"
	"os"
	"strings"
	"sync"
	"time"
)

// journal is what happened, in its order, and what of it must never happen.
type journal struct {
	mu         sync.Mutex
	begun      time.Time
	entries    []entry
	violations []entry
}

// entry is one thing that happened to a client, or to all.
type entry struct {
	at     time.Time
	client string
	text   string
}

const everybody = ""

func (j *journal) notef(client, format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, entry{time.Now(), client, fmt.Sprintf(format, args...)})
}

// violatedf notes that an invariant did not hold.
func (j *journal) violatedf(invariant, client, format string, args ...any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	e := entry{time.Now(), client, invariant + ": " + fmt.Sprintf(format, args...)}
	j.entries, j.violations = append(j.entries, e), append(j.violations, e)
}

// count is the number of violations so far.
func (j *journal) count() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.violations)
}

// How much is told of violations, and of what came before and after each.
const (
	mostViolations, mostStories = 12, 3
	lead, trail                 = 20 * time.Second, 3 * time.Second
)

// explain tells the violations, and what happened around the first of them to the client and to all.
func (j *journal) explain() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var text strings.Builder
	for _, v := range j.violations[:min(len(j.violations), mostViolations)] {
		fmt.Fprintf(&text, "VIOLATED %s\n", j.line(v))
	}
	if more := len(j.violations) - mostViolations; more > 0 {
		fmt.Fprintf(&text, "and %d more\n", more)
	}
	for _, v := range j.violations[:min(len(j.violations), mostStories)] {
		fmt.Fprintf(&text, "\nAround %s\n", j.line(v))
		for _, e := range j.entries {
			concerns := e.client == v.client || e.client == everybody || v.client == everybody
			if concerns && e.at.After(v.at.Add(-lead)) && e.at.Before(v.at.Add(trail)) {
				fmt.Fprintf(&text, "  %s\n", j.line(e))
			}
		}
	}
	return text.String()
}

func (j *journal) line(e entry) string {
	return fmt.Sprintf("%8.3f s  %-12s %s", e.at.Sub(j.begun).Seconds(), e.client, e.text)
}

// write writes all of it to a file.
func (j *journal) write(path string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	var text strings.Builder
	for _, e := range j.entries {
		text.WriteString(j.line(e) + "\n")
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o600); err != nil {
		return fmt.Errorf("write what happened: %w", err)
	}
	return nil
}
