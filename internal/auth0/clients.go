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
	"net/http"
	"reflect"
	"strings"

	"github.com/auth0/go-auth0/management"

	"github.com/certbound/certbound/internal/registration"
)

// NewClient is a client to be created.
type NewClient struct {
	Settings registration.Settings
	Method   registration.Method
	// Credentials are created with the client and attached to Method, in the same call; only for a method that uses
	// certificates.
	Credentials []NewCredential
}

// ClientPatch is a change of a client, sent in one request.
type ClientPatch struct {
	// Settings that are nil are left as they are.
	Settings registration.Settings
	// Authentication is left as it is when nil.
	Authentication *Authentication
}

// Authentication replaces how a client authenticates. From that moment on nothing else lets it in.
type Authentication struct {
	Method registration.Method
	// CredentialIDs are all the credentials that may sign in from now on; for a method that uses certificates at least
	// one.
	CredentialIDs []string
}

// clientFields are asked for by name, so that the tenant never sends a client's secret.
var clientFields = func() []string {
	fields := []string{"client_id", "global", "token_endpoint_auth_method", "client_authentication_methods"}
	for field := range reflect.TypeFor[registration.Settings]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		fields = append(fields, name)
	}
	return fields
}()

// pageSize is the most that the API gives at once.
const pageSize = 100

// Client reads a client.
func (t *Tenant) Client(ctx context.Context, id string) (registration.Client, error) {
	return t.oneClient(ctx, OpClient, http.MethodGet, []string{"clients", id}, nil, management.IncludeFields(clientFields...))
}

// ListClients reads a page of the tenant's clients, without its global one. An empty from starts; next is empty on the
// last page.
func (t *Tenant) ListClients(ctx context.Context, from string) (clients []registration.Client, next string, err error) {
	options := []management.RequestOption{
		management.IncludeFields(clientFields...), management.Parameter("is_global", "false"), management.Take(pageSize),
	}
	if from != "" {
		options = append(options, management.From(from))
	}
	err = t.call(ctx, OpListClients, func(ctx context.Context) error {
		var page struct {
			Clients *[]clientAnswer `json:"clients"`
			Next    string          `json:"next"`
		}
		if err := t.request(ctx, http.MethodGet, []string{"clients"}, &message{receive: &page}, options...); err != nil {
			return err
		}
		if page.Clients == nil { // not the same as none
			return errIncomplete
		}
		for _, answer := range *page.Clients {
			client, _, err := answer.client()
			if err != nil {
				return err
			}
			clients = append(clients, client)
		}
		next = page.Next
		return nil
	})
	if err != nil {
		return nil, "", err
	}
	return clients, next, nil
}

// CreateClient creates a client, with its first credentials when its method uses certificates, so that it never exists
// with a secret. It is not idempotent: names are not unique at the tenant.
func (t *Tenant) CreateClient(ctx context.Context, n NewClient) (registration.Client, []Credential, error) {
	if n.Method.UsesCertificates() && len(n.Credentials) == 0 {
		return registration.Client{}, nil, invalid(OpCreateClient, needsCredential)
	}
	for _, credential := range n.Credentials {
		if err := credential.check(OpCreateClient); err != nil {
			return registration.Client{}, nil, err
		}
	}
	var client registration.Client
	var credentials []Credential
	err := t.call(ctx, OpCreateClient, func(ctx context.Context) (err error) {
		var answer clientAnswer
		m := &message{send: newClientBody(n), receive: &answer}
		if err = t.request(ctx, http.MethodPost, []string{"clients"}, m); err != nil {
			return err
		}
		var created []management.Credential
		if client, created, err = answer.client(); err != nil {
			return err
		}
		for i := range created {
			credentials = append(credentials, readCredential(&created[i]))
		}
		return nil
	})
	if err != nil {
		return registration.Client{}, nil, err
	}
	return client, credentials, nil
}

const needsCredential = "a method that uses certificates needs at least one credential: the client could not sign in at all"

// UpdateClient changes a client and returns it as it is now.
func (t *Tenant) UpdateClient(ctx context.Context, id string, p ClientPatch) (registration.Client, error) {
	if a := p.Authentication; a != nil && a.Method.UsesCertificates() && len(a.CredentialIDs) == 0 {
		return registration.Client{}, invalid(OpUpdateClient, needsCredential)
	}
	if p.Authentication == nil && p.Settings.IsZero() {
		return registration.Client{}, invalid(OpUpdateClient, "there is nothing to change")
	}
	return t.oneClient(ctx, OpUpdateClient, http.MethodPatch, []string{"clients", id}, clientPatchBody(p))
}

// DeleteClient deletes a client with its credentials. One that is gone already is a success.
func (t *Tenant) DeleteClient(ctx context.Context, id string) error {
	return orGone(t.call(ctx, OpDeleteClient, func(ctx context.Context) error { return t.api.Client.Delete(ctx, id) }))
}

func (t *Tenant) oneClient(
	ctx context.Context, op, method string, path []string, body any, options ...management.RequestOption,
) (client registration.Client, err error) {
	err = t.call(ctx, op, func(ctx context.Context) (err error) {
		var answer clientAnswer
		if err = t.request(ctx, method, path, &message{send: body, receive: &answer}, options...); err != nil {
			return err
		}
		client, _, err = answer.client()
		return err
	})
	return client, err
}

// orGone makes a success of deleting what is not there.
func orGone(err error) error {
	if ClassOf(err) == NotFound {
		return nil
	}
	return err
}
