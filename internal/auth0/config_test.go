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
	"strings"
	"testing"
	"time"
)

func TestOpenRefuses(t *testing.T) {
	good := Config{Domain: "tenant.eu.auth0.com", SignIn: SignIn{AccessToken: "x"}}
	tests := map[string]struct {
		change  func(*Config)
		message string
	}{
		"no domain":        {func(c *Config) { c.Domain = "" }, "domain"},
		"a URL":            {func(c *Config) { c.Domain = "https://tenant.auth0.com" }, "domain"},
		"a path":           {func(c *Config) { c.Domain = "tenant.auth0.com/x" }, "domain"},
		"a slash":          {func(c *Config) { c.Domain = "tenant.auth0.com/" }, "domain"},
		"a user":           {func(c *Config) { c.Domain = "a@tenant.auth0.com" }, "domain"},
		"a query":          {func(c *Config) { c.Domain = "tenant.auth0.com?x" }, "domain"},
		"no port":          {func(c *Config) { c.Domain = "tenant.auth0.com:" }, "domain"},
		"a large port":     {func(c *Config) { c.Domain = "tenant.auth0.com:70000" }, "domain"},
		"a space":          {func(c *Config) { c.Domain = "tenant.auth0.com " }, "domain"},
		"a long name":      {func(c *Config) { c.Domain = strings.Repeat("a.", 127) + "com" }, "domain"},
		"no sign-in":       {func(c *Config) { c.SignIn = SignIn{} }, "exactly one"},
		"two sign-ins":     {func(c *Config) { c.SignIn.ClientSecret = &ClientSecret{"a", "b"} }, "exactly one"},
		"no secret":        {func(c *Config) { c.SignIn = SignIn{ClientSecret: &ClientSecret{ClientID: "a"}} }, "client secret"},
		"no key":           {func(c *Config) { c.SignIn = SignIn{PrivateKeyJWT: &PrivateKeyJWT{ClientID: "a"}} }, "private key"},
		"a broken token":   {func(c *Config) { c.SignIn.AccessToken = "abc\n" }, "line break"},
		"a bad bundle":     {func(c *Config) { c.CABundle = []byte("nothing") }, "CA bundle"},
		"negative budget":  {func(c *Config) { c.RequestsPerSecond = -1 }, "negative"},
		"negative timeout": {func(c *Config) { c.Timeout = -time.Second }, "negative"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := good
			test.change(&c)
			_, err := Open(c)
			if ClassOf(err) != Invalid || !strings.Contains(err.Error(), test.message) {
				t.Errorf("got %v", err)
			}
		})
	}
	for _, domain := range []string{"tenant.eu.auth0.com", "localhost", "localhost:8443", "127.0.0.1:8443", "[::1]:8443", "192.0.2.1"} {
		c := good
		c.Domain = domain
		if _, err := Open(c); err != nil {
			t.Errorf("%s: %v", domain, err)
		}
	}
}
