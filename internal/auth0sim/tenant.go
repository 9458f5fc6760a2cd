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
	"maps"
	"net/http"
)

// settingsFields begins the order of the recorded answer (auth0/terraform-provider-auth0
// test/data/recordings/TestAccTenant_Main.yaml).
var settingsFields = []string{"allowed_logout_urls", "default_audience", "default_directory", "default_redirection_uri",
	"enabled_locales", "flags", "friendly_name", "idle_session_lifetime", "picture_url", "sandbox_version",
	"session_lifetime", "support_email", "support_url", "sessions", "oidc_logout", "mtls", "universal_login",
	"session_cookie", "sandbox_versions_available", "resource_parameter_profile"}

func newSettings() map[string]any {
	return map[string]any{
		"enabled_locales":            []any{"en"},
		"flags":                      map[string]any{"enable_sso": true, "universal_login": true},
		"friendly_name":              "Simulated tenant",
		"sandbox_version":            "22",
		"sandbox_versions_available": []any{"22", "18"},
		"session_cookie":             map[string]any{"mode": "non-persistent"},
		"resource_parameter_profile": "audience",
	}
}

func (s *Simulator) getSettings(c *call) (int, any, *failure) {
	if fail := knownParameters(c.query, "fields", "include_fields"); fail != nil {
		return 0, nil, fail
	}
	selected, fail := selectFields(c, nil)
	if fail != nil {
		return 0, nil, fail
	}
	return http.StatusOK, ordered(s.world.settings, settingsFields).keep(selected), nil
}

// updateSettings merges flags and replaces everything else; a setting that is null is absent from then on.
func (s *Simulator) updateSettings(c *call) (int, any, *failure) {
	if fail := s.bodies.updateSettings.check(c.body); fail != nil {
		return 0, nil, fail
	}
	if c.body["mtls"] != nil && s.options.WithoutMTLS {
		return 0, nil, insufficientEntitlement("mTLS endpoint aliases")
	}
	for key, value := range c.body {
		switch {
		case value == nil:
			delete(s.world.settings, key)
		case key == "flags":
			merged := map[string]any{}
			maps.Copy(merged, objectOf(s.world.settings, "flags"))
			maps.Copy(merged, objectOf(c.body, "flags"))
			s.world.settings["flags"] = merged
		default:
			s.world.settings[key] = value
		}
	}
	c.committed = true
	return http.StatusOK, ordered(s.world.settings, settingsFields), nil
}

// endpointAliases says whether the tenant has mTLS endpoint aliases switched on.
func (w *world) endpointAliases() bool {
	return boolOf(objectOf(w.settings, "mtls"), "enable_endpoint_aliases")
}
