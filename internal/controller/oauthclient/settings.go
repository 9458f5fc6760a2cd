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
	"strings"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/status"
)

// applySettings brings the client's settings to what is asked for, in one request with just the fields that differ.
func (p *pass) applySettings(ctx context.Context) status.Outcome {
	done := status.Done(v1alpha1.ReasonRegistered, fmt.Sprintf("The client %s has the settings asked for.", p.view.client.ID))
	wanted := registration.Require(wantedSettings(p.obj), registration.Method(p.obj.Spec.AuthenticationMethod), p.view.client.Settings)
	patch, fields := registration.Diff(wanted, p.view.client.Settings)
	if len(fields) == 0 {
		return done
	}
	if p.obj.Spec.ManagementPolicy == v1alpha1.ManagementObserve {
		return status.Waiting(v1alpha1.ReasonWouldChange, fmt.Sprintf(
			"managementPolicy Observe: nothing is changed; Manage would change %s.", strings.Join(fields, ", ")))
	}
	updated, err := p.ask().UpdateClient(ctx, p.view.client.ID, auth0.ClientPatch{Settings: patch})
	if err != nil {
		return p.failed(err, "change the client's settings "+strings.Join(fields, ", "))
	}
	p.view.client = updated
	p.event("SettingsChanged", "Update", "Changed the client's "+strings.Join(fields, ", ")+".")
	return done
}

// wantedSettings are the settings that the object asks for, and its mark. Under another policy than Manage it asks for
// none.
func wantedSettings(obj *v1alpha1.OAuthClient) registration.Settings {
	if obj.Spec.ManagementPolicy != "" && obj.Spec.ManagementPolicy != v1alpha1.ManagementManage {
		return registration.Settings{}
	}
	wanted := registration.Settings{ClientMetadata: map[string]string{
		registration.OwnerKey: registration.OwnerMark(string(obj.UID), obj.Namespace, obj.Name),
	}}
	s := obj.Spec.Settings
	if s == nil {
		return wanted
	}
	for key, value := range s.Metadata {
		wanted.ClientMetadata[key] = string(value)
	}
	wanted.Name, wanted.Description, wanted.AppType = set(s.Name), s.Description, set(s.AppType)
	wanted.Callbacks, wanted.AllowedLogoutURLs, wanted.WebOrigins = s.Callbacks, s.AllowedLogoutURLs, s.WebOrigins
	if len(s.GrantTypes) > 0 {
		wanted.GrantTypes = &s.GrantTypes
	}
	if s.JWTConfiguration != nil {
		wanted.JWTConfiguration = &registration.JWTConfiguration{
			Alg: set(s.JWTConfiguration.Algorithm), LifetimeInSeconds: set(s.JWTConfiguration.LifetimeSeconds),
		}
	}
	wanted.RequireProofOfPossession = required(s.ProofOfPossession)
	wanted.RequirePushedAuthorizationRequests = required(s.PushedAuthorizationRequests)
	return wanted
}

// initialSettings are the settings to create the client with: those asked for, and the narrowest that will do for a
// machine-to-machine client where nothing is asked. The tenant's own defaults would allow four grant types.
func initialSettings(obj *v1alpha1.OAuthClient) registration.Settings {
	wanted := registration.Require(wantedSettings(obj), registration.Method(obj.Spec.AuthenticationMethod), registration.Settings{})
	name, appType, grantTypes := obj.Namespace+"/"+obj.Name, "non_interactive", []string{"client_credentials"}
	if wanted.Name == nil {
		wanted.Name = &name
	}
	if wanted.AppType == nil {
		wanted.AppType = &appType
	}
	if wanted.GrantTypes == nil {
		wanted.GrantTypes = &grantTypes
	}
	return wanted
}

// set is the value of a field that is unset, and so unmanaged, where it is zero.
func set[T comparable](value T) *T {
	var unset T
	if value == unset {
		return nil
	}
	return &value
}

func required(r v1alpha1.Requirement) *bool {
	if r == "" {
		return nil
	}
	is := r == v1alpha1.Required
	return &is
}
