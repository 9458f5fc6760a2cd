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

// Package flapping recognises a Secret that changes back and forth between certificates, as two writers make it that do not
// know of each other, and says how long to leave it alone. It is a pure function of what the Secret held lately.
//
// A certificate that comes back is no renewal. Once, it is what a restored backup looks like, and it is followed as far as this
// package is concerned: whether it is older than what is published is for others to see. What came
// back twice within one episode flaps: from then on nothing new is followed before the Secret has been quiet, for twice as long
// each time that something comes back again.
//
//	| the Secret held (each within an hour of the last) | came back | is followed           |
//	|---------------------------------------------------|-----------|-----------------------|
//	| A B                                               | 0         | B at once             |
//	| A B C, by one writer                              | 0         | C at once             |
//	| A B A, a restored backup                          | 1         | A at once             |
//	| A B A C, and the renewal after it                 | 1         | C at once             |
//	| A B A B                                           | 2         | B after 15 s of quiet |
//	| A B A B A                                         | 3         | A after 30 s of quiet |
//	| A₁ B₁ A₂ B₂, writers A and B                      | 2         | B₂ after 15 s         |
//	| A B A B, an hour of quiet, C                      | 0         | C at once             |
package flapping

import (
	"slices"
	"time"
)

const (
	// Most is how many sights are kept.
	Most = 12
	// Quiet is how long a Secret must not change for an episode to be over, and the longest patience.
	Quiet = time.Hour

	tolerated = 1 // how often something may come back in an episode
	patience  = 15 * time.Second
)

// Sight is what a Secret held.
type Sight struct {
	// Fingerprint of the certificate; empty when there was none that could be read.
	Fingerprint string
	// Writer is who wrote it; empty when that is not known.
	Writer string
	// Since is when it was first seen there.
	Since time.Time
}

// Note adds what is seen now, at its Since, to the sights of the episode, oldest first. What is there already since the last
// change adds nothing. After a time of quiet an episode begins, with what the Secret held all that time.
func Note(episode []Sight, now Sight) []Sight {
	if len(episode) == 0 {
		return []Sight{now}
	}
	last := episode[len(episode)-1]
	if last.Fingerprint == now.Fingerprint {
		return episode
	}
	if now.Since.Sub(last.Since) >= Quiet {
		episode = []Sight{last}
	}
	episode = append(slices.Clip(episode), now)
	return episode[max(0, len(episode)-Most):]
}

// HeldUntil tells until when the last sight must not be followed, unless the Secret changes again; false when it may be followed
// now.
func HeldUntil(episode []Sight, now time.Time) (until time.Time, held bool) {
	back := returns(episode)
	if back <= tolerated {
		return time.Time{}, false
	}
	last := episode[len(episode)-1].Since
	if last.After(now) {
		last = now // a clock was set back
	}
	until = last.Add(min(patience<<(back-tolerated-1), Quiet))
	return until, now.Before(until)
}

// returns is how often a certificate came back, or a writer did after another one wrote: whichever is more. One restored backup
// may be both at once, when the writer that was there before it writes again.
func returns(episode []Sight) int {
	certificates, writers := 0, 0
	var written []string // who wrote, repetitions left out
	for i, s := range episode {
		if slices.ContainsFunc(episode[:i], func(earlier Sight) bool { return earlier.Fingerprint == s.Fingerprint }) {
			certificates++
		}
		if s.Writer == "" || (len(written) > 0 && written[len(written)-1] == s.Writer) {
			continue
		}
		if slices.Contains(written, s.Writer) {
			writers++
		}
		written = append(written, s.Writer)
	}
	return max(certificates, writers)
}

// Writers are those who wrote in the episode, each once, in the order in which they first did.
func Writers(episode []Sight) (names []string) {
	for _, s := range episode {
		if s.Writer != "" && !slices.Contains(names, s.Writer) {
			names = append(names, s.Writer)
		}
	}
	return names
}

// Certificates is how many different ones were seen in the episode.
func Certificates(episode []Sight) int {
	seen := map[string]bool{}
	for _, s := range episode {
		if s.Fingerprint != "" {
			seen[s.Fingerprint] = true
		}
	}
	return len(seen)
}
