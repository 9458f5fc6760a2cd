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

package registration_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"reflect"
	"regexp"
	"slices"
	"testing"

	"github.com/certbound/certbound/internal/registration"
)

type (
	settings = registration.Settings
	jwt      = registration.JWTConfiguration
	metadata = map[string]string
)

func list(members ...string) *[]string { return &members }

func TestDiff(t *testing.T) {
	for sentence, c := range map[string]struct {
		wanted, observed, patch settings
		fields                  []string
	}{
		"nothing is wanted": {observed: settings{Name: new("a"), Callbacks: list("x"), ClientMetadata: metadata{"k": "v"}}},
		"all that is wanted is there": {
			wanted:   settings{Name: new("a"), OIDCConformant: new(true), GrantTypes: list("x")},
			observed: settings{Name: new("a"), OIDCConformant: new(true), GrantTypes: list("x"), Description: new("more")},
		},
		"a text differs": {
			wanted: settings{Name: new("a")}, observed: settings{Name: new("b")},
			patch: settings{Name: new("a")}, fields: []string{"name"},
		},
		"a text is missing": {
			wanted: settings{Description: new("a")},
			patch:  settings{Description: new("a")}, fields: []string{"description"},
		},
		"an empty text is the same as a missing one": {wanted: settings{Description: new("")}},
		"a text is to be emptied": {
			wanted: settings{Description: new("")}, observed: settings{Description: new("a")},
			patch: settings{Description: new("")}, fields: []string{"description"},
		},
		"a switch is to be off and is missing": {wanted: settings{OIDCConformant: new(false)}},
		"a switch is to be off and is on": {
			wanted: settings{OIDCConformant: new(false)}, observed: settings{OIDCConformant: new(true)},
			patch: settings{OIDCConformant: new(false)}, fields: []string{"oidc_conformant"},
		},
		"a switch is to be on and is missing": {
			wanted: settings{OIDCConformant: new(true)},
			patch:  settings{OIDCConformant: new(true)}, fields: []string{"oidc_conformant"},
		},
		"a list has another order":               {wanted: settings{Callbacks: list("a", "b")}, observed: settings{Callbacks: list("b", "a")}},
		"a list names a member twice":            {wanted: settings{Callbacks: list("a", "a")}, observed: settings{Callbacks: list("a")}},
		"an empty list is the same as a missing": {wanted: settings{Callbacks: list()}},
		"a list of nothing is the same as an empty one": {
			wanted: settings{Callbacks: new([]string(nil))}, observed: settings{Callbacks: list()}},
		"a list is to be emptied": {
			wanted: settings{Callbacks: list()}, observed: settings{Callbacks: list("a")},
			patch: settings{Callbacks: list()}, fields: []string{"callbacks"},
		},
		"a list lacks a member: all of it is sent, as the tenant replaces lists": {
			wanted: settings{Callbacks: list("a", "b")}, observed: settings{Callbacks: list("a")},
			patch: settings{Callbacks: list("a", "b")}, fields: []string{"callbacks"},
		},
		"a list has a member too many": {
			wanted: settings{GrantTypes: list("a")}, observed: settings{GrantTypes: list("a", "b")},
			patch: settings{GrantTypes: list("a")}, fields: []string{"grant_types"},
		},
		"of the token configuration only what differs is sent": {
			wanted:   settings{JWTConfiguration: &jwt{Alg: new("RS256"), LifetimeInSeconds: new(int32(60))}},
			observed: settings{JWTConfiguration: &jwt{Alg: new("HS256"), LifetimeInSeconds: new(int32(60))}},
			patch:    settings{JWTConfiguration: &jwt{Alg: new("RS256")}}, fields: []string{"jwt_configuration"},
		},
		"the token configuration is missing": {
			wanted: settings{JWTConfiguration: &jwt{LifetimeInSeconds: new(int32(60))}},
			patch:  settings{JWTConfiguration: &jwt{LifetimeInSeconds: new(int32(60))}}, fields: []string{"jwt_configuration"},
		},
		"nothing of the token configuration is wanted": {
			wanted: settings{JWTConfiguration: &jwt{}}, observed: settings{JWTConfiguration: &jwt{Alg: new("RS256")}}},
		"of the metadata only what differs is sent": {
			wanted:   settings{ClientMetadata: metadata{"a": "1", "b": "2", "c": "3"}},
			observed: settings{ClientMetadata: metadata{"a": "1", "b": "x", "theirs": "4"}},
			patch:    settings{ClientMetadata: metadata{"b": "2", "c": "3"}}, fields: []string{"client_metadata"},
		},
		"metadata of others is left alone":            {wanted: settings{ClientMetadata: metadata{"a": "1"}}, observed: settings{ClientMetadata: metadata{"a": "1", "b": "2"}}},
		"an empty value is the same as a missing one": {wanted: settings{ClientMetadata: metadata{"a": ""}}},
		"no metadata is wanted":                       {wanted: settings{ClientMetadata: metadata{}}, observed: settings{ClientMetadata: metadata{"a": "1"}}},
		"the fields are named in the order of the type": {
			wanted: settings{ClientMetadata: metadata{"a": "1"}, Name: new("a"), RequireProofOfPossession: new(true), AppType: new("spa")},
			patch:  settings{ClientMetadata: metadata{"a": "1"}, Name: new("a"), RequireProofOfPossession: new(true), AppType: new("spa")},
			fields: []string{"name", "app_type", "require_proof_of_possession", "client_metadata"},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			patch, fields := registration.Diff(c.wanted, c.observed)
			if !reflect.DeepEqual(patch, c.patch) || !slices.Equal(fields, c.fields) {
				t.Errorf("Diff = %s %q, want %s %q", inJSON(t, patch), fields, inJSON(t, c.patch), c.fields)
			}
			if patch.IsZero() != (len(c.fields) == 0) {
				t.Errorf("IsZero = %t of %s", patch.IsZero(), inJSON(t, patch))
			}
		})
	}
}

func inJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestEveryFieldIsCompared fails when a field is added to Settings that Diff does not compare.
func TestEveryFieldIsCompared(t *testing.T) {
	names := map[string]bool{}
	for field := range reflect.TypeFor[settings]().Fields() {
		t.Run(field.Name, func(t *testing.T) {
			random := rand.New(rand.NewPCG(2, 2))
			var one, other settings
			reflect.ValueOf(&one).Elem().FieldByIndex(field.Index).Set(value(t, field.Type, random))
			reflect.ValueOf(&other).Elem().FieldByIndex(field.Index).Set(anotherValue(t, field.Type, random))
			patch, fields := registration.Diff(one, settings{})
			if !reflect.DeepEqual(patch, one) || len(fields) != 1 || names[fields[0]] || !jsonName.MatchString(fields[0]) {
				t.Errorf("Diff of the field alone = %s %q, want %s under its own name", inJSON(t, patch), fields, inJSON(t, one))
			}
			names[fields[0]] = true
			if patch, fields := registration.Diff(one, other); !reflect.DeepEqual(patch, one) || len(fields) != 1 {
				t.Errorf("Diff from %s = %s %q, want %s", inJSON(t, other), inJSON(t, patch), fields, inJSON(t, one))
			}
			if patch, fields := registration.Diff(one, one); !patch.IsZero() || fields != nil {
				t.Errorf("Diff from the same = %s %q, want none", inJSON(t, patch), fields)
			}
			if patch, fields := registration.Diff(settings{}, one); !patch.IsZero() || fields != nil {
				t.Errorf("Diff when unmanaged = %s %q, want none", inJSON(t, patch), fields)
			}
		})
	}
}

var jsonName = regexp.MustCompile(`^[a-z_]+$`)

// value is a random value of a field that is set, and neither empty nor off.
func value(t *testing.T, of reflect.Type, random *rand.Rand) reflect.Value {
	t.Helper()
	word := func() string { return string(rune('a' + random.IntN(4))) }
	switch of {
	case reflect.TypeFor[*string]():
		return reflect.ValueOf(new(word()))
	case reflect.TypeFor[*int32]():
		return reflect.ValueOf(new(1 + random.Int32N(3)))
	case reflect.TypeFor[*bool]():
		return reflect.ValueOf(new(true))
	case reflect.TypeFor[*[]string]():
		return reflect.ValueOf(list(word(), word()))
	case reflect.TypeFor[map[string]string]():
		return reflect.ValueOf(map[string]string{word(): word(), word(): word()})
	case reflect.TypeFor[*jwt]():
		return reflect.ValueOf(&jwt{Alg: new(word()), LifetimeInSeconds: new(1 + random.Int32N(3))})
	}
	t.Fatalf("a field has the type %s: let Diff compare it, and give it a value here", of)
	return reflect.Value{}
}

// anotherValue is one that differs from those before it, of which a switch has only one.
func anotherValue(t *testing.T, of reflect.Type, random *rand.Rand) reflect.Value {
	t.Helper()
	if of == reflect.TypeFor[*bool]() {
		return reflect.ValueOf(new(false))
	}
	return value(t, of, random)
}

// TestPatchesSettle takes random clients through the patch and a tenant: afterwards nothing differs, what is not managed
// is as it was, and neither side of the comparison has changed.
func TestPatchesSettle(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 7))
	for range 5_000 {
		wanted, observed := someSettings(t, random), someSettings(t, random)
		before := inJSON(t, []settings{wanted, observed})
		patch, fields := registration.Diff(wanted, observed)
		if after := inJSON(t, []settings{wanted, observed}); after != before {
			t.Fatalf("Diff changes what it compares: %s, before %s", after, before)
		}
		if patch.IsZero() != (len(fields) == 0) {
			t.Fatalf("the patch %s for the fields %q", inJSON(t, patch), fields)
		}
		now := patched(t, observed, patch, random)
		if again, fields := registration.Diff(wanted, now); !again.IsZero() {
			t.Fatalf("%q differ still: %s, after %s on %s", fields, inJSON(t, again), inJSON(t, patch), inJSON(t, observed))
		}
		unmanaged(t, wanted, observed, now)
	}
}

// someSettings have each field unset, empty or off, or of a value.
func someSettings(t *testing.T, random *rand.Rand) settings {
	t.Helper()
	var s settings
	fill(t, reflect.ValueOf(&s).Elem(), random)
	return s
}

func fill(t *testing.T, s reflect.Value, random *rand.Rand) {
	t.Helper()
	for _, field := range s.Fields() {
		switch random.IntN(3) {
		case 0:
		case 1:
			if field.Kind() == reflect.Pointer {
				field.Set(reflect.New(field.Type().Elem()))
			}
		default:
			field.Set(value(t, field.Type(), random))
		}
		if c, ok := reflect.TypeAssert[*jwt](field); ok && c != nil {
			fill(t, reflect.ValueOf(c).Elem(), random)
		}
	}
}

// patched is what a tenant makes of a patch: it replaces what is sent, but merges metadata and token configuration, and
// may leave out what is empty or off in its answer.
func patched(t *testing.T, observed, patch settings, random *rand.Rand) settings {
	t.Helper()
	client := asMap(t, observed)
	for key, value := range asMap(t, patch) {
		have, isObject := client[key].(map[string]any)
		if changes, ok := value.(map[string]any); ok && isObject {
			maps.Copy(have, changes)
		} else {
			client[key] = value
		}
	}
	maps.DeleteFunc(client, func(_ string, v any) bool {
		empty := v == nil || v == "" || v == false || reflect.DeepEqual(v, []any{})
		return empty && random.IntN(2) == 0
	})
	var now settings
	if err := json.Unmarshal([]byte(inJSON(t, client)), &now); err != nil {
		t.Fatal(err)
	}
	return now
}

func asMap(t *testing.T, s settings) (m map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(inJSON(t, s)), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

// unmanaged checks that fields, metadata and token configuration that are not wanted are as before.
func unmanaged(t *testing.T, wanted, before, now settings) {
	t.Helper()
	for field, value := range reflect.ValueOf(wanted).Fields() {
		if !value.IsNil() {
			continue
		}
		var old, present settings
		reflect.ValueOf(&old).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(before).FieldByIndex(field.Index))
		reflect.ValueOf(&present).Elem().FieldByIndex(field.Index).Set(reflect.ValueOf(now).FieldByIndex(field.Index))
		if differs, _ := registration.Diff(old, present); !differs.IsZero() {
			t.Fatalf("%s is not managed and changed from %s to %s", field.Name, inJSON(t, old), inJSON(t, present))
		}
	}
	for key, had := range before.ClientMetadata {
		if _, managed := wanted.ClientMetadata[key]; !managed && now.ClientMetadata[key] != had {
			t.Fatalf("the metadata %q is not managed and changed from %q to %q", key, had, now.ClientMetadata[key])
		}
	}
}

func TestSameSet(t *testing.T) {
	for _, c := range []struct {
		a, b []string
		same bool
	}{
		{nil, nil, true},
		{nil, []string{}, true},
		{[]string{"a", "b"}, []string{"b", "a"}, true},
		{[]string{"a", "a", "b"}, []string{"a", "b", "b"}, true},
		{[]string{"a"}, nil, false},
		{[]string{"a"}, []string{"b"}, false},
		{[]string{"a"}, []string{"a", "b"}, false},
		{[]string{"a"}, []string{"A"}, false},
	} {
		if registration.SameSet(c.a, c.b) != c.same || registration.SameSet(c.b, c.a) != c.same {
			t.Errorf("SameSet(%q, %q) = %t", c.a, c.b, !c.same)
		}
	}
	order := []string{"b", "a"}
	if !registration.SameSet(order, []string{"a", "b"}) || !slices.Equal(order, []string{"b", "a"}) {
		t.Errorf("SameSet sorts the list it compares: %q", order)
	}
}

func TestWithout(t *testing.T) {
	for _, c := range []struct{ all, some, want []string }{
		{nil, []string{"a"}, nil},
		{[]string{"b", "a", "c"}, nil, []string{"b", "a", "c"}},
		{[]string{"b", "a", "c"}, []string{"a", "d"}, []string{"b", "c"}},
		{[]string{"a"}, []string{"a"}, nil},
	} {
		if got := registration.Without(c.all, c.some); !slices.Equal(got, c.want) {
			t.Errorf("Without(%q, %q) = %q", c.all, c.some, got)
		}
	}
}
