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

package auth0

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// grantPages serves total grants, the first of which is for acting on behalf of users.
func grantPages(total int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		var page, perPage int
		_, _ = fmt.Sscan(r.URL.Query().Get("page"), &page)
		_, _ = fmt.Sscan(r.URL.Query().Get("per_page"), &perPage)
		var grants []string
		for i := page * perPage; i < min((page+1)*perPage, total); i++ {
			kind := "client"
			if i == 0 {
				kind = "user"
			}
			grants = append(grants, fmt.Sprintf(`{"id":"cgr_%d","audience":"a%d","scope":["s"],"subject_type":%q}`, i, i, kind))
		}
		answer(w, 200, fmt.Sprintf(`{"start":%d,"limit":%d,"total":%d,"client_grants":[%s]}`,
			page*perPage, perPage, total, strings.Join(grants, ",")))
	}
}

func TestGrantsOfAllPages(t *testing.T) {
	s := serve(t, grantPages(250), nil)
	grants, err := open(t, s.config()).Grants(t.Context(), "c1")
	if err != nil {
		t.Fatal(err)
	}
	if len(grants) != 249 || grants[0].ID != "cgr_1" || grants[248].Audience != "a249" || len(s.api()) != 3 {
		t.Errorf("%d grants from %d pages", len(grants), len(s.api()))
	}
}

func TestGrantsWithoutEnd(t *testing.T) {
	s := serve(t, always(200, `{"start":0,"limit":1,"total":9,"client_grants":[{"id":"cgr_1"}]}`), nil)
	if _, err := open(t, s.config()).Grants(t.Context(), "c1"); ClassOf(err) != BadAnswer || len(s.api()) != maxGrantPages {
		t.Errorf("%v after %d pages", err, len(s.api()))
	}
	s = serve(t, always(200, `{"start":0,"limit":0,"total":9,"client_grants":[]}`), nil)
	if grants, err := open(t, s.config()).Grants(t.Context(), "c1"); err != nil || len(grants) != 0 || len(s.api()) != 1 {
		t.Errorf("%v, %v after %d pages", grants, err, len(s.api()))
	}
}
