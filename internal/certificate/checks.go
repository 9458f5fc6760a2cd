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

package certificate

import (
	"fmt"
	"time"
	"unicode/utf8"
)

// Limits of Auth0's Management API on a client credential (POST /api/v2/clients/{id}/credentials), in characters.
const (
	maxPEMCharacters       = 4096
	maxSubjectDNCharacters = 256
)

// Credential types of Auth0's Management API that carry a certificate.
const (
	typeX509Cert      = "x509_cert"
	typeCertSubjectDN = "cert_subject_dn"
)

// CheckValidity returns a *Problem if the certificate has expired, or is not valid yet, at now.
func (f Facts) CheckValidity(now time.Time) error {
	switch {
	case now.After(f.NotAfter):
		return expired(f.NotAfter)
	case now.Before(f.NotBefore):
		return notYetValid(f.NotBefore)
	}
	return nil
}

// CheckFor returns a *Problem if the tenant would not register the certificate as a credential of the given type, x509_cert or
// cert_subject_dn, and another error if there is no such type.
//
// The limit on the PEM holds for both, since both are registered by sending it; besides, whoever terminates TLS before Auth0 hands
// the certificate on in a header of at most 4096 bytes. Only cert_subject_dn needs a subject, and one of at most 256 characters.
func (f Facts) CheckFor(credentialType string) error {
	if credentialType != typeX509Cert && credentialType != typeCertSubjectDN {
		return fmt.Errorf("no certificate credential has the type %q", credentialType)
	}
	if characters := len(f.PEM); characters > maxPEMCharacters {
		return certificateTooLong(characters)
	}
	if credentialType == typeX509Cert {
		return nil
	}
	switch characters := utf8.RuneCountInString(f.SubjectDN); {
	case characters == 0:
		return errSubjectEmpty
	case characters > maxSubjectDNCharacters:
		return subjectTooLong(characters)
	}
	return nil
}
