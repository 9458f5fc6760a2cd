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
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwt"
)

// token answers one request to the token endpoint.
func (s *Simulator) token(r *http.Request, body []byte, alias bool) exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	limits, allowed := s.limits.authentication(now)
	entry := &TokenRequest{Via: viaDirect, Method: "none"}
	answer, refused := document(nil), &refusal{http.StatusTooManyRequests, "too_many_requests", "Rate limit exceeded.", ""}
	if allowed {
		answer, refused = s.grantToken(r, body, alias, now, entry)
	}
	result := answered(http.StatusOK, answer)
	if refused != nil {
		result = answered(refused.status, document{{"error", refused.code}, {"error_description", refused.description}})
		entry.Error, entry.ErrorDescription, entry.Reason = refused.code, refused.description, refused.reason
	}
	maps.Copy(result.header, limits)
	result.header.Set("Cache-Control", "no-store")
	entry.Status, result.token = result.status, entry
	return result
}

// grantToken authenticates the client and decides on the token. It fills in the log entry on the way.
func (s *Simulator) grantToken(r *http.Request, body []byte, alias bool, now time.Time,
	entry *TokenRequest,
) (document, *refusal) {
	parameters, refused := tokenParameters(r, body)
	if refused != nil {
		return nil, refused
	}
	clientID, sent := credentialsOf(r, parameters)
	cert := s.presentationOf(r, alias, now)
	entry.ClientID, entry.Via = clientID, cert.via
	entry.Audience, entry.Scope = parameters.Get("audience"), parameters.Get("scope")
	if cert.certificate != nil {
		entry.Thumbprint, entry.SubjectDN = thumbprint(cert.certificate), subjectDN(cert.certificate.RawSubject)
	}
	if refused := supported(parameters.Get("grant_type")); refused != nil {
		return nil, refused
	}
	seen := s.clientAsPropagated(clientID, now)
	entry.Method, refused = attempt{client: seen, sent: sent, cert: cert, now: now,
		acceptExpired: s.options.AcceptExpired, verify: s.assertionVerifier(clientID, cert.issuer, now)}.authenticate()
	if refused != nil {
		return nil, refused
	}
	return s.issue(seen, cert, parameters, now, entry)
}

// clientAsPropagated is the client as the token endpoint sees it yet.
func (s *Simulator) clientAsPropagated(id string, now time.Time) *client {
	h, known := s.world.clients[id]
	if !known {
		return nil
	}
	return h.asOf(now.Add(-s.options.PropagationDelay))
}

// tokenParameters accepts a form and JSON, as Auth0 does.
func tokenParameters(r *http.Request, body []byte) (url.Values, *refusal) {
	malformed := &refusal{http.StatusBadRequest, "invalid_request", "The request body is malformed", "malformed body"}
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		parameters, err := url.ParseQuery(string(body))
		if err != nil {
			return nil, malformed
		}
		return parameters, nil
	}
	object, err := decodeObject(body)
	if err != nil {
		return nil, malformed
	}
	parameters := url.Values{}
	for name := range object {
		parameters.Set(name, stringOf(object, name))
	}
	return parameters, nil
}

// credentialsOf reads who the client says it is and what it sends as proof.
func credentialsOf(r *http.Request, parameters url.Values) (string, credentialsSent) {
	clientID := parameters.Get("client_id")
	sent := credentialsSent{secret: parameters.Get("client_secret")}
	if sent.secret != "" {
		sent.secretMethod = "client_secret_post"
	}
	if user, password, ok := r.BasicAuth(); ok {
		// RFC 6749, section 2.3.1: both are form-encoded before they are joined.
		clientID, sent.secret, sent.secretMethod = unescape(user), unescape(password), "client_secret_basic"
	}
	if parameters.Get("client_assertion_type") == assertionType {
		sent.assertion = parameters.Get("client_assertion")
		clientID = orDefault(clientID, unverifiedSubject(sent.assertion))
	}
	return clientID, sent
}

func unescape(text string) string {
	plain, err := url.QueryUnescape(text)
	if err != nil {
		return text
	}
	return plain
}

// supported refuses what the simulator does not implement with 501, and what Auth0 does not know with its own error.
func supported(grantType string) *refusal {
	switch grantType {
	case "client_credentials":
		return nil
	case "":
		return &refusal{http.StatusBadRequest, "invalid_request", "Missing required parameter: grant_type", ""}
	case "authorization_code", "refresh_token", "password", "http://auth0.com/oauth/grant-type/password-realm",
		"urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange":
		return &refusal{http.StatusNotImplemented, "not_implemented",
			"the simulator does not implement the grant type " + grantType, ""}
	default:
		return &refusal{http.StatusForbidden, "unsupported_grant_type", "Unsupported grant type: " + grantType, ""}
	}
}

// issue decides what an authenticated client gets.
func (s *Simulator) issue(c *client, cert presentation, parameters url.Values, now time.Time,
	entry *TokenRequest,
) (document, *refusal) {
	audience := orDefault(parameters.Get("audience"), stringOf(s.world.settings, "default_audience"))
	entry.Audience = audience
	api, scopes, refused := s.authorized(c, audience, strings.Fields(parameters.Get("scope")))
	if refused != nil {
		return nil, refused
	}
	binding, refused := bind(api, c, cert)
	if refused != nil {
		return nil, refused
	}
	entry.Scope, entry.Confirmation = strings.Join(scopes, " "), binding
	more := map[string]any{}
	tokenType := "Bearer"
	if binding != "" {
		more["cnf"] = map[string]any{"x5t#S256": binding}
		tokenType = s.options.BoundTokenType
	}
	life := api.tokenLifetime()
	var text string
	if api.system {
		life = s.options.ManagementTokenLifetime
		text = s.issueManagementToken(c.id, scopes, s.issuer(), more)
	} else {
		more[jwt.JwtIDKey] = randomText(alphanumeric, 22)
		claims := accessClaims(c.id, audience, scopes, cert.issuer, now, life)
		maps.Copy(claims, more)
		text = s.signing.sign(claims)
	}
	answer := document{{"access_token", text}}
	answer.addIf(len(scopes) > 0, "scope", strings.Join(scopes, " "))
	answer.add("expires_in", int(life/time.Second))
	answer.add("token_type", tokenType)
	return answer, nil
}

// authorized checks the API, the grant type and the client grant, and returns the scopes that the token gets.
func (s *Simulator) authorized(c *client, audience string, wanted []string) (*resourceServer, []string, *refusal) {
	denied := func(description string) (*resourceServer, []string, *refusal) {
		return nil, nil, &refusal{http.StatusForbidden, "access_denied", description, ""}
	}
	if !slices.Contains(stringsOf(c.settings, "grant_types"), "client_credentials") {
		return nil, nil, &refusal{http.StatusForbidden, "unauthorized_client",
			"Grant type 'client_credentials' not allowed for the client.", ""}
	}
	if audience == "" {
		return denied("Non-global clients are not allowed access to APIv1")
	}
	api, known := s.resourceServerFor(audience)
	if !known {
		return denied("Service not enabled within domain: " + audience)
	}
	granted := s.grantFor(c.id, audience)
	if granted == nil {
		return denied(`Client is not authorized to access "` + audience + `". You need to create a "client-grant" ` +
			`associated to this API. See: https://auth0.com/docs/api/v2#!/Client_Grants/post_client_grants`)
	}
	if len(wanted) == 0 {
		return api, granted.scope, nil
	}
	for _, scope := range wanted {
		if !slices.Contains(granted.scope, scope) {
			return denied("Client has not been granted scopes: " + scope)
		}
	}
	return api, wanted, nil
}

// bind decides on the certificate-bound token (auth0.com/docs/secure/sender-constraining/configure-sender-constraining).
// It returns the thumbprint that the token is bound to, or "" for a bearer token.
func bind(api *resourceServer, c *client, cert presentation) (string, *refusal) {
	allowed, required := api.bindsByMTLS()
	wantsProof := boolOf(c.settings, "require_proof_of_possession")
	refuse := func(description string) (string, *refusal) {
		return "", &refusal{http.StatusBadRequest, "invalid_request", description, ""}
	}
	switch {
	case !allowed && wantsProof:
		return refuse("The client requires proof of possession, which the API does not support")
	case allowed && cert.certificate != nil:
		return thumbprint(cert.certificate), nil
	case required || wantsProof:
		return refuse("Proof of possession is required")
	default:
		return "", nil
	}
}
