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
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// expiredToken is quoted with its attributes in public reports of Auth0's Management API.
var expiredToken = invalidToken("Expired token received for JSON Web Token validation")

// manage answers one Management API request: token, rate limit, scope, body, and then the operation itself.
func (s *Simulator) manage(e endpoint, r *http.Request, body []byte) exchange {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	limits, allowed := s.limits.management(now, e)
	result := s.operate(e, r, body, now, allowed)
	maps.Copy(result.header, limits)
	return result
}

func (s *Simulator) operate(e endpoint, r *http.Request, body []byte, now time.Time, allowed bool) exchange {
	caller, fail := s.authorize(r.Header.Get("Authorization"), now)
	var result exchange
	switch {
	case fail != nil:
		return failed(fail)
	case !allowed:
		result = failed(tooManyRequests())
	default:
		result = s.invoke(e, &call{now: now, path: r.PathValue, query: r.URL.Query(), scopes: caller.scopes}, body)
	}
	result.caller = caller.clientID
	return result
}

// invoke checks scope and body and runs the operation. The caller holds the lock.
func (s *Simulator) invoke(e endpoint, c *call, body []byte) exchange {
	if fail := c.require(e.scopes...); fail != nil {
		return failed(fail)
	}
	if e.takesBody {
		object, err := decodeObject(body)
		if err != nil {
			return failed(badRequest("Invalid request payload JSON format"))
		}
		if object == nil {
			object = map[string]any{}
		}
		c.body = object
	}
	status, answer, fail := e.handle(c)
	result := answered(status, answer)
	if fail != nil {
		result = failed(fail)
	}
	result.client, result.committed, result.after = c.client, c.committed, s.view(c.client, c.now)
	return result
}

// view is the client after an operation, for the log.
func (s *Simulator) view(id string, now time.Time) *Client {
	if id == "" {
		return nil
	}
	view := Client{ID: id, At: now, Deleted: true}
	if c, exists := s.world.lookup(id); exists {
		view = viewOf(c, now)
	}
	return &view
}

// bearer is who sent a Management API request.
type bearer struct {
	clientID string
	scopes   scopeSet
}

// authorize reads a Management API token. The caller holds the lock.
func (s *Simulator) authorize(header string, now time.Time) (bearer, *failure) {
	if header == "" {
		return bearer{}, &failure{status: http.StatusUnauthorized, message: "Missing authentication"}
	}
	scheme, text, two := strings.Cut(header, " ")
	if !two || !strings.EqualFold(scheme, "Bearer") || strings.Contains(text, " ") {
		return bearer{}, &failure{status: http.StatusBadRequest, code: "Bearer",
			message: "Bad HTTP authentication header format"}
	}
	if _, err := jwt.ParseInsecure([]byte(text)); err != nil {
		return bearer{}, invalidToken("Invalid token")
	}
	token, err := jwt.Parse([]byte(text), jwt.WithKey(jwa.RS256, s.signing.private), jwt.WithValidate(false))
	if err != nil {
		return bearer{}, invalidToken("Invalid signature received for JSON Web Token validation")
	}
	_, live := s.tokens[text]
	issuedHere := token.Issuer() == s.issuer() && len(token.Audience()) == 1 && token.Audience()[0] == s.Audience()
	switch {
	case !issuedHere:
		return bearer{}, invalidToken("Bad audience: " + strings.Join(token.Audience(), ","))
	case !live || !now.Before(token.Expiration()):
		return bearer{}, expiredToken
	}
	clientID, _ := token.Get("azp")
	scope, _ := token.Get("scope")
	return bearer{clientID: textOf(clientID), scopes: newScopeSet(textOf(scope))}, nil
}

func textOf(value any) string {
	text, _ := value.(string)
	return text
}

// ManagementToken makes a static Management API token of the management client with the scopes, or with all without any.
func (s *Simulator) ManagementToken(scopes ...string) string {
	if len(scopes) == 0 {
		scopes = ManagementScopes()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.issueManagementToken(s.options.ManagementClientID, scopes, s.issuer(), nil)
}

// issueManagementToken signs a token and remembers it, so that ExpireTokens can end it. The caller holds the lock.
func (s *Simulator) issueManagementToken(clientID string, scopes []string, issuer string, more map[string]any) string {
	now := s.clock.Now()
	claims := accessClaims(clientID, s.Audience(), scopes, issuer, now, s.options.ManagementTokenLifetime)
	maps.Copy(claims, more)
	text := s.signing.sign(claims)
	maps.DeleteFunc(s.tokens, func(_ string, expires time.Time) bool { return !now.Before(expires) })
	s.tokens[text] = now.Add(s.options.ManagementTokenLifetime)
	return text
}

// accessClaims are those of an access token got by client credentials.
func accessClaims(clientID, audience string, scopes []string, issuer string, now time.Time,
	life time.Duration,
) map[string]any {
	claims := map[string]any{
		jwt.IssuerKey:     issuer,
		jwt.SubjectKey:    clientID + "@clients",
		jwt.AudienceKey:   audience,
		jwt.IssuedAtKey:   now,
		jwt.ExpirationKey: now.Add(life),
		"azp":             clientID,
		"gty":             "client-credentials",
	}
	if len(scopes) > 0 {
		claims["scope"] = strings.Join(scopes, " ")
	}
	return claims
}

// ExpireTokens ends every Management API token issued so far: the API answers 401 to it from now on.
func (s *Simulator) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// edit runs an operation for a writer within the test: with every scope, without rate limits, faults or the log, but with
// the API's own rules.
func (s *Simulator) edit(pattern string, path map[string]string, settings map[string]any) (exchange, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.perform(pattern, path, settings)
}

// perform is edit for a caller that holds the lock.
func (s *Simulator) perform(pattern string, path map[string]string, settings map[string]any) (exchange, error) {
	var body []byte
	if settings != nil {
		var err error
		if body, err = marshal(settings); err != nil {
			return exchange{}, err
		}
	}
	for _, e := range s.endpoints() {
		if e.pattern != pattern {
			continue
		}
		c := &call{now: s.clock.Now(), path: func(name string) string { return path[name] }, query: url.Values{},
			unrestricted: true, scopes: ManagementScopes()}
		result := s.invoke(e, c, body)
		return result, result.failure()
	}
	panic("auth0sim: no operation " + pattern)
}
