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
	"fmt"
	"maps"
	"net/http"
	"slices"
)

// The methods in this file change the tenant as a foreign writer would: a person at the dashboard, Terraform, another
// pipeline. They are not authenticated, limited, logged or met by faults, but the API's own rules hold. Settings have the
// API's JSON form.

// failure is the error of an exchange that was refused.
func (x exchange) failure() error {
	if x.status < http.StatusBadRequest {
		return nil
	}
	return fmt.Errorf("the tenant refused: %d %s", x.status, x.body)
}

// member reads one text member of a JSON answer.
func (x exchange) member(name string) string {
	object, err := decodeObject(x.body)
	if err != nil {
		return ""
	}
	return stringOf(object, name)
}

// AddClient creates a client and returns its id.
func (s *Simulator) AddClient(settings map[string]any) (clientID string, err error) {
	result, err := s.edit("POST /api/v2/clients", nil, settings)
	return result.client, err
}

// EditClient changes a client as PATCH /clients/{id} does.
func (s *Simulator) EditClient(clientID string, settings map[string]any) error {
	_, err := s.edit("PATCH /api/v2/clients/{id}", map[string]string{"id": clientID}, settings)
	return err
}

// DeleteClient deletes a client with its credentials and grants.
func (s *Simulator) DeleteClient(clientID string) error {
	_, err := s.edit("DELETE /api/v2/clients/{id}", map[string]string{"id": clientID}, nil)
	return err
}

// AddCredential adds a credential to a client's pool, attached to nothing, and returns its id.
func (s *Simulator) AddCredential(clientID string, settings map[string]any) (credentialID string, err error) {
	result, err := s.edit("POST /api/v2/clients/{id}/credentials", map[string]string{"id": clientID}, settings)
	return result.member("id"), err
}

// DeleteCredential deletes an unattached credential.
func (s *Simulator) DeleteCredential(clientID, credentialID string) error {
	_, err := s.edit("DELETE /api/v2/clients/{id}/credentials/{credential_id}",
		map[string]string{"id": clientID, "credential_id": credentialID}, nil)
	return err
}

// Attach makes the credentials those of a method ("self_signed_tls_client_auth", …), in the place of whatever
// authenticated the client before.
func (s *Simulator) Attach(clientID, method string, credentialIDs ...string) error {
	items := make([]map[string]any, len(credentialIDs))
	for i, id := range credentialIDs {
		items[i] = map[string]any{"id": id}
	}
	return s.EditClient(clientID, map[string]any{
		"token_endpoint_auth_method":    nil,
		"client_authentication_methods": map[string]any{method: map[string]any{"credentials": items}},
	})
}

// AttachAlso lets a credential sign in by the method in force, beside whatever does at that moment.
func (s *Simulator) AttachAlso(clientID, credentialID string) error {
	return s.relist(clientID, func(ids []string) []string { return append(ids, credentialID) })
}

// Detach lets a credential no longer sign in, and leaves whatever else does at that moment.
func (s *Simulator) Detach(clientID, credentialID string) error {
	return s.relist(clientID, func(ids []string) []string {
		return slices.DeleteFunc(ids, func(id string) bool { return id == credentialID })
	})
}

// relist changes the list of the method in force, with nobody else's change in between.
func (s *Simulator) relist(clientID string, change func([]string) []string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, exists := s.world.lookup(clientID)
	if !exists {
		return fmt.Errorf("the tenant has no client %s", clientID)
	}
	method, inForce := c.authentication()
	if !inForce {
		return fmt.Errorf("the client %s authenticates by no credential", clientID)
	}
	items := []map[string]any{}
	for _, id := range change(slices.Clone(c.slots[method])) {
		items = append(items, map[string]any{"id": id})
	}
	_, err := s.perform("PATCH /api/v2/clients/{id}", map[string]string{"id": clientID}, map[string]any{
		"client_authentication_methods": map[string]any{string(method): map[string]any{"credentials": items}},
	})
	return err
}

// RevertToSecret makes a client authenticate by "client_secret_post" or "client_secret_basic" again.
func (s *Simulator) RevertToSecret(clientID, method string) error {
	return s.EditClient(clientID, map[string]any{
		"token_endpoint_auth_method": method, "client_authentication_methods": nil,
	})
}

// AddResourceServer creates an API and returns its id.
func (s *Simulator) AddResourceServer(settings map[string]any) (id string, err error) {
	result, err := s.edit("POST /api/v2/resource-servers", nil, settings)
	return result.member("id"), err
}

// AddGrant grants a client scopes at an API and returns the grant's id.
func (s *Simulator) AddGrant(clientID, audience string, scopes ...string) (id string, err error) {
	result, err := s.edit("POST /api/v2/client-grants", nil, map[string]any{
		"client_id": clientID, "audience": audience, "scope": append([]string{}, scopes...),
	})
	return result.member("id"), err
}

// EditTenantSettings changes the tenant's settings as PATCH /tenants/settings does.
func (s *Simulator) EditTenantSettings(settings map[string]any) error {
	_, err := s.edit("PATCH /api/v2/tenants/settings", nil, settings)
	return err
}

// SetManagementScopes replaces what the management client is granted on the Management API. Tokens already issued keep
// their scopes.
func (s *Simulator) SetManagementScopes(scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if g := s.grantFor(s.options.ManagementClientID, s.Audience()); g != nil {
		g.scope = append([]string{}, scopes...)
	}
}

// Client returns the state of a client.
func (s *Simulator) Client(id string) (Client, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c, exists := s.world.lookup(id)
	if !exists {
		return Client{}, false
	}
	return viewOf(c, s.clock.Now()), true
}

// Clients returns the state of all clients, oldest first, the global one and the management client among them.
func (s *Simulator) Clients() []Client {
	s.mu.Lock()
	defer s.mu.Unlock()
	var views []Client
	for _, id := range s.world.clientOrder {
		if c, exists := s.world.lookup(id); exists {
			views = append(views, viewOf(c, s.clock.Now()))
		}
	}
	return views
}

// ClientSecret returns a client's secret, also while the client authenticates by other means; "" without such a client.
func (s *Simulator) ClientSecret(id string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c, exists := s.world.lookup(id); exists {
		return c.secret
	}
	return ""
}

// Grants returns the grants of a client.
func (s *Simulator) Grants(clientID string) []Grant {
	s.mu.Lock()
	defer s.mu.Unlock()
	var grants []Grant
	for _, g := range s.world.grants {
		if g.clientID == clientID {
			grants = append(grants, Grant{ID: g.id, ClientID: g.clientID, Audience: g.audience,
				Scopes: append([]string{}, g.scope...)})
		}
	}
	return grants
}

// TenantSettings returns the tenant's settings.
func (s *Simulator) TenantSettings() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.world.settings)
}
