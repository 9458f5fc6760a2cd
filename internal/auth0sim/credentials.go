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
	"net/http"
	"slices"
	"strings"
)

// GET /api/v2/clients/{id}/credentials answers a plain array and ignores paging parameters, as recorded. Its order is not
// specified: two recordings show both. Sorting by id, which is random, keeps readers from relying on one.
func (s *Simulator) listCredentials(c *call) (int, any, *failure) {
	owner, fail := s.clientOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	pool := slices.Clone(owner.pool)
	slices.SortFunc(pool, func(a, b credential) int { return strings.Compare(a.id, b.id) })
	answers := make([]document, len(pool))
	for i, cred := range pool {
		answers[i] = cred.document()
	}
	return http.StatusOK, answers, nil
}

func (s *Simulator) getCredential(c *call) (int, any, *failure) {
	owner, fail := s.clientOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	cred, ok := owner.credential(c.path("credential_id"))
	if !ok {
		return 0, nil, notFound("inexistent_credential", "The credential does not exist")
	}
	return http.StatusOK, cred.document(), nil
}

func (s *Simulator) createCredential(c *call) (int, any, *failure) {
	owner, fail := s.clientOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	if fail := s.bodies.createCredential.check(c.body); fail != nil {
		return 0, nil, fail
	}
	updated := owner.clone()
	cred, fail := s.addToPool(updated, c.body)
	if fail != nil {
		return 0, nil, fail
	}
	s.store(updated)
	c.committed = true
	return http.StatusCreated, cred.document(), nil
}

// updateCredential answers 200, as recorded (auth0/go-auth0 test/data/recordings/TestClient_UpdateCredential.yaml); the
// OpenAPI document says 201.
func (s *Simulator) updateCredential(c *call) (int, any, *failure) {
	owner, fail := s.clientOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	if fail := s.bodies.updateCredential.check(c.body); fail != nil {
		return 0, nil, fail
	}
	cred, ok := owner.credential(c.path("credential_id"))
	if !ok {
		return 0, nil, notFound("inexistent_credential", "The credential does not exist")
	}
	cred.expires = nil
	if text, given := c.body["expires_at"].(string); given {
		expires, fail := parseExpiry("expires_at", text)
		if fail != nil {
			return 0, nil, fail
		}
		cred.expires = &expires
	}
	cred.updated = c.now
	updated := owner.clone()
	updated.pool[slices.IndexFunc(updated.pool, func(p credential) bool { return p.id == cred.id })] = cred
	s.store(updated)
	c.committed = true
	return http.StatusOK, cred.document(), nil
}

// deleteCredential answers 204 also for a credential that is gone, as recorded
// (auth0/go-auth0 test/data/recordings/TestClient_DeleteCredential.yaml).
func (s *Simulator) deleteCredential(c *call) (int, any, *failure) {
	owner, fail := s.clientOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	id := c.path("credential_id")
	if owner.uses(id) {
		return 0, nil, badRequest("Cannot delete credential still associated with a client")
	}
	if _, ok := owner.credential(id); ok {
		updated := owner.clone()
		updated.pool = slices.DeleteFunc(updated.pool, func(cred credential) bool { return cred.id == id })
		s.store(updated)
		c.committed = true
	}
	return http.StatusNoContent, nil, nil
}

// addToPool makes a credential of its definition and adds it to a client that is not yet stored.
func (s *Simulator) addToPool(owner *client, definition map[string]any) (credential, *failure) {
	cred, fail := newCredential(definition, s.clock.Now())
	if fail != nil {
		return credential{}, fail
	}
	if len(owner.pool) >= s.options.CredentialsPerClient {
		return credential{}, badRequest(fmt.Sprintf("A client can have a maximum of %d credentials.",
			s.options.CredentialsPerClient))
	}
	if s.collides(owner, cred) {
		return credential{}, badRequest("credentials contains public keys that already exist in client")
	}
	if s.world.credentialCount() >= s.options.CredentialsPerTenant {
		return credential{}, &failure{status: http.StatusForbidden, code: "too_many_entities",
			message: "You reached the limit of entities of this type for this tenant."}
	}
	owner.pool = append(owner.pool, cred)
	return cred, nil
}

func (s *Simulator) collides(owner *client, cred credential) bool {
	if s.options.Duplicates == DuplicateOff || cred.keyPrint == "" {
		return false
	}
	return slices.ContainsFunc(owner.pool, func(other credential) bool {
		if s.options.Duplicates == DuplicateThumbprint && cred.kind == kindX509 && other.kind == kindX509 {
			return other.thumbprint == cred.thumbprint
		}
		if s.options.Duplicates == DuplicateThumbprint && cred.kind != other.kind {
			return false
		}
		return other.keyPrint == cred.keyPrint
	})
}

// document is the credential as its own endpoints answer it, in the order recorded in 2025 and 2026. The PEM is never
// answered.
func (cred credential) document() document {
	answer := document{{"id", cred.id}, {"credential_type", cred.kind}}
	answer.addIf(cred.keyID != "", "kid", cred.keyID)
	answer.addIf(cred.algorithm != "", "alg", cred.algorithm)
	answer.add("name", cred.name)
	answer.addIf(cred.thumbprint != "", "thumbprint_sha256", cred.thumbprint)
	answer.addIf(cred.kind == kindSubjectDN, "subject_dn", cred.subjectDN)
	answer.add("created_at", timestamp(cred.created))
	answer.add("updated_at", timestamp(cred.updated))
	if cred.expires != nil {
		answer.add("expires_at", timestamp(*cred.expires))
	}
	return answer
}

// inlineDocument is the credential as POST /clients echoes it, once.
func (cred credential) inlineDocument() document {
	answer := document{{"id", cred.id}, {"name", cred.name}}
	answer.addIf(cred.keyID != "", "kid", cred.keyID)
	answer.add("credential_type", cred.kind)
	answer.addIf(cred.algorithm != "", "alg", cred.algorithm)
	answer.add("created_at", timestamp(cred.created))
	answer.add("updated_at", timestamp(cred.updated))
	if cred.expires != nil {
		answer.add("expires_at", inlineTimestamp(*cred.expires))
	}
	answer.addIf(cred.thumbprint != "", "thumbprint_sha256", cred.thumbprint)
	answer.addIf(cred.kind == kindSubjectDN, "subject_dn", cred.subjectDN)
	return answer
}
