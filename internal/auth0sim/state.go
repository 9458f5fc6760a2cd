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
	"slices"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

// world is everything a tenant holds. The Simulator's mutex guards it.
type world struct {
	clients         map[string]*history
	clientOrder     []string
	grants          []*grant
	resourceServers []*resourceServer
	domains         []*customDomain
	settings        map[string]any
	// assertions are the jti values of client assertions seen, until they expire (RFC 7523, section 3).
	assertions map[string]time.Time
}

// slot is a place of a client that credentials can be attached to.
type slot string

const (
	slotPrivateKeyJWT slot = "private_key_jwt"
	slotTLS           slot = "tls_client_auth"
	slotSelfSignedTLS slot = "self_signed_tls_client_auth"
	// The two slots below are not authentication methods, but share the client's credentials.
	slotRequestObject slot = "signed_request_object"
	slotTokenVault    slot = "token_vault_privileged_access"
)

// credentialKind is a credential_type.
type credentialKind string

const (
	kindPublicKey credentialKind = "public_key"
	kindX509      credentialKind = "x509_cert"
	kindSubjectDN credentialKind = "cert_subject_dn"
)

// slotKinds is which credential type each slot takes.
var slotKinds = map[slot]credentialKind{
	slotPrivateKeyJWT: kindPublicKey,
	slotTLS:           kindSubjectDN,
	slotSelfSignedTLS: kindX509,
	slotRequestObject: kindPublicKey,
	slotTokenVault:    kindPublicKey,
}

// authenticationSlots are the keys of client_authentication_methods; at most one of them is in force.
var authenticationSlots = []slot{slotPrivateKeyJWT, slotTLS, slotSelfSignedTLS}

// client is one version of an application. It is never changed once stored: a change stores a new version.
type client struct {
	id string
	// settings are the members of the API's client object that the simulator keeps as they are.
	settings map[string]any
	// method is token_endpoint_auth_method; empty when it is not set.
	method string
	secret string
	// slots holds the attached credential ids. A slot that is present and empty is in force without credentials.
	slots map[slot][]string
	pool  []credential
	// global is the tenant's "All Applications" client.
	global bool
}

func (c *client) clone() *client {
	copied := *c
	copied.settings = maps.Clone(c.settings)
	copied.slots = maps.Clone(c.slots)
	copied.pool = slices.Clone(c.pool)
	return &copied
}

// authentication returns the credential-based method in force.
func (c *client) authentication() (slot, bool) {
	for _, s := range authenticationSlots {
		if _, present := c.slots[s]; present {
			return s, true
		}
	}
	return "", false
}

func (c *client) credential(id string) (credential, bool) {
	i := slices.IndexFunc(c.pool, func(cred credential) bool { return cred.id == id })
	if i < 0 {
		return credential{}, false
	}
	return c.pool[i], true
}

// attached returns the credentials in a slot.
func (c *client) attached(s slot) []credential {
	var found []credential
	for _, id := range c.slots[s] {
		if cred, ok := c.credential(id); ok {
			found = append(found, cred)
		}
	}
	return found
}

// uses says whether any slot holds the credential.
func (c *client) uses(credentialID string) bool {
	for _, ids := range c.slots {
		if slices.Contains(ids, credentialID) {
			return true
		}
	}
	return false
}

// credential is a record of a client's pool. Only its expiry can be changed.
type credential struct {
	id         string
	kind       credentialKind
	name       string
	keyID      string
	algorithm  string
	thumbprint string
	subjectDN  string
	created    time.Time
	updated    time.Time
	expires    *time.Time
	// keyPrint identifies the public key, for the duplicate rule; empty for a literal subject DN.
	keyPrint string
	// key verifies client assertions; only public_key has one.
	key jwk.Key
}

// history is the versions of one client, oldest first, as far back as the delays need them.
type history []version

type version struct {
	at time.Time
	// client is nil once it was deleted.
	client *client
}

// asOf returns the client as it was at a time; nil if it did not exist then.
func (h *history) asOf(at time.Time) *client {
	var seen *client
	for _, v := range *h {
		if v.at.After(at) {
			break
		}
		seen = v.client
	}
	return seen
}

func (h *history) current() *client { return (*h)[len(*h)-1].client }

// store appends a version and forgets those that nobody can ask for any more.
func (h *history) store(now time.Time, c *client, horizon time.Time) {
	*h = append(*h, version{at: now, client: c})
	for len(*h) > 1 && !(*h)[1].at.After(horizon) {
		*h = (*h)[1:]
	}
}

// lookup returns the current version of a client.
func (w *world) lookup(id string) (*client, bool) {
	h, known := w.clients[id]
	if !known || h.current() == nil {
		return nil, false
	}
	return h.current(), true
}

// credentialCount counts the credentials of all clients.
func (w *world) credentialCount() int {
	total := 0
	for _, h := range w.clients {
		if c := h.current(); c != nil {
			total += len(c.pool)
		}
	}
	return total
}

// store makes c the current version of its client and tells the hook. The caller holds the lock.
func (s *Simulator) store(c *client) {
	now := s.clock.Now()
	h, known := s.world.clients[c.id]
	if !known {
		h = &history{}
		s.world.clients[c.id] = h
		s.world.clientOrder = append(s.world.clientOrder, c.id)
	}
	h.store(now, c, s.horizon(now))
	s.committed(viewOf(c, now))
}

// remove deletes a client with its credentials and grants. The caller holds the lock.
func (s *Simulator) remove(c *client) {
	now := s.clock.Now()
	s.world.clients[c.id].store(now, nil, s.horizon(now))
	s.world.grants = slices.DeleteFunc(s.world.grants, func(g *grant) bool { return g.clientID == c.id })
	view := viewOf(c, now)
	view.Deleted = true
	view.Attached = nil
	view.Credentials = nil
	s.committed(view)
}

// horizon is the oldest time that a delayed reader may ask for.
func (s *Simulator) horizon(now time.Time) time.Time {
	return now.Add(-max(s.options.PropagationDelay, s.options.ListLag))
}

func (s *Simulator) committed(view Client) {
	for _, hook := range s.hooks {
		hook(view)
	}
}
