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
	"reflect"
	"testing"

	"github.com/certbound/certbound/internal/registration"
)

func TestRequire(t *testing.T) {
	const mtls, secret = registration.SelfSignedTLSClientAuth, registration.ClientSecretPost
	rs256 := settings{JWTConfiguration: &jwt{Alg: new("RS256")}}
	for sentence, c := range map[string]struct {
		wanted   settings
		method   registration.Method
		observed settings
		want     settings
	}{
		"a secret needs nothing":                           {settings{}, secret, settings{JWTConfiguration: &jwt{Alg: new("HS256")}}, settings{}},
		"a new client by mutual TLS signs with a key pair": {settings{}, mtls, settings{}, rs256},
		"the same by its subject":                          {settings{}, registration.TLSClientAuth, settings{}, rs256},
		"the tenant's default is HS256":                    {settings{}, mtls, settings{JWTConfiguration: &jwt{LifetimeInSeconds: new(int32(60))}}, rs256},
		"HS256 is changed":                                 {settings{}, mtls, settings{JWTConfiguration: &jwt{Alg: new("HS256")}}, rs256},
		"another key pair algorithm stays":                 {settings{}, mtls, settings{JWTConfiguration: &jwt{Alg: new("PS256")}}, settings{}},
		"what the user asks for stays": {
			settings{JWTConfiguration: &jwt{Alg: new("RS512")}}, mtls, settings{}, settings{JWTConfiguration: &jwt{Alg: new("RS512")}}},
		"what else the user asks for is kept": {
			settings{Name: new("a"), JWTConfiguration: &jwt{LifetimeInSeconds: new(int32(60))}}, mtls, settings{},
			settings{Name: new("a"), JWTConfiguration: &jwt{Alg: new("RS256"), LifetimeInSeconds: new(int32(60))}}},
		"the trust in an IP header, which needs a secret, ends": {
			settings{}, mtls, settings{JWTConfiguration: &jwt{Alg: new("RS256")}, IsTokenEndpointIPHeaderTrusted: new(true)},
			settings{IsTokenEndpointIPHeaderTrusted: new(false)}},
		"without that trust there is nothing to end": {
			settings{}, mtls, settings{JWTConfiguration: &jwt{Alg: new("RS256")}, IsTokenEndpointIPHeaderTrusted: new(false)}, settings{}},
		"with a secret the trust stays": {settings{}, secret, settings{IsTokenEndpointIPHeaderTrusted: new(true)}, settings{}},
	} {
		t.Run(sentence, func(t *testing.T) {
			wanted := inJSON(t, c.wanted)
			got := registration.Require(c.wanted, c.method, c.observed)
			if !reflect.DeepEqual(got, c.want) {
				t.Errorf("Require = %s, want %s", inJSON(t, got), inJSON(t, c.want))
			}
			if after := inJSON(t, c.wanted); after != wanted {
				t.Errorf("Require changes what was wanted from %s to %s", wanted, after)
			}
			patch, _ := registration.Diff(got, c.observed)
			now := c.observed
			if patch.JWTConfiguration != nil {
				now.JWTConfiguration = patch.JWTConfiguration
			}
			if patch.IsTokenEndpointIPHeaderTrusted != nil {
				now.IsTokenEndpointIPHeaderTrusted = patch.IsTokenEndpointIPHeaderTrusted
			}
			if again := registration.Require(c.wanted, c.method, now); !reflect.DeepEqual(again, c.wanted) && !reflect.DeepEqual(again, got) {
				t.Errorf("once that is done, Require = %s", inJSON(t, again))
			}
		})
	}
}

func TestMethods(t *testing.T) {
	for method, want := range map[registration.Method]struct {
		certificates bool
		accepts      registration.CredentialType
	}{
		registration.SelfSignedTLSClientAuth: {true, registration.X509Cert},
		registration.TLSClientAuth:           {true, registration.CertSubjectDN},
		registration.ClientSecretPost:        {false, ""},
		registration.ClientSecretBasic:       {false, ""},
		"private_key_jwt":                    {false, ""},
		"none":                               {false, ""},
		"":                                   {false, ""},
	} {
		if method.UsesCertificates() != want.certificates || method.Accepts() != want.accepts {
			t.Errorf("%q: uses certificates %t, accepts %q", method, method.UsesCertificates(), method.Accepts())
		}
	}
}
