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
	"crypto/tls"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwt"
)

// OpLogin names a login in errors, and to Observe. It is no call of the Management API and takes no scope.
const OpLogin = "Login"

// Login is a client's request for a token by mutual TLS (RFC 8705), as a workload sends it.
type Login struct {
	// Endpoint is the URL of the mTLS token endpoint.
	Endpoint string
	ClientID string
	Audience string
	// Certificate is presented in the handshake, whatever issuers the server names.
	Certificate tls.Certificate
}

// Issued is what is kept of a token. The token itself is not.
type Issued struct {
	// BoundTo is the thumbprint (cnf.x5t#S256) of the certificate that the token is bound to; empty when it is bound to none.
	BoundTo string
}

// Login requests a token and throws it away. What may be dialled, whom to trust and how long it may take are as for the
// Management API; of c nothing else is used. It costs none of the tenant's request budget. An error of class SignInRefused is the
// endpoint's own no: Code is its word for it.
func (c Config) Login(ctx context.Context, l Login) (Issued, error) {
	endpoint, ok := loginURL(l.Endpoint)
	if !ok {
		return Issued{}, invalid(OpLogin, "the token endpoint that discovery names is no https URL")
	}
	roots, ok := c.roots()
	if !ok {
		return Issued{}, invalid(OpLogin, "the CA bundle holds no certificate")
	}
	c = c.withDefaults()
	wire := newWire(c, roots)
	wire.base.DisableKeepAlives = true // each login proves its certificate in a handshake of its own
	wire.base.TLSClientConfig.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		return &l.Certificate, nil
	}
	ctx, x := withExchange(ctx, OpLogin, endpoint.Host)
	issued, err := requestToken(ctx, wire, endpoint, l)
	defer func() { clear(x.body) }()
	if err != nil {
		return Issued{}, x.explainLogin(err, c.Clock.Now())
	}
	return issued, nil
}

// loginURL accepts what a tenant's discovery may name: nothing that the transport would not encrypt, and no user.
func loginURL(endpoint string) (*url.URL, bool) {
	u, err := url.Parse(endpoint)
	if err != nil || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" {
		return nil, false
	}
	return u, isHost(u.Host)
}

func requestToken(ctx context.Context, wire *wire, endpoint *url.URL, l Login) (Issued, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {l.ClientID}, "audience": {l.Audience}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint.String(), strings.NewReader(form.Encode()))
	if err != nil {
		return Issued{}, err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	res, err := wire.RoundTrip(req)
	if err != nil {
		return Issued{}, err
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.NewDecoder(res.Body).Decode(&answer); err != nil {
		return Issued{}, err
	}
	if res.StatusCode != http.StatusOK || answer.AccessToken == "" {
		return Issued{}, errIncomplete
	}
	return Issued{BoundTo: confirmation(answer.AccessToken)}, nil
}

// confirmation reads what a token that is a JWT is bound to. Its signature is for the API to check that it is meant for.
func confirmation(token string) string {
	parsed, err := jwt.ParseInsecure([]byte(token))
	if err != nil {
		return ""
	}
	claim, _ := parsed.Get("cnf")
	bound, _ := claim.(map[string]any)
	thumbprint, _ := bound["x5t#S256"].(string)
	return thumbprint
}

// explainLogin tells the endpoint's own refusals, and that of a handshake, from everything that says nothing of the certificate.
func (x *exchange) explainLogin(err error, now time.Time) *Error {
	if x.err == nil {
		x.err = err
	}
	e, a := x.explain(now), x.answer()
	switch {
	case e.Class == RateLimited || e.Class == Unavailable:
	case refusedHandshake(x.err):
		e.Class, e.Message = SignInRefused, x.host+" refuses the TLS handshake with this certificate"
	case e.Class == BadAnswer && e.lost && !errors.Is(x.err, errRedirect) && !errors.Is(x.err, errTooLarge):
		// In TLS 1.3 the alert that refuses a certificate can be lost to the reset of the connection that follows it.
		e.Message += "; that may be how it refuses this certificate"
	case x.status >= 400 && x.status <= 403 && a.Err != "":
		e = &Error{Op: x.op, Class: SignInRefused, Status: x.status, Code: cleanCode(a.Err), Message: clean(a.Description, nil)}
		e.orSay("the token endpoint gives no token")
	case x.status != 0:
		e = &Error{Op: x.op, Class: BadAnswer, Status: x.status, Message: x.host + " did not answer as a token endpoint does"}
	}
	return e
}

// refusedHandshake tells whether the other side ended the handshake by an alert, which is how it refuses a certificate. In TLS
// 1.3 the alert comes after the client's side of the handshake is done.
func refusedHandshake(err error) bool {
	alert, ok := errors.AsType[*net.OpError](err)
	return ok && alert.Op == "remote error"
}
