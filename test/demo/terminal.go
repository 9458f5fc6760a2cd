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
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

// The few colours that are used (ECMA-48, select graphic rendition).
const (
	bold  = "1"
	quiet = "2"
	red   = "31"
	green = "32"
	blue  = "36"
)

// terminal is where the demo tells what it does: in colour and with a line at the bottom that changes, where a person looks on;
// plainly, where the output goes to a file.
type terminal struct {
	mu     sync.Mutex
	out    io.Writer
	colour bool
	live   bool
	bottom string
	last   time.Time // when the bottom line was last written
	gap    bool      // an empty line was printed last
}

func newTerminal(file *os.File) *terminal {
	live := term.IsTerminal(int(file.Fd()))
	_, without := os.LookupEnv("NO_COLOR") // https://no-color.org
	return &terminal{out: file, live: live, colour: live && !without}
}

// paint gives a text a colour, where there are colours.
func (t *terminal) paint(code, text string) string {
	if !t.colour {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

// print writes whole lines above the bottom line, and never two empty ones in a row.
func (t *terminal) print(lines string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.erase()
	if t.gap {
		lines = strings.TrimPrefix(lines, "\n")
	}
	_, _ = io.WriteString(t.out, lines+"\n")
	t.gap = strings.HasSuffix(lines, "\n")
	t.draw()
}

func (t *terminal) erase() {
	if t.live && t.bottom != "" {
		_, _ = io.WriteString(t.out, "\r\x1b[K")
	}
}

func (t *terminal) draw() {
	if t.live && t.bottom != "" {
		_, _ = io.WriteString(t.out, t.paint(quiet, t.bottom))
	}
}

// How often the bottom line is written anew: where a person looks on, and where the output goes to a file.
const (
	liveInterval  = 250 * time.Millisecond
	plainInterval = 15 * time.Second
)

// status changes the line at the bottom; an empty text removes it. It must fit on one line.
func (t *terminal) status(text string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now, interval := time.Now(), plainInterval
	if t.live {
		interval = liveInterval
	}
	if text != "" && now.Sub(t.last) < interval {
		return
	}
	t.erase()
	t.bottom, t.last = text, now
	t.draw()
	if !t.live && text != "" {
		_, _ = io.WriteString(t.out, text+"\n")
	}
}

func (t *terminal) title(text string) { t.print(t.paint(bold, text)) }

func (t *terminal) heading(text string) { t.print("\n" + t.paint(bold+";"+blue, "== "+text) + "\n") }

func (t *terminal) sayf(format string, args ...any) { t.print("   " + fmt.Sprintf(format, args...)) }

// command shows a command and what it printed, as it printed it.
func (t *terminal) command(line, output string) {
	t.print("\n   " + t.paint(bold, "$ "+line) + "\n" + indent(output) + "\n")
}

// step shows one thing that happened: when, to which client, in a word, and what it means.
func (t *terminal) step(at time.Duration, client, word, meaning string) {
	code := green
	if word == "refused" {
		code = red
	}
	t.print(fmt.Sprintf("   %5.1f s  %-10s %s %s", at.Seconds(), client, t.paint(code, fmt.Sprintf("%-13s", word)), meaning))
}

func (t *terminal) failure(err error) {
	t.status("")
	t.print("\n" + t.paint(bold+";"+red, "The demo failed: ") + err.Error())
}

func indent(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight("   "+line, " ")
	}
	return strings.Join(lines, "\n")
}
