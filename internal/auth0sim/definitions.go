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
	"fmt"
	"time"
)

// newCredential reads a definition that the schema has accepted.
func newCredential(definition map[string]any, now time.Time) (credential, *failure) {
	cred := credential{
		id:      newCredentialID(),
		kind:    credentialKind(stringOf(definition, "credential_type")),
		name:    stringOf(definition, "name"),
		created: now,
		updated: now,
	}
	if fail := forbidForeignFields(cred.kind, definition); fail != nil {
		return credential{}, fail
	}
	var fail *failure
	switch cred.kind {
	case kindX509:
		fail = cred.fillX509(definition)
	case kindSubjectDN:
		fail = cred.fillSubjectDN(definition)
	case kindPublicKey:
		fail = cred.fillPublicKey(definition)
	}
	return cred, fail
}

// forbidForeignFields refuses fields that belong to another credential type.
func forbidForeignFields(kind credentialKind, definition map[string]any) *failure {
	onlyFor := map[string]credentialKind{
		"subject_dn": kindSubjectDN, "alg": kindPublicKey, "kid": kindPublicKey,
		"parse_expiry_from_cert": kindPublicKey, "expires_at": kindPublicKey,
	}
	for _, field := range []string{"subject_dn", "alg", "kid", "parse_expiry_from_cert", "expires_at"} {
		if _, given := definition[field]; given && onlyFor[field] != kind {
			return invalidBody(fmt.Sprintf("Payload validation error: 'Additional properties not allowed: %s'.", field))
		}
	}
	return nil
}

func (cred *credential) fillX509(definition map[string]any) *failure {
	text, given := definition["pem"].(string)
	if !given {
		return invalidBody("Payload validation error: 'Missing required property: pem'.")
	}
	certificate, ok := parseCertificate(text)
	if !ok {
		return invalidBody("Payload validation error: 'pem is not a valid X.509 certificate' on property pem.")
	}
	cred.thumbprint = thumbprint(certificate)
	cred.keyPrint = keyPrint(certificate.RawSubjectPublicKeyInfo)
	cred.expires = &certificate.NotAfter
	return nil
}

func (cred *credential) fillSubjectDN(definition map[string]any) *failure {
	text, hasPEM := definition["pem"].(string)
	dn, hasDN := definition["subject_dn"].(string)
	if hasPEM == hasDN {
		return invalidBody("Payload validation error: 'Exactly one of pem and subject_dn is required'.")
	}
	cred.subjectDN = dn
	if !hasPEM {
		return nil
	}
	certificate, ok := parseCertificate(text)
	if !ok {
		return invalidBody("Payload validation error: 'pem is not a valid X.509 certificate' on property pem.")
	}
	cred.subjectDN = subjectDN(certificate.RawSubject)
	if length := len([]rune(cred.subjectDN)); length == 0 || length > maxSubjectDN {
		return invalidBody(fmt.Sprintf(
			"Payload validation error: 'the certificate has a subject of %d characters, maximum %d' on property pem.",
			length, maxSubjectDN))
	}
	return nil
}

func (cred *credential) fillPublicKey(definition map[string]any) *failure {
	text, given := definition["pem"].(string)
	if !given {
		return invalidBody("Payload validation error: 'Missing required property: pem'.")
	}
	raw, info, certificate, ok := publicKey(text)
	if !ok {
		return invalidBody("Payload validation error: 'pem is not a valid public key' on property pem.")
	}
	cred.algorithm = orDefault(stringOf(definition, "alg"), "RS256")
	key, err := verificationKey(raw, stringOf(definition, "kid"), cred.algorithm)
	if err != nil {
		return invalidBody("Payload validation error: 'pem is not a valid public key' on property pem.")
	}
	cred.key, cred.keyID, cred.keyPrint = key, key.KeyID(), keyPrint(info)

	expiry, explicit := definition["expires_at"].(string)
	parse := boolOf(definition, "parse_expiry_from_cert")
	switch {
	case explicit && parse:
		return badRequest("expires_at and parse_expiry_from_cert cannot be used together")
	case parse && certificate == nil:
		return badRequest("parse_expiry_from_cert needs an X.509 certificate")
	case parse:
		cred.expires = &certificate.NotAfter
	case explicit:
		expires, fail := parseExpiry("expires_at", expiry)
		if fail != nil {
			return fail
		}
		cred.expires = &expires
	}
	return nil
}

// parseExpiry accepts offsets and fractions of a second, and keeps milliseconds, as recorded.
func parseExpiry(property, text string) (time.Time, *failure) {
	expires, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		return time.Time{}, invalidBody(fmt.Sprintf(
			"Payload validation error: 'Object didn't pass validation for format date-time: %s' on property %s.",
			text, property))
	}
	return expires.UTC().Truncate(time.Millisecond), nil
}
