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
	"reflect"
	"strings"
	"testing"
)

func TestDiscover(t *testing.T) {
	full := `{"issuer":"https://t/","token_endpoint":"https://t/oauth/token","mtls_endpoint_aliases":` +
		`{"token_endpoint":"https://mtls.t/oauth/token"},"token_endpoint_auth_methods_supported":["client_secret_post","tls_client_auth"],` +
		`"tls_client_certificate_bound_access_tokens":true,"jwks_uri":"https://t/.well-known/jwks.json"}`
	tests := map[string]struct {
		answer http.HandlerFunc
		want   Discovery
		class  Class
	}{
		"all": {always(200, full), Discovery{
			Issuer: "https://t/", TokenEndpoint: "https://t/oauth/token", MTLSTokenEndpoint: "https://mtls.t/oauth/token",
			AuthMethods: []string{"client_secret_post", "tls_client_auth"}, CertificateBoundAccessTokens: true,
		}, ""},
		"no mTLS": {
			always(200, `{"issuer":"https://t/","token_endpoint":"https://t/oauth/token"}`),
			Discovery{Issuer: "https://t/", TokenEndpoint: "https://t/oauth/token"}, "",
		},
		"no issuer":            {always(200, `{"token_endpoint":"https://t/oauth/token"}`), Discovery{}, BadAnswer},
		"HTML":                 {always(200, "<html>"), Discovery{}, BadAnswer},
		"empty":                {always(200, ""), Discovery{}, BadAnswer},
		"no tenant":            {always(404, "<html>"), Discovery{}, NotFound},
		"401 of a web server":  {always(401, "<html>"), Discovery{}, BadAnswer},
		"403 with a document":  {always(403, full), Discovery{}, BadAnswer},
		"204":                  {always(204, ""), Discovery{}, BadAnswer},
		"429":                  {always(429, `{}`), Discovery{}, RateLimited},
		"502":                  {always(502, "<html>"), Discovery{}, Unavailable},
		"a redirect":           {always(301, "", "Location", "https://elsewhere.example/"), Discovery{}, BadAnswer},
		"longer than 1 MiB":    {always(200, `{"x":"`+strings.Repeat("x", 1<<20)+`"}`), Discovery{}, BadAnswer},
		"closed without reply": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, Discovery{}, BadAnswer},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.answer, nil)
			got, err := open(t, s.config()).Discover(t.Context())
			if ClassOf(err) != test.class || !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %+v, %v", got, err)
			}
			if s.tokensFetched() != 0 || s.api()[0].header.Get("Authorization") != "" {
				t.Error("a token was used")
			}
		})
	}
}
