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

package auth0sim

import (
	"slices"
	"strings"
)

// scopeSet is the scopes of a token.
type scopeSet []string

func newScopeSet(scope string) scopeSet { return strings.Fields(scope) }

func (s scopeSet) anyOf(scopes ...string) bool {
	return slices.ContainsFunc(scopes, func(scope string) bool { return slices.Contains(s, scope) })
}

// ManagementScopes are the scopes of the simulator's Management API.
func ManagementScopes() []string {
	scopes := []string{}
	for _, resource := range []string{"clients", "client_keys", "client_credentials", "client_grants", "resource_servers",
		"custom_domains"} {
		for _, verb := range []string{"read", "create", "update", "delete"} {
			scopes = append(scopes, verb+":"+resource)
		}
	}
	return append(scopes, "read:client_summary", "read:tenant_settings", "update:tenant_settings")
}
