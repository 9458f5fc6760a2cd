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

package faults

import (
	"bytes"
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

// The numbers of Auth0, and the simulator's default.
const (
	mostStored   = 4
	mostAttached = 2
)

// overfull are the refusals of a tenant whose limits a request would have broken (auth0/terraform-provider-auth0
// internal/auth0/client/resource_credentials.go quotes them).
var overfull = []string{"A client can have a maximum of 4 credentials", "Array is too long"}

// checker notes what must never be, at the moment when it is: after each change at the tenant, before each request to it, and after
// each write to the cluster.
type checker struct {
	world World
	// held is how long a workload may go on to present a certificate after another was published in its place.
	held time.Duration

	mutex      sync.Mutex
	recording  bool
	clients    map[string]auth0sim.Client
	foreign    []string // ids of credentials that others made
	onPurpose  purpose
	presented  map[string][]presentation // by the name of the published Secret
	unread     map[string]bool           // operators that must read the tenant before they change a client
	violations []string
}

// purpose is what the scenario itself asks for: that certificates are given up, that the client is, or that certificates are published
// which are only stored.
type purpose struct{ secret, deleted, staged bool }

// presentation is a certificate in the hands of a workload.
type presentation struct {
	certificate *x509.Certificate
	replaced    time.Time // zero: it is the published one
}

func newChecker(w World, held time.Duration) *checker {
	c := &checker{world: w, held: held, clients: map[string]auth0sim.Client{}, presented: map[string][]presentation{}, unread: map[string]bool{}}
	for _, known := range w.Sim().Clients() {
		c.clients[known.ID] = known
	}
	return c
}

// record begins to check: what was before is how things were found.
func (c *checker) record(p purpose, foreign []string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.recording, c.onPurpose, c.foreign = true, p, foreign
}

// giveUp tells that what a ClientCredential published is no longer used.
func (c *checker) giveUp(secret string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.presented, secret)
}

// found are the violations so far.
func (c *checker) found() []string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return slices.Clone(c.violations)
}

// violatedf notes a violation. The checker is locked.
func (c *checker) violatedf(invariant, format string, args ...any) {
	if c.recording {
		c.violations = append(c.violations, invariant+": "+fmt.Sprintf(format, args...))
	}
}

// commit takes a change at the tenant: the simulator calls it before anybody gets an answer.
func (c *checker) commit(now auth0sim.Client) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	before, known := c.clients[now.ID]
	c.clients[now.ID] = now
	if now.Deleted {
		if !c.onPurpose.deleted {
			c.violatedf("I1", "the client %s was deleted", now.ID)
		}
		return
	}
	if len(now.Attached) > mostAttached || len(now.Credentials) > mostStored {
		c.violatedf("I2", "the client holds %d credentials and lists %d", len(now.Credentials), len(now.Attached))
	}
	fellBack := before.AuthenticationMethod != "" || !known
	if fellBack && now.AuthenticationMethod == "" && !c.onPurpose.secret {
		c.violatedf("I5", "the client signs in by %q, and before by %q", now.TokenEndpointAuthMethod, before.AuthenticationMethod)
	}
	if len(before.Attached) > 0 && len(now.Attached) == 0 && !c.onPurpose.secret {
		c.violatedf("I1", "the last credential that signs in was taken away")
	}
	c.checkTwins(now)
	c.checkForeign(before, now)
	c.checkCoverage(before, now)
}

// checkTwins notes a second client for one OAuthClient.
func (c *checker) checkTwins(now auth0sim.Client) {
	for id, other := range c.clients {
		if id != now.ID && !other.Deleted && other.Name == now.Name {
			c.violatedf("I3", "there are two clients of the name %s", now.Name)
		}
	}
}

func (c *checker) checkForeign(before, now auth0sim.Client) {
	for _, id := range c.foreign {
		was := slices.ContainsFunc(before.Credentials, func(k auth0sim.Credential) bool { return k.ID == id })
		is := slices.ContainsFunc(now.Credentials, func(k auth0sim.Credential) bool { return k.ID == id })
		detached := slices.Contains(before.Attached, id) && !slices.Contains(now.Attached, id)
		if (was && !is) || detached {
			c.violatedf("I7", "the credential %s of somebody else was taken away", id)
		}
	}
}

// checkCoverage notes certificates in the hands of workloads that no longer sign in.
func (c *checker) checkCoverage(before, now auth0sim.Client) {
	if c.onPurpose.secret {
		return
	}
	for secret, presentations := range c.presented {
		for _, p := range presentations {
			over := !p.replaced.IsZero() && !c.world.Sim().Now().Before(p.replaced.Add(c.held)) // its clock takes no lock of the tenant's
			if !over && before.Accepts(p.certificate) && !now.Accepts(p.certificate) {
				c.violatedf("I1", "what a workload of %s presents no longer signs in: serial number %s", secret, p.certificate.SerialNumber)
			}
		}
	}
}

// sends takes a request that an operator is about to send.
func (c *checker) sends(operator string, r Request) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	unread, known := c.unread[operator]
	if r.onClient() && (unread || !known) {
		c.violatedf("I4", "%s although what the tenant holds is not known: it was not read after the last request without an answer, or not at all", r.Text)
	}
}

// answered takes the end of a request.
func (c *checker) answered(operator string, r Request, ended ending) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	switch {
	case ended == done && (r.Text == listPool || r.Text == createClient):
		c.unread[operator] = false
	case ended == done && r.Text == readClient && c.holdNothing():
		// A client that signs in by a secret and that nobody managed is assumed to hold no credential, and here that is so.
		if _, known := c.unread[operator]; !known {
			c.unread[operator] = false
		}
	case ended == unknown && r.ToTenant && r.Writes:
		c.unread[operator] = true
	}
}

// holdNothing tells whether no client holds a credential. The checker is locked.
func (c *checker) holdNothing() bool {
	for _, held := range c.clients {
		if len(held.Credentials) > 0 {
			return false
		}
	}
	return true
}

// reads takes the body of a request to the tenant.
func (c *checker) reads(body []byte) {
	if bytes.Contains(body, []byte("PRIVATE KEY")) {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		c.violatedf("I6", "a private key was sent to the tenant")
	}
}

// refused takes the true answer of the tenant.
func (c *checker) refused(r Request, answer string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, refusal := range overfull {
		if strings.Contains(answer, refusal) {
			c.violatedf("I2", "%s was refused: %s", r.Text, refusal)
		}
	}
}
