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
	"net/url"
	"time"

	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jwt"
	"golang.org/x/oauth2/clientcredentials"
)

const (
	assertionLife = time.Minute
	maxKey        = 64 << 10
)

// algorithms are the signatures that Auth0 knows for assertions, and the type of key that each needs.
var algorithms = map[string]jwa.KeyType{
	"RS256": jwa.RSA, "RS384": jwa.RSA, "RS512": jwa.RSA, "PS256": jwa.RSA, "PS384": jwa.RSA, "PS512": jwa.RSA,
	"ES256": jwa.EC, "ES384": jwa.EC, "ES512": jwa.EC,
}

// assertionRequest makes token requests that sign in by private_key_jwt
// (https://auth0.com/docs/get-started/authentication-and-authorization-flow/authenticate-with-private-key-jwt). The key
// is tried once now. What a parser says of a key may quote it, so it is never passed on.
func assertionRequest(base clientcredentials.Config, domain string, p PrivateKeyJWT, now time.Time) (tokenRequest, error) {
	algorithm := p.Algorithm
	if algorithm == "" {
		algorithm = "RS256"
	}
	keyType, known := algorithms[algorithm]
	if !known {
		return nil, invalid("Open", "the signature algorithm is not one that Auth0 knows for assertions")
	}
	if len(p.Key) > maxKey {
		return nil, invalid("Open", "the private key is longer than 64 KiB")
	}
	key, err := jwk.ParseKey(p.Key, jwk.WithPEM(true))
	if err != nil {
		return nil, invalid("Open", "the private key is not a private key in PEM")
	}
	if key.KeyType() != keyType {
		return nil, invalid("Open", "the private key does not fit the signature algorithm "+algorithm)
	}
	sign := func(now time.Time) (string, error) {
		return signAssertion(jwa.SignatureAlgorithm(algorithm), key, p.ClientID, "https://"+domain+"/", now)
	}
	if _, err := sign(now); err != nil {
		return nil, invalid("Open", "the private key cannot sign by "+algorithm)
	}
	return func(now time.Time) (clientcredentials.Config, []string, error) {
		assertion, err := sign(now)
		if err != nil {
			return clientcredentials.Config{}, nil, err
		}
		request := base
		request.EndpointParams = url.Values{
			"audience":              base.EndpointParams["audience"],
			"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
			"client_assertion":      {assertion},
		}
		return request, []string{assertion}, nil
	}, nil
}

// signAssertion makes a client assertion (RFC 7523 section 3) that is valid for one audience and one minute.
func signAssertion(algorithm jwa.SignatureAlgorithm, key jwk.Key, clientID, audience string, now time.Time) (string, error) {
	token, err := jwt.NewBuilder().
		Issuer(clientID).
		Subject(clientID).
		Audience([]string{audience}).
		IssuedAt(now).
		Expiration(now.Add(assertionLife)).
		JwtID(uuid.NewString()).
		Build()
	if err != nil {
		return "", err
	}
	token.Options().Enable(jwt.FlattenAudience) // Auth0 wants a string where there is one audience
	signed, err := jwt.Sign(token, jwt.WithKey(algorithm, key))
	return string(signed), err
}
