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

// Package answer says what an error of the tenant means for the object that is being reconciled: its reason and message
// in the status, and whether to wait, to try again, or to leave it to a person.
package answer

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/budget"
	"github.com/certbound/certbound/internal/status"
)

// verdict is what a class of errors means.
type verdict struct {
	reason string
	advice string
	kind   func(reason, message string, err error) status.Outcome
}

func blocked(reason, message string, _ error) status.Outcome { return status.Blocked(reason, message) }

func waiting(reason, message string, _ error) status.Outcome { return status.Waiting(reason, message) }

var verdicts = map[auth0.Class]verdict{
	auth0.Unreachable:      {v1alpha1.ReasonUnreachable, "check spec.domain and spec.caBundleRef of the tenant, and the network", status.Failed},
	auth0.ForbiddenNetwork: {v1alpha1.ReasonNetworkForbidden, "check spec.domain of the tenant, or allow the network with the operator's flag --allow-tenant-networks", blocked},
	auth0.TimedOut:         {v1alpha1.ReasonTimedOut, "it is tried again", status.Failed},
	auth0.Canceled:         {v1alpha1.ReasonTimedOut, "it is tried again", status.Failed},
	auth0.BadAnswer:        {v1alpha1.ReasonNotATenant, "check spec.domain of the tenant, and what stands between", status.Failed},
	auth0.Unauthorized:     {v1alpha1.ReasonSignInRefused, "check the tenant's spec.signIn and spec.audience", status.Failed},
	auth0.SignInRefused:    {v1alpha1.ReasonSignInRefused, "check the tenant's spec.signIn, its Secret, and spec.audience", status.Failed},
	auth0.Forbidden:        {v1alpha1.ReasonForbidden, "the tenant's plan or policy does not allow it", blocked},
	auth0.NotFound:         {v1alpha1.ReasonClientNotFound, "", status.Failed},
	auth0.Conflict:         {v1alpha1.ReasonRejected, "it is tried again", status.Failed},
	auth0.Invalid:          {v1alpha1.ReasonRejected, "change the spec", blocked},
	auth0.CredentialLimit: {v1alpha1.ReasonCredentialLimitReached,
		"remove a credential of the client at the tenant that is no longer used, or correct spec.limits of the tenant", blocked},
	auth0.DuplicateCredential: {v1alpha1.ReasonDuplicateCredential,
		"the tenant stores a key only once for a client: let the certificate be renewed with a new key (privateKey.rotationPolicy: Always)", blocked},
	auth0.StillAssociated: {v1alpha1.ReasonRejected, "detach the credential where it is used", blocked},
	auth0.Withheld:        {v1alpha1.ReasonWithheld, "it is tried again", status.Failed},
	auth0.Unavailable:     {v1alpha1.ReasonTenantUnavailable, "it is tried again", status.Failed},
}

// Outcome is what err means. doing says what failed, in words that follow "could not"; safe says what stays as it is.
func Outcome(err error, doing, safe string) status.Outcome {
	var e *auth0.Error
	if !errors.As(err, &e) {
		return status.Failed(v1alpha1.ReasonTenantUnavailable, sentence("Could not "+doing, "see the operator's log", safe), err)
	}
	if e.Class == auth0.RateLimited {
		return waiting(v1alpha1.ReasonRateLimited, sentence("Could not "+doing+" yet: "+e.Message,
			"it goes on at "+e.ResumeAt.UTC().Format(time.RFC3339), safe), err).Until(e.ResumeAt)
	}
	if e.Class == auth0.Queued {
		reason := v1alpha1.ReasonRateLimited
		if e.Why == budget.Broken {
			reason = v1alpha1.ReasonTenantUnavailable
		}
		// Without a time, which would be another one at each look.
		return waiting(reason, sentence("Could not "+doing+" yet: "+e.Message, "it goes on by itself", safe), err).Until(e.ResumeAt)
	}
	if e.Class == auth0.Withheld && !e.ResumeAt.IsZero() {
		return waiting(v1alpha1.ReasonWithheld, sentence("Did not "+doing+" yet: "+e.Message,
			"it goes on at "+e.ResumeAt.UTC().Format(time.RFC3339), safe), err).Until(e.ResumeAt)
	}
	if e.Class == auth0.InsufficientScope {
		return blocked(v1alpha1.ReasonInsufficientScope, sentence(fmt.Sprintf("Could not %s: the management token lacks a scope", doing),
			"grant the operator's client one of "+strings.Join(e.MissingScopes, ", "), safe), err)
	}
	v, known := verdicts[e.Class]
	if !known {
		v = verdict{v1alpha1.ReasonTenantUnavailable, "it is tried again", status.Failed}
	}
	return v.kind(v.reason, sentence("Could not "+doing+": "+e.Message, v.advice, safe), err).Until(e.ResumeAt)
}

// sentence joins what happened, what to do, and what stays safe.
func sentence(happened, do, safe string) string {
	parts := []string{strings.TrimRight(happened, ". ")}
	for _, part := range []string{do, safe} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, "; ") + "."
}
