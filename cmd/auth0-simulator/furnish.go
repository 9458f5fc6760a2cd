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

package main

import (
	"fmt"
	"strings"

	"github.com/certbound/certbound/internal/auth0sim"
)

// furnishing is what the tenant holds from the start, beside the management client.
type furnishing struct {
	endpointAliases bool
	apis            []string // an identifier, and scopes after spaces
	clients         []string // names
}

// furnish makes it, and returns the ids of the clients by their names.
func (f furnishing) furnish(sim *auth0sim.Simulator) (map[string]string, error) {
	if f.endpointAliases {
		err := sim.EditTenantSettings(map[string]any{"mtls": map[string]any{"enable_endpoint_aliases": true}})
		if err != nil {
			return nil, fmt.Errorf("switching endpoint aliases on: %w", err)
		}
	}
	for _, api := range f.apis {
		words := strings.Fields(api)
		if len(words) == 0 {
			return nil, fmt.Errorf("--api %q names no identifier", api)
		}
		scopes := []map[string]any{}
		for _, scope := range words[1:] {
			scopes = append(scopes, map[string]any{"value": scope})
		}
		settings := map[string]any{
			"identifier": words[0], "name": words[0], "scopes": scopes,
			"proof_of_possession": map[string]any{"mechanism": "mtls", "required": false}, // tokens are bound where a certificate is shown
		}
		if _, err := sim.AddResourceServer(settings); err != nil {
			return nil, fmt.Errorf("--api %q: %w", api, err)
		}
	}
	ids := map[string]string{}
	for _, name := range f.clients {
		id, err := sim.AddClient(map[string]any{"name": name, "app_type": "non_interactive"})
		if err != nil {
			return nil, fmt.Errorf("--client %q: %w", name, err)
		}
		ids[name] = id
	}
	return ids, nil
}
