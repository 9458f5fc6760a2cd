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
	"net/http"
	"strings"
)

// keys answers the JWKS that verifies access tokens.
func (s *Simulator) keys(*http.Request, []byte) exchange {
	return answered(http.StatusOK, s.signing.public)
}

// configuration answers the discovery document of the host that was asked: a ready custom domain's, or the tenant's. It
// names only what the simulator implements.
func (s *Simulator) configuration(r *http.Request, _ []byte) exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	issuer, alias := s.issuer(), s.MTLSURL()
	if domain, known := s.world.site(r.Host); known {
		issuer, alias = "https://"+domain.domain+"/", "https://mtls."+domain.domain
	}
	aliases := s.world.endpointAliases()
	methods := []string{"client_secret_basic", "client_secret_post", "private_key_jwt"}
	if aliases {
		methods = append(methods, string(slotTLS), string(slotSelfSignedTLS))
	}
	answer := document{
		{"issuer", issuer},
		{"token_endpoint", issuer + "oauth/token"},
		{"jwks_uri", issuer + strings.TrimPrefix(routeKeys, "GET /")},
		{"grant_types_supported", []string{"client_credentials"}},
		{"token_endpoint_auth_methods_supported", methods},
		{"token_endpoint_auth_signing_alg_values_supported", []string{"RS256", "RS384", "PS256"}},
	}
	answer.addIf(aliases, "tls_client_certificate_bound_access_tokens", true)
	answer.addIf(aliases, "mtls_endpoint_aliases", document{{"token_endpoint", alias + "/oauth/token"}})
	return answered(http.StatusOK, answer)
}
