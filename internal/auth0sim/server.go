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
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"sync"
	"time"
)

// Simulator is a running tenant.
type Simulator struct {
	options Options
	bodies  bodies
	clock   *movableClock
	signing *signing
	serving *serving
	limits  *limiter
	faults  *injections
	log     *requestLog

	domain, mtlsDomain string
	servers            []*http.Server

	// stopping is closed by Close; pending are the late effects still to come.
	stopping chan struct{}
	pending  sync.WaitGroup

	// mu guards everything below. Operations and hooks run under it.
	mu        sync.Mutex
	world     world
	tokens    map[string]time.Time
	clientCAs *x509.CertPool
	delay     time.Duration
	ordinal   int
	hooks     []func(Client)
}

// Start starts a tenant. It is ready when Start returns; Close ends it.
func Start(options Options) (*Simulator, error) {
	options = options.withDefaults()
	key, err := signingKey()
	if err != nil {
		return nil, fmt.Errorf("making the signing key: %w", err)
	}
	s := &Simulator{
		options:  options,
		bodies:   newBodies(options),
		clock:    newMovableClock(options.Clock),
		signing:  key,
		limits:   newLimiter(options),
		faults:   &injections{},
		log:      newRequestLog(options.LogLimit),
		tokens:   map[string]time.Time{},
		delay:    options.Latency,
		stopping: make(chan struct{}),
		world:    world{clients: map[string]*history{}, settings: newSettings(), assertions: map[string]time.Time{}},
	}
	if err := s.SetClientCAs(options.ClientCAs); err != nil {
		return nil, err
	}
	direct, alias, err := s.listen()
	if err != nil {
		return nil, err
	}
	s.bootstrap()
	if options.OnCommit != nil {
		s.OnCommit(options.OnCommit)
	}
	front := s.handler(false)
	if options.Intercept != nil {
		front = options.Intercept(front)
	}
	s.serveTLS(direct, front, tls.NoClientCert)
	s.serveTLS(alias, s.handler(true), tls.RequestClientCert)
	return s, nil
}

// listen opens both listeners, which settles the tenant's names, and makes the certificate for them.
func (s *Simulator) listen() (direct, alias net.Listener, err error) {
	direct, err = s.options.Listen(s.options.Address)
	if err != nil {
		return nil, nil, fmt.Errorf("listening for the tenant: %w", err)
	}
	alias, err = s.options.Listen(s.options.MTLSAddress)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("listening for the mTLS alias: %w", err), direct.Close())
	}
	prefix := ""
	if s.options.ServerName != "" {
		prefix = "mtls."
	}
	s.domain = reachableAt(direct.Addr(), s.options.ServerName)
	s.mtlsDomain = reachableAt(alias.Addr(), prefix+s.options.ServerName)
	s.serving, err = newServing(s.domain, s.mtlsDomain)
	if err != nil {
		return nil, nil, errors.Join(fmt.Errorf("making the server certificate: %w", err), direct.Close(), alias.Close())
	}
	return direct, alias, nil
}

// serveTLS serves HTTPS. Handshakes that fail are the client's business and not logged.
func (s *Simulator) serveTLS(listener net.Listener, handler http.Handler, ask tls.ClientAuthType) {
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		ErrorLog:          log.New(io.Discard, "", 0),
		TLSConfig: &tls.Config{
			MinVersion:   tls.VersionTLS12,
			Certificates: []tls.Certificate{s.serving.certificate},
			ClientAuth:   ask,
		},
	}
	s.servers = append(s.servers, server)
	go func() { _ = server.ServeTLS(listener, "", "") }()
}

// reachableAt is host and port of a listener as clients name them.
func reachableAt(address net.Addr, serverName string) string {
	host, port, err := net.SplitHostPort(address.String())
	if err != nil {
		return address.String()
	}
	if ip := net.ParseIP(host); ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(orDefault(serverName, host), port)
}

// bootstrap makes what a tenant has from the start: the global client, the Management API and a client that may use it.
func (s *Simulator) bootstrap() {
	s.mu.Lock()
	defer s.mu.Unlock()
	begin := time.Time{}
	for _, c := range []*client{
		{id: newClientID(), global: true, secret: newSecret(), slots: map[slot][]string{}, settings: map[string]any{
			"name": "All Applications", "callbacks": []any{}, "is_first_party": true, "cross_origin_authentication": true,
			"refresh_token": defaultRefreshToken(2592000, 1296000), "custom_login_page_on": true,
		}},
		s.managementClient(),
	} {
		s.world.clients[c.id] = &history{{at: begin, client: c}}
		s.world.clientOrder = append(s.world.clientOrder, c.id)
	}
	scopes := []any{}
	for _, scope := range ManagementScopes() {
		scopes = append(scopes, document{{"value", scope}})
	}
	s.world.resourceServers = append(s.world.resourceServers, &resourceServer{
		id: newResourceServerID(), ordinal: s.nextOrdinal(), identifier: s.Audience(), system: true,
		settings: map[string]any{"name": "Auth0 Management API", "allow_offline_access": false,
			"skip_consent_for_verifiable_first_party_clients": false, "token_lifetime_for_web": json.Number("7200"),
			"token_lifetime": json.Number("86400"), "signing_alg": "RS256", "scopes": scopes},
	})
	s.world.grants = append(s.world.grants, &grant{id: newGrantID(), ordinal: s.nextOrdinal(),
		clientID: s.options.ManagementClientID, audience: s.Audience(), scope: s.options.ManagementScopes,
		settings: map[string]any{}})
}

func (s *Simulator) managementClient() *client {
	body := map[string]any{"app_type": "non_interactive", "jwt_configuration": map[string]any{}}
	settings := defaultSettings(body)
	settings["name"] = "Management client"
	settings["app_type"] = "non_interactive"
	settings["grant_types"] = []any{"client_credentials"}
	settings["jwt_configuration"] = map[string]any{"alg": "RS256", "secret_encoded": false, "lifetime_in_seconds": json.Number("36000")}
	return &client{id: s.options.ManagementClientID, secret: s.options.ManagementClientSecret,
		method: "client_secret_post", slots: map[slot][]string{}, settings: settings}
}

// nextOrdinal numbers list entries. The caller holds the lock.
func (s *Simulator) nextOrdinal() int {
	s.ordinal++
	return s.ordinal
}

// Close ends the tenant: it stops listening, cuts open connections and drops late effects still to come. It must be
// called once.
func (s *Simulator) Close() {
	close(s.stopping)
	s.ClearFaults()
	for _, server := range s.servers {
		_ = server.Close()
	}
	s.pending.Wait()
}

// OnCommit adds a hook that is called after each change of a client with its new state, while the tenant is locked: it
// must be quick and must not call the Simulator.
func (s *Simulator) OnCommit(hook func(Client)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hooks = append(s.hooks, hook)
}

// SetClientCAs replaces the CAs against which presented certificates are verified; an empty bundle verifies none.
func (s *Simulator) SetClientCAs(bundle []byte) error {
	pool := x509.NewCertPool()
	if len(bundle) > 0 && !pool.AppendCertsFromPEM(bundle) {
		return errors.New("the bundle of client CAs holds no PEM certificate")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clientCAs = pool
	return nil
}

// SetLatency delays every answer from now on.
func (s *Simulator) SetLatency(latency time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.delay = latency
}

func (s *Simulator) currentLatency() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.delay
}

// Now is the time on the simulator's clock.
func (s *Simulator) Now() time.Time { return s.clock.Now() }

// Advance moves the simulator's clock forward.
func (s *Simulator) Advance(d time.Duration) { s.clock.advance(d) }

// Domain is host and port of the tenant.
func (s *Simulator) Domain() string { return s.domain }

// MTLSDomain is host and port of the mTLS alias.
func (s *Simulator) MTLSDomain() string { return s.mtlsDomain }

// URL is the tenant's base URL.
func (s *Simulator) URL() string { return "https://" + s.domain }

// MTLSURL is the base URL of the mTLS alias, which alone requests client certificates.
func (s *Simulator) MTLSURL() string { return "https://" + s.mtlsDomain }

// Audience is the identifier of the Management API.
func (s *Simulator) Audience() string { return s.URL() + "/api/v2/" }

func (s *Simulator) issuer() string { return s.URL() + "/" }

// ManagementClientID is the id of the client that may use the Management API.
func (s *Simulator) ManagementClientID() string { return s.options.ManagementClientID }

// ManagementClientSecret is the secret of the client that may use the Management API.
func (s *Simulator) ManagementClientSecret() string { return s.options.ManagementClientSecret }
