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

package cluster

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"
	"unicode"
)

// reportInterval is the longest silence of a build, so that neither a person nor a CI takes it for hanging.
const reportInterval = 10 * time.Second

// buildLog reads what `go build -v` prints: a line for each module it downloads and each package it compiles, and errors.
type buildLog struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

// Write takes what the go command prints.
func (l *buildLog) Write(chunk []byte) (int, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return l.text.Write(chunk)
}

// String says how far the build is.
func (l *buildLog) String() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	downloaded := bytes.Count(l.text.Bytes(), []byte("go: downloading"))
	compiled := bytes.Count(l.text.Bytes(), []byte("\n")) - downloaded
	switch {
	case compiled > 0:
		return fmt.Sprintf("%d packages compiled", compiled)
	case downloaded > 0:
		return fmt.Sprintf("%d modules downloaded", downloaded)
	default:
		return "building"
	}
}

func (l *buildLog) tail() string {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	return tail(l.text.Bytes())
}

// narrate says status every reportInterval until stop is called.
func narrate(progress io.Writer, status func(elapsed time.Duration) string) (stop func()) {
	done := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		start := time.Now()
		ticker := time.NewTicker(reportInterval)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case <-ticker.C:
				sayf(progress, "%s", status(time.Since(start).Round(time.Second)))
			}
		}
	})
	return func() {
		close(done)
		running.Wait()
	}
}

// sayf writes a line of progress. Who does not listen is no reason to fail.
func sayf(progress io.Writer, format string, args ...any) {
	if progress != nil {
		_, _ = fmt.Fprintf(progress, "cluster: "+format+"\n", args...)
	}
}

const (
	tailLines     = 20
	tailLineRunes = 300
)

// tail is the end of a log, fit for an error message: few lines, none of them long, and no control characters.
func tail(log []byte) string {
	lines := strings.Split(strings.TrimSpace(string(log)), "\n")
	lines = lines[max(0, len(lines)-tailLines):]
	for i, line := range lines {
		runes := []rune(strings.Map(printable, line))
		if len(runes) > tailLineRunes {
			runes = append(runes[:tailLineRunes], '…')
		}
		lines[i] = string(runes)
	}
	return strings.Join(lines, "\n")
}

func printable(r rune) rune {
	if r == '\t' || unicode.IsPrint(r) {
		return r
	}
	return -1
}
