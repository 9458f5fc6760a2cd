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
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
)

// checkpointLife is how long the opaque "from" of a list stays valid.
const checkpointLife = 24 * time.Hour

var clientListParameters = []string{"fields", "include_fields", "page", "per_page", "include_totals", "from", "take",
	"is_global", "is_first_party", "app_type", "external_client_id", "q"}

func (s *Simulator) listClients(c *call) (int, any, *failure) {
	if fail := knownParameters(c.query, clientListParameters...); fail != nil {
		return 0, nil, fail
	}
	if c.query.Has("q") {
		return 0, nil, notImplemented("the parameter q of GET /api/v2/clients")
	}
	selected, fail := selectFields(c, clientFields)
	if fail != nil {
		return 0, nil, fail
	}
	matches, fail := clientFilter(c.query)
	if fail != nil {
		return 0, nil, fail
	}
	asOf := c.now.Add(-s.options.ListLag)
	items := []listItem{}
	for ordinal, id := range s.world.clientOrder {
		listed := s.world.clients[id].asOf(asOf)
		if listed != nil && matches(listed) {
			items = append(items, listItem{ordinal, func() any { return visible(s.document(listed, nil), c.scopes, selected) }})
		}
	}
	body, fail := page(c, "clients", items)
	return http.StatusOK, body, fail
}

// clientFilter reads the filters. Without is_global the "All Applications" client is among the rest.
func clientFilter(query url.Values) (func(*client) bool, *failure) {
	global, fail := optionalBool(query, "is_global")
	if fail != nil {
		return nil, fail
	}
	firstParty, fail := optionalBool(query, "is_first_party")
	if fail != nil {
		return nil, fail
	}
	types := strings.Split(query.Get("app_type"), ",")
	return func(c *client) bool {
		return (global == nil || c.global == *global) &&
			(firstParty == nil || boolOf(c.settings, "is_first_party") == *firstParty) &&
			(!query.Has("app_type") || slices.Contains(types, stringOf(c.settings, "app_type"))) &&
			(!query.Has("external_client_id") ||
				stringOf(c.settings, "external_client_id") == query.Get("external_client_id"))
	}, nil
}

// listItem is one entry of a list. Its ordinal grows along the list and never changes; its body is made only if it is on
// the page.
type listItem struct {
	ordinal int
	body    func() any
}

// page cuts a list as the query asks and gives it one of the three recorded shapes: an array, an object with totals, or an
// object with a checkpoint.
func page(c *call, name string, items []listItem) (any, *failure) {
	if c.query.Has("from") || c.query.Has("take") {
		return checkpointPage(c, name, items)
	}
	number, fail := integerParameter(c.query, "page", 0, 0, 1<<31)
	if fail != nil {
		return nil, fail
	}
	size, fail := integerParameter(c.query, "per_page", 50, 0, 100)
	if fail != nil {
		return nil, fail
	}
	totals, fail := boolParameter(c.query, "include_totals", false)
	if fail != nil {
		return nil, fail
	}
	start := min(number*size, len(items))
	bodies := bodiesOf(items[start:min(start+size, len(items))])
	if !totals {
		return bodies, nil
	}
	return document{{"total", len(items)}, {"start", number * size}, {"limit", size}, {name, bodies}}, nil
}

// checkpointPage follows from/take. The checkpoint names the last entry seen and when it was given out.
func checkpointPage(c *call, name string, items []listItem) (any, *failure) {
	for _, other := range []string{"page", "per_page", "include_totals"} {
		if c.query.Has(other) && c.query.Get(other) != "false" {
			return nil, invalidQuery(other, "Cannot be used together with from and take")
		}
	}
	size, fail := integerParameter(c.query, "take", 50, 1, 100)
	if fail != nil {
		return nil, fail
	}
	start := 0
	if c.query.Has("from") {
		last, fail := readCheckpoint(c.query.Get("from"), c.now)
		if fail != nil {
			return nil, fail
		}
		start = sort.Search(len(items), func(i int) bool { return items[i].ordinal > last })
	}
	end := min(start+size, len(items))
	answer := document{}
	answer.addIf(end < len(items), "next", checkpoint(items, end, c.now))
	answer.add(name, bodiesOf(items[start:end]))
	return answer, nil
}

func bodiesOf(items []listItem) []any {
	bodies := make([]any, len(items))
	for i, item := range items {
		bodies[i] = item.body()
	}
	return bodies
}

func checkpoint(items []listItem, end int, now time.Time) string {
	if end == 0 {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d.%d", now.Unix(), items[end-1].ordinal))
}

func readCheckpoint(text string, now time.Time) (ordinal int, fail *failure) {
	decoded, _ := base64.RawURLEncoding.DecodeString(text)
	var issued int64
	if _, err := fmt.Sscanf(string(decoded), "%d.%d", &issued, &ordinal); err != nil ||
		now.Sub(time.Unix(issued, 0)) > checkpointLife {
		return 0, invalidQuery("from", "Object didn't pass validation for format checkpoint")
	}
	return ordinal, nil
}

// invalidQuery is worded like a failure about a body.
func invalidQuery(parameter, what string) *failure {
	return &failure{status: http.StatusBadRequest, code: "invalid_query_string",
		message: describe("Query", []violation{{path: parameter, what: what}})}
}

func knownParameters(query url.Values, known ...string) *failure {
	for name := range query {
		if !slices.Contains(known, name) {
			return invalidQuery("", "Additional properties not allowed: "+name)
		}
	}
	return nil
}

func integerParameter(query url.Values, name string, fallback, minimum, maximum int) (int, *failure) {
	if !query.Has(name) {
		return fallback, nil
	}
	value, err := strconv.Atoi(query.Get(name))
	switch {
	case err != nil:
		return 0, invalidQuery(name, "Expected type integer but found type string")
	case value < minimum:
		return 0, invalidQuery(name, fmt.Sprintf("Value %d is less than minimum %d", value, minimum))
	case value > maximum:
		return 0, invalidQuery(name, fmt.Sprintf("Value %d is greater than maximum %d", value, maximum))
	}
	return value, nil
}

func boolParameter(query url.Values, name string, fallback bool) (bool, *failure) {
	value, fail := optionalBool(query, name)
	if value == nil {
		return fallback, fail
	}
	return *value, fail
}

func optionalBool(query url.Values, name string) (*bool, *failure) {
	if !query.Has(name) {
		return nil, nil
	}
	value, err := strconv.ParseBool(query.Get(name))
	if err != nil {
		return nil, invalidQuery(name, "Expected type boolean but found type string")
	}
	return &value, nil
}
