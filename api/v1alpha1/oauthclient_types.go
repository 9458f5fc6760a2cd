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

// AuthenticationMethod is how a client authenticates at the token endpoint, by its name in the IANA registry "OAuth
// Token Endpoint Authentication Methods".
type AuthenticationMethod string

const (
	// MethodSelfSignedTLSClientAuth matches the registered certificate itself (RFC 8705, section 2.2).
	MethodSelfSignedTLSClientAuth AuthenticationMethod = "self_signed_tls_client_auth"
	// MethodTLSClientAuth matches the subject of a certificate from a trusted CA (RFC 8705, section 2.1).
	MethodTLSClientAuth AuthenticationMethod = "tls_client_auth"
	// MethodClientSecretPost is a client secret in the request body.
	MethodClientSecretPost AuthenticationMethod = "client_secret_post"
	// MethodClientSecretBasic is a client secret by HTTP Basic.
	MethodClientSecretBasic AuthenticationMethod = "client_secret_basic"
)

// AdoptionPolicy says whether an existing client may be taken over.
type AdoptionPolicy string

const (
	// AdoptNever creates a client and takes none over.
	AdoptNever AdoptionPolicy = "Never"
	// AdoptIfUnowned takes over the client named by clientID unless another OAuthClient has marked it as its own.
	AdoptIfUnowned AdoptionPolicy = "IfUnowned"
	// AdoptAlways takes over the client named by clientID, and what Certbound made on it before, whoever has marked it.
	AdoptAlways AdoptionPolicy = "Always"
)

// ManagementPolicy says how much of a client is managed.
type ManagementPolicy string

const (
	// ManagementManage manages settings, grants, authentication method and credentials.
	ManagementManage ManagementPolicy = "Manage"
	// ManagementCredentialsOnly manages the authentication method and the credentials, and leaves the rest to others.
	ManagementCredentialsOnly ManagementPolicy = "CredentialsOnly"
	// ManagementObserve changes nothing and reports what would be done.
	ManagementObserve ManagementPolicy = "Observe"
)

// DeletionPolicy says what becomes of the tenant's client when the OAuthClient is deleted.
type DeletionPolicy string

const (
	// DeletionRetain leaves the client and its credentials at the tenant as they are.
	DeletionRetain DeletionPolicy = "Retain"
	// DeletionDelete deletes the client at the tenant.
	DeletionDelete DeletionPolicy = "Delete"
)

// OAuthClientSpec declares an OAuth client of a tenant.
//
// +kubebuilder:validation:XValidation:rule="!has(self.clientID) || (has(self.adoptionPolicy) && self.adoptionPolicy != 'Never')",message="clientID takes over an existing client: say so with adoptionPolicy IfUnowned or Always, or leave clientID out to create a client",fieldPath=".adoptionPolicy",reason=FieldValueRequired
// +kubebuilder:validation:XValidation:rule="has(self.clientID) || !has(self.adoptionPolicy) || self.adoptionPolicy == 'Never'",message="name the client to take over in clientID, or leave adoptionPolicy out to create a client",fieldPath=".adoptionPolicy"
// +kubebuilder:validation:XValidation:rule="has(self.clientID) || !has(self.managementPolicy) || self.managementPolicy == 'Manage'",message="CredentialsOnly and Observe need an existing client: name it in clientID",fieldPath=".managementPolicy"
// +kubebuilder:validation:XValidation:rule="!has(self.managementPolicy) || self.managementPolicy == 'Manage' || (!has(self.settings) && !has(self.grants))",message="settings and grants are managed only under managementPolicy Manage: leave them out, or change the policy",fieldPath=".managementPolicy"
// +kubebuilder:validation:XValidation:rule="!has(self.managementPolicy) || self.managementPolicy == 'Manage' || !has(self.deletionPolicy) || self.deletionPolicy == 'Retain'",message="only a client under managementPolicy Manage can be deleted at the tenant: use deletionPolicy Retain",fieldPath=".deletionPolicy"
// +kubebuilder:validation:XValidation:rule="has(oldSelf.clientID) == has(self.clientID) && (!has(self.clientID) || self.clientID == oldSelf.clientID)",message="clientID cannot be changed, added or removed: create another OAuthClient, and delete this one with deletionPolicy Retain",fieldPath=".clientID"
// +kubebuilder:validation:XValidation:rule="!self.authenticationMethod.endsWith('tls_client_auth') || !has(self.settings) || !has(self.settings.jwtConfiguration) || !has(self.settings.jwtConfiguration.algorithm) || self.settings.jwtConfiguration.algorithm != 'HS256'",message="HS256 signs with the client secret, which a client that authenticates by mutual TLS does not have: use RS256 or PS256",fieldPath=".settings.jwtConfiguration.algorithm"
type OAuthClientSpec struct {
	// tenantRef names the Tenant or ClusterTenant that the client belongs to. It cannot be changed.
	//
	// +required
	// +kubebuilder:validation:XValidation:rule="self.name == oldSelf.name && (has(self.kind) ? self.kind : 'Tenant') == (has(oldSelf.kind) ? oldSelf.kind : 'Tenant')",message="a client cannot move to another tenant: create another OAuthClient there"
	TenantRef TenantReference `json:"tenantRef,omitzero"`

	// clientID names an existing client to take over, under adoptionPolicy. A client is created when it is unset. It
	// cannot be changed.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="self.matches('^[A-Za-z0-9_-]+$')",message="write the client's ID as the tenant shows it, of letters, digits, - and _ only; its name is not its ID"
	ClientID string `json:"clientID,omitempty"`

	// adoptionPolicy says whether the client named by clientID may be taken over: Never (when unset), IfUnowned (unless
	// another OAuthClient has marked it), or Always (for instance after the cluster was rebuilt).
	//
	// +optional
	// +kubebuilder:validation:Enum=Never;IfUnowned;Always
	AdoptionPolicy AdoptionPolicy `json:"adoptionPolicy,omitempty"`

	// managementPolicy says how much is managed: Manage (when unset), CredentialsOnly (the authentication method and the
	// credentials), or Observe (nothing is changed; status says what would be done).
	//
	// +optional
	// +kubebuilder:validation:Enum=Manage;CredentialsOnly;Observe
	ManagementPolicy ManagementPolicy `json:"managementPolicy,omitempty"`

	// deletionPolicy says what becomes of the tenant's client when this object is deleted: Retain (when unset) leaves it as
	// it is, Delete deletes it.
	//
	// +optional
	// +kubebuilder:validation:Enum=Retain;Delete
	DeletionPolicy DeletionPolicy `json:"deletionPolicy,omitempty"`

	// authenticationMethod is how the client authenticates at the token endpoint. self_signed_tls_client_auth goes with
	// ClientCredentials of type x509_cert, tls_client_auth with cert_subject_dn. Under client_secret_post and
	// client_secret_basic the certificates of ClientCredentials are stored at the tenant and published, and not attached.
	// The tenant keeps one method at a time: the change to a certificate method attaches them and disables the client secret
	// in the same request, and the change back to a secret detaches them, stored for the next change.
	//
	// +required
	// +kubebuilder:validation:Enum=self_signed_tls_client_auth;tls_client_auth;client_secret_post;client_secret_basic
	AuthenticationMethod AuthenticationMethod `json:"authenticationMethod,omitempty"`

	// settings of the client. A field that is unset is not managed: whatever the tenant holds stays.
	//
	// +optional
	Settings *ClientSettings `json:"settings,omitempty"`

	// grants are the APIs that the client may ask tokens for, and the scopes. Without one, a machine-to-machine client gets
	// no token. Grants for other audiences are left as they are.
	//
	// +optional
	// +listType=map
	// +listMapKey=audience
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=32
	Grants []ClientGrant `json:"grants,omitempty"`

	// connection says where to write what a workload needs to know to ask for tokens.
	//
	// +optional
	Connection *Connection `json:"connection,omitempty"`
}

// ClientSettings are settings of a client, each managed only when it is set.
//
// +kubebuilder:validation:MinProperties=1
type ClientSettings struct {
	// name of the client in the dashboard. At creation "namespace/name" of this object when unset.
	//
	// +optional
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	// +kubebuilder:validation:XValidation:rule="!self.contains('<') && !self.contains('>')",message="write the name without < and >, which the tenant refuses"
	Name string `json:"name,omitempty"`

	// description of the client.
	//
	// +optional
	// +kubebuilder:validation:MinLength=0
	// +kubebuilder:validation:MaxLength=140
	Description *string `json:"description,omitempty"`

	// appType is non_interactive (machine-to-machine; at creation when unset) or regular_web.
	//
	// +optional
	// +kubebuilder:validation:Enum=non_interactive;regular_web
	AppType string `json:"appType,omitempty"`

	// grantTypes are the OAuth grant types that the client may use. At creation client_credentials alone when unset.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=16
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=128
	GrantTypes []string `json:"grantTypes,omitempty"`

	// jwtConfiguration says how tokens for the client are signed and how long they live.
	//
	// +optional
	JWTConfiguration *JWTConfiguration `json:"jwtConfiguration,omitempty"`

	// proofOfPossession says whether the client's tokens must be bound to its certificate (RFC 8705, section 3): Required
	// or Optional.
	//
	// +optional
	// +kubebuilder:validation:Enum=Required;Optional
	ProofOfPossession Requirement `json:"proofOfPossession,omitempty"`

	// pushedAuthorizationRequests says whether authorization requests must be pushed (RFC 9126): Required or Optional.
	//
	// +optional
	// +kubebuilder:validation:Enum=Required;Optional
	PushedAuthorizationRequests Requirement `json:"pushedAuthorizationRequests,omitempty"`

	// metadata of the client. Keys that are not named are left as they are; one of the ten that the tenant allows is
	// Certbound's own.
	//
	// +optional
	// +kubebuilder:validation:MinProperties=1
	// +kubebuilder:validation:MaxProperties=9
	// +kubebuilder:validation:XValidation:rule="self.all(k, k.size() <= 255 && k.matches('^[A-Za-z0-9:,+=_*?\"/\\\\\\\\()<>@ \\t-]+$'))",message="write metadata keys of at most 255 letters, digits, spaces, tabs and :,-+=_*?\"/\\()<>@"
	// +kubebuilder:validation:XValidation:rule="self.all(k, !k.startsWith('certbound'))",message="keys that start with certbound are the operator's own: choose another key"
	Metadata map[string]MetadataValue `json:"metadata,omitempty"`

	// callbacks are the URLs that users may be sent back to after login.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=2048
	Callbacks *[]string `json:"callbacks,omitempty"`

	// allowedLogoutURLs are the URLs that users may be sent to after logout.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=2048
	AllowedLogoutURLs *[]string `json:"allowedLogoutURLs,omitempty"`

	// webOrigins are the origins that may use cross-origin authentication and web message responses.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=0
	// +kubebuilder:validation:MaxItems=100
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=2048
	WebOrigins *[]string `json:"webOrigins,omitempty"`
}

// MetadataValue is a value of a client's metadata.
//
// +kubebuilder:validation:MinLength=1
// +kubebuilder:validation:MaxLength=255
type MetadataValue string

// Requirement says whether something must be used.
type Requirement string

const (
	// Required means that it must be used.
	Required Requirement = "Required"
	// Optional means that it may be used.
	Optional Requirement = "Optional"
)

// JWTConfiguration says how tokens are signed.
//
// +kubebuilder:validation:MinProperties=1
type JWTConfiguration struct {
	// algorithm that tokens are signed with. A client that authenticates by mutual TLS cannot use HS256; when unset, such a
	// client that still has HS256 is changed to RS256.
	//
	// +optional
	// +kubebuilder:validation:Enum=RS256;RS512;PS256;HS256
	Algorithm string `json:"algorithm,omitempty"`

	// lifetimeSeconds is how long an ID token is valid, in seconds.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=2592000
	LifetimeSeconds int32 `json:"lifetimeSeconds,omitempty"`
}

// ClientGrant is what a client may ask of one API.
type ClientGrant struct {
	// audience is the identifier of the API.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=600
	Audience string `json:"audience,omitempty"`

	// scopes that the client may ask for; none when empty.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=280
	// +kubebuilder:validation:XValidation:rule="self.all(scope, !scope.matches('[[:space:]]'))",message="write each scope as an item of its own, without spaces"
	Scopes []string `json:"scopes,omitempty"`
}

// Connection says where to write the facts that a workload needs to ask for tokens. None of them is secret.
type Connection struct {
	// configMapRef names the ConfigMap to write: client_id, issuer, token_endpoint, mtls_token_endpoint, audiences. It must
	// not exist yet, or be this object's.
	//
	// +required
	ConfigMapRef LocalReference `json:"configMapRef,omitzero"`
}

// CredentialState says whether a credential can sign in.
type CredentialState string

const (
	// CredentialAttached is a credential that the authentication method lists: it can sign in.
	CredentialAttached CredentialState = "Attached"
	// CredentialStored is a credential that the client holds and no method of it that Certbound manages lists. It cannot
	// sign in; under a secret it is there to be attached by a change to certificates.
	CredentialStored CredentialState = "Stored"
)

// OAuthClientStatus is what the operator saw of the client.
type OAuthClientStatus struct {
	// conditions are Ready, TenantReady, Registered, CredentialsInSync, GrantsInSync, ConnectionPublished, and Reconciling
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

	// clientID of the client at the tenant.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=128
	ClientID string `json:"clientID,omitempty"`

	// authenticationMethod in force at the tenant. Where the tenant was never told one, it takes the client secret however
	// it is sent, and the secret method of the spec is shown.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	AuthenticationMethod string `json:"authenticationMethod,omitempty"`

	// credentials that the client holds, the operator's and those of others.
	//
	// +optional
	// +listType=map
	// +listMapKey=id
	// +kubebuilder:validation:MaxItems=32
	Credentials []CredentialStatus `json:"credentials,omitempty"`

	// expiresAt is when the first of the certificates that workloads use expires.
	//
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`

	// nextStep says in words what the operator does next, and when, or what it waits for a person to do.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=1024
	NextStep string `json:"nextStep,omitempty"`
}

// CredentialStatus is a credential at the tenant.
type CredentialStatus struct {
	// id of the credential at the tenant.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=128
	ID string `json:"id,omitempty"`

	// type of the credential: x509_cert, cert_subject_dn, or another that is not managed here.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=64
	Type string `json:"type,omitempty"`

	// state is Attached when the credential can sign in, else Stored.
	//
	// +required
	// +kubebuilder:validation:Enum=Attached;Stored
	State CredentialState `json:"state,omitempty"`

	// owner is the ClientCredential that the credential was made for. Absent for credentials of others, which are never
	// touched.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=253
	Owner string `json:"owner,omitempty"`

	// fingerprint is the certificate's SHA-256 thumbprint, base64url without padding (x5t#S256 of RFC 8705). For x509_cert.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=64
	Fingerprint string `json:"fingerprint,omitempty"`

	// subjectDN is the subject that the credential matches, in the tenant's form. For cert_subject_dn.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=256
	SubjectDN string `json:"subjectDN,omitempty"`

	// expiresAt is when the certificate expires. For x509_cert.
	//
	// +optional
	ExpiresAt *metav1.Time `json:"expiresAt,omitempty"`
}

// OAuthClient is an OAuth client of an Auth0 tenant.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:categories=certbound,shortName=oac
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Method",type=string,JSONPath=`.status.authenticationMethod`
// +kubebuilder:printcolumn:name="Client ID",type=string,JSONPath=`.status.clientID`
// +kubebuilder:printcolumn:name="Expires",type=string,format=date-time,JSONPath=`.status.expiresAt`
// +kubebuilder:printcolumn:name="Next",type=string,JSONPath=`.status.nextStep`,priority=1
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type OAuthClient struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	//
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec declares the client.
	//
	// +required
	Spec OAuthClientSpec `json:"spec,omitzero"`

	// status is what the operator saw.
	//
	// +optional
	Status OAuthClientStatus `json:"status,omitzero"`
}

// OAuthClientList is a list of OAuthClients.
//
// +kubebuilder:object:root=true
type OAuthClientList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []OAuthClient `json:"items"`
}
