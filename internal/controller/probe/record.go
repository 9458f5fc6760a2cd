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

package probe

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	apply "github.com/certbound/certbound/api/v1alpha1/applyconfiguration/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller/clientcredential"
	"github.com/certbound/certbound/internal/verification"
)

// fieldManager owns status.verification. The rest of the status has another owner, who leaves it alone.
const fieldManager = client.FieldOwner("certbound-probe")

// finding is what came of an attempt.
type finding struct {
	result  v1alpha1.VerificationResult
	reason  string
	message string
	// settled means that it is not tried again by itself.
	settled bool
	// issued means that the tenant issued a token, which it counts.
	issued bool
	// notBefore is a pause that the tenant asked for, or that a counted token is worth.
	notBefore time.Time
}

// begin is the record of an attempt that is under way. What the last one with the same certificate found stays until this one is
// over, so that the condition does not change back and forth with each.
func begin(before *v1alpha1.VerificationStatus, a *attempt, now time.Time) v1alpha1.VerificationStatus {
	record := v1alpha1.VerificationStatus{}
	if before != nil {
		record.Tokens = before.Tokens
	}
	if f := clientcredential.FindingOf(before); before != nil && f.Subject == a.subject && f.Endpoint == a.endpoint {
		record = *before
	} else {
		record.Fingerprint, record.ClientID, record.Audience = a.subject.Fingerprint, a.subject.ClientID, a.subject.Audience
		record.TokenEndpoint, record.Result = a.endpoint, v1alpha1.VerificationPending
		record.Reason, record.Message = v1alpha1.ReasonVerificationPending, "A login with the newest certificate is under way."
	}
	record.Attempts++
	record.AttemptedAt = stamp(now)
	record.RetryAt = stamp(now.Add(verification.Backoff(int(record.Attempts))))
	return record
}

// end is the record of an attempt that is over.
func end(record v1alpha1.VerificationStatus, found finding, now time.Time) v1alpha1.VerificationStatus {
	record.Result, record.Reason, record.Message = found.result, found.reason, found.message
	record.RetryAt = nil
	if !found.settled {
		record.RetryAt = stamp(retryAt(record, found, now))
	}
	if found.issued {
		record.Tokens++
	}
	return record
}

func retryAt(record v1alpha1.VerificationStatus, found finding, now time.Time) time.Time {
	at := now.Add(verification.Backoff(int(record.Attempts)))
	if at.Before(found.notBefore) {
		return found.notBefore
	}
	return at
}

func stamp(t time.Time) *metav1.Time {
	return &metav1.Time{Time: t.UTC().Truncate(time.Second)}
}

// write records on the very object that was read: one that was made anew under its name has another UID, and refuses.
func (r *Reconciler) write(ctx context.Context, obj *v1alpha1.ClientCredential, v v1alpha1.VerificationStatus) error {
	record := apply.VerificationStatus().
		WithFingerprint(v.Fingerprint).WithClientID(v.ClientID).WithAudience(v.Audience).WithTokenEndpoint(v.TokenEndpoint).
		WithResult(v.Result).WithReason(v.Reason).WithMessage(v.Message).WithAttempts(v.Attempts).WithTokens(v.Tokens)
	if v.AttemptedAt != nil {
		record.WithAttemptedAt(*v.AttemptedAt)
	}
	if v.RetryAt != nil {
		record.WithRetryAt(*v.RetryAt)
	}
	c := apply.ClientCredential(obj.Name, obj.Namespace).WithUID(obj.UID).WithStatus(apply.ClientCredentialStatus().WithVerification(record))
	return client.IgnoreNotFound(r.Client.Status().Apply(ctx, c, fieldManager, client.ForceOwnership))
}
