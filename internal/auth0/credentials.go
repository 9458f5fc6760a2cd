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
	"strings"
	"time"

	"github.com/auth0/go-auth0/management"

	"github.com/certbound/certbound/internal/registration"
)

// Credential is a credential as the tenant holds it. Whether a client lists it is not said here.
type Credential struct {
	ID, Name string
	Type     registration.CredentialType
	// Thumbprint is base64url of the SHA-256 of the certificate, without padding (x5t#S256 in RFC 8705); only x509_cert.
	Thumbprint string
	// SubjectDN is the subject in Auth0's form, one line for each RDN; only cert_subject_dn.
	SubjectDN string
	// ExpiresAt is zero when the tenant does not know.
	ExpiresAt, CreatedAt time.Time
}

// NewCredential is a credential to be created: from a certificate, or for cert_subject_dn from a literal subject.
type NewCredential struct {
	Name           string
	Type           registration.CredentialType
	PEM, SubjectDN string
}

// check keeps a private key from leaving, whatever led it here.
func (n NewCredential) check(op string) error {
	if strings.Contains(n.PEM, "PRIVATE KEY") {
		return invalid(op, "the certificate comes with a private key, which is never sent")
	}
	return nil
}

// Credentials reads all credentials of a client, whoever made them, in no order.
func (t *Tenant) Credentials(ctx context.Context, clientID string) ([]Credential, error) {
	return t.listCredentials(ctx, OpCredentials, clientID)
}

// AuditCredentials is Credentials of a client at rest, which nothing asks for but caution: it is counted apart.
func (t *Tenant) AuditCredentials(ctx context.Context, clientID string) ([]Credential, error) {
	return t.listCredentials(ctx, OpAuditCredentials, clientID)
}

func (t *Tenant) listCredentials(ctx context.Context, op, clientID string) ([]Credential, error) {
	var credentials []Credential
	err := t.call(ctx, op, func(ctx context.Context) error {
		answer, err := t.api.Client.ListCredentials(ctx, clientID)
		if err != nil {
			return err
		}
		if answer == nil { // not the same as none
			return errIncomplete
		}
		for _, credential := range answer {
			if credential.GetID() == "" {
				return errIncomplete
			}
			credentials = append(credentials, readCredential(credential))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return credentials, nil
}

// CreateCredential creates a credential, which nothing uses until the client lists it. It is not idempotent: repeated,
// it fails with DuplicateCredential or makes a second one.
func (t *Tenant) CreateCredential(ctx context.Context, clientID string, n NewCredential) (Credential, error) {
	if err := n.check(OpCreateCredential); err != nil {
		return Credential{}, err
	}
	var credential Credential
	err := t.call(ctx, OpCreateCredential, func(ctx context.Context) error {
		body := n.body()
		if err := t.api.Client.CreateCredential(ctx, clientID, &body); err != nil {
			return err
		}
		if body.GetID() == "" {
			return errIncomplete
		}
		credential = readCredential(&body)
		return nil
	})
	return credential, err
}

// DeleteCredential deletes a credential; StillAssociated when the client lists it. One that is gone already is a
// success.
func (t *Tenant) DeleteCredential(ctx context.Context, clientID, id string) error {
	return orGone(t.call(ctx, OpDeleteCredential, func(ctx context.Context) error {
		return t.api.Client.DeleteCredential(ctx, clientID, id)
	}))
}

func readCredential(c *management.Credential) Credential {
	return Credential{
		ID:         c.GetID(),
		Name:       c.GetName(),
		Type:       registration.CredentialType(c.GetCredentialType()),
		Thumbprint: c.GetThumbprintSHA256(),
		SubjectDN:  c.GetSubjectDN(),
		ExpiresAt:  c.GetExpiresAt(),
		CreatedAt:  c.GetCreatedAt(),
	}
}
