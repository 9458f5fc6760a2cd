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
	"errors"
	"net/http"
)

var errOtherHost = errors.New("the management token is for another host")

// bearer attaches the management token, and only for the host that was given when the tenant was opened.
type bearer struct {
	next   http.RoundTripper
	tokens *tokens
	host   string
	permit func(method string) error
}

// RoundTrip sends req with the token. When the API refuses the token, nothing has happened, so the token is renewed and
// the request sent once more; never for another reason, and never twice.
func (b *bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		defer func() { _ = req.Body.Close() }()
	}
	x := exchangeOf(req.Context())
	if req.URL.Scheme != "https" || req.URL.Host != b.host {
		return nil, x.fail(errOtherHost)
	}
	token, err := b.tokens.get(req.Context())
	if err != nil {
		return nil, x.fail(err)
	}
	res, err := b.send(req, token, x)
	if err != nil || res.StatusCode != http.StatusUnauthorized || !b.tokens.discard(token) {
		return res, err
	}
	x.sent.Store(false)
	if token, err = b.tokens.get(req.Context()); err != nil {
		return nil, x.fail(err)
	}
	return b.send(req, token, x)
}

func (b *bearer) send(req *http.Request, token *managementToken, x *exchange) (*http.Response, error) {
	if err := b.permit(req.Method); err != nil {
		return nil, x.fail(err)
	}
	x.secrets = append(x.secrets, token.value)
	attempt := req.Clone(req.Context())
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, x.fail(err)
		}
		attempt.Body = body
	}
	attempt.Header.Set("Authorization", "Bearer "+token.value)
	return b.next.RoundTrip(attempt)
}
