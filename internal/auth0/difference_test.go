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
	"net/http"
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestDifferenceOfClocks(t *testing.T) {
	tenant := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for name, row := range map[string]struct {
		ahead time.Duration
		edit  func(http.Header)
		want  time.Duration
	}{
		"right":                    {300 * time.Millisecond, nil, 0},
		"a minute, as answers may": {time.Minute, nil, 0},
		"ahead":                    {time.Hour, nil, time.Hour},
		"behind":                   {-time.Hour, nil, 0},
		"an answer without a date": {time.Hour, func(h http.Header) { h.Del("Date") }, 0},
		"an answer from a cache":   {time.Hour, func(h http.Header) { h.Set("Age", "3600") }, 0},
	} {
		t.Run(name, func(t *testing.T) {
			var d difference
			header := http.Header{"Date": {tenant.Format(http.TimeFormat)}}
			if row.edit != nil {
				row.edit(header)
			}
			d.note(header, tenant.Add(row.ahead))
			NewWithT(t).Expect(d.get()).To(Equal(row.want))
		})
	}
}
