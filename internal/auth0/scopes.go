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

import "slices"

// Operations, as errors and the Observe hook name them.
const (
	OpAuthorize          = "Authorize"
	OpDiscover           = "Discover"
	OpClient             = "Client"
	OpListClients        = "ListClients"
	OpCreateClient       = "CreateClient"
	OpUpdateClient       = "UpdateClient"
	OpDeleteClient       = "DeleteClient"
	OpCredentials        = "Credentials"
	OpAuditCredentials   = "AuditCredentials"
	OpCreateCredential   = "CreateCredential"
	OpDeleteCredential   = "DeleteCredential"
	OpGrants             = "Grants"
	OpListGrants         = "ListGrants"
	OpCreateGrant        = "CreateGrant"
	OpUpdateGrant        = "UpdateGrant"
	OpEndpointAliases    = "EndpointAliases"
	OpSetEndpointAliases = "SetEndpointAliases"
)

// Feature is a part of what the operator does, which a user may do without, and spare its scopes.
type Feature string

// Features.
const (
	Basics              Feature = "Basics"              // finding the tenant and signing in
	ReadClients         Feature = "ReadClients"         // observing clients and their credentials
	ManageClients       Feature = "ManageClients"       // creating clients and changing their settings
	ManageCredentials   Feature = "ManageCredentials"   // registering, attaching and retiring certificates
	DeleteClients       Feature = "DeleteClients"       // deletionPolicy Delete
	ManageGrants        Feature = "ManageGrants"        // client grants
	ManageEndpointAlias Feature = "ManageEndpointAlias" // switching the tenant's mTLS endpoint aliases
)

// Requirement says which scopes an operation needs for a feature.
type Requirement struct {
	Op      string
	Feature Feature
	// Scopes are all needed. An operation that sends more for one feature than for another has a row for each.
	Scopes []string
	// Call is the HTTP request: method and path.
	Call string
}

// Requirements lists every request that this package can send, by
// https://auth0.com/docs/api/management/v2 and the OpenAPI document behind it (github.com/auth0/docs-v2,
// main/docs/oas/management/v2/management-api-oas.json). read:client_credentials is needed to see how a client
// authenticates; it would also show the client's secret, which is therefore never among the fields that are asked for.
// read:client_keys, which shows the same, is not needed, nor is update:client_keys.
var Requirements = []Requirement{
	{OpDiscover, Basics, nil, "GET /.well-known/openid-configuration"},
	{OpAuthorize, Basics, nil, "POST /oauth/token"},
	{OpClient, ReadClients, []string{"read:clients", "read:client_credentials"}, "GET /api/v2/clients/{id}"},
	{OpListClients, ReadClients, []string{"read:clients", "read:client_credentials"}, "GET /api/v2/clients"},
	{OpCredentials, ReadClients, []string{"read:client_credentials"}, "GET /api/v2/clients/{id}/credentials"},
	{OpAuditCredentials, ReadClients, []string{"read:client_credentials"}, "GET /api/v2/clients/{id}/credentials"},
	{OpCreateClient, ManageClients, []string{"create:clients"}, "POST /api/v2/clients"},
	{OpCreateClient, ManageCredentials, []string{"create:clients", "create:client_credentials"}, "POST /api/v2/clients"},
	{OpUpdateClient, ManageClients, []string{"update:clients"}, "PATCH /api/v2/clients/{id}"},
	{OpUpdateClient, ManageCredentials, []string{"update:client_credentials", "update:clients"}, "PATCH /api/v2/clients/{id}"},
	{OpCreateCredential, ManageCredentials, []string{"create:client_credentials"}, "POST /api/v2/clients/{id}/credentials"},
	{OpDeleteCredential, ManageCredentials, []string{"delete:client_credentials"},
		"DELETE /api/v2/clients/{id}/credentials/{credential_id}"},
	{OpDeleteClient, DeleteClients, []string{"delete:clients"}, "DELETE /api/v2/clients/{id}"},
	{OpGrants, ManageGrants, []string{"read:client_grants"}, "GET /api/v2/client-grants"},
	{OpListGrants, ManageGrants, []string{"read:client_grants"}, "GET /api/v2/client-grants"},
	{OpCreateGrant, ManageGrants, []string{"create:client_grants"}, "POST /api/v2/client-grants"},
	{OpUpdateGrant, ManageGrants, []string{"update:client_grants"}, "PATCH /api/v2/client-grants/{id}"},
	{OpEndpointAliases, ManageEndpointAlias, []string{"read:tenant_settings"}, "GET /api/v2/tenants/settings"},
	{OpSetEndpointAliases, ManageEndpointAlias, []string{"update:tenant_settings"}, "PATCH /api/v2/tenants/settings"},
}

// Scopes returns every scope that an operation may need, sorted; nil for one that needs none.
func Scopes(op string) []string {
	return collect(func(r Requirement) bool { return r.Op == op })
}

// FeatureScopes returns the scopes that the features need together, sorted.
func FeatureScopes(features ...Feature) []string {
	return collect(func(r Requirement) bool { return slices.Contains(features, r.Feature) })
}

func collect(wanted func(Requirement) bool) []string {
	var scopes []string
	for _, r := range Requirements {
		if wanted(r) {
			scopes = append(scopes, r.Scopes...)
		}
	}
	slices.Sort(scopes)
	return slices.Compact(scopes)
}
