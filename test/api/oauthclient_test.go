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

package api

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const anOAuthClient = `
apiVersion: certbound.dev/v1alpha1
kind: OAuthClient
metadata:
  name: client
spec:
  tenantRef:
    kind: Tenant
    name: tenant
  managementPolicy: Manage
  deletionPolicy: Delete
  authenticationMethod: self_signed_tls_client_auth
  settings:
    name: Payments
    description: Collects what is due.
    appType: non_interactive
    grantTypes: [client_credentials]
    jwtConfiguration:
      algorithm: PS256
      lifetimeSeconds: 3600
    proofOfPossession: Required
    pushedAuthorizationRequests: Optional
    metadata:
      team: payments
    callbacks: ["https://payments.example.com/callback"]
    allowedLogoutURLs: ["https://payments.example.com/"]
    webOrigins: ["https://payments.example.com"]
  grants:
  - audience: https://ledger.example.com
    scopes: ["read:entries"]
  connection:
    configMapRef:
      name: payments-connection
status:
  conditions:
  - type: Ready
    status: "True"
    reason: Ready
    message: Everything is in place.
    lastTransitionTime: "2026-01-01T00:00:00Z"
  observedGeneration: 1
  clientID: tH7uVc2nXq
  authenticationMethod: self_signed_tls_client_auth
  credentials:
  - id: cred_1
    type: x509_cert
    state: Attached
    owner: payments
    fingerprint: bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2
    subjectDN: CN=payments
    expiresAt: "2026-03-01T00:00:00Z"
  expiresAt: "2026-03-01T00:00:00Z"
  nextStep: Nothing until the next renewal.
`

// adopted is what a client needs that is taken over.
var adopted = values{"spec.clientID": "tH7uVc2nXq", "spec.adoptionPolicy": "IfUnowned"}

const noMove = "clientID cannot be changed, added or removed: create another OAuthClient, and delete this one with deletionPolicy Retain"

var clients = table{
	object: anOAuthClient,
	cases: slices.Concat(
		required("spec"),
		required("spec.tenantRef"), optional("spec.tenantRef.kind"), choice("spec.tenantRef.kind", "Tenant", "ClusterTenant"),
		name("spec.tenantRef.name"),
		policyCases,
		required("spec.authenticationMethod"), methodCases,
		optional("spec.settings"), settingsCases,
		optional("spec.grants"), grantCases,
		optional("spec.connection"), required("spec.connection.configMapRef"), name("spec.connection.configMapRef.name"),
		clientStatusCases,
	),
	transitions: []transition{
		{after: values{"spec.tenantRef.name": "other"}, field: "spec.tenantRef",
			message: "a client cannot move to another tenant: create another OAuthClient there"},
		{after: values{"spec.tenantRef.kind": "ClusterTenant"}, field: "spec.tenantRef", message: "a client cannot move to another tenant"},
		{after: values{"spec.tenantRef.kind": nil}}, // it is the same tenant
		{before: values{"spec.tenantRef.kind": nil}, after: values{"spec.tenantRef.kind": "Tenant"}},
		{before: values{"spec.tenantRef.kind": nil}, after: values{"spec.tenantRef.kind": "ClusterTenant"}, field: "spec.tenantRef",
			message: "a client cannot move to another tenant"},
		{after: adopted, field: "spec.clientID", message: noMove},
		{before: adopted, after: values{"spec.clientID": "other"}, field: "spec.clientID", message: noMove},
		{before: adopted, after: values{"spec.clientID": nil, "spec.adoptionPolicy": nil}, field: "spec.clientID", message: noMove},
		{before: adopted, after: values{"spec.adoptionPolicy": "Always"}},
		{after: values{"spec.authenticationMethod": "client_secret_post"}},
		{after: values{"spec.deletionPolicy": "Retain"}},
		{before: adopted, after: values{"spec.managementPolicy": "CredentialsOnly", "spec.settings": nil, "spec.grants": nil, "spec.deletionPolicy": nil}},
	},
}

var policyCases = slices.Concat(
	optional("spec.deletionPolicy"), choice("spec.deletionPolicy", "Retain", "Delete"),
	optional("spec.managementPolicy"),
	optional("spec.adoptionPolicy"),
	under(merged(adopted, values{"spec.settings": nil, "spec.grants": nil, "spec.deletionPolicy": nil}),
		choice("spec.managementPolicy", "Manage", "CredentialsOnly", "Observe")),
	under(adopted, text("spec.clientID", 1, 128)),
	[]testCase{
		accepted(values{"spec.adoptionPolicy": "Never"}),
		accepted(adopted),
		accepted(merged(adopted, values{"spec.adoptionPolicy": "Always"})),
		refused(merged(adopted, values{"spec.adoptionPolicy": "Other"}), "spec.adoptionPolicy", `Unsupported value: "Other": supported values: "Never", "IfUnowned", "Always"`),
		refused(values{"spec.clientID": "tH7uVc2nXq"}, "spec.adoptionPolicy",
			"clientID takes over an existing client: say so with adoptionPolicy IfUnowned or Always, or leave clientID out to create a client"),
		refused(values{"spec.clientID": "tH7uVc2nXq", "spec.adoptionPolicy": "Never"}, "spec.adoptionPolicy", "clientID takes over an existing client"),
		refused(values{"spec.adoptionPolicy": "IfUnowned"}, "spec.adoptionPolicy",
			"name the client to take over in clientID, or leave adoptionPolicy out to create a client"),
		refused(merged(adopted, values{"spec.clientID": "My Application"}), "spec.clientID",
			"write the client's ID as the tenant shows it, of letters, digits, - and _ only; its name is not its ID"),
		refused(values{"spec.managementPolicy": "Observe", "spec.settings": nil, "spec.grants": nil, "spec.deletionPolicy": nil}, "spec.managementPolicy",
			"CredentialsOnly and Observe need an existing client: name it in clientID"),
		refused(merged(adopted, values{"spec.managementPolicy": "CredentialsOnly", "spec.grants": nil, "spec.deletionPolicy": nil}), "spec.managementPolicy",
			"settings and grants are managed only under managementPolicy Manage: leave them out, or change the policy"),
		refused(merged(adopted, values{"spec.managementPolicy": "Observe", "spec.settings": nil, "spec.deletionPolicy": nil}), "spec.managementPolicy",
			"settings and grants are managed only under managementPolicy Manage"),
		refused(merged(adopted, values{"spec.managementPolicy": "CredentialsOnly", "spec.settings": nil, "spec.grants": nil}), "spec.deletionPolicy",
			"only a client under managementPolicy Manage can be deleted at the tenant: use deletionPolicy Retain"),
	},
)

const noSecret = "HS256 signs with the client secret, which a client that authenticates by mutual TLS does not have: use RS256 or PS256"

var methodCases = slices.Concat(
	choice("spec.authenticationMethod", "self_signed_tls_client_auth", "tls_client_auth", "client_secret_post", "client_secret_basic"),
	[]testCase{
		refused(values{"spec.settings.jwtConfiguration.algorithm": "HS256"}, "spec.settings.jwtConfiguration.algorithm", noSecret),
		refused(values{"spec.settings.jwtConfiguration.algorithm": "HS256", "spec.authenticationMethod": "tls_client_auth"},
			"spec.settings.jwtConfiguration.algorithm", noSecret),
	},
)

var settingsCases = slices.Concat(
	[]testCase{refused(values{"spec.settings": values{}}, "spec.settings", "should have at least 1 properties")},
	optional("spec.settings.name"), text("spec.settings.name", 1, 128),
	[]testCase{
		refused(values{"spec.settings.name": "<Payments>"}, "spec.settings.name", "write the name without < and >, which the tenant refuses"),
		refused(values{"spec.settings.name": "Payments>"}, "spec.settings.name", "write the name without < and >"),
		accepted(values{"spec.settings.description": ""}),
	},
	optional("spec.settings.description"), text("spec.settings.description", 0, 140),
	optional("spec.settings.appType"), choice("spec.settings.appType", "non_interactive", "regular_web"),
	optional("spec.settings.grantTypes"), list("spec.settings.grantTypes", 1, 16, 1, 128),
	optional("spec.settings.jwtConfiguration"), optional("spec.settings.jwtConfiguration.algorithm"),
	under(values{"spec.authenticationMethod": "client_secret_post"},
		choice("spec.settings.jwtConfiguration.algorithm", "RS256", "RS512", "PS256", "HS256")),
	optional("spec.settings.jwtConfiguration.lifetimeSeconds"), number("spec.settings.jwtConfiguration.lifetimeSeconds", 1, 2592000),
	[]testCase{refused(values{"spec.settings.jwtConfiguration": values{}}, "spec.settings.jwtConfiguration", "should have at least 1 properties")},
	optional("spec.settings.proofOfPossession"), choice("spec.settings.proofOfPossession", "Required", "Optional"),
	optional("spec.settings.pushedAuthorizationRequests"), choice("spec.settings.pushedAuthorizationRequests", "Required", "Optional"),
	optional("spec.settings.metadata"), metadataCases,
	optional("spec.settings.callbacks"), list("spec.settings.callbacks", 0, 100, 1, 2048),
	optional("spec.settings.allowedLogoutURLs"), list("spec.settings.allowedLogoutURLs", 0, 100, 1, 2048),
	optional("spec.settings.webOrigins"), list("spec.settings.webOrigins", 0, 100, 1, 2048),
)

const metadataKeys = `write metadata keys of at most 255 letters, digits, spaces, tabs and :,-+=_*?"/\()<>@`

var metadataCases = slices.Concat(text("spec.settings.metadata.team", 1, 255), []testCase{
	refused(values{"spec.settings.metadata": values{}}, "spec.settings.metadata", "should have at least 1 properties"),
	accepted(values{"spec.settings.metadata": metadata(9)}),
	refused(values{"spec.settings.metadata": metadata(10)}, "spec.settings.metadata", "must have at most 9 items"),
	accepted(values{"spec.settings.metadata": values{"aZ09:,-+=_*?\"/\\()<>@ \t": "value"}}),
	accepted(values{"spec.settings.metadata": values{strings.Repeat("k", 255): "value"}}),
	refused(values{"spec.settings.metadata": values{strings.Repeat("k", 256): "value"}}, "spec.settings.metadata", metadataKeys),
	refused(values{"spec.settings.metadata": values{"team.name": "payments"}}, "spec.settings.metadata", metadataKeys),
	refused(values{"spec.settings.metadata": values{"": "payments"}}, "spec.settings.metadata", metadataKeys),
	refused(values{"spec.settings.metadata": values{"certbound_owner": "me"}}, "spec.settings.metadata",
		"keys that start with certbound are the operator's own: choose another key"),
})

func metadata(n int) values {
	all := values{}
	for i := range n {
		all[fmt.Sprintf("key %d", i)] = "value"
	}
	return all
}

var grantCases = slices.Concat(
	required("spec.grants[0].audience"), text("spec.grants[0].audience", 1, 600),
	optional("spec.grants[0].scopes"), list("spec.grants[0].scopes", 1, 256, 1, 280),
	[]testCase{
		refused(values{"spec.grants": []any{}}, "spec.grants", "should have at least 1 items"),
		accepted(values{"spec.grants": grants(32)}),
		refused(values{"spec.grants": grants(33)}, "spec.grants", "must have at most 32 items"),
		refused(values{"spec.grants": append(grants(1), grants(1)...)}, "spec.grants[1]", "Duplicate value"),
		refused(values{"spec.grants[0].scopes": []any{"read:entries write:entries"}}, "spec.grants[0].scopes",
			"write each scope as an item of its own, without spaces"),
	},
)

func grants(n int) (all []any) {
	for _, item := range items(n) {
		all = append(all, values{"audience": item})
	}
	return all
}

var clientStatusCases = slices.Concat(
	[]testCase{
		refused(values{"status.observedGeneration": -1}, "status.observedGeneration", "should be greater than or equal to 0"),
		refused(values{"status.conditions": manyConditions(17)}, "status.conditions", "must have at most 16 items"),
		accepted(values{"status.credentials": credentials(32)}),
		refused(values{"status.credentials": credentials(33)}, "status.credentials", "must have at most 32 items"),
		refused(values{"status.credentials": append(credentials(1), credentials(1)...)}, "status.credentials[1]", "Duplicate value"),
	},
	text("status.clientID", 0, 128), text("status.authenticationMethod", 0, 64), text("status.nextStep", 0, 1024),
	required("status.credentials[0].id"), text("status.credentials[0].id", 1, 128),
	required("status.credentials[0].type"), text("status.credentials[0].type", 1, 64),
	required("status.credentials[0].state"), choice("status.credentials[0].state", "Attached", "Stored"),
	text("status.credentials[0].owner", 0, 253), text("status.credentials[0].fingerprint", 0, 64), text("status.credentials[0].subjectDN", 0, 256),
)

func credentials(n int) (all []any) {
	for _, item := range items(n) {
		all = append(all, values{"id": item, "type": "x509_cert", "state": "Stored"})
	}
	return all
}

func TestOAuthClient(t *testing.T) { clients.run(t) }
