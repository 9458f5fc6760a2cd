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
	"maps"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// assertionType is the client_assertion_type of RFC 7523.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// assertionVerifier checks a client assertion as auth0.com/docs/get-started/authentication-and-authorization-flow/
// authenticate-with-private-key-jwt describes it: iss and sub are the client id, aud is the tenant, exp lies ahead, and
// jti was not seen before. The caller holds the lock while the result is used.
func (s *Simulator) assertionVerifier(clientID, issuer string, now time.Time) func(string, []credential) *refusal {
	return func(assertion string, keys []credential) *refusal {
		token, verified := verifySignature(assertion, keys)
		switch {
		case !verified:
			return clientFailed("no attached key verifies the assertion")
		case token.Issuer() != clientID || token.Subject() != clientID:
			return clientFailed("iss and sub of the assertion are not the client id")
		case !addressedTo(token.Audience(), issuer):
			return clientFailed("aud of the assertion is not the tenant")
		case token.Expiration().IsZero() || !now.Before(token.Expiration()):
			return clientFailed("the assertion has expired or never does")
		case token.JwtID() == "":
			return clientFailed("the assertion has no jti")
		}
		maps.DeleteFunc(s.world.assertions, func(_ string, expires time.Time) bool { return !now.Before(expires) })
		key := clientID + " " + token.JwtID()
		if _, seen := s.world.assertions[key]; seen {
			return clientFailed("the assertion was used before")
		}
		s.world.assertions[key] = token.Expiration()
		return nil
	}
}

// verifySignature tries each key with its own algorithm.
func verifySignature(assertion string, keys []credential) (jwt.Token, bool) {
	for _, cred := range keys {
		token, err := jwt.Parse([]byte(assertion), jwt.WithKey(jwa.SignatureAlgorithm(cred.algorithm), cred.key),
			jwt.WithValidate(false))
		if err == nil {
			return token, true
		}
	}
	return nil, false
}

// addressedTo accepts the issuer with and without the final slash, and the token endpoint.
func addressedTo(audiences []string, issuer string) bool {
	for _, audience := range audiences {
		if audience == issuer || audience+"/" == issuer || audience == issuer+"oauth/token" {
			return true
		}
	}
	return false
}

// unverifiedSubject is the client id that an assertion claims; RFC 7521 lets a request leave out client_id beside it.
func unverifiedSubject(assertion string) string {
	token, err := jwt.ParseInsecure([]byte(assertion))
	if err != nil {
		return ""
	}
	return token.Subject()
}
