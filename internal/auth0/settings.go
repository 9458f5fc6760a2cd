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

package auth0

import (
	"context"
	"net/http"

	"github.com/auth0/go-auth0/management"
)

// EndpointAliases tells whether the tenant has mTLS endpoint aliases (RFC 8705 section 5). A tenant that never had them
// does not mention them.
func (t *Tenant) EndpointAliases(ctx context.Context) (enabled bool, err error) {
	err = t.call(ctx, OpEndpointAliases, func(ctx context.Context) error {
		settings, err := t.api.Tenant.Read(ctx, management.IncludeFields("mtls"))
		if err == nil {
			enabled = settings.GetMTLS().GetEnableEndpointAliases()
		}
		return err
	})
	return enabled, err
}

// SetEndpointAliases switches the tenant's mTLS endpoint aliases, for all of its clients.
func (t *Tenant) SetEndpointAliases(ctx context.Context, enabled bool) error {
	type settings struct {
		MTLS management.TenantMTLSConfiguration `json:"mtls"`
	}
	return t.call(ctx, OpSetEndpointAliases, func(ctx context.Context) error {
		body := settings{MTLS: management.TenantMTLSConfiguration{EnableEndpointAliases: &enabled}}
		return t.request(ctx, http.MethodPatch, []string{"tenants", "settings"}, &message{send: body})
	})
}
