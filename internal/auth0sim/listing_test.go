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

package auth0sim_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

func TestShapesOfTheClientList(t *testing.T) {
	x := start(t, auth0sim.Options{})
	for i := range 5 {
		x.newClient(fmt.Sprint("client ", i))
	}
	const fields = "&fields=name&include_fields=true"
	for _, c := range []struct{ query, want string }{
		{"is_global=false&per_page=2", `[{"name":"Management client"},{"name":"client 0"}]`},
		{"is_global=false&per_page=2&page=2", `[{"name":"client 3"},{"name":"client 4"}]`},
		{"is_global=false&per_page=2&page=9", `[]`},
		{"is_global=false&per_page=0", `[]`},
		{"per_page=1", `[{"name":"All Applications"}]`},
		{"is_global=true", `[{"name":"All Applications"}]`},
		{"is_global=false&per_page=1&page=1&include_totals=true",
			`{"total":6,"start":1,"limit":1,"clients":[{"name":"client 0"}]}`},
		{"is_global=true&include_totals=true", `{"total":1,"start":0,"limit":50,"clients":[{"name":"All Applications"}]}`},
		{"is_global=false&take=100", `{"clients":[{"name":"Management client"},{"name":"client 0"},{"name":"client 1"},` +
			`{"name":"client 2"},{"name":"client 3"},{"name":"client 4"}]}`},
		{"app_type=spa,native", `[]`},
		{"app_type=spa,non_interactive&per_page=2", `[{"name":"Management client"},{"name":"client 0"}]`},
		{"is_first_party=false", `[]`},
		{"external_client_id=https://client.example", `[]`},
	} {
		t.Run(c.query, func(t *testing.T) {
			if got := x.want(200, "GET", "/clients?"+c.query+fields, nil); got.body != c.want {
				t.Errorf("got %s, want %s", got.body, c.want)
			}
		})
	}
}

func TestQueriesThatAreRefused(t *testing.T) {
	x := start(t, auth0sim.Options{})
	const query = "Query validation error: "
	for _, c := range []struct{ query, message string }{
		{"per_page=101", query + "'Value 101 is greater than maximum 100' on property per_page."},
		{"per_page=-1", query + "'Value -1 is less than minimum 0' on property per_page."},
		{"per_page=many", query + "'Expected type integer but found type string' on property per_page."},
		{"page=-1", query + "'Value -1 is less than minimum 0' on property page."},
		{"take=0", query + "'Value 0 is less than minimum 1' on property take."},
		{"take=101", query + "'Value 101 is greater than maximum 100' on property take."},
		{"is_global=perhaps", query + "'Expected type boolean but found type string' on property is_global."},
		{"include_fields=2", query + "'Expected type boolean but found type string' on property include_fields."},
		{"name=x", query + "'Additional properties not allowed: name'."},
		{"from=nonsense", query + "'Object didn't pass validation for format checkpoint' on property from."},
		{"take=5&page=1", query + "'Cannot be used together with from and take' on property page."},
	} {
		t.Run(c.query, func(t *testing.T) {
			y := *x
			y.t = t
			y.refused(400, c.message, "GET", "/clients?"+c.query, nil)
			if code := y.do("GET", "/clients?"+c.query, nil).text(t, "errorCode"); code != "invalid_query_string" {
				t.Errorf("errorCode is %q", code)
			}
		})
	}
}

// A checkpoint goes on where it stopped, whatever was created and deleted meanwhile, and ends after a day.
func TestCheckpoints(t *testing.T) {
	x := start(t, auth0sim.Options{})
	ids := []string{}
	for i := range 6 {
		ids = append(ids, x.newClient(fmt.Sprint("client ", i)))
	}
	names := func(page object) string {
		text := []string{}
		for _, c := range page["clients"].([]any) {
			text = append(text, c.(object)["name"].(string))
		}
		return strings.Join(text, ", ")
	}
	list := func(query string) object {
		return x.want(200, "GET", "/clients?is_global=false&fields=name&take=3"+query, nil).object(t)
	}
	first := list("")
	if names(first) != "Management client, client 0, client 1" {
		t.Fatalf("the first page is %s", names(first))
	}
	x.check(x.DeleteClient(ids[1]))
	x.check(x.DeleteClient(ids[3]))
	x.newClient("latecomer")
	second := list("&from=" + first["next"].(string))
	if names(second) != "client 2, client 4, client 5" {
		t.Fatalf("the second page is %s", names(second))
	}
	last := list("&from=" + second["next"].(string))
	if _, more := last["next"]; names(last) != "latecomer" || more {
		t.Fatalf("the last page is %v", last)
	}
	x.Advance(24*time.Hour + time.Second)
	x.token = x.ManagementToken()
	x.want(400, "GET", "/clients?take=3&from="+first["next"].(string), nil)
}

func TestShapesOfOtherLists(t *testing.T) {
	x := start(t, auth0sim.Options{})
	a, b := x.newClient("a"), x.newClient("b")
	_, err := x.AddResourceServer(object{"identifier": "https://one.example"})
	x.check(err)
	_, err = x.AddResourceServer(object{"identifier": "https://two.example"})
	x.check(err)
	for _, client := range []string{a, b} {
		for _, audience := range []string{"https://one.example", "https://two.example"} {
			_, err := x.AddGrant(client, audience, "read")
			x.check(err)
		}
	}
	t.Run("grants", func(t *testing.T) {
		got := x.want(200, "GET", "/client-grants?client_id="+a, nil).array(t)
		if len(got) != 2 || got[0]["audience"] != "https://one.example" || got[1]["client_id"] != a {
			t.Errorf("the grants of a client are %v", got)
		}
		got = x.want(200, "GET", "/client-grants?client_id="+b+"&audience=https://two.example", nil).array(t)
		if len(got) != 1 || got[0]["client_id"] != b || got[0]["audience"] != "https://two.example" {
			t.Errorf("the grant of a client at an API is %v", got)
		}
		page := x.want(200, "GET", "/client-grants?take=3", nil).object(t)
		rest := x.want(200, "GET", "/client-grants?take=3&from="+page["next"].(string), nil).object(t)
		if len(page["client_grants"].([]any)) != 3 || len(rest["client_grants"].([]any)) != 2 || rest["next"] != nil {
			t.Errorf("the pages are %v and %v", page, rest)
		}
		if total := x.want(200, "GET", "/client-grants?include_totals=true&per_page=1", nil).object(t)["total"]; total != 5.0 {
			t.Errorf("the total is %v", total)
		}
		if got := x.want(200, "GET", "/client-grants?subject_type=user", nil).array(t); len(got) != 0 {
			t.Errorf("the grants of users are %v", got)
		}
	})
	t.Run("resource servers", func(t *testing.T) {
		got := x.want(200, "GET", "/resource-servers?identifiers=https://two.example", nil).array(t)
		if len(got) != 1 || got[0]["identifier"] != "https://two.example" {
			t.Errorf("the resource server is %v", got)
		}
		x.want(400, "GET", "/resource-servers?colour=red", nil)
	})
	t.Run("credentials", func(t *testing.T) {
		for range 3 {
			x.register(a, newCertificate(t, nil))
		}
		got := x.want(200, "GET", "/clients/"+a+"/credentials?include_totals=true&per_page=1", nil).array(t)
		if len(got) != 3 {
			t.Errorf("the pool is %v", got)
		}
		x.refused(404, "The client does not exist", "GET", "/clients/unknown/credentials", nil)
	})
}
