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
	"slices"
	"strings"
	"testing"
)

const aTenant = `
apiVersion: certbound.dev/v1alpha1
kind: Tenant
metadata:
  name: tenant
spec:
  domain: login.example.com
  signIn:
    clientSecret:
      clientID: tH7uVc2nXq
      secretRef:
        name: management
        key: client-secret
  audience: https://example.eu.auth0.com/api/v2/
  caBundleRef:
    kind: ConfigMap
    name: edge
    key: ca.crt
  endpointAliases: Enabled
  limits:
    credentialsPerMethod: 2
    credentialsPerClient: 4
    credentialsPerTenant: 2000
  requestBudget:
    sharePercent: 50
    requestsPerSecond: 5
    burst: 10
  driftIntervalSeconds: 3600
status:
  conditions:
  - type: Ready
    status: "True"
    reason: Ready
    message: Everything is in place.
    lastTransitionTime: "2026-01-01T00:00:00Z"
  observedGeneration: 1
  issuer: https://login.example.com/
  tokenEndpoint: https://login.example.com/oauth/token
  mtlsTokenEndpoint: https://mtls.login.example.com/oauth/token
  missingScopes: [create:clients]
  unneededScopes: [read:users]
  clients: 3
  storedCredentials: 5
  budget:
    requestsPerMinute: 300
    burst: 10
    sharePercent: 50
    waiting:
    - priority: Urgent
      waiting: 1
    - priority: Drift
      waiting: 400
    secondsToDrain: 80
    pausedUntil: "2026-01-01T00:00:30Z"
    breaker: Closed
`

var tenants = table{
	object: aTenant,
	cases: slices.Concat(
		required("spec"),
		domainCases,
		signInCases,
		optional("spec.audience"), audienceCases,
		optional("spec.caBundleRef"),
		required("spec.caBundleRef.kind"), choice("spec.caBundleRef.kind", "ConfigMap", "Secret"),
		name("spec.caBundleRef.name"), key("spec.caBundleRef.key", "ca.crt"),
		optional("spec.endpointAliases"), choice("spec.endpointAliases", "Enabled", "Disabled", "Unmanaged"),
		limitCases,
		budgetCases,
		optional("spec.driftIntervalSeconds"), number("spec.driftIntervalSeconds", 10, 604800),
		tenantStatusCases,
	),
	transitions: []transition{
		{after: values{"spec.domain": "other.example.com"}},
		{after: values{"spec.signIn": values{"accessToken": values{"secretRef": values{"name": "token", "key": "token"}}}}},
	},
}

var domainCases = slices.Concat(required("spec.domain"), text("spec.domain", 1, 253), []testCase{
	accepted(values{"spec.domain": "example.eu.auth0.com"}),
	accepted(values{"spec.domain": "login.example.com:8443"}),
	accepted(values{"spec.domain": "127.0.0.1:41234"}),
	refused(values{"spec.domain": "https://example.eu.auth0.com"}, "spec.domain",
		"write the domain alone, without https:// and without a path: example.eu.auth0.com"),
	refused(values{"spec.domain": "example.eu.auth0.com/api/v2"}, "spec.domain", "write the domain alone, without https:// and without a path"),
	refused(values{"spec.domain": "example.eu.auth0.com."}, "spec.domain",
		"write a host name, with a port only where it is not 443: example.eu.auth0.com or login.example.com:8443"),
	refused(values{"spec.domain": "example..com"}, "spec.domain", "write a host name"),
	refused(values{"spec.domain": "login.example.com:"}, "spec.domain", "write a host name"),
	refused(values{"spec.domain": "login.example.com:0"}, "spec.domain", "write a host name"),
	refused(values{"spec.domain": "login example.com"}, "spec.domain", "write a host name"),
})

const oneSignIn = "write exactly one of clientSecret, privateKeyJWT and accessToken"

var (
	privateKeyJWT = values{"clientID": "tH7uVc2nXq", "secretRef": values{"name": "management", "key": "tls.key"}, "algorithm": "RS256"}
	accessToken   = values{"secretRef": values{"name": "management", "key": "token"}}
)

var signInCases = slices.Concat(required("spec.signIn"), []testCase{
	refused(values{"spec.signIn": values{}}, "spec.signIn", oneSignIn),
	refused(values{"spec.signIn": values{}}, "spec.signIn", "should have at least 1 properties"),
	refused(values{"spec.signIn.accessToken": accessToken}, "spec.signIn", oneSignIn),
	refused(values{"spec.signIn.privateKeyJWT": privateKeyJWT}, "spec.signIn", oneSignIn),
	refused(values{"spec.signIn": values{"privateKeyJWT": privateKeyJWT, "accessToken": accessToken}}, "spec.signIn", oneSignIn),
},
	required("spec.signIn.clientSecret.clientID"), text("spec.signIn.clientSecret.clientID", 1, 128),
	required("spec.signIn.clientSecret.secretRef"),
	name("spec.signIn.clientSecret.secretRef.name"), key("spec.signIn.clientSecret.secretRef.key", "client-secret"),
	under(values{"spec.signIn": values{"privateKeyJWT": privateKeyJWT}},
		required("spec.signIn.privateKeyJWT.clientID"), text("spec.signIn.privateKeyJWT.clientID", 1, 128),
		required("spec.signIn.privateKeyJWT.secretRef"),
		name("spec.signIn.privateKeyJWT.secretRef.name"), key("spec.signIn.privateKeyJWT.secretRef.key", "client-secret"),
		optional("spec.signIn.privateKeyJWT.algorithm"), choice("spec.signIn.privateKeyJWT.algorithm", "RS256", "RS384", "PS256"),
	),
	under(values{"spec.signIn": values{"accessToken": accessToken}},
		required("spec.signIn.accessToken.secretRef"),
		name("spec.signIn.accessToken.secretRef.name"), key("spec.signIn.accessToken.secretRef.key", "client-secret"),
	),
)

const anAudience = "write the identifier of the Management API, up to its last slash: https://example.eu.auth0.com/api/v2/"

var audienceCases = []testCase{
	accepted(values{"spec.audience": "https://" + strings.Repeat("x", 512-len("https:///api/v2/")) + "/api/v2/"}),
	refused(values{"spec.audience": "https://" + strings.Repeat("x", 513-len("https:///api/v2/")) + "/api/v2/"}, "spec.audience", "may not be more than 512 bytes"),
	refused(values{"spec.audience": ""}, "spec.audience", "should be at least 1 chars long"),
	refused(values{"spec.audience": "https://example.eu.auth0.com/api/v2"}, "spec.audience", anAudience),
	refused(values{"spec.audience": "example.eu.auth0.com/api/v2/"}, "spec.audience", anAudience),
	refused(values{"spec.audience": "http://example.eu.auth0.com/api/v2/"}, "spec.audience", anAudience),
}

const limitsMessage = "credentialsPerMethod (2 when unset) cannot be greater than credentialsPerClient (4 when unset): write both as the tenant has them"

var limitCases = slices.Concat(
	optional("spec.limits"), optional("spec.limits.credentialsPerMethod"), optional("spec.limits.credentialsPerClient"),
	optional("spec.limits.credentialsPerTenant"), number("spec.limits.credentialsPerTenant", 1, 1000000),
	under(values{"spec.limits.credentialsPerClient": 16}, number("spec.limits.credentialsPerMethod", 1, 16)),
	under(values{"spec.limits.credentialsPerMethod": 1}, number("spec.limits.credentialsPerClient", 1, 16)),
	[]testCase{
		refused(values{"spec.limits": values{}}, "spec.limits", "should have at least 1 properties"),
		refused(values{"spec.limits": values{"credentialsPerMethod": 3, "credentialsPerClient": 2}}, "spec.limits.credentialsPerMethod", limitsMessage),
		refused(values{"spec.limits": values{"credentialsPerMethod": 5}}, "spec.limits.credentialsPerMethod", limitsMessage),
		refused(values{"spec.limits": values{"credentialsPerClient": 1}}, "spec.limits.credentialsPerMethod", limitsMessage),
	},
)

var budgetCases = slices.Concat(
	optional("spec.requestBudget"), optional("spec.requestBudget.sharePercent"), optional("spec.requestBudget.burst"),
	number("spec.requestBudget.sharePercent", 1, 100), number("spec.requestBudget.requestsPerSecond", 1, 5000),
	number("spec.requestBudget.burst", 1, 5000),
	[]testCase{
		accepted(values{"spec.requestBudget": values{"sharePercent": 50}}),
		accepted(values{"spec.requestBudget": values{"requestsPerSecond": 5}}),
		refused(values{"spec.requestBudget": values{}}, "spec.requestBudget", "should have at least 1 properties"),
		refused(values{"spec.requestBudget": values{"burst": 5}}, "spec.requestBudget.burst", "burst is that of requestsPerSecond: write both, or neither"),
	},
)

var tenantStatusCases = slices.Concat(
	[]testCase{refused(values{"status.observedGeneration": -1}, "status.observedGeneration", "should be greater than or equal to 0")},
	[]testCase{refused(values{"status.conditions": manyConditions(17)}, "status.conditions", "must have at most 16 items")},
	text("status.issuer", 0, 512), text("status.tokenEndpoint", 0, 512), text("status.mtlsTokenEndpoint", 0, 512),
	list("status.missingScopes", 0, 64, 1, 128), list("status.unneededScopes", 0, 512, 1, 128),
	[]testCase{
		accepted(values{"status.clients": 0}),
		refused(values{"status.clients": -1}, "status.clients", "should be greater than or equal to 0"),
		accepted(values{"status.storedCredentials": 0}),
		refused(values{"status.storedCredentials": -1}, "status.storedCredentials", "should be greater than or equal to 0"),
		accepted(values{"status.budget": values{"sharePercent": 80, "breaker": "Open"}}),
		accepted(values{"status.budget.secondsToDrain": 0}),
		refused(values{"status.budget.secondsToDrain": -1}, "status.budget.secondsToDrain", "should be greater than or equal to 0"),
		refused(values{"status.budget.waiting": []any{
			values{"priority": "Edit", "waiting": 1}, values{"priority": "Edit", "waiting": 2},
		}}, "status.budget.waiting[1]", "Duplicate value"),
		refused(values{"status.budget.waiting": slices.Repeat([]any{values{"priority": "Edit", "waiting": 1}}, 8)}, "status.budget.waiting",
			"must have at most 7 items"),
		refused(values{"status.budget.waiting": []any{values{"priority": "Edit", "waiting": 0}}}, "status.budget.waiting[0].waiting",
			"should be greater than or equal to 1"),
		refused(values{"status.budget.waiting": []any{values{"priority": "drift", "waiting": 1}}}, "status.budget.waiting[0].priority", "Unsupported value"),
		refused(values{"status.budget.waiting": []any{values{"waiting": 1}}}, "status.budget.waiting[0].priority", "Required value"),
		refused(values{"status.budget.waiting": []any{values{"priority": "Edit"}}}, "status.budget.waiting[0].waiting", "Required value"),
	},
	number("status.budget.requestsPerMinute", 0, 1000000), number("status.budget.burst", 0, 1000000), number("status.budget.sharePercent", 1, 100),
	required("status.budget.sharePercent"), required("status.budget.breaker"), choice("status.budget.breaker", "Closed", "Open"),
)

// manyConditions are conditions of different types.
func manyConditions(n int) (all []any) {
	for _, item := range items(n) {
		all = append(all, values{"type": item, "status": "True", "reason": "Reason", "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"})
	}
	return all
}

func TestTenant(t *testing.T) { tenants.run(t) }

const (
	tenantHead        = "kind: Tenant\nmetadata:\n  name: tenant\nspec:\n"
	clusterTenantHead = "kind: ClusterTenant\nmetadata:\n  name: cluster-tenant\nspec:\n  allowedNamespaces:\n    names: [payments, accounts]\n"
)

// clusterTenants is everything that a Tenant is, and the namespaces.
var clusterTenants = table{
	object: strings.Replace(aTenant, tenantHead, clusterTenantHead, 1),
	cases: slices.Concat(tenants.cases,
		optional("spec.allowedNamespaces"),
		[]testCase{
			refused(values{"spec.allowedNamespaces": values{}}, "spec.allowedNamespaces", "write exactly one of names and selector"),
			refused(values{"spec.allowedNamespaces": values{}}, "spec.allowedNamespaces", "should have at least 1 properties"),
			refused(values{"spec.allowedNamespaces.selector": values{}}, "spec.allowedNamespaces", "write exactly one of names and selector"),
			accepted(values{"spec.allowedNamespaces": values{"selector": values{}}}),
			accepted(values{"spec.allowedNamespaces": values{"selector": values{"matchLabels": values{"team": "payments"}}}}),
			refused(values{"spec.allowedNamespaces.names": []any{"*"}}, "spec.allowedNamespaces.names",
				"write each namespace by its whole name; for all of them write selector: {} instead of names"),
		},
		list("spec.allowedNamespaces.names", 1, 256, 1, 63),
	),
}

func TestClusterTenant(t *testing.T) { clusterTenants.run(t) }
