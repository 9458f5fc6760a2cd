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
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/rotation"
	"github.com/certbound/certbound/internal/status"
)

// mostSteps bounds the steps of one reconcile: more than any rotation takes, so that a defect cannot spend the tenant's
// budget.
const mostSteps = 12

// rotate takes the steps that the planner decides on, one request each, until there is none to take now.
func (p *pass) rotate(ctx context.Context) status.Outcome {
	reread := false
	for range mostSteps {
		step, err := p.decide(ctx)
		if err != nil {
			return p.failed(err, "read the client's credentials")
		}
		p.next = p.inWords(step)
		switch {
		case !step.Writes():
			return p.resting(step)
		case p.obj.Spec.ManagementPolicy == v1alpha1.ManagementObserve:
			return status.Waiting(v1alpha1.ReasonWouldChange, "managementPolicy Observe: nothing is changed; Manage would do this next: "+p.next)
		case (step.Verb == rotation.Attach || step.Verb == rotation.Revert) && p.overstates(step.Attached):
			if err := p.disclaim(ctx, step.Attached); err != nil {
				return status.Failed(v1alpha1.ReasonStatusNotWritten, "What is about to be detached cannot be reported; "+untouched+".", err)
			}
			continue
		case !p.live:
			if err := p.readCredentials(ctx, p.Live); err != nil {
				return status.Failed(v1alpha1.ReasonWaitingForCertificate, "The ClientCredentials cannot be read; "+untouched+".", err)
			}
			continue // what was decided from the cache is decided again from what is true now
		}
		if err = p.apply(ctx, step); err == nil {
			continue
		}
		if !contradicts(err) || reread {
			return p.failed(err, strings.TrimSuffix(firstToLower(p.next), "."))
		}
		reread = true // the tenant knows something that the view does not: look, once, and decide again
		if outcome := p.observe(ctx, p.view.client.ID); !outcome.IsDone() {
			return outcome
		}
	}
	return status.Failed(v1alpha1.ReasonRejected, "The credentials do not settle; what is attached stays attached.",
		fmt.Errorf("no end after %d steps", mostSteps))
}

// apply sends one step to the tenant and folds the answer into the view.
func (p *pass) apply(ctx context.Context, step rotation.Step) error {
	id := p.view.client.ID
	switch step.Verb {
	case rotation.Create:
		return p.createCredential(ctx, id, step)
	case rotation.Attach:
		return p.authenticate(ctx, step.Attached)
	case rotation.Revert:
		return p.authenticate(ctx, nil)
	default: // Delete, the last of the steps that write
		if err := p.ask().DeleteCredential(ctx, id, step.ID); err != nil {
			return err
		}
		p.view.drop(step.ID)
		p.event("CredentialDeleted", "Delete", fmt.Sprintf("Deleted the credential %s.", step.ID))
		return nil
	}
}

func (p *pass) createCredential(ctx context.Context, clientID string, step rotation.Step) error {
	for _, c := range p.fitting(registration.Method(p.obj.Spec.AuthenticationMethod)) {
		if c.Name != step.Owner {
			continue
		}
		stored, err := p.ask().CreateCredential(ctx, clientID, p.newCredential(c))
		if err != nil {
			return err
		}
		p.view.credentials = append(p.view.credentials, stored)
		p.event("CredentialCreated", "Create", fmt.Sprintf("Stored the credential %s for ClientCredential %s.", stored.ID, c.Name))
		if got := identity(stored.Type, stored.Thumbprint, stored.SubjectDN); got != step.Identity {
			return &mismatchError{owner: c.Name, wanted: string(step.Identity), got: string(got)}
		}
	}
	return nil
}

// authenticate sets the client's authentication method and the list of its credentials, in one request: the tenant
// replaces the one by the other, and keeps one method at a time.
func (p *pass) authenticate(ctx context.Context, ids []string) error {
	before := p.view.client
	method := registration.Method(p.obj.Spec.AuthenticationMethod)
	updated, err := p.ask().UpdateClient(ctx, p.view.client.ID, auth0.ClientPatch{
		Authentication: &auth0.Authentication{Method: method, CredentialIDs: ids},
	})
	if err != nil {
		return err
	}
	if updated.Method != method || !registration.SameSet(updated.CredentialIDs, ids) {
		return &auth0.Error{Op: auth0.OpUpdateClient, Class: auth0.BadAnswer, Message: "the tenant's answer shows other credentials than were asked for"}
	}
	p.view.client = updated
	p.tellOfMethod(before, method, ids)
	return nil
}

// tellOfMethod says what a change of the method, or of its list, means for those who sign in.
func (p *pass) tellOfMethod(before registration.Client, method registration.Method, ids []string) {
	from := cmp.Or(string(before.Method), "a client secret")
	switch {
	case method.UsesCertificates() && before.Method.UsesCertificates():
		p.event("CredentialsAttached", "Attach", fmt.Sprintf(
			"The client now signs in by %s with %s (before: %s).", method, list(ids), list(before.CredentialIDs)))
	case method.UsesCertificates():
		p.event("SwitchedToCertificates", "Attach", fmt.Sprintf("The client now signs in by %s with %s (before: %s). %s",
			method, list(ids), from, secretEnds))
	case before.Method.UsesCertificates():
		p.event("RevertedToSecret", "Revert", fmt.Sprintf("The client now authenticates by %s (before: %s). %s", method, from, secretReturns))
	default:
		p.event("MethodChanged", "Update", fmt.Sprintf("The client now authenticates by %s (before: %s).", method, from))
	}
}

// What the tenant does to a client's secret at either change. Certbound never asks for it, nor sets it.
const (
	secretEnds = "The tenant refuses the client secret from this request on. Changing authenticationMethod back brings a secret back in one request."
	// The Auth0 documentation says nothing of the value after a revert; see docs/simulator.md.
	secretReturns = "Certificates no longer sign in; they stay stored for the next change. The tenant takes a client secret again: the one from " +
		"before or a new one, which is not documented; try the old one first, and rotate it at the tenant if it is refused."
)

func (v *view) drop(id string) {
	kept := v.credentials[:0:0]
	for _, c := range v.credentials {
		if c.ID != id {
			kept = append(kept, c)
		}
	}
	v.credentials = kept
}

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
