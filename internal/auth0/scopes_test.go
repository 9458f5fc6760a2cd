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
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/registration"
)

// world is what the calls below work on.
type world struct {
	client            registration.Client
	attached, spare   Credential
	grant             registration.Grant
	certificate, name string
}

// calls does each operation as its feature does it.
var calls = map[string]func(context.Context, *Tenant, world) error{
	OpDiscover + " Basics":  func(ctx context.Context, t *Tenant, _ world) error { return second(t.Discover(ctx)) },
	OpAuthorize + " Basics": func(ctx context.Context, t *Tenant, _ world) error { return second(t.Authorize(ctx)) },
	OpClient + " ReadClients": func(ctx context.Context, t *Tenant, w world) error {
		client, err := t.Client(ctx, w.client.ID)
		if err == nil && client.Method != registration.SelfSignedTLSClientAuth {
			return errors.New("the method is not to be seen")
		}
		return err
	},
	OpListClients + " ReadClients": func(ctx context.Context, t *Tenant, _ world) error {
		clients, _, err := t.ListClients(ctx, "")
		if err == nil && !slices.ContainsFunc(clients, func(c registration.Client) bool { return len(c.CredentialIDs) > 0 }) {
			return errors.New("the methods are not to be seen")
		}
		return err
	},
	OpCredentials + " ReadClients": func(ctx context.Context, t *Tenant, w world) error { return second(t.Credentials(ctx, w.client.ID)) },
	OpAuditCredentials + " ReadClients": func(ctx context.Context, t *Tenant, w world) error {
		return second(t.AuditCredentials(ctx, w.client.ID))
	},
	OpCreateClient + " ManageClients": func(ctx context.Context, t *Tenant, w world) error {
		_, _, err := t.CreateClient(ctx, NewClient{Settings: registration.Settings{Name: &w.name}, Method: registration.ClientSecretPost})
		return err
	},
	OpCreateClient + " ManageCredentials": func(ctx context.Context, t *Tenant, w world) error {
		_, _, err := t.CreateClient(ctx, NewClient{
			Settings: registration.Settings{Name: &w.name}, Method: registration.SelfSignedTLSClientAuth,
			Credentials: []NewCredential{{Name: "n", Type: registration.X509Cert, PEM: w.certificate}},
		})
		return err
	},
	OpUpdateClient + " ManageClients": func(ctx context.Context, t *Tenant, w world) error {
		return second(t.UpdateClient(ctx, w.client.ID, ClientPatch{Settings: registration.Settings{Description: &w.name}}))
	},
	OpUpdateClient + " ManageCredentials": func(ctx context.Context, t *Tenant, w world) error {
		return second(t.UpdateClient(ctx, w.client.ID, ClientPatch{Authentication: &Authentication{
			registration.SelfSignedTLSClientAuth, []string{w.attached.ID, w.spare.ID}}}))
	},
	OpCreateCredential + " ManageCredentials": func(ctx context.Context, t *Tenant, w world) error {
		return second(t.CreateCredential(ctx, w.client.ID, NewCredential{Name: "n", Type: registration.X509Cert, PEM: w.certificate}))
	},
	OpDeleteCredential + " ManageCredentials": func(ctx context.Context, t *Tenant, w world) error {
		return t.DeleteCredential(ctx, w.client.ID, w.spare.ID)
	},
	OpDeleteClient + " DeleteClients": func(ctx context.Context, t *Tenant, w world) error { return t.DeleteClient(ctx, w.client.ID) },
	OpGrants + " ManageGrants":        func(ctx context.Context, t *Tenant, w world) error { return second(t.Grants(ctx, w.client.ID)) },
	OpListGrants + " ManageGrants": func(ctx context.Context, t *Tenant, w world) error {
		grants, _, err := t.ListGrants(ctx, "")
		if err == nil && len(grants[w.client.ID]) != 1 {
			return errors.New("the grant is not to be seen")
		}
		return err
	},
	OpCreateGrant + " ManageGrants": func(ctx context.Context, t *Tenant, w world) error {
		return second(t.CreateGrant(ctx, w.client.ID, "https://other", nil))
	},
	OpUpdateGrant + " ManageGrants": func(ctx context.Context, t *Tenant, w world) error { return t.UpdateGrant(ctx, w.grant.ID, nil) },
	OpEndpointAliases + " ManageEndpointAlias": func(ctx context.Context, t *Tenant, _ world) error {
		return second(t.EndpointAliases(ctx))
	},
	OpSetEndpointAliases + " ManageEndpointAlias": func(ctx context.Context, t *Tenant, _ world) error {
		return t.SetEndpointAliases(ctx, true)
	},
}

func second[T any](_ T, err error) error { return err }

// build makes a fresh world with every scope.
func build(t *testing.T, sim *auth0sim.Simulator) world {
	t.Helper()
	tenant := openSimulated(t, sim)
	w := world{name: "app"}
	w.client, w.attached = selfSigned(t, tenant, "app")
	w.certificate, _ = certificateOf(t, "app")
	var err error
	w.spare, err = tenant.CreateCredential(t.Context(), w.client.ID, NewCredential{Name: "spare", Type: registration.X509Cert, PEM: w.certificate})
	if err != nil {
		t.Fatal(err)
	}
	w.certificate, _ = certificateOf(t, "app")
	if w.grant, err = tenant.CreateGrant(t.Context(), w.client.ID, "https://api", nil); err != nil {
		t.Fatal(err)
	}
	return w
}

// Each operation works with exactly the scopes that are said to be needed, and with none of them missing.
func TestRequirementsAreExact(t *testing.T) {
	sim := simulate(t, auth0sim.Options{})
	for _, identifier := range []string{"https://api", "https://other"} {
		if _, err := sim.AddResourceServer(map[string]any{"name": identifier, "identifier": identifier}); err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for _, r := range Requirements {
		name := r.Op + " " + string(r.Feature)
		seen[name] = true
		call := calls[name]
		if call == nil {
			t.Errorf("no call is known for %s", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			with := func(scopes []string) *Tenant {
				// A token without scopes would be one with all, so it gets one that opens nothing here.
				scopes = append([]string{"read:custom_domains"}, scopes...)
				return openSimulated(t, sim, func(c *Config) { c.SignIn = SignIn{AccessToken: sim.ManagementToken(scopes...)} })
			}
			w := build(t, sim)
			for i, scope := range r.Scopes {
				err := call(t.Context(), with(slices.Delete(slices.Clone(r.Scopes), i, i+1)), w)
				if e, ok := errors.AsType[*Error](err); !ok || e.Class != InsufficientScope || !slices.Contains(e.MissingScopes, scope) {
					t.Errorf("without %s: %v", scope, err)
				}
			}
			sim.ResetLog()
			if err := call(t.Context(), with(r.Scopes), w); err != nil {
				t.Errorf("with all: %v", err)
			}
			if counters := sim.Counters(); r.Feature != Basics && (len(counters) != 1 || counters[r.Call] != 1) {
				t.Errorf("called %v, want %s", counters, r.Call)
			}
		})
	}
	if len(seen) != len(calls) {
		t.Errorf("%d requirements, %d calls", len(seen), len(calls))
	}
}

func TestScopes(t *testing.T) {
	tests := map[string]struct{ got, want []string }{
		"no scope":     {Scopes(OpDiscover), nil},
		"an operation": {Scopes(OpCreateClient), []string{"create:client_credentials", "create:clients"}},
		"unknown":      {Scopes("Nothing"), nil},
		"no feature":   {FeatureScopes(), nil},
		"features overlap": {FeatureScopes(ManageClients, ManageCredentials), []string{
			"create:client_credentials", "create:clients", "delete:client_credentials", "update:client_credentials", "update:clients"}},
	}
	for name, test := range tests {
		if !slices.Equal(test.got, test.want) {
			t.Errorf("%s: got %v, want %v", name, test.got, test.want)
		}
	}
	for _, r := range Requirements {
		if slices.ContainsFunc(r.Scopes, func(s string) bool { return strings.HasSuffix(s, ":client_keys") }) {
			t.Errorf("%s wants a scope that opens secrets: %v", r.Op, r.Scopes)
		}
	}
}
