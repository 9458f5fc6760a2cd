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
	"errors"
	"math/rand/v2"
	"time"

	"github.com/certbound/certbound/internal/backoff"
)

// refusal is how the token endpoint refused the operator's sign-in lately. What it refused it mostly refuses again, until somebody mends
// it, and all that is done at the tenant asks for a token: so all of that together has the allowance of one failing object. The zero value
// is that of a sign-in that was not refused.
type refusal struct {
	record backoff.Record
	last   *Error // nil: the next attempt is to be made at once
}

// holds returns the last refusal while no other attempt is to be made.
func (r refusal) holds(now time.Time) error {
	if r.last == nil || !now.Before(r.last.ResumeAt) {
		return nil
	}
	return r.last
}

// after is the refusal after an attempt that failed, and its error, which tells when the next one is made. A tenant that gives no answers
// has not refused anything: the budget's breaker says when it is tried again.
func (r refusal) after(err error, now time.Time) (refusal, error) {
	var e *Error
	if !errors.As(err, &e) || (e.Class != SignInRefused && e.Class != BadAnswer) {
		return r, err
	}
	refused := *e
	r.record, refused.ResumeAt = r.record.Failed(1, now, rand.Float64()) // #nosec G404 -- jitter is no secret
	r.last = &refused
	return r, &refused
}

// afresh is the refusal when somebody may have mended what is refused.
func (r refusal) afresh() refusal { return refusal{record: r.record.Afresh()} }

// SignInAfresh makes the next request sign in at once although the tenant refused that lately: somebody may have put that right there.
func (t *Tenant) SignInAfresh() {
	t.tokens.mu.Lock()
	defer t.tokens.mu.Unlock()
	t.tokens.refusal, t.tokens.retryAt = t.tokens.refusal.afresh(), time.Time{}
}
