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
	"testing"

	"github.com/certbound/certbound/internal/registration"
)

// TestInForceFor tells which method of the tenant's needs no change for the one that is wanted.
func TestInForceFor(t *testing.T) {
	const (
		none, post, basic = registration.Method(""), registration.ClientSecretPost, registration.ClientSecretBasic
		tls, bySubject    = registration.SelfSignedTLSClientAuth, registration.TLSClientAuth
	)
	for _, c := range []struct {
		has, wanted registration.Method
		want        bool
	}{
		{post, post, true}, {basic, post, false}, {tls, post, false}, {"none", post, false}, {"private_key_jwt", basic, false},
		{none, post, true}, {none, basic, true}, {none, tls, false}, // never told: it takes the secret however it is sent
		{tls, tls, true}, {bySubject, tls, false}, {post, tls, false},
	} {
		if got := c.has.InForceFor(c.wanted); got != c.want {
			t.Errorf("%q for %q: %t, want %t", c.has, c.wanted, got, c.want)
		}
	}
}

func TestMethodOfType(t *testing.T) {
	for credentialType, want := range map[registration.CredentialType]registration.Method{
		registration.X509Cert: registration.SelfSignedTLSClientAuth, registration.CertSubjectDN: registration.TLSClientAuth, "public_key": "",
	} {
		if got := credentialType.Method(); got != want {
			t.Errorf("%s goes with %q, want %q", credentialType, got, want)
		}
	}
}
