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
		}
		within, err := p.takeTurn(p.claim(ctx, p.purposeOf(step), step.Verb != rotation.Create))
		switch {
		case err != nil:
			return p.failed(err, strings.TrimSuffix(firstToLower(p.next), "."))
		case p.takesBack(step):
			if err := p.disclaim(ctx, step.Attached); err != nil {
				return status.Failed(v1alpha1.ReasonStatusNotWritten, "What is about to be detached cannot be reported; "+untouched+".", err)
			}
			continue
		case p.fresh < p.needs(step):
			if err := p.readCredentials(ctx, p.needs(step)); err != nil {
				return status.Failed(v1alpha1.ReasonWaitingForCertificate, "The ClientCredentials cannot be read; "+untouched+".", err)
			}
			continue // what was decided from the cache is decided again from what is true now
		}
		err = p.apply(within, step)
		p.dropTurn()
		if err == nil {
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

// needs is how fresh the ClientCredentials must be that a step is decided from.
func (p *pass) needs(step rotation.Step) freshness {
	keeps := p.view.client.Method.UsesCertificates() && !p.detaches(step)
	if step.Verb == rotation.Create || step.Verb == rotation.Attach && keeps {
		return byName
	}
	return all
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
	updated, err := p.changeAuthentication(ctx, auth0.Authentication{Method: method, CredentialIDs: ids})
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

// changeAuthentication sends the settings along. Where the tenant does not take the two together, they do not hold up the credentials.
func (p *pass) changeAuthentication(ctx context.Context, authentication auth0.Authentication) (registration.Client, error) {
	patch := auth0.ClientPatch{Settings: p.unsent, Authentication: &authentication}
	updated, err := p.ask().UpdateClient(ctx, p.view.client.ID, patch)
	if patch.Settings.IsZero() {
		return updated, err
	}
	if class := auth0.ClassOf(err); class == auth0.Invalid || class == auth0.Forbidden {
		p.unsent, p.apart = registration.Settings{}, true
		return p.ask().UpdateClient(ctx, p.view.client.ID, auth0.ClientPatch{Authentication: &authentication})
	}
	if err == nil {
		_, fields := registration.Diff(p.unsent, registration.Settings{})
		p.tellOfSettings(fields)
		p.unsent = registration.Settings{}
	}
	return updated, err
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
