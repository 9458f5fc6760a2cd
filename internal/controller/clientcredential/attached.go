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

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/certificate"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/status"
)

// attached finds out whether the tenant lets a certificate sign in, from what the OAuthClient reports, in the cache or past
// it. A report that is out of date is late where the certificate is new; of one that was there before, it may tell what is no
// longer so.
func (r *Reconciler) attached(
	ctx context.Context, from client.Reader, obj *v1alpha1.ClientCredential, newest *v1alpha1.CertificateStatus,
) (status.Outcome, error) {
	name := obj.Spec.ClientRef.Name
	var owner v1alpha1.OAuthClient
	err := from.Get(ctx, types.NamespacedName{Namespace: obj.Namespace, Name: name}, &owner)
	if apierrors.IsNotFound(err) {
		elsewhere, err := r.Shard.Elsewhere(ctx, r.Live, client.ObjectKey{Namespace: obj.Namespace, Name: name}, &owner)
		switch {
		case err != nil:
			return status.Outcome{}, fmt.Errorf("look for OAuthClient %s: %w", name, err)
		case elsewhere:
			return status.Blocked(v1alpha1.ReasonOAuthClientInAnotherShard, r.Shard.Advice("OAuthClient", name)+"; nothing is published."), nil
		}
		return status.Waiting(v1alpha1.ReasonOAuthClientNotFound,
			fmt.Sprintf("The OAuthClient %s does not exist; waiting until it does; nothing is published.", name)), nil
	}
	if err != nil {
		return status.Outcome{}, fmt.Errorf("read OAuthClient %s: %w", name, err)
	}
	return attachment(obj.Spec.Type, newest, &owner), nil
}

// attachment decides whether the client's report shows the certificate as attached, or as staged for a change to
// certificates.
func attachment(t v1alpha1.CredentialType, newest *v1alpha1.CertificateStatus, owner *v1alpha1.OAuthClient) status.Outcome {
	method := registration.Method(owner.Spec.AuthenticationMethod)
	if !method.UsesSecret() && method.Accepts() != registration.CredentialType(t) {
		return status.Blocked(v1alpha1.ReasonMethodMismatch, mismatch(t, owner.Name, method))
	}
	if newest == nil {
		return status.Waiting(v1alpha1.ReasonWaitingForCertificate, "There is no usable certificate yet.")
	}
	for _, c := range owner.Status.Credentials {
		switch {
		case c.Type != string(t) || !matches(c, t, newest):
		case c.State == v1alpha1.CredentialAttached:
			return status.Done(v1alpha1.ReasonAttached, fmt.Sprintf("The tenant accepts the certificate (credential %s).", c.ID))
		case staging(owner):
			return status.Waiting(v1alpha1.ReasonStaged, fmt.Sprintf(
				"The certificate is stored at the tenant (credential %s) and does not sign in: the OAuthClient %s authenticates by %s. "+
					"It is attached when authenticationMethod there is changed to %s.", c.ID, owner.Name, method, registration.CredentialType(t).Method()))
		}
	}
	message := fmt.Sprintf("Waiting for the OAuthClient %s to attach the certificate; what is attached stays attached.", owner.Name)
	if ready := meta.FindStatusCondition(owner.Status.Conditions, v1alpha1.ConditionReady); ready != nil && ready.Reason != v1alpha1.ReasonReady {
		message += fmt.Sprintf(" It says (%s): %s", ready.Reason, ready.Message)
	}
	return status.Waiting(v1alpha1.ReasonWaitingForClient, message)
}

// staging tells whether the client authenticates by a secret, as it is to: the report must be of that very declaration,
// so that a change to certificates, or one back that the tenant has not made yet, holds back what is not attached.
func staging(owner *v1alpha1.OAuthClient) bool {
	wanted, inForce := registration.Method(owner.Spec.AuthenticationMethod), registration.Method(owner.Status.AuthenticationMethod)
	return wanted.UsesSecret() && wanted == inForce && owner.Status.ObservedGeneration == owner.Generation
}

func mismatch(t v1alpha1.CredentialType, name string, method registration.Method) string {
	return fmt.Sprintf("A credential of type %s does not go with the authenticationMethod %s of OAuthClient %s; set that to %s, or use a "+
		"ClientCredential of the other type; nothing is sent to the tenant for this one, and what is attached stays attached.", t, method, name, registration.CredentialType(t).Method())
}

func matches(c v1alpha1.CredentialStatus, t v1alpha1.CredentialType, newest *v1alpha1.CertificateStatus) bool {
	if t == v1alpha1.TypeX509Cert {
		return newest.Fingerprint != "" && c.Fingerprint == newest.Fingerprint
	}
	return certificate.EqualDN(c.SubjectDN, newest.SubjectDN)
}
