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
	"net"
	"net/http"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/utils/clock"
)

// DuplicateRule says which credentials count as "public keys that already exist in client". Auth0 refuses the same public
// key twice on one client; whether two certificates with one key collide is not documented.
type DuplicateRule int

const (
	// DuplicateThumbprint refuses the same certificate, and for public_key the same key. The default.
	DuplicateThumbprint DuplicateRule = iota
	// DuplicateKey refuses two credentials with one public key, even in two different certificates.
	DuplicateKey
	// DuplicateOff refuses nothing.
	DuplicateOff
)

// RevertedSecret says what a client's secret is after it went back from a certificate to a secret. Not documented.
type RevertedSecret int

const (
	// SecretKept gives the client the secret it had before. The default.
	SecretKept RevertedSecret = iota
	// SecretReplaced gives the client a new secret.
	SecretReplaced
)

// Bucket is a token bucket: Burst requests at once, PerSecond new ones each second.
type Bucket struct {
	Burst     int
	PerSecond rate.Limit
}

// Plan is the set of rate limits of an Auth0 subscription. A zero Bucket limits nothing.
type Plan struct {
	// Name is the plan's name, for messages.
	Name string
	// Management holds for every Management API request.
	Management Bucket
	// ListClients holds for GET /clients in addition.
	ListClients Bucket
	// VerifyDomain holds for POST /custom-domains/{id}/verify in addition.
	VerifyDomain Bucket
	// Token holds for POST /oauth/token.
	Token Bucket
}

// Plans are the limits of auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy.
func Plans() map[string]Plan {
	perMinute := func(n float64) rate.Limit { return rate.Limit(n / 60) }
	verify := Bucket{Burst: 5, PerSecond: perMinute(5)}
	plans := []Plan{
		{Name: "enterprise", Management: Bucket{50, 16}, VerifyDomain: verify, Token: Bucket{100, 100}},
		{Name: "enterprise-nonproduction", Management: Bucket{10, 2}, VerifyDomain: verify, Token: Bucket{100, 100}},
		{Name: "essentials", Management: Bucket{10, perMinute(150)}, ListClients: Bucket{5, perMinute(100)},
			VerifyDomain: verify, Token: Bucket{25, 25}},
		{Name: "free", Management: Bucket{2, 2}, VerifyDomain: verify, Token: Bucket{30, 30}},
	}
	byName := make(map[string]Plan, len(plans))
	for _, plan := range plans {
		byName[plan.Name] = plan
	}
	return byName
}

// Options configure a Simulator. The zero value is a tenant with the documented caps and without rate limits.
type Options struct {
	// Address is where the tenant listens; default "127.0.0.1:0", a free port.
	Address string
	// MTLSAddress is where the mTLS alias of the token endpoint listens; default "127.0.0.1:0".
	MTLSAddress string
	// Listen opens the listeners of both; default: by TCP.
	Listen func(address string) (net.Listener, error)
	// ServerName is the host name by which clients reach the tenant; its mTLS alias is then "mtls." + ServerName.
	// Default: the host of Address, for both.
	ServerName string
	// TenantName is the value of "tenant" in client answers; default "simulator".
	TenantName string

	// ManagementClientID and ManagementClientSecret are the machine-to-machine client that exists from the start;
	// defaults are made anew at each start.
	ManagementClientID     string
	ManagementClientSecret string
	// ManagementScopes are what that client is granted on the Management API; default: all of them.
	ManagementScopes []string

	// ClientCAs is a PEM bundle. A presented certificate that chains to it counts as verified (SUCCESS), any other as
	// FAILED, which decides between tls_client_auth and self_signed_tls_client_auth. May be set later by SetClientCAs.
	ClientCAs []byte

	// CredentialsPerSlot is how many credentials one authentication method may hold; default 2.
	CredentialsPerSlot int
	// CredentialsPerClient is how many credentials a client may hold, attached or not; default 4.
	CredentialsPerClient int
	// CredentialsPerTenant is how many credentials all clients together may hold; default 2000.
	CredentialsPerTenant int
	// Duplicates is which credentials collide.
	Duplicates DuplicateRule
	// RevertedSecret is what a revert to a secret leaves.
	RevertedSecret RevertedSecret
	// LenientMethodSwitch accepts a PATCH that sets only one of token_endpoint_auth_method and
	// client_authentication_methods although the other is in force, and clears the other. By default such a PATCH is
	// refused, as both would be set.
	LenientMethodSwitch bool
	// WithoutMTLS is a tenant without the Highly Regulated Identity add-on: mTLS methods and the tenant's mtls setting
	// are refused with 403 insufficient_entitlement.
	WithoutMTLS bool

	// PropagationDelay is how long after a change of a client the token endpoint goes on seeing the client as it was.
	PropagationDelay time.Duration
	// ListLag is how long after a change of a client GET /clients goes on listing it as it was.
	ListLag time.Duration

	// AcceptExpired makes the token endpoint accept certificates past notAfter and credentials past expires_at. By
	// default both are refused.
	AcceptExpired bool
	// BoundTokenType is the token_type of a certificate-bound token; default "Bearer". One page of Auth0's
	// documentation says "DPoP".
	BoundTokenType string
	// ManagementTokenLifetime is how long a Management API token lives; default 24 h.
	ManagementTokenLifetime time.Duration

	// Plan is the tenant's rate limits; nil means none, and then no x-ratelimit headers either.
	Plan *Plan
	// HiddenBucket is the tenant-wide limit that no header reports.
	HiddenBucket Bucket
	// RetryAfter adds a Retry-After header to 429 answers.
	RetryAfter bool
	// Latency delays every answer.
	Latency time.Duration

	// Clock is the time on which the simulator's own, movable clock is based; default the real one.
	Clock clock.Clock
	// LogLimit is how many requests the logs keep; default 10000 each. Counters have no limit.
	LogLimit int
	// OnCommit is called after each change of a client with its new state, while the tenant is locked: it must be quick
	// and must not call the Simulator.
	OnCommit func(Client)
	// Intercept stands before everything but the mTLS alias: what it does not pass on, the simulator never sees.
	Intercept func(next http.Handler) http.Handler
}

// withDefaults fills in what the zero value means.
func (o Options) withDefaults() Options {
	o.Address = orDefault(o.Address, "127.0.0.1:0")
	o.MTLSAddress = orDefault(o.MTLSAddress, "127.0.0.1:0")
	if o.Listen == nil {
		o.Listen = func(address string) (net.Listener, error) { return net.Listen("tcp", address) }
	}
	o.TenantName = orDefault(o.TenantName, "simulator")
	o.ManagementClientID = orDefault(o.ManagementClientID, randomText(alphanumeric, 32))
	o.ManagementClientSecret = orDefault(o.ManagementClientSecret, newSecret())
	if o.ManagementScopes == nil {
		o.ManagementScopes = ManagementScopes()
	}
	o.CredentialsPerSlot = orDefault(o.CredentialsPerSlot, 2)
	o.CredentialsPerClient = orDefault(o.CredentialsPerClient, 4)
	o.CredentialsPerTenant = orDefault(o.CredentialsPerTenant, 2000)
	o.BoundTokenType = orDefault(o.BoundTokenType, "Bearer")
	o.ManagementTokenLifetime = orDefault(o.ManagementTokenLifetime, 24*time.Hour)
	o.LogLimit = orDefault(o.LogLimit, 10000)
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	return o
}

func orDefault[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}
