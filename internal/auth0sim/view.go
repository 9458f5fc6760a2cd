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
	"crypto/x509"
	"maps"
	"slices"
	"time"
)

// Client is the state of a client at one moment, for tests and for the log. It is a copy.
type Client struct {
	ID      string    `json:"id"`
	Name    string    `json:"name"`
	At      time.Time `json:"at"`
	Deleted bool      `json:"deleted,omitempty"`
	Global  bool      `json:"global,omitempty"`
	// TokenEndpointAuthMethod is empty when it is not set.
	TokenEndpointAuthMethod string `json:"tokenEndpointAuthMethod,omitempty"`
	// AuthenticationMethod is the credential-based method in force ("private_key_jwt", "tls_client_auth" or
	// "self_signed_tls_client_auth"), or empty.
	AuthenticationMethod string `json:"authenticationMethod,omitempty"`
	// Attached are the credential ids of that method.
	Attached []string `json:"attached,omitempty"`
	// Credentials is the whole pool, attached or not, oldest first.
	Credentials []Credential `json:"credentials,omitempty"`
	// Settings are the other members of the API's client object.
	Settings map[string]any `json:"settings,omitempty"`
}

// Credential is one record of a client's pool.
type Credential struct {
	ID         string     `json:"id"`
	Type       string     `json:"type"`
	Name       string     `json:"name"`
	KeyID      string     `json:"keyID,omitempty"`
	Thumbprint string     `json:"thumbprint,omitempty"`
	SubjectDN  string     `json:"subjectDN,omitempty"`
	CreatedAt  time.Time  `json:"createdAt"`
	UpdatedAt  time.Time  `json:"updatedAt"`
	ExpiresAt  *time.Time `json:"expiresAt,omitempty"`
	// Attached says whether any slot holds it, authentication or not.
	Attached bool `json:"attached"`
}

// Grant is a client grant.
type Grant struct {
	ID       string   `json:"id"`
	ClientID string   `json:"clientID"`
	Audience string   `json:"audience"`
	Scopes   []string `json:"scopes"`
}

// Accepts says whether an attached credential of the mTLS method in force matches the certificate, as the token endpoint
// would decide once the change has propagated. It looks at no expiry.
func (c Client) Accepts(certificate *x509.Certificate) bool {
	return slices.ContainsFunc(c.Credentials, func(cred Credential) bool {
		if !slices.Contains(c.Attached, cred.ID) {
			return false
		}
		switch credentialKind(cred.Type) {
		case kindX509:
			return cred.Thumbprint == thumbprint(certificate)
		case kindSubjectDN:
			return cred.SubjectDN == subjectDN(certificate.RawSubject)
		default:
			return false
		}
	})
}

func viewOf(c *client, now time.Time) Client {
	view := Client{
		ID:                      c.id,
		Name:                    stringOf(c.settings, "name"),
		At:                      now,
		Global:                  c.global,
		TokenEndpointAuthMethod: c.method,
		Settings:                maps.Clone(c.settings),
	}
	if method, inForce := c.authentication(); inForce {
		view.AuthenticationMethod = string(method)
		view.Attached = slices.Clone(c.slots[method])
	}
	for _, cred := range c.pool {
		view.Credentials = append(view.Credentials, Credential{
			ID: cred.id, Type: string(cred.kind), Name: cred.name, KeyID: cred.keyID,
			Thumbprint: cred.thumbprint, SubjectDN: cred.subjectDN,
			CreatedAt: cred.created, UpdatedAt: cred.updated, ExpiresAt: cred.expires,
			Attached: c.uses(cred.id),
		})
	}
	return view
}
