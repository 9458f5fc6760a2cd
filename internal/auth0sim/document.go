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

package auth0sim

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// document is a JSON object whose members keep their order, as Auth0's answers do.
type document []member

type member struct {
	key   string
	value any
}

// add appends a member.
func (d *document) add(key string, value any) { *d = append(*d, member{key, value}) }

// addIf appends a member if the condition holds. Auth0 omits what is not set; it does not answer null.
func (d *document) addIf(condition bool, key string, value any) {
	if condition {
		d.add(key, value)
	}
}

// keep returns the members for which the predicate holds.
func (d document) keep(predicate func(key string) bool) document {
	kept := document{}
	for _, m := range d {
		if predicate(m.key) {
			kept = append(kept, m)
		}
	}
	return kept
}

// MarshalJSON writes the members in order, without escaping HTML, as JSON.stringify does.
func (d document) MarshalJSON() ([]byte, error) {
	var out bytes.Buffer
	out.WriteByte('{')
	for i, m := range d {
		if i > 0 {
			out.WriteByte(',')
		}
		key, err := marshal(m.key)
		if err != nil {
			return nil, err
		}
		value, err := marshal(m.value)
		if err != nil {
			return nil, err
		}
		out.Write(key)
		out.WriteByte(':')
		out.Write(value)
	}
	out.WriteByte('}')
	return out.Bytes(), nil
}

// marshal is JSON without HTML escapes and without a final newline.
func marshal(value any) ([]byte, error) {
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(out.Bytes(), []byte("\n")), nil
}

// decodeObject reads a JSON object and keeps numbers as they were written.
func decodeObject(data []byte) (map[string]any, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	var object map[string]any
	if err := decoder.Decode(&object); err != nil {
		return nil, err
	}
	if decoder.More() {
		return nil, errors.New("more than one JSON value")
	}
	return object, nil
}

// ordered turns a settings map into a document: first the keys named in order, then the others alphabetically.
func ordered(settings map[string]any, order []string) document {
	result := document{}
	for _, key := range order {
		if value, ok := settings[key]; ok {
			result.add(key, value)
		}
	}
	rest := []string{}
	for key := range settings {
		if !slices.Contains(order, key) {
			rest = append(rest, key)
		}
	}
	slices.Sort(rest)
	for _, key := range rest {
		result.add(key, settings[key])
	}
	return result
}

// timestamp is the form of created_at, updated_at and expires_at: UTC with milliseconds.
func timestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z") }

// inlineTimestamp is the form of expires_at where POST /clients echoes inline credentials: without milliseconds unless
// there are some (auth0/go-auth0 test/data/recordings/TestClientAuthenticationMethods/GetSelfSignedTLSClientAuth.yaml).
func inlineTimestamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.999Z") }

func stringOf(object map[string]any, key string) string {
	text, _ := object[key].(string)
	return text
}

func boolOf(object map[string]any, key string) bool {
	value, _ := object[key].(bool)
	return value
}

func objectOf(object map[string]any, key string) map[string]any {
	value, _ := object[key].(map[string]any)
	return value
}

// stringsOf returns the strings of an array, in order.
func stringsOf(object map[string]any, key string) []string {
	array, _ := object[key].([]any)
	texts := make([]string, 0, len(array))
	for _, item := range array {
		if text, ok := item.(string); ok {
			texts = append(texts, text)
		}
	}
	return texts
}
