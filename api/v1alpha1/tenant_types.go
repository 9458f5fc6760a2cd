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

package v1alpha1

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// EndpointAliases says what to do with the tenant's mTLS endpoint aliases.
type EndpointAliases string

const (
	// EndpointAliasesEnabled turns the aliases on, so that discovery names an mTLS token endpoint.
	EndpointAliasesEnabled EndpointAliases = "Enabled"
	// EndpointAliasesDisabled turns the aliases off.
	EndpointAliasesDisabled EndpointAliases = "Disabled"
	// EndpointAliasesUnmanaged leaves the setting as it is.
	EndpointAliasesUnmanaged EndpointAliases = "Unmanaged"
)

// TenantSpec says where an Auth0 tenant is, how the operator signs in, and what it may spend there.
type TenantSpec struct {
	// domain of the tenant, without a scheme: its canonical domain (example.eu.auth0.com) or its custom domain, with a
	// port only where it is not 443. It is always spoken to by HTTPS.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="!self.contains('://') && !self.contains('/')",message="write the domain alone, without https:// and without a path: example.eu.auth0.com"
	// +kubebuilder:validation:XValidation:rule="self.contains('/') || self.matches('^[A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?([.][A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*(:[1-9][0-9]{0,4})?$')",message="write a host name, with a port only where it is not 443: example.eu.auth0.com or login.example.com:8443"
	Domain string `json:"domain,omitempty"`

	// signIn says how the operator signs in to the Management API; exactly one way.
	//
	// +required
	SignIn TenantSignIn `json:"signIn,omitzero"`

	// audience of the management token. When unset: https://{domain}/api/v2/. Set it where domain is a custom domain, since
	// the audience is always that of the canonical domain.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=512
	// +kubebuilder:validation:XValidation:rule="isURL(self) && url(self).getScheme() == 'https' && self.endsWith('/api/v2/')",message="write the identifier of the Management API, up to its last slash: https://example.eu.auth0.com/api/v2/"
	Audience string `json:"audience,omitempty"`

	// caBundleRef names the CA certificates that the tenant's server certificate is checked against, instead of the
	// system's. Needed only behind a private edge, and for the simulator.
	//
	// +optional
	CABundleRef *CABundleReference `json:"caBundleRef,omitempty"`

	// endpointAliases turns the tenant's mTLS endpoint aliases on or off. Unmanaged when unset: the setting is shown and
	// left as it is.
	//
	// +optional
	// +kubebuilder:validation:Enum=Enabled;Disabled;Unmanaged
	EndpointAliases EndpointAliases `json:"endpointAliases,omitempty"`

	// limits are the numbers of credentials that the tenant allows. They cannot be asked for; the defaults are Auth0's.
	//
	// +optional
	Limits *TenantLimits `json:"limits,omitempty"`

	// requestBudget bounds the Management API requests that the operator sends to this tenant. The API's own limit is
	// shared with everything else that uses the tenant, end users' logins among it.
	//
	// +optional
	RequestBudget *RequestBudget `json:"requestBudget,omitempty"`

	// driftIntervalSeconds is how often, in seconds, clients are compared with the tenant when nothing else happens.
	// 3600 when unset.
	//
	// +optional
	// +kubebuilder:validation:Minimum=10
	// +kubebuilder:validation:Maximum=604800
	DriftIntervalSeconds int32 `json:"driftIntervalSeconds,omitempty"`
}

// TenantSignIn is how the operator signs in to the Management API.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="[has(self.clientSecret), has(self.privateKeyJWT), has(self.accessToken)].filter(x, x).size() == 1",message="write exactly one of clientSecret, privateKeyJWT and accessToken"
type TenantSignIn struct {
	// clientSecret signs in as a machine-to-machine client with its secret.
	//
	// +optional
	ClientSecret *ClientSecretSignIn `json:"clientSecret,omitempty"`

	// privateKeyJWT signs in as a machine-to-machine client with an assertion signed by its private key (RFC 7523). The
	// assertion is valid for this tenant alone and for a minute, so it is the safest way.
	//
	// +optional
	PrivateKeyJWT *PrivateKeyJWTSignIn `json:"privateKeyJWT,omitempty"`

	// accessToken uses a management token that somebody else fetches and renews. For trying things out.
	//
	// +optional
	AccessToken *AccessTokenSignIn `json:"accessToken,omitempty"`
}

// ClientSecretSignIn is a sign-in by client secret.
type ClientSecretSignIn struct {
	// clientID of the management client.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	ClientID string `json:"clientID,omitempty"`

	// secretRef names the Secret and key that hold the client secret.
	//
	// +required
	SecretRef SecretKeyReference `json:"secretRef,omitzero"`
}

// PrivateKeyJWTSignIn is a sign-in by private_key_jwt.
type PrivateKeyJWTSignIn struct {
	// clientID of the management client.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	ClientID string `json:"clientID,omitempty"`

	// secretRef names the Secret and key that hold the private key in PEM form.
	//
	// +required
	SecretRef SecretKeyReference `json:"secretRef,omitzero"`

	// algorithm that the assertion is signed with; the one the public key is registered for. RS256 when unset.
	//
	// +optional
	// +kubebuilder:validation:Enum=RS256;RS384;PS256
	Algorithm string `json:"algorithm,omitempty"`
}

// AccessTokenSignIn is a sign-in by a ready-made access token.
type AccessTokenSignIn struct {
	// secretRef names the Secret and key that hold the access token.
	//
	// +required
	SecretRef SecretKeyReference `json:"secretRef,omitzero"`
}

// TenantLimits are caps of the tenant.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="(has(self.credentialsPerMethod) ? self.credentialsPerMethod : 2) <= (has(self.credentialsPerClient) ? self.credentialsPerClient : 4)",message="credentialsPerMethod (2 when unset) cannot be greater than credentialsPerClient (4 when unset): write both as the tenant has them",fieldPath=".credentialsPerMethod"
type TenantLimits struct {
	// credentialsPerMethod is how many credentials an authentication method of a client may list: 2 when unset.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=16
	CredentialsPerMethod int32 `json:"credentialsPerMethod,omitempty"`

	// credentialsPerClient is how many credentials a client may hold, attached or not: 4 when unset.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=16
	CredentialsPerClient int32 `json:"credentialsPerClient,omitempty"`

	// credentialsPerTenant is how many credentials all clients of the tenant may hold together: 2000 when unset. The condition
	// CredentialQuota warns at 80 % of it.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=1000000
	CredentialsPerTenant int32 `json:"credentialsPerTenant,omitempty"`
}

// RequestBudget is how many Management API requests the operator sends. What the tenant allows is learnt from its answers; what
// is written here bounds it further.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="!has(self.burst) || has(self.requestsPerSecond)",message="burst is that of requestsPerSecond: write both, or neither",fieldPath=".burst"
type RequestBudget struct {
	// sharePercent is how much of what the tenant allows the operator uses, in percent; the rest is for everything else that
	// uses the Management API. 80 when unset. Only what keeps logins from being refused may use more.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	SharePercent int32 `json:"sharePercent,omitempty"`

	// requestsPerSecond is how many requests the operator sends each second at most, whatever the tenant allows. When unset,
	// the tenant's own limit and sharePercent decide.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=5000
	RequestsPerSecond int32 `json:"requestsPerSecond,omitempty"`

	// burst is how many requests the operator sends at once at most: requestsPerSecond when unset.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=5000
	Burst int32 `json:"burst,omitempty"`
}

// TenantStatus is what the operator saw of a tenant.
type TenantStatus struct {
	// conditions are Ready, Reachable, Authenticated, ScopesSufficient, EndpointAliasesInSync, CredentialQuota, and Reconciling
	// or Stalled where they apply.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=16
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// observedGeneration is the generation of the spec that this status speaks of.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	ObservedGeneration int64 `json:"observedGeneration,omitempty"`

	// issuer of the tenant's tokens, from its discovery document.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=512
	Issuer string `json:"issuer,omitempty"`

	// tokenEndpoint from the tenant's discovery document.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=512
	TokenEndpoint string `json:"tokenEndpoint,omitempty"`

	// mtlsTokenEndpoint is the mTLS alias of the token endpoint (RFC 8705, section 5); absent when aliases are off.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=512
	MTLSTokenEndpoint string `json:"mtlsTokenEndpoint,omitempty"`

	// missingScopes are the scopes that the management token lacks for what this operator does.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=64
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	MissingScopes []string `json:"missingScopes,omitempty"`

	// unneededScopes are scopes that the management token carries and this operator never uses.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MaxItems=512
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	UnneededScopes []string `json:"unneededScopes,omitempty"`

	// clients is how many OAuthClients refer to this tenant.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Clients *int32 `json:"clients,omitempty"`

	// storedCredentials is how many credentials the OAuthClients that refer to this tenant hold there, attached or not, as far
	// as their status lists them. Clients that no OAuthClient names are not counted.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	StoredCredentials *int32 `json:"storedCredentials,omitempty"`

	// budget is what the operator may send to the tenant, and what waits for its turn, when that last changed; at most a minute
	// old while something waits. Absent before the first answer.
	//
	// +optional
	Budget *BudgetStatus `json:"budget,omitempty"`
}

// BudgetStatus is the state of a tenant's request budget.
type BudgetStatus struct {
	// requestsPerMinute is how many requests the operator sends in a minute at most: the least of the tenant's limit, as its
	// answers tell it, with sharePercent, and of the spec. Absent while neither bounds it.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	RequestsPerMinute *int32 `json:"requestsPerMinute,omitempty"`

	// burst is how many requests may go at once. Absent while nothing bounds it.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	// +kubebuilder:validation:Maximum=1000000
	Burst *int32 `json:"burst,omitempty"`

	// sharePercent of the tenant's limit that is used.
	//
	// +required
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	SharePercent int32 `json:"sharePercent,omitempty"`

	// waiting is how many OAuthClients wait for their turn, by priority, the most urgent first. Absent when none does.
	//
	// +optional
	// +listType=map
	// +listMapKey=priority
	// +kubebuilder:validation:MaxItems=7
	Waiting []WaitingRequests `json:"waiting,omitempty"`

	// secondsToDrain is how long what waits takes by this budget, in seconds. Absent when nothing waits.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	SecondsToDrain *int32 `json:"secondsToDrain,omitempty"`

	// pausedUntil is until when the tenant wants no request at all, as its last refusal for too many of them said. Absent
	// when it wants no pause.
	//
	// +optional
	PausedUntil *metav1.Time `json:"pausedUntil,omitempty"`

	// breaker is Open while the tenant gives no answers: then one request is tried from time to time, until one is answered.
	// Else it is Closed.
	//
	// +required
	// +kubebuilder:validation:Enum=Closed;Open
	Breaker BreakerState `json:"breaker,omitempty"`
}

// BreakerState is whether requests go to the tenant.
type BreakerState string

const (
	// BreakerClosed lets requests go.
	BreakerClosed BreakerState = "Closed"
	// BreakerOpen lets one request go from time to time.
	BreakerOpen BreakerState = "Open"
)

// RequestPriority is what decides who goes first where requests wait.
type RequestPriority string

const (
	// PriorityUrgent is of what keeps logins from being refused, now or soon.
	PriorityUrgent RequestPriority = "Urgent"
	// PriorityRevocation is of what must not be accepted any longer: what is retired without an overlap.
	PriorityRevocation RequestPriority = "Revocation"
	// PriorityEdit is of a person's change.
	PriorityEdit RequestPriority = "Edit"
	// PriorityRenewal is of a renewed certificate while there is time left.
	PriorityRenewal RequestPriority = "Renewal"
	// PriorityNew is of clients to be created.
	PriorityNew RequestPriority = "New"
	// PriorityCleanup is of what is retired.
	PriorityCleanup RequestPriority = "Cleanup"
	// PriorityDrift is of comparing and repairing.
	PriorityDrift RequestPriority = "Drift"
)

// WaitingRequests is how many OAuthClients wait with one priority.
type WaitingRequests struct {
	// priority of what waits: Urgent (what keeps logins from being refused), Revocation (of what must not be accepted any longer),
	// Edit (a person's change), Renewal (of a certificate with time left), New (a client to be created), Cleanup (of what is
	// retired), Drift (comparing and repairing).
	//
	// +required
	// +kubebuilder:validation:Enum=Urgent;Revocation;Edit;Renewal;New;Cleanup;Drift
	Priority RequestPriority `json:"priority,omitempty"`

	// waiting is how many OAuthClients wait.
	//
	// +required
	// +kubebuilder:validation:Minimum=1
	Waiting int32 `json:"waiting,omitempty"`
}

// Tenant is an Auth0 tenant that OAuthClients of the same namespace may refer to.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=certbound,shortName=ten
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Domain",type=string,JSONPath=`.spec.domain`
// +kubebuilder:printcolumn:name="Clients",type=integer,JSONPath=`.status.clients`
// +kubebuilder:printcolumn:name="mTLS endpoint",type=string,JSONPath=`.status.mtlsTokenEndpoint`,priority=1
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type Tenant struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	//
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says where the tenant is and how to sign in.
	//
	// +required
	Spec TenantSpec `json:"spec,omitzero"`

	// status is what the operator saw.
	//
	// +optional
	Status TenantStatus `json:"status,omitzero"`
}

// TenantList is a list of Tenants.
//
// +kubebuilder:object:root=true
type TenantList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Tenant `json:"items"`
}
