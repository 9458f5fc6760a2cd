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

package registration

import (
	"reflect"
	"slices"
	"strings"
)

// Diff returns the settings of wanted that observed does not have, and the JSON names of those fields in their order.
// Lists are sets: the tenant's order is not the user's. Fields that are nil in wanted never appear.
func Diff(wanted, observed Settings) (patch Settings, fields []string) {
	in, have, out := reflect.ValueOf(wanted), reflect.ValueOf(observed), reflect.ValueOf(&patch).Elem()
	for i := range in.NumField() {
		difference := differs(in.Field(i).Interface(), have.Field(i).Interface())
		if difference == nil {
			continue
		}
		out.Field(i).Set(reflect.ValueOf(difference))
		fields = append(fields, jsonName(in.Type().Field(i)))
	}
	return patch, fields
}

// IsZero tells whether nothing is to be changed.
func (s Settings) IsZero() bool {
	return reflect.ValueOf(s).IsZero()
}

// differs returns what of wanted is to be sent, or nil.
func differs(wanted, observed any) any {
	switch w := wanted.(type) {
	case *string:
		return unequal(w, observed.(*string))
	case *bool:
		return unequal(w, observed.(*bool))
	case *[]string:
		o := observed.(*[]string)
		if w == nil || (o != nil && SameSet(*w, *o)) || (o == nil && len(*w) == 0) {
			return nil
		}
		return w
	case *JWTConfiguration:
		return jwtDiffers(w, observed.(*JWTConfiguration))
	case map[string]string:
		return metadataDiffers(w, observed.(map[string]string))
	default:
		panic("registration: a field of Settings has a type that Diff does not compare")
	}
}

func unequal[T comparable](wanted, observed *T) any {
	var zero T
	switch {
	case wanted == nil:
		return nil
	case observed == nil && *wanted == zero: // the tenant leaves out what is off or empty
		return nil
	case observed != nil && *wanted == *observed:
		return nil
	}
	return wanted
}

// jwtDiffers keeps to the fields that differ: the tenant merges jwt_configuration field by field.
func jwtDiffers(wanted, observed *JWTConfiguration) any {
	if wanted == nil {
		return nil
	}
	if observed == nil {
		observed = &JWTConfiguration{}
	}
	patch := &JWTConfiguration{}
	if unequal(wanted.Alg, observed.Alg) != nil {
		patch.Alg = wanted.Alg
	}
	if unequal(wanted.LifetimeInSeconds, observed.LifetimeInSeconds) != nil {
		patch.LifetimeInSeconds = wanted.LifetimeInSeconds
	}
	if *patch == (JWTConfiguration{}) {
		return nil
	}
	return patch
}

func metadataDiffers(wanted, observed map[string]string) any {
	patch := map[string]string{}
	for key, value := range wanted {
		if observed[key] != value { // a key that is missing and an empty value are the same
			patch[key] = value
		}
	}
	if len(patch) == 0 {
		return nil
	}
	return patch
}

// SameSet tells whether two lists hold the same members, whatever their order.
func SameSet(a, b []string) bool {
	return slices.Equal(sortedSet(a), sortedSet(b))
}

// Without are the members of a list that another does not hold, in their order; nil where there are none.
func Without(all, some []string) (rest []string) {
	for _, s := range all {
		if !slices.Contains(some, s) {
			rest = append(rest, s)
		}
	}
	return rest
}

func sortedSet(list []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

func jsonName(f reflect.StructField) string {
	name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
	return name
}
