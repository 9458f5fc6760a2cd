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
	"encoding/json"
	"net/http"
)

// Discovery is what the tenant says of itself (OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2).
type Discovery struct {
	Issuer        string
	TokenEndpoint string
	// MTLSTokenEndpoint is where clients with certificates ask for tokens (mtls_endpoint_aliases, RFC 8705 section 5);
	// empty when the tenant has no aliases.
	MTLSTokenEndpoint string
	// AuthMethods are the client authentication methods that the token endpoint takes.
	AuthMethods []string
	// CertificateBoundAccessTokens: tokens can be bound to the client's certificate (RFC 8705 section 3).
	CertificateBoundAccessTokens bool
}

// Discover reads the tenant's discovery document. It needs no token. NotFound: there is no tenant at the domain.
func (t *Tenant) Discover(ctx context.Context) (Discovery, error) {
	var d Discovery
	err := t.call(ctx, OpDiscover, func(ctx context.Context) (err error) {
		d, err = t.discover(ctx)
		return err
	})
	return d, err
}

func (t *Tenant) discover(ctx context.Context) (Discovery, error) {
	url := "https://" + t.domain + "/.well-known/openid-configuration"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return Discovery{}, err
	}
	res, err := t.public.Do(req)
	if err != nil {
		return Discovery{}, err
	}
	defer func() { _ = res.Body.Close() }()
	var document struct {
		Issuer        string `json:"issuer"`
		TokenEndpoint string `json:"token_endpoint"`
		Aliases       struct {
			TokenEndpoint string `json:"token_endpoint"`
		} `json:"mtls_endpoint_aliases"`
		AuthMethods       []string `json:"token_endpoint_auth_methods_supported"`
		BoundAccessTokens bool     `json:"tls_client_certificate_bound_access_tokens"`
	}
	if err := json.NewDecoder(res.Body).Decode(&document); err != nil {
		return Discovery{}, err
	}
	if res.StatusCode != http.StatusOK || document.Issuer == "" || document.TokenEndpoint == "" {
		return Discovery{}, errIncomplete
	}
	return Discovery{
		Issuer:                       document.Issuer,
		TokenEndpoint:                document.TokenEndpoint,
		MTLSTokenEndpoint:            document.Aliases.TokenEndpoint,
		AuthMethods:                  document.AuthMethods,
		CertificateBoundAccessTokens: document.BoundAccessTokens,
	}, nil
}
