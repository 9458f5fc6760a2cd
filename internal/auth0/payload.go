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
	"encoding/json"
	"reflect"
	"strconv"

	"github.com/auth0/go-auth0/management"

	"github.com/certbound/certbound/internal/registration"
)

// message sends one value and receives another. The SDK decodes an answer into the very value that it sent.
type message struct{ send, receive any }

func (m *message) MarshalJSON() ([]byte, error) { return json.Marshal(m.send) }

func (m *message) UnmarshalJSON(answer []byte) error {
	if m.receive == nil {
		return nil
	}
	return json.Unmarshal(answer, m.receive)
}

// slots is client_authentication_methods: the API wants exactly one key, or null.
type slots map[registration.Method]slot

type slot struct {
	Credentials []management.Credential `json:"credentials"`
}

// newClientPayload is the body of POST /clients. Either of the two ways to authenticate is left out.
type newClientPayload struct {
	registration.Settings
	TokenEndpointAuthMethod     registration.Method `json:"token_endpoint_auth_method,omitempty"`
	ClientAuthenticationMethods slots               `json:"client_authentication_methods,omitempty"`
}

// authenticationPayload is the body of a PATCH that changes how the client authenticates. Both keys must be there, and
// one of them null: the API keeps what is left out, and refuses both null as well as both set.
type authenticationPayload struct {
	registration.Settings
	TokenEndpointAuthMethod     *registration.Method `json:"token_endpoint_auth_method"`
	ClientAuthenticationMethods slots                `json:"client_authentication_methods"`
}

func newClientBody(n NewClient) newClientPayload {
	body := newClientPayload{Settings: withoutNulls(n.Settings)}
	if !n.Method.UsesCertificates() {
		body.TokenEndpointAuthMethod = n.Method
		return body
	}
	credentials := make([]management.Credential, len(n.Credentials))
	for i, c := range n.Credentials {
		credentials[i] = c.body()
	}
	body.ClientAuthenticationMethods = slots{n.Method: {credentials}}
	return body
}

func clientPatchBody(p ClientPatch) any {
	settings := withoutNulls(p.Settings)
	if p.Authentication == nil {
		return settings
	}
	if !p.Authentication.Method.UsesCertificates() {
		return authenticationPayload{Settings: settings, TokenEndpointAuthMethod: &p.Authentication.Method}
	}
	ids := make([]management.Credential, len(p.Authentication.CredentialIDs))
	for i, id := range p.Authentication.CredentialIDs {
		ids[i].ID = &id
	}
	return authenticationPayload{Settings: settings, ClientAuthenticationMethods: slots{p.Authentication.Method: {ids}}}
}

// body leaves out what is empty: the API takes exactly one of pem and subject_dn.
func (n NewCredential) body() management.Credential {
	return management.Credential{
		Name: optional(n.Name), CredentialType: new(string(n.Type)), PEM: optional(n.PEM), SubjectDN: optional(n.SubjectDN),
	}
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// withoutNulls makes an empty list of each list that is wanted empty: nil would be sent as null.
func withoutNulls(s registration.Settings) registration.Settings {
	for _, field := range reflect.ValueOf(&s).Elem().Fields() {
		if list, ok := reflect.TypeAssert[*[]string](field); ok && list != nil && *list == nil {
			field.Set(reflect.ValueOf(&[]string{}))
		}
	}
	return s
}

// clientAnswer is what is read of a client. The tenant answers much more, the client's secret included, which is
// passed over.
type clientAnswer struct {
	registration.Settings
	ClientID                    string                        `json:"client_id"`
	Global                      bool                          `json:"global"`
	JWTConfiguration            *jwtConfiguration             `json:"jwt_configuration"`
	TokenEndpointAuthMethod     registration.Method           `json:"token_endpoint_auth_method"`
	ClientAuthenticationMethods map[registration.Method]*slot `json:"client_authentication_methods"`
}

// jwtConfiguration takes a lifetime that is a text as well, as older tenants answer it.
type jwtConfiguration struct {
	Alg               *string      `json:"alg"`
	LifetimeInSeconds *json.Number `json:"lifetime_in_seconds"`
}

// client tells how the client authenticates by what is there: with certificates the tenant leaves
// token_endpoint_auth_method out, with a secret client_authentication_methods. When both are missing, either the method
// was never set or the management token may not see it, so the method is unknown.
func (a clientAnswer) client() (registration.Client, []management.Credential, error) {
	if a.ClientID == "" || len(a.ClientAuthenticationMethods) > 1 {
		return registration.Client{}, nil, errIncomplete
	}
	c := registration.Client{ID: a.ClientID, Settings: a.Settings, Method: a.TokenEndpointAuthMethod, Global: a.Global}
	if j := a.JWTConfiguration; j != nil {
		c.Settings.JWTConfiguration = &registration.JWTConfiguration{Alg: j.Alg, LifetimeInSeconds: j.lifetime()}
	}
	var credentials []management.Credential
	for method, slot := range a.ClientAuthenticationMethods {
		c.Method = method
		if slot != nil {
			credentials = slot.Credentials
		}
	}
	for _, credential := range credentials {
		if credential.GetID() == "" {
			return registration.Client{}, nil, errIncomplete
		}
		c.CredentialIDs = append(c.CredentialIDs, credential.GetID())
	}
	return c, credentials, nil
}

func (j jwtConfiguration) lifetime() *int32 {
	if j.LifetimeInSeconds == nil {
		return nil
	}
	seconds, err := strconv.ParseInt(j.LifetimeInSeconds.String(), 10, 32)
	if err != nil {
		return nil
	}
	return new(int32(seconds))
}
