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

package oauthclient

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/certbound/certbound/internal/auth0"
)

// mismatchError is a subject that the tenant derived in another form than this operator.
type mismatchError struct{ owner, wanted, got string }

func (e *mismatchError) Error() string {
	return fmt.Sprintf("the tenant derived the subject %q where %q was expected: use a ClientCredential with that literal subjectDN instead of %s",
		e.got, e.wanted, e.owner)
}

// unknown tells whether a failed request may have had an effect.
func unknown(err error) bool {
	var e *auth0.Error
	return errors.As(err, &e) && e.OutcomeUnknown()
}

// contradicts tells whether an answer shows that the tenant holds something else than the view says.
func contradicts(err error) bool {
	return slices.Contains([]auth0.Class{
		auth0.Invalid, auth0.NotFound, auth0.CredentialLimit, auth0.DuplicateCredential, auth0.StillAssociated,
	}, auth0.ClassOf(err))
}

func firstToLower(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
