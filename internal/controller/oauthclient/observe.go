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
	"context"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/status"
)

// observe reads the client, its credentials, and its grants where they are managed, as far as they are not known yet.
func (p *pass) observe(ctx context.Context, id string) status.Outcome {
	seen := p.known(id)
	if seen == nil {
		found, err := p.ask().Client(p.claim(ctx, look, false), id)
		if auth0.ClassOf(err) == auth0.NotFound {
			p.views.forget(p.obj.UID)
			p.view, p.absent, p.unseen = nil, true, true
			return status.Blocked(v1alpha1.ReasonClientNotFound, fmt.Sprintf(
				"The client %s does not exist at the tenant; nothing is created in its place, since workloads know it by this id; "+
					"correct spec.clientID, or delete this object and create it again for a new client.", id))
		}
		if err != nil {
			return p.failed(err, "read the client")
		}
		seen = &view{domain: p.tenant.domain, client: found, asOf: p.Clock.Now()}
	}
	ctx = p.claim(ctx, look, true)
	if err := p.observeCredentials(ctx, seen); err != nil {
		if auth0.ClassOf(err) == auth0.Queued {
			p.views.putHalf(p.obj.UID, seen)
		}
		return p.failed(err, "read the client's credentials")
	}
	if len(p.obj.Spec.Grants) > 0 && !seen.grantsRead {
		if grants, err := p.ask().Grants(ctx, id); err == nil {
			seen.grants, seen.grantsRead = grants, true
		}
	}
	p.view = seen
	p.views.put(p.obj.UID, seen)
	p.tellOfDrift()
	return status.Done(v1alpha1.ReasonRegistered, "")
}

// observeCredentials completes what is known of the client.
func (p *pass) observeCredentials(ctx context.Context, seen *view) error {
	if p.surelyHasNone(seen.client) {
		seen.pool = assumed
		return nil
	}
	if suspicion := p.views.suspected(p.obj.UID); suspicion != nil && suspicion.clears(seen.client) {
		seen.credentials, seen.pool, seen.pooledAt = suspicion.known.credentials, suspicion.known.pool, suspicion.known.pooledAt
		return nil
	}
	credentials, err := p.ask().Credentials(ctx, seen.client.ID)
	if err != nil {
		return err
	}
	at := p.Clock.Now()
	seen.credentials, seen.pool, seen.asOf, seen.pooledAt = credentials, listed, at, at
	return nil
}

// surelyHasNone tells whether a client has no credential that matters to this object: it signs in by a secret, and nothing was ever
// sent for this object, nor for one before it. What else is stored, an audit finds. Under Observe all that is there is told.
func (p *pass) surelyHasNone(c registration.Client) bool {
	mark, _ := c.MarkedBy()
	return c.Method.UsesSecret() && len(c.CredentialIDs) == 0 && mark == "" &&
		!controllerutil.ContainsFinalizer(p.obj, Finalizer) && p.obj.Spec.ManagementPolicy != v1alpha1.ManagementObserve
}
