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
	"fmt"
	"strings"
	"time"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/rotation"
	"github.com/certbound/certbound/internal/status"
)

// resting is the outcome when there is nothing to send.
func (p *pass) resting(step rotation.Step) status.Outcome {
	method := registration.Method(p.obj.Spec.AuthenticationMethod)
	switch {
	case step.Verb == rotation.Blocked:
		return status.Blocked(v1alpha1.ReasonCredentialLimitReached, p.limitReached(step))
	case step.Verb == rotation.Wait && step.Why == rotation.NoCertificate:
		return p.withoutCertificate(method)
	case step.Verb == rotation.Wait && step.Why == rotation.Handover:
		return status.Waiting(v1alpha1.ReasonHandover, p.next).Until(step.Until)
	case step.Verb == rotation.Publish:
		return status.Waiting(v1alpha1.ReasonWaitingForPublication, p.next)
	case method.UsesSecret():
		return p.staged(method).Until(step.Until)
	case len(p.fitting(method)) == 0:
		return p.withoutCertificate(method)
	case step.Verb == rotation.Wait:
		return status.Done(v1alpha1.ReasonOverlap, p.next).Until(step.Until)
	}
	return status.Done(v1alpha1.ReasonInSync, "The tenant accepts the newest certificates, no others of this operator, and no client secret."+p.misfits(method))
}

// withoutCertificate is the outcome for a client that is to authenticate by certificates and has none to use.
func (p *pass) withoutCertificate(method registration.Method) status.Outcome {
	switch fitting := p.fitting(method); {
	case len(fitting) > 0:
		return status.Waiting(v1alpha1.ReasonWaitingForCertificate,
			"Waiting for a usable certificate of every ClientCredential before the method is changed; the client goes on to authenticate as it does.")
	case len(p.credentials) > 0:
		return status.Blocked(v1alpha1.ReasonMethodMismatch, fmt.Sprintf(
			"No ClientCredential has the type %s, which goes with %s; what is attached stays attached.%s", method.Accepts(), method, p.misfits(method)))
	}
	return status.Waiting(v1alpha1.ReasonNoCredential, fmt.Sprintf(
		"No ClientCredential refers to this client; create one of type %s; what is attached stays attached.", method.Accepts()))
}

// misfits names the ClientCredentials that the method does not take.
func (p *pass) misfits(method registration.Method) string {
	var names []string
	for _, c := range p.credentials {
		if registration.CredentialType(c.Spec.Type) != method.Accepts() {
			names = append(names, fmt.Sprintf("%s (%s)", c.Name, c.Spec.Type))
		}
	}
	if len(names) == 0 {
		return ""
	}
	return " Not used with this method: " + strings.Join(names, ", ") + "."
}

// limitReached says what is in the way of a credential.
func (p *pass) limitReached(step rotation.Step) string {
	var foreign []string
	for _, c := range p.observation().Credentials {
		if !c.Owned {
			foreign = append(foreign, c.ID)
		}
	}
	limit := fmt.Sprintf("the client may hold %d credentials", p.tenant.limits.Stored)
	if step.Why == rotation.AttachedLimit {
		limit = fmt.Sprintf("the method may list %d credentials", p.tenant.limits.Attached)
	}
	message := fmt.Sprintf("No place for the certificate of ClientCredential %s: %s, and none of them may be removed; what is attached stays attached", step.Owner, limit)
	if len(foreign) > 0 {
		return message + fmt.Sprintf("; %s were not made by this object: remove at the tenant what is no longer used.", list(foreign))
	}
	return message + "; two x509_cert credentials on one client leave no place to renew either: use cert_subject_dn, or remove one."
}

func list(ids []string) string {
	if len(ids) == 0 {
		return "none"
	}
	return strings.Join(ids, ", ")
}

// inWords says what a step does, for people.
func (p *pass) inWords(step rotation.Step) string {
	method := registration.Method(p.obj.Spec.AuthenticationMethod)
	until := step.Until.UTC().Format(time.RFC3339)
	switch step.Verb {
	case rotation.Create:
		return fmt.Sprintf("Store the new certificate of ClientCredential %s.", step.Owner)
	case rotation.Attach:
		if !p.view.client.Method.UsesCertificates() {
			return fmt.Sprintf("Change to %s, which ends what signs in now, with these credentials: %s.", method, list(step.Attached))
		}
		return fmt.Sprintf("Let these credentials sign in, and no others: %s.", list(step.Attached))
	case rotation.Revert:
		return fmt.Sprintf("Change to %s; certificates no longer sign in, and stay stored.", method)
	case rotation.Publish:
		return fmt.Sprintf("Waiting for ClientCredential %s to publish its new certificate.", step.Owner)
	case rotation.Delete:
		return fmt.Sprintf("Delete the credential %s, which can no longer sign in.", step.ID)
	case rotation.Blocked:
		return "Nothing until a place for a credential is free."
	case rotation.Wait:
		switch step.Why {
		case rotation.NoCertificate:
			return "Waiting for a usable certificate."
		case rotation.Handover:
			return fmt.Sprintf("Let workloads take up the last certificate until %s, then make room for the next.", until)
		}
		if method.UsesSecret() {
			return fmt.Sprintf("Keep the old certificate stored until %s, then delete it.", until)
		}
		return fmt.Sprintf("Keep the old certificate attached until %s, then detach and delete it.", until)
	default:
		if to, _ := p.change(); method.UsesSecret() && to != "" {
			return fmt.Sprintf("Nothing until authenticationMethod is changed to %s, or a certificate is renewed.", to)
		}
		return "Nothing until the next renewal."
	}
}
