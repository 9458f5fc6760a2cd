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
	"fmt"
	"maps"
	"slices"
)

// The texts of the failures in this file are not documented, except those that name their source.
var (
	// bothMethods: one of the two members must be null whenever the other is set.
	bothMethods = badRequest("token_endpoint_auth_method and client_authentication_methods cannot both be set")
	// noMethod: "API doesn't accept nil on both", says auth0/terraform-provider-auth0
	// internal/auth0/client/resource_credentials.go.
	noMethod = badRequest("token_endpoint_auth_method and client_authentication_methods cannot both be null")
	// publicWithCredentials is quoted in auth0/terraform-provider-auth0 issue 266.
	publicWithCredentials = badRequest(`Application must not have Token Endpoint Authentication Method set to "none" ` +
		`when client_credentials grant type is enabled`)
	// untrustedHeader is quoted in auth0/terraform-provider-auth0 issue 620.
	untrustedHeader = badRequest("The flag is_token_endpoint_ip_header_trusted can only be set true on clients that " +
		"require authentication (i.e. token_endpoint_auth_method is set to client_secret_post or client_secret_basic)")
)

func wrongKind(kind credentialKind, target slot) *failure {
	return badRequest(fmt.Sprintf("Credential type '%s' is not allowed for %s", kind, target))
}

// slotContent is what a body puts into one slot.
type slotContent struct {
	slot        slot
	credentials []any
}

// slotsIn returns the slots that a body fills, in a fixed order.
func slotsIn(body map[string]any) []slotContent {
	var found []slotContent
	methods := objectOf(body, "client_authentication_methods")
	for _, s := range authenticationSlots {
		if content := objectOf(methods, string(s)); content != nil {
			credentials, _ := content["credentials"].([]any)
			found = append(found, slotContent{s, credentials})
		}
	}
	for _, s := range []slot{slotRequestObject, slotTokenVault} {
		if credentials, given := objectOf(body, string(s))["credentials"].([]any); given {
			found = append(found, slotContent{s, credentials})
		}
	}
	return found
}

// said is what a PATCH says of one member.
type said int

const (
	saidNothing said = iota
	saidNull
	saidValue
)

func saidOf(body map[string]any, name string) said {
	content, named := body[name]
	switch {
	case !named:
		return saidNothing
	case content == nil:
		return saidNull
	default:
		return saidValue
	}
}

// leaves says whether a member is set after a PATCH, where it was set before or not. A lenient tenant clears what is
// not mentioned when the other member is given.
func (s said) leaves(before bool, other said, lenient bool) bool {
	switch s {
	case saidValue:
		return true
	case saidNull:
		return false
	default:
		return before && (!lenient || other != saidValue)
	}
}

// switchMethod applies token_endpoint_auth_method and client_authentication_methods of a PATCH. Setting one of them needs
// null for the other where the other is in force: the switch is one call, and the old method stops at once.
func (s *Simulator) switchMethod(target *client, body map[string]any) *failure {
	method := saidOf(body, "token_endpoint_auth_method")
	methods := saidOf(body, "client_authentication_methods")
	if method == saidNothing && methods == saidNothing {
		return nil
	}
	_, certified := target.authentication()
	hasMethod := method.leaves(target.method != "", methods, s.options.LenientMethodSwitch)
	hasMethods := methods.leaves(certified, method, s.options.LenientMethodSwitch)
	if hasMethod && hasMethods {
		return bothMethods
	}
	hadNeither := target.method == "" && !certified
	if !hasMethod && !hasMethods && (!hadNeither || method == methods) {
		return noMethod
	}
	s.setMethod(target, body, hasMethod, hasMethods)
	return nil
}

// setMethod leaves one of the two members, or neither. The slot is filled later, by attachSlots.
func (s *Simulator) setMethod(target *client, body map[string]any, hasMethod, hasMethods bool) {
	_, certified := target.authentication()
	if certified && hasMethod && s.options.RevertedSecret == SecretReplaced {
		target.secret = newSecret()
	}
	if !hasMethod {
		target.method = ""
	}
	target.method = orDefault(stringOf(body, "token_endpoint_auth_method"), target.method)
	if !hasMethods || saidOf(body, "client_authentication_methods") == saidValue {
		for _, method := range authenticationSlots {
			delete(target.slots, method)
		}
	}
}

// attachSlots applies the credential ids of a PATCH: the list replaces what the slot held.
func attachSlots(target *client, body map[string]any) *failure {
	for _, s := range []slot{slotRequestObject, slotTokenVault} {
		if value, given := body[string(s)]; given && value == nil {
			delete(target.slots, s)
			delete(target.settings, string(s))
		}
	}
	for _, in := range slotsIn(body) {
		ids := []string{}
		for _, item := range in.credentials {
			reference, _ := item.(map[string]any)
			cred, known := target.credential(stringOf(reference, "id"))
			if !known {
				return badRequest("One or more credentials do not exist on the client")
			}
			if cred.kind != slotKinds[in.slot] {
				return wrongKind(cred.kind, in.slot)
			}
			if !slices.Contains(ids, cred.id) {
				ids = append(ids, cred.id)
			}
		}
		target.slots[in.slot] = ids
	}
	return nil
}

// applySlotRemainder keeps what the two further slots hold beside credentials, such as signed_request_object.required.
func applySlotRemainder(target *client, body map[string]any) {
	for _, s := range []slot{slotRequestObject, slotTokenVault} {
		given := objectOf(body, string(s))
		if given == nil {
			continue
		}
		remainder := maps.Clone(given)
		delete(remainder, "credentials")
		target.settings[string(s)] = remainder
	}
}

// consistent checks the rules that span several settings.
func consistent(target *client) *failure {
	grantTypes := stringsOf(target.settings, "grant_types")
	if target.method == "none" && slices.Contains(grantTypes, "client_credentials") {
		return publicWithCredentials
	}
	_, inForce := target.authentication()
	if boolOf(target.settings, "is_token_endpoint_ip_header_trusted") && (inForce || target.method == "none") {
		return untrustedHeader
	}
	return nil
}

// methodsDocument is client_authentication_methods: credentials in full where they are given (the answer to POST
// /clients), their ids alone otherwise.
func methodsDocument(owner *client, full []credential) (document, bool) {
	method, inForce := owner.authentication()
	if !inForce {
		return nil, false
	}
	return document{{string(method), document{{"credentials", references(owner.slots[method], full)}}}}, true
}

func references(ids []string, full []credential) []document {
	items := make([]document, len(ids))
	for i, id := range ids {
		at := slices.IndexFunc(full, func(cred credential) bool { return cred.id == id })
		if at >= 0 {
			items[i] = full[at].inlineDocument()
		} else {
			items[i] = document{{"id", id}}
		}
	}
	return items
}

// slotDocument is signed_request_object or token_vault_privileged_access.
func slotDocument(owner *client, s slot, full []credential) (document, bool) {
	remainder, kept := owner.settings[string(s)].(map[string]any)
	ids, filled := owner.slots[s]
	if !kept && !filled {
		return nil, false
	}
	answer := ordered(remainder, nil)
	answer.addIf(filled, "credentials", references(ids, full))
	return answer, true
}
