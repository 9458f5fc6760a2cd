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

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/status"
)

// applyGrants brings the client's grants to what is asked for. A grant for an audience that is not named is left as it is:
// nobody can tell who made it.
func (p *pass) applyGrants(ctx context.Context) status.Outcome {
	if len(p.obj.Spec.Grants) == 0 {
		return status.Done(v1alpha1.ReasonUnmanaged, "The client's grants are left as they are.")
	}
	if !p.view.grantsRead {
		grants, err := p.ask().Grants(ctx, p.view.client.ID)
		if err != nil {
			return p.failed(err, "read the client's grants")
		}
		p.view.grants, p.view.grantsRead = grants, true
	}
	for _, wanted := range p.obj.Spec.Grants {
		if err := p.applyGrant(ctx, wanted); err != nil {
			return p.grantFailed(err, wanted.Audience)
		}
	}
	return status.Done(v1alpha1.ReasonInSync, "The client has the grants asked for.")
}

func (p *pass) applyGrant(ctx context.Context, wanted v1alpha1.ClientGrant) error {
	for i, have := range p.view.grants {
		if have.Audience != wanted.Audience {
			continue
		}
		if registration.SameSet(have.Scopes, wanted.Scopes) {
			return nil
		}
		if err := p.ask().UpdateGrant(ctx, have.ID, wanted.Scopes); err != nil {
			return err
		}
		p.view.grants[i].Scopes = wanted.Scopes
		p.event("GrantChanged", "Grant", "Changed the grant for "+wanted.Audience+".")
		return nil
	}
	created, err := p.ask().CreateGrant(ctx, p.view.client.ID, wanted.Audience, wanted.Scopes)
	if err != nil {
		return err
	}
	p.view.grants = append(p.view.grants, created)
	p.event("GrantCreated", "Grant", "Granted "+wanted.Audience+".")
	return nil
}

func (p *pass) grantFailed(err error, audience string) status.Outcome {
	switch auth0.ClassOf(err) {
	case auth0.NotFound, auth0.Invalid:
		p.view.grantsRead = false
		return status.Blocked(v1alpha1.ReasonAudienceNotFound, fmt.Sprintf(
			"The tenant refuses the grant for %s: it has no such API, or the API no such scope; create it at the tenant or correct spec.grants; "+
				"the other grants and the credentials stay as they are.", audience))
	case auth0.Conflict:
		p.view.grantsRead = false // made by somebody else in between: read, and compare again
	}
	return p.failed(err, "grant "+audience)
}
