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

package tenant

import (
	"fmt"
	"strings"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/status"
)

// scopes compares the token's scopes with what this tenant and its clients need.
func (f *finding) scopes(spec *v1alpha1.TenantSpec, clients []v1alpha1.OAuthClient) status.Outcome {
	if f.authorization.Scopes == nil {
		return status.Done(v1alpha1.ReasonScopesUnknown, "The access token does not tell its scopes; a missing one shows when it is needed.")
	}
	needed := auth0.FeatureScopes(features(spec, clients)...)
	f.missing = registration.Without(needed, f.authorization.Scopes)
	f.unneeded = registration.Without(f.authorization.Scopes, auth0.FeatureScopes(auth0.Basics, auth0.ReadClients, auth0.ManageClients,
		auth0.ManageCredentials, auth0.DeleteClients, auth0.ManageGrants, auth0.ManageEndpointAlias))
	if len(f.missing) > 0 {
		return status.Blocked(v1alpha1.ReasonScopesMissing, fmt.Sprintf(
			"The management token lacks scopes: grant the operator's client %s; what needs none of them goes on.", strings.Join(f.missing, ", ")))
	}
	return status.Done(v1alpha1.ReasonSufficient, "The management token carries every scope that is needed.")
}

// features are what is asked of the tenant, as far as it takes scopes of its own.
func features(spec *v1alpha1.TenantSpec, clients []v1alpha1.OAuthClient) []auth0.Feature {
	needed := []auth0.Feature{auth0.Basics, auth0.ReadClients, auth0.ManageClients, auth0.ManageCredentials}
	for _, c := range clients {
		if c.Spec.DeletionPolicy == v1alpha1.DeletionDelete {
			needed = append(needed, auth0.DeleteClients)
		}
		if len(c.Spec.Grants) > 0 {
			needed = append(needed, auth0.ManageGrants)
		}
	}
	if _, managed := wantedAliases(spec); managed {
		needed = append(needed, auth0.ManageEndpointAlias)
	}
	return needed
}
