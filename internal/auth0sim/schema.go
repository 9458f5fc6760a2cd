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
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// schema is the part of JSON Schema that the Management API's bodies need. Its messages are those of the validator behind
// Auth0 (z-schema), known from recorded answers such as "Array is too long (3), maximum 2".
type schema struct {
	// types are the JSON types accepted; empty means any.
	types []string

	values             []string
	minLength          int
	maxLength          int
	pattern            *regexp.Regexp
	minimum, maximum   int
	bounded            bool
	properties         map[string]*schema
	required           []string
	open               bool
	additional         *schema
	minProps, maxProps int
	items              *schema
	maxItems           int

	// description is quoted by messages, in parentheses after the property.
	description string
}

func textSchema(minLength, maxLength int) *schema {
	return &schema{types: []string{"string"}, minLength: minLength, maxLength: maxLength}
}

func enumSchema(values ...string) *schema {
	return &schema{types: []string{"string"}, values: values}
}

func boolSchema() *schema { return &schema{types: []string{"boolean"}} }

func integerSchema(minimum, maximum int) *schema {
	return &schema{types: []string{"integer"}, minimum: minimum, maximum: maximum, bounded: true}
}

func arraySchema(items *schema, maxItems int) *schema {
	return &schema{types: []string{"array"}, items: items, maxItems: maxItems}
}

// objectSchema accepts the named properties and no other.
func objectSchema(properties map[string]*schema, required ...string) *schema {
	return &schema{types: []string{"object"}, properties: properties, required: required}
}

// openSchema accepts an object with any members: a setting that the simulator stores and gives back without a look inside.
func openSchema() *schema { return &schema{types: []string{"object"}, open: true} }

func (s *schema) nullable() *schema {
	s.types = append(s.types, "null")
	return s
}

func (s *schema) described(description string) *schema {
	s.description = description
	return s
}

func (s *schema) matching(pattern string) *schema {
	s.pattern = regexp.MustCompile(pattern)
	return s
}

func (s *schema) atLeastOneProperty() *schema {
	s.minProps = 1
	return s
}

// violation is one rule that a value breaks.
type violation struct {
	path, what, description string
}

// validate returns every rule that the value breaks.
func (s *schema) validate(path string, value any) []violation {
	var found []violation
	complain := func(format string, arguments ...any) {
		found = append(found, violation{path, fmt.Sprintf(format, arguments...), s.description})
	}
	kind := typeOf(value)
	if len(s.types) > 0 && !slices.Contains(s.types, kind) && (kind != "integer" || !slices.Contains(s.types, "number")) {
		complain("Expected type %s but found type %s", s.types[0], kind)
		return found
	}
	switch value := value.(type) {
	case string:
		s.validateText(value, complain)
	case json.Number:
		s.validateNumber(value, complain)
	case []any:
		if s.maxItems > 0 && len(value) > s.maxItems {
			complain("Array is too long (%d), maximum %d", len(value), s.maxItems)
		}
		if s.items != nil {
			for i, item := range value {
				found = append(found, s.items.validate(join(path, fmt.Sprint(i)), item)...)
			}
		}
	case map[string]any:
		found = append(found, s.validateObject(path, value)...)
	}
	return found
}

func (s *schema) validateText(value string, complain func(string, ...any)) {
	length := utf8.RuneCountInString(value)
	switch {
	case len(s.values) > 0 && !slices.Contains(s.values, value):
		complain("No enum match for: %s", value)
	case length < s.minLength:
		complain("String is too short (%d chars), minimum %d", length, s.minLength)
	case s.maxLength > 0 && length > s.maxLength:
		complain("String is too long (%d chars), maximum %d", length, s.maxLength)
	case s.pattern != nil && !s.pattern.MatchString(value):
		complain("String does not match pattern %s: %s", s.pattern, value)
	}
}

func (s *schema) validateNumber(value json.Number, complain func(string, ...any)) {
	number, err := value.Float64()
	switch {
	case err != nil || !s.bounded:
	case number < float64(s.minimum):
		complain("Value %s is less than minimum %d", value, s.minimum)
	case number > float64(s.maximum):
		complain("Value %s is greater than maximum %d", value, s.maximum)
	}
}

func (s *schema) validateObject(path string, value map[string]any) []violation {
	var found []violation
	complain := func(format string, arguments ...any) {
		found = append(found, violation{path, fmt.Sprintf(format, arguments...), s.description})
	}
	if len(value) < s.minProps {
		complain("Too few properties defined (%d), minimum %d", len(value), s.minProps)
	}
	if s.maxProps > 0 && len(value) > s.maxProps {
		complain("Too many properties defined (%d), maximum %d", len(value), s.maxProps)
	}
	for _, key := range s.required {
		if _, present := value[key]; !present {
			complain("Missing required property: %s", key)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(value)) {
		switch property, known := s.properties[key]; {
		case known:
			found = append(found, property.validate(join(path, key), value[key])...)
		case s.additional != nil:
			found = append(found, s.additional.validate(join(path, key), value[key])...)
		case !s.open:
			complain("Additional properties not allowed: %s", key)
		}
	}
	return found
}

// check validates a request body and returns the recorded form of the failure, or nil.
func (s *schema) check(body map[string]any) *failure {
	violations := s.validate("", body)
	if len(violations) == 0 {
		return nil
	}
	return &failure{status: http.StatusBadRequest, code: "invalid_body", message: describe("Payload", violations)}
}

// describe words violations as Auth0 does: the property is named unless it is the whole body.
func describe(part string, violations []violation) string {
	texts := make([]string, len(violations))
	for i, v := range violations {
		text := part + " validation error: '" + v.what + "'"
		if v.path != "" {
			text += " on property " + v.path
			if v.description != "" {
				text += " (" + v.description + ")"
			}
		}
		texts[i] = text + "."
	}
	return strings.Join(texts, " (also) ")
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// typeOf names the JSON type of a decoded value; a number without a fraction is an integer.
func typeOf(value any) string {
	switch value := value.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Number:
		if number, ok := new(big.Rat).SetString(value.String()); ok && number.IsInt() {
			return "integer"
		}
		return "number"
	case []any:
		return "array"
	default:
		return "object"
	}
}
