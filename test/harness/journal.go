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

package harness

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// journal collects what is wrong, wherever it is noticed, until the Workspace at work asks for it.
type journal struct {
	log io.Writer

	mutex      sync.Mutex
	secrets    []string
	violations []violation
}

// violation is something that must never be. Those without a namespace are everybody's.
type violation struct{ namespace, text string }

func (j *journal) addf(namespace, format string, args ...any) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.violations = append(j.violations, violation{namespace, fmt.Sprintf(format, args...)})
}

// take removes and returns what concerns a namespace.
func (j *journal) take(namespace string) (texts []string) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	kept := j.violations[:0:0]
	for _, v := range j.violations {
		if v.namespace == namespace || v.namespace == "" {
			texts = append(texts, v.text)
		} else {
			kept = append(kept, v)
		}
	}
	j.violations = kept
	return texts
}

// hide names a value that must appear in no log line and in no object but Secrets.
func (j *journal) hide(secret string) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	j.secrets = append(j.secrets, secret)
}

// reveals tells what in a text must not be there; empty for nothing.
func (j *journal) reveals(text []byte) string {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if bytes.Contains(text, []byte("PRIVATE KEY")) {
		return "a private key"
	}
	for _, secret := range j.secrets {
		if bytes.Contains(text, []byte(secret)) {
			return "a secret"
		}
	}
	return ""
}

// alarms are texts of log lines that no run may produce.
var alarms = []string{"is forbidden: User", "Observed a panic", "panic recovered"}

// Write takes a line of the operator's log.
func (j *journal) Write(line []byte) (int, error) {
	if what := j.reveals(line); what != "" {
		j.addf("", "the operator's log holds %s", what)
	}
	for _, alarm := range alarms {
		if bytes.Contains(line, []byte(alarm)) {
			j.addf("", "the operator's log says: %s", bytes.TrimSpace(line))
		}
	}
	if j.log != nil {
		return j.log.Write(line)
	}
	return len(line), nil
}
