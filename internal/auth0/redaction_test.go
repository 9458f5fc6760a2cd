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
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"
)

const givenCanary = "canary-given-token-7Fx"

// leaks returns which canaries are in text.
func leaks(text string, canaries ...string) (found []string) {
	for _, canary := range canaries {
		if canary != "" && strings.Contains(text, canary) {
			found = append(found, canary)
		}
	}
	return found
}

// keyLines are the lines of a key in PEM, each a canary.
func keyLines(key []byte) (lines []string) {
	for line := range strings.Lines(string(key)) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "-") {
			lines = append(lines, line)
		}
	}
	return lines
}

func TestConfigPrintsNoSecret(t *testing.T) {
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := keyPEM(t, ecKey)
	canaries := append(keyLines(key), testSecret, givenCanary)
	for _, s := range []SignIn{
		{ClientSecret: &ClientSecret{ClientID: "operator", Secret: testSecret}},
		{PrivateKeyJWT: &PrivateKeyJWT{ClientID: "operator", Key: key, Algorithm: "ES256"}},
		{AccessToken: givenCanary},
	} {
		c := Config{Domain: "tenant.example.com", SignIn: s}
		values := []any{c, &c, s, &s, []Config{c}, map[string]any{"x": s}, open(t, c)}
		if s.ClientSecret != nil {
			values = append(values, s.ClientSecret, *s.ClientSecret)
		}
		if s.PrivateKeyJWT != nil {
			values = append(values, s.PrivateKeyJWT, *s.PrivateKeyJWT)
		}
		for _, value := range values {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%t", "%T"} {
				if found := leaks(fmt.Sprintf(verb, value), canaries...); found != nil {
					t.Errorf("%s of %T prints %v", verb, value, found)
				}
			}
			text, err := json.Marshal(value)
			if err != nil {
				t.Errorf("%T: %v", value, err)
			}
			var logged bytes.Buffer
			slog.New(slog.NewJSONHandler(&logged, nil)).Info("m", "value", value)
			slog.New(slog.NewTextHandler(&logged, nil)).Info("m", "value", value)
			if found := leaks(string(text)+logged.String(), canaries...); found != nil {
				t.Errorf("JSON or log of %T holds %v", value, found)
			}
		}
		if text := c.String(); !strings.Contains(text, "tenant.example.com") {
			t.Errorf("the domain is not to be seen: %s", text)
		}
	}
}

// echo is a hostile tenant: it repeats all that it was sent, in every place that an error may be made from.
func echo(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		form := strings.Join(strings.Split(string(body), "&"), " ")
		authorization := r.Header.Get("Authorization")
		all := fmt.Sprintf("%s, %s, %s %s", strings.TrimPrefix(authorization, "Bearer "), authorization, form, body)
		text, _ := json.Marshal(map[string]any{
			"statusCode": status, "error": all, "message": all, "errorCode": all, "error_description": all,
		})
		w.Header().Set("Www-Authenticate", all)
		w.Header().Set("Retry-After", all)
		answer(w, status, string(text))
	}
}

func TestErrorsHoldNoSecret(t *testing.T) {
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key := keyPEM(t, ecKey)
	token := "canary-fetched-token"
	canaries := append(keyLines(key), testSecret, givenCanary, token, "eyJ", "MIIB")
	ways := []SignIn{
		{ClientSecret: &ClientSecret{ClientID: "operator", Secret: testSecret}},
		{PrivateKeyJWT: &PrivateKeyJWT{ClientID: "operator", Key: key, Algorithm: "ES256"}},
		{AccessToken: givenCanary},
	}
	for _, status := range []int{200, 400, 401, 403, 404, 409, 429, 500} {
		for _, way := range ways {
			for where, s := range map[string]*server{
				"token endpoint": serve(t, echo(status), echo(status)),
				"API":            serve(t, echo(status), always(200, `{"access_token":"`+token+`","expires_in":60}`)),
			} {
				tenant := open(t, s.config(func(c *Config) { c.SignIn = way }))
				err := create(t.Context(), tenant)
				if err == nil {
					t.Fatalf("%d from the %s is no error", status, where)
				}
				text, jsonErr := json.Marshal(err)
				if jsonErr != nil {
					t.Fatal(jsonErr)
				}
				all := fmt.Sprintf("%v %+v %#v %s %+v", err, err, *err.(*Error), text, tenant)
				if found := leaks(all, canaries...); found != nil {
					t.Errorf("%d from the %s, %s: %v in %s", status, where, way, found, all)
				}
			}
		}
	}
}

func TestBadKeysAreNotQuoted(t *testing.T) {
	rsaLike := "-----BEGIN PRIVATE KEY-----\nY2FuYXJ5LWtleS1jYW5hcnkta2V5\n-----END PRIVATE KEY-----\n"
	for name, p := range map[string]PrivateKeyJWT{
		"broken": {ClientID: "c", Key: []byte(rsaLike)}, "not PEM": {ClientID: "c", Key: []byte("canary-key")},
		"public": {ClientID: "c", Key: []byte(someCA), Algorithm: "ES256"}, "algorithm": {ClientID: "c", Key: []byte("canary-key"), Algorithm: "canary"},
		"long": {ClientID: "c", Key: bytes.Repeat([]byte("canary"), 1<<14)},
	} {
		_, err := Open(Config{Domain: "t.example.com", SignIn: SignIn{PrivateKeyJWT: &p}})
		if ClassOf(err) != Invalid || leaks(err.Error(), "canary", "Y2Fu") != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestClean(t *testing.T) {
	long := strings.Repeat("wörd ", 100)
	tests := map[string]struct{ in, want string }{
		"plain":      {"The client does not exist", "The client does not exist"},
		"known":      {"you sent hunter2, hunter2!", "you sent [redacted], [redacted]!"},
		"JWT":        {"bad eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln here", "bad [redacted] here"},
		"header":     {"got Bearer abc-123 there", "got [redacted] there"},
		"PEM":        {"x -----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY----- y", "x [redacted] y"},
		"cut PEM":    {"x -----BEGIN CERTIFICATE-----\nMIIE", "x [redacted]"},
		"opaque":     {"v 0123456789abcdef0123456789abcdef0123456789 w", "v [redacted] w"},
		"long names": {"skip_non_verifiable_callback_uri_confirmation_prompt", "skip_non_verifiable_callback_uri_confirmation_prompt"},
		"property":   {"on property client_authentication_methods.tls_client_auth.credentials", "on property client_authentication_methods.tls_client_auth.credentials"},
		"controls":   {"a\x1b[31m\r\nb\u202ec\x00d\t e", "a [31m b c d e"},
		"not UTF-8":  {"a\xff\xfeb", "a b"},
		"long":       {long, long[:len("wörd ")*51] + "…"},
		"nothing":    {" \n ", ""},
	}
	for name, test := range tests {
		got := clean(test.in, []string{"", "hunter2"})
		if got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
		if utf8.RuneCountInString(got) > maxMessage || !utf8.ValidString(got) {
			t.Errorf("%s: %q is too long or not UTF-8", name, got)
		}
	}
}

func FuzzClean(f *testing.F) {
	f.Add("Bearer x -----BEGIN eyJabcdefgh")
	f.Fuzz(func(t *testing.T, text string) {
		got := clean(text+" s3cret "+text, []string{"s3cret"})
		if strings.Contains(got, "s3cret") || utf8.RuneCountInString(got) > maxMessage || strings.ContainsAny(got, "\n\r\x00\x1b") {
			t.Errorf("%q became %q", text, got)
		}
	})
}
