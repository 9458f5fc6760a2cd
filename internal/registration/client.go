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

// Package registration holds what an OAuth client is at the tenant, and decides in which fields a client differs
// from what is wanted. It calls nothing: the same two clients always give the same difference.
package registration

// Method is how a client authenticates at the token endpoint, in the words of the IANA registry "OAuth Token Endpoint
// Authentication Methods".
type Method string

// The methods this operator manages. A client may also use others (none, private_key_jwt); they are reported as they are.
const (
	SelfSignedTLSClientAuth Method = "self_signed_tls_client_auth" // RFC 8705 section 2.2
	TLSClientAuth           Method = "tls_client_auth"             // RFC 8705 section 2.1
	ClientSecretPost        Method = "client_secret_post"
	ClientSecretBasic       Method = "client_secret_basic"
)

// UsesCertificates tells whether a client of this method authenticates by mutual TLS.
func (m Method) UsesCertificates() bool {
	return m == SelfSignedTLSClientAuth || m == TLSClientAuth
}

// UsesSecret tells whether a client of this method authenticates by a client secret. One that was never given a method
// does, however the secret is sent.
func (m Method) UsesSecret() bool {
	return m == ClientSecretPost || m == ClientSecretBasic || m == ""
}

// InForceFor tells whether a client of this method authenticates as wanted.
func (m Method) InForceFor(wanted Method) bool {
	return m == wanted || m == "" && wanted.UsesSecret()
}

// CredentialType is the kind of a stored credential, in Auth0's words.
type CredentialType string

// The credential types that authenticate by mutual TLS.
const (
	X509Cert      CredentialType = "x509_cert"       // matched by the certificate's SHA-256 thumbprint
	CertSubjectDN CredentialType = "cert_subject_dn" // matched by the certificate's subject
)

// Accepts is the credential type that the method's slot takes; empty for a method without one. Auth0's guide and its
// Terraform provider agree on the pairing; the prose of its API reference swaps the two.
func (m Method) Accepts() CredentialType {
	switch m {
	case SelfSignedTLSClientAuth:
		return X509Cert
	case TLSClientAuth:
		return CertSubjectDN
	default:
		return ""
	}
}

// Method is the method whose slot takes the type; empty for types that are not managed.
func (t CredentialType) Method() Method {
	for _, m := range []Method{SelfSignedTLSClientAuth, TLSClientAuth} {
		if m.Accepts() == t {
			return m
		}
	}
	return ""
}

// Client is an OAuth client as the tenant holds it, as far as this operator looks at it.
type Client struct {
	ID       string
	Settings Settings
	Method   Method
	// CredentialIDs are the credentials that Method's slot lists, the only ones that can sign in. Empty for secrets.
	CredentialIDs []string
	// Global marks the tenant's own "All Applications" client, which is never managed.
	Global bool
}

// Settings are the fields of a client that can be managed, in the JSON form of the Management API. A nil field is
// unmanaged when it states a wish, and unknown when it states what the tenant holds.
type Settings struct {
	Name                               *string           `json:"name,omitempty"`
	Description                        *string           `json:"description,omitempty"`
	AppType                            *string           `json:"app_type,omitempty"`
	GrantTypes                         *[]string         `json:"grant_types,omitempty"`
	Callbacks                          *[]string         `json:"callbacks,omitempty"`
	AllowedLogoutURLs                  *[]string         `json:"allowed_logout_urls,omitempty"`
	WebOrigins                         *[]string         `json:"web_origins,omitempty"`
	AllowedOrigins                     *[]string         `json:"allowed_origins,omitempty"`
	JWTConfiguration                   *JWTConfiguration `json:"jwt_configuration,omitempty"`
	OIDCConformant                     *bool             `json:"oidc_conformant,omitempty"`
	RequireProofOfPossession           *bool             `json:"require_proof_of_possession,omitempty"`
	RequirePushedAuthorizationRequests *bool             `json:"require_pushed_authorization_requests,omitempty"`
	IsTokenEndpointIPHeaderTrusted     *bool             `json:"is_token_endpoint_ip_header_trusted,omitempty"`
	// ClientMetadata is merged by key: a key that is not named is left as it is.
	ClientMetadata map[string]string `json:"client_metadata,omitempty"`
}

// JWTConfiguration is how tokens of the client are signed; nil fields as in Settings.
type JWTConfiguration struct {
	Alg               *string `json:"alg,omitempty"`
	LifetimeInSeconds *int32  `json:"lifetime_in_seconds,omitempty"`
}

// Grant is what a client may ask of one API (a client grant, in Auth0's words).
type Grant struct {
	ID       string
	Audience string
	Scopes   []string
}
