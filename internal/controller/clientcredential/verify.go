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

package clientcredential

import (
	"context"
	"fmt"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/status"
	"github.com/certbound/certbound/internal/verification"
)

// verify reports what the probe found out of the newest certificate, where that is asked for, and returns what its publication
// has to wait for: zero for nothing.
func (r *Reconciler) verify(
	ctx context.Context, obj *v1alpha1.ClientCredential, after *v1alpha1.ClientCredentialStatus, attached status.Outcome, report *status.Report,
) (status.Outcome, error) {
	if obj.Spec.Verification == nil || !attached.IsDone() {
		if obj.Spec.Verification != nil {
			report.Set(v1alpha1.ConditionVerified, status.Pending(v1alpha1.ReasonVerificationPending,
				"A login with the newest certificate is tried when the tenant accepts it."))
		}
		if mayPublish(attached) {
			return status.Outcome{}, nil
		}
		return unattached(obj), nil
	}
	var owner v1alpha1.OAuthClient
	err := r.Client.Get(ctx, types.NamespacedName{Namespace: obj.Namespace, Name: obj.Spec.ClientRef.Name}, &owner)
	if err != nil && !apierrors.IsNotFound(err) {
		return status.Outcome{}, fmt.Errorf("read OAuthClient %s: %w", obj.Spec.ClientRef.Name, err)
	}
	now := r.Clock.Now()
	c := certificateToVerify(obj, after.Certificate, &owner, now)
	report.Set(v1alpha1.ConditionVerified, verified(c, obj.Status.Verification, now))
	return heldBack(obj, c, now), nil
}

// SubjectOf is what a login of a ClientCredential has to prove.
func SubjectOf(spec *v1alpha1.Verification, newest *v1alpha1.CertificateStatus, owner *v1alpha1.OAuthClient) verification.Subject {
	s := verification.Subject{Fingerprint: newest.Fingerprint, ClientID: owner.Status.ClientID, Audience: spec.Audience}
	if s.Audience == "" && len(owner.Spec.Grants) > 0 {
		s.Audience = owner.Spec.Grants[0].Audience
	}
	return s
}

// FindingOf is the last login that the status records.
func FindingOf(v *v1alpha1.VerificationStatus) verification.Finding {
	if v == nil {
		return verification.Finding{}
	}
	f := verification.Finding{
		Subject:  verification.Subject{Fingerprint: v.Fingerprint, ClientID: v.ClientID, Audience: v.Audience},
		Endpoint: v.TokenEndpoint, Result: verification.Failed, Attempts: int(v.Attempts),
	}
	switch v.Result {
	case v1alpha1.VerificationPending:
		f.Result = verification.Pending
	case v1alpha1.VerificationSucceeded:
		f.Result = verification.Succeeded
	default: // there is one more
	}
	if v.RetryAt != nil {
		f.RetryAt = v.RetryAt.Time
	}
	return f
}

func certificateToVerify(
	obj *v1alpha1.ClientCredential, newest *v1alpha1.CertificateStatus, owner *v1alpha1.OAuthClient, now time.Time,
) verification.Certificate {
	spec := obj.Spec.Verification
	c := verification.Certificate{
		Subject: SubjectOf(spec, newest, owner), Finding: FindingOf(obj.Status.Verification), AcceptedAt: acceptedAt(obj, newest, now),
		Hold: spec.Mode == v1alpha1.VerificationHold, HoldFor: time.Duration(spec.HoldSeconds) * time.Second, Handover: HandoverOf(obj),
	}
	if published := obj.Status.Published; published != nil {
		c.Published, c.PublishedAt = published.Fingerprint, published.PublishedAt.Time
		if published.NotAfter != nil {
			c.PublishedNotAfter = published.NotAfter.Time
		}
	}
	return c
}

// acceptedAt is since when the tenant accepts the newest certificate: since it was attached or, where its subject was attached
// already, since it was first seen.
func acceptedAt(obj *v1alpha1.ClientCredential, newest *v1alpha1.CertificateStatus, now time.Time) time.Time {
	c := meta.FindStatusCondition(obj.Status.Conditions, v1alpha1.ConditionAttached)
	if c == nil || c.Status != "True" || obj.Status.Certificate == nil || obj.Status.Certificate.Fingerprint != newest.Fingerprint {
		return now
	}
	at := c.LastTransitionTime.Time
	for _, seen := range obj.Status.Observed {
		if seen.Fingerprint == newest.Fingerprint && seen.Since.After(at) {
			at = seen.Since.Time
		}
	}
	return at
}

// verified is the outcome for the condition Verified.
func verified(c verification.Certificate, found *v1alpha1.VerificationStatus, now time.Time) status.Outcome {
	by, result := c.ExpectedBy(), c.Result()
	switch {
	case !by.IsZero() && !now.Before(by):
		return status.Pending(v1alpha1.ReasonProbeNotRunning, fmt.Sprintf("A login with the newest certificate should have been tried by %s: "+
			"run the operator's side probe (--controllers=probe), see its log if it runs, or take spec.verification out.", by.UTC().Format(time.RFC3339)))
	case result == verification.Untried:
		return status.Pending(v1alpha1.ReasonVerificationPending, "A login with the newest certificate is about to be tried.").Until(by)
	case result == verification.Succeeded:
		return status.Done(v1alpha1.ReasonLoginSucceeded, found.Message)
	case result == verification.Pending:
		return status.Pending(v1alpha1.ReasonVerificationPending, found.Message).Until(by)
	case by.IsZero():
		return status.Blocked(found.Reason, found.Message)
	}
	return status.Failed(found.Reason, found.Message, nil).Until(by)
}

// heldBack is what the publication of an attached certificate waits for; zero for nothing.
func heldBack(obj *v1alpha1.ClientCredential, c verification.Certificate, now time.Time) status.Outcome {
	until, held := c.Held(now)
	if !held {
		return status.Outcome{}
	}
	message := "The newest certificate is held back until a login with it succeeds"
	if !until.IsZero() {
		message += ", at the latest until " + until.UTC().Format(time.RFC3339)
	}
	return status.Waiting(v1alpha1.ReasonWaitingForVerification, fmt.Sprintf("%s; the Secret %s stays as it is; see the condition Verified.",
		message, obj.Spec.Publish.SecretRef.Name)).Until(until)
}
