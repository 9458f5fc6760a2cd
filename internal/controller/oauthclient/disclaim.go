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
	"slices"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/rotation"
)

// overstates tells whether the status calls something attached that is not to be kept.
func (p *pass) overstates(keep []string) bool {
	return slices.ContainsFunc(p.obj.Status.Credentials, func(c v1alpha1.CredentialStatus) bool { return claims(c, keep) })
}

func claims(c v1alpha1.CredentialStatus, keep []string) bool {
	return c.State == v1alpha1.CredentialAttached && !slices.Contains(keep, c.ID)
}

// takesBack tells whether a step detaches what the status calls attached, or may: it may have been read from a cache that is behind.
func (p *pass) takesBack(step rotation.Step) bool {
	return (step.Verb == rotation.Attach || step.Verb == rotation.Revert) && (p.overstates(step.Attached) || p.detaches(step) && !p.current)
}

// detaches tells whether the tenant attaches something that a step does not list.
func (p *pass) detaches(step rotation.Step) bool {
	return len(registration.Without(p.view.client.CredentialIDs, step.Attached)) > 0
}

// disclaim takes back from the status whatever is about to be detached, before it is: the answer may be lost, and this operator
// with it, and certificates are published by what the status calls attached (I12). What was decided so far is to be decided again from
// ClientCredentials that are read after that.
func (p *pass) disclaim(ctx context.Context, keep []string) error {
	for i := range p.obj.Status.Credentials {
		if c := &p.obj.Status.Credentials[i]; claims(*c, keep) {
			c.State = v1alpha1.CredentialStored
		}
	}
	p.fresh = ofTheCache
	return p.putStatus(ctx)
}
