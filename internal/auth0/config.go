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
	"crypto/x509"
	"math/rand/v2"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"strings"
	"time"

	"k8s.io/utils/clock"

	"github.com/certbound/certbound/internal/budget"
)

// Config says where a tenant is and how to sign in.
type Config struct {
	// Domain is the tenant's host or host:port, without a scheme: it is always reached by HTTPS.
	Domain string
	// Audience of the management token; empty stands for https://{Domain}/api/v2/. A tenant that is reached by a custom
	// domain still wants its canonical one here
	// (https://auth0.com/docs/secure/tokens/access-tokens/management-api-access-tokens).
	Audience string
	// CABundle holds certificates in PEM. When it is given they are the only roots that are trusted.
	CABundle []byte
	// SignIn is how the operator authenticates.
	SignIn SignIn
	// RequestsPerSecond and Burst are the request budget, shared by everything that goes to this tenant; zero: no limit.
	RequestsPerSecond float64
	Burst             int
	// Share is the part of the tenant's rate limit that is used for what is not urgent; zero: 0.8.
	Share float64
	// Before is the connection before this one, nil: there is none. To the same domain, within the same bounds, its budget goes on.
	Before *Tenant
	// Concurrent is how many operations may be under way at once, so that a tenant which is slow to answer does not hold
	// everybody who could work for others; zero: no bound.
	Concurrent int
	// AllowedNetworks are the networks that may be dialled although they are not public: loopback, private, link-local
	// and the like are refused otherwise. A proxy taken from the environment needs its network here.
	AllowedNetworks []netip.Prefix
	// Timeout of one request, from dialling to the last byte of its answer; zero: 10 s.
	Timeout time.Duration
	// Grace is how long a request that may change something may still take when its context has ended, within its Timeout; zero: it is
	// given up at once.
	Grace time.Duration
	// UserAgent is sent with every request; empty: "certbound".
	UserAgent string
	// Observe is told of each HTTP request when it is over: the operation, the status (zero without an answer) and how
	// long it took. It is called from many goroutines and must not block. Nil: nobody is told.
	Observe func(op string, status int, took time.Duration)
	// Permit is asked before each request that may change something at the tenant, with the longest that it may take. An error
	// keeps the request from being sent. Nil: all may be sent.
	Permit func(longest time.Duration) error
	// Clock is what the budget, the token's life and the time of resumption are measured by; nil: the real one.
	Clock clock.Clock
	// Resolver looks the domain up; nil: the system's.
	Resolver *net.Resolver
	// Dial connects to an address that the domain leads to and that may be dialled; nil: by TCP.
	Dial func(ctx context.Context, address netip.AddrPort) (net.Conn, error)
}

func (c Config) budget() *budget.Budget {
	bounded := budget.Config{RequestsPerSecond: c.RequestsPerSecond, Burst: c.Burst, Share: c.Share, Concurrent: c.Concurrent,
		Jitter: rand.Float64} // #nosec G404 -- jitter is no secret
	if c.Before != nil && c.Before.domain == c.Domain {
		return c.Before.paced.budget.Reopen(bounded)
	}
	return budget.Of(bounded)
}

// permit returns an error when a request with this method is not to be sent now.
func (c Config) permit(method string) error {
	if c.Permit == nil || method == http.MethodGet {
		return nil
	}
	if err := c.Permit(c.Timeout); err != nil {
		return &Error{Class: Withheld, Message: err.Error(), noEffect: true}
	}
	return nil
}

// SignIn is how the operator authenticates at the tenant: exactly one field is set.
type SignIn struct {
	ClientSecret  *ClientSecret
	PrivateKeyJWT *PrivateKeyJWT
	// AccessToken is a management token that somebody else obtained; it is used as it is until it expires.
	AccessToken string
}

// ClientSecret signs in by client_secret_post.
type ClientSecret struct{ ClientID, Secret string }

// PrivateKeyJWT signs in by private_key_jwt (RFC 7523): the domain only ever sees a one-minute assertion that is valid
// for itself, so a wrong domain learns nothing that it could use elsewhere.
type PrivateKeyJWT struct {
	ClientID string
	// Key is the private key in PEM.
	Key []byte
	// Algorithm of the signature: RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384 or ES512; empty: RS256.
	Algorithm string
}

// clientID is whom the operator signs in as; empty for a token that was given.
func (s SignIn) clientID() string {
	switch {
	case s.ClientSecret != nil:
		return s.ClientSecret.ClientID
	case s.PrivateKeyJWT != nil:
		return s.PrivateKeyJWT.ClientID
	}
	return ""
}

const (
	defaultTimeout   = 10 * time.Second
	defaultUserAgent = "certbound"
)

// withDefaults fills in what was left out.
func (c Config) withDefaults() Config {
	if c.Audience == "" {
		c.Audience = "https://" + c.Domain + "/api/v2/"
	}
	if c.Timeout == 0 {
		c.Timeout = defaultTimeout
	}
	if c.UserAgent == "" {
		c.UserAgent = defaultUserAgent
	}
	if c.Observe == nil {
		c.Observe = func(string, int, time.Duration) {}
	}
	if c.Clock == nil {
		c.Clock = clock.RealClock{}
	}
	if c.Burst < 1 {
		c.Burst = 1
	}
	return c
}

// validate names the first thing in c that cannot be used; empty when there is none.
func (c Config) validate() string {
	ways := 0
	for _, given := range []bool{c.SignIn.ClientSecret != nil, c.SignIn.PrivateKeyJWT != nil, c.SignIn.AccessToken != ""} {
		if given {
			ways++
		}
	}
	secret, key := c.SignIn.ClientSecret, c.SignIn.PrivateKeyJWT
	switch {
	case !isHost(c.Domain):
		return "the domain must be a host name, with a port if need be, without scheme or path"
	case ways != 1:
		return "exactly one way to sign in must be given: a client secret, a private key or an access token"
	case secret != nil && (secret.ClientID == "" || secret.Secret == ""):
		return "signing in by client secret needs a client id and a secret"
	case key != nil && (key.ClientID == "" || len(key.Key) == 0):
		return "signing in by private key needs a client id and a key"
	case strings.ContainsFunc(c.SignIn.AccessToken, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "the access token holds characters that no token has; is there a line break at its end?"
	case c.Timeout < 0:
		return "the timeout must not be negative"
	}
	return c.validateBudget()
}

func (c Config) validateBudget() string {
	switch {
	case c.RequestsPerSecond < 0:
		return "the request budget must not be negative"
	case c.Share < 0 || c.Share > 1:
		return "the share of the rate limit must be between 0 and 1"
	}
	return ""
}

const label = `[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?`

var hostName = regexp.MustCompile(`^` + label + `(\.` + label + `)*$`)

// isHost tells whether domain is a host, or host:port, and nothing else that a URL could hold.
func isHost(domain string) bool {
	if _, err := netip.ParseAddrPort(domain); err == nil {
		return true
	}
	host, port, found := strings.Cut(domain, ":")
	if found {
		if _, err := netip.ParseAddrPort("127.0.0.1:" + port); err != nil {
			return false
		}
	}
	return len(host) <= 253 && hostName.MatchString(host)
}

// roots returns the certificates of the bundle; nil, which stands for the system's, when there is no bundle.
func (c Config) roots() (*x509.CertPool, bool) {
	if len(c.CABundle) == 0 {
		return nil, true
	}
	pool := x509.NewCertPool()
	ok := pool.AppendCertsFromPEM(c.CABundle)
	return pool, ok
}
