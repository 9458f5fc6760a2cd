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
	"context"
	"net/http"
	"net/url"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// tokenRequest makes a request for a management token, and names the secrets in it.
type tokenRequest func(now time.Time) (request clientcredentials.Config, secrets []string, err error)

func newTokenRequest(c Config) (tokenRequest, error) {
	base := clientcredentials.Config{
		TokenURL:       "https://" + c.Domain + "/oauth/token",
		AuthStyle:      oauth2.AuthStyleInParams, // named, so that the library does not find out by asking twice
		EndpointParams: url.Values{"audience": {c.Audience}},
	}
	if p := c.SignIn.PrivateKeyJWT; p != nil {
		return assertionRequest(base, c.Domain, *p, c.Clock.Now())
	}
	base.ClientID, base.ClientSecret = c.SignIn.ClientSecret.ClientID, c.SignIn.ClientSecret.Secret
	return func(time.Time) (clientcredentials.Config, []string, error) {
		return base, []string{base.ClientSecret}, nil
	}, nil
}

// signIn fetches a management token (https://auth0.com/docs/secure/tokens/access-tokens/management-api-access-tokens).
func signIn(
	ctx context.Context, c Config, request tokenRequest, public *http.Client,
) (*managementToken, error) {
	now := c.Clock.Now()
	config, secrets, err := request(now)
	if err != nil {
		return nil, invalid(OpAuthorize, "the private key cannot sign")
	}
	ctx, x := withExchange(ctx, OpAuthorize, c.Domain)
	x.secrets = secrets
	token, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, public))
	if err != nil {
		return nil, x.explainSignIn(c.Clock.Now())
	}
	return describeToken(token, c.SignIn.clientID(), now), nil
}

// explainSignIn explains why the token endpoint gave no token. Nothing it says is about what the operation was to do, so
// the class is never one of those, and the operation had no effect.
func (x *exchange) explainSignIn(now time.Time) *Error {
	e := x.explain(now)
	a := x.answer()
	switch {
	case x.err != nil || e.Class == RateLimited || e.Class == Unavailable:
	case x.status >= 400 && x.status <= 403 && a.Err != "":
		e = &Error{Op: x.op, Class: SignInRefused, Status: x.status, Code: cleanCode(a.Err)}
		e.Message = clean(a.Description, x.secrets)
		e.orSay("the tenant does not accept how the operator signs in")
	default:
		e = &Error{Op: x.op, Class: BadAnswer, Status: x.status}
		e.Message = x.host + " did not answer as Auth0's token endpoint does; is it a tenant?"
	}
	e.noEffect, e.lost = true, false
	return e
}
