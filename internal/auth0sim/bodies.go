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

import "regexp"

// bodies are the schemas of the request bodies, after the OpenAPI document of the Management API. They depend on the
// caps, which are options.
type bodies struct {
	createClient, updateClient                 *schema
	createCredential, updateCredential         *schema
	createGrant, updateGrant                   *schema
	createResourceServer, updateResourceServer *schema
	createDomain, updateDomain                 *schema
	updateSettings                             *schema
}

func newBodies(options Options) bodies {
	return bodies{
		createClient:         objectSchema(createClientProperties(options), "name"),
		updateClient:         objectSchema(updateClientProperties(options)).atLeastOneProperty(),
		createCredential:     credentialSchema(),
		updateCredential:     objectSchema(map[string]*schema{"expires_at": textSchema(0, 0).nullable()}).atLeastOneProperty(),
		createGrant:          objectSchema(createGrantProperties(), "client_id", "audience", "scope"),
		updateGrant:          objectSchema(updateGrantProperties()).atLeastOneProperty(),
		createResourceServer: objectSchema(createResourceServerProperties(), "identifier"),
		updateResourceServer: objectSchema(resourceServerProperties()).atLeastOneProperty(),
		createDomain:         objectSchema(createDomainProperties(), "domain", "type"),
		updateDomain:         objectSchema(domainProperties()).atLeastOneProperty(),
		updateSettings:       objectSchema(settingsProperties()).atLeastOneProperty(),
	}
}

const (
	maxPEM       = 4096
	maxSubjectDN = 256
)

// credentialSchema is the definition of a credential, at its own endpoint and inline in POST /clients.
func credentialSchema() *schema {
	return objectSchema(map[string]*schema{
		"credential_type":        enumSchema(string(kindPublicKey), string(kindSubjectDN), string(kindX509)),
		"name":                   textSchema(0, 128),
		"pem":                    textSchema(1, maxPEM),
		"subject_dn":             textSchema(1, maxSubjectDN),
		"alg":                    enumSchema("RS256", "RS384", "PS256"),
		"kid":                    textSchema(0, 0).matching(`^[0-9a-zA-Z-_]{10,64}$`),
		"parse_expiry_from_cert": boolSchema(),
		"expires_at":             textSchema(0, 0),
	}, "credential_type")
}

// slotSchema is {"credentials": [...]}; a slot holds as many items as the cap allows.
func slotSchema(item *schema, options Options) *schema {
	return objectSchema(map[string]*schema{"credentials": arraySchema(item, options.CredentialsPerSlot)}, "credentials")
}

// methodsSchema is client_authentication_methods: exactly one method.
func methodsSchema(item *schema, options Options) *schema {
	properties := map[string]*schema{}
	for _, s := range authenticationSlots {
		properties[string(s)] = slotSchema(item, options)
	}
	methods := objectSchema(properties).atLeastOneProperty()
	methods.maxProps = 1
	return methods.described("Defines client authentication methods.")
}

func requestObjectSchema(item *schema, options Options) *schema {
	return objectSchema(map[string]*schema{
		"required":    boolSchema(),
		"credentials": arraySchema(item, options.CredentialsPerSlot),
	})
}

func tokenVaultSchema(item *schema, options Options) *schema {
	return objectSchema(map[string]*schema{
		"credentials":  arraySchema(item, options.CredentialsPerSlot),
		"ip_allowlist": arraySchema(textSchema(0, 0), 0),
		"grants":       arraySchema(openSchema(), 0),
	})
}

func createClientProperties(options Options) map[string]*schema {
	properties := clientProperties()
	properties["token_endpoint_auth_method"] = enumSchema("none", "client_secret_post", "client_secret_basic")
	properties["client_authentication_methods"] = methodsSchema(credentialSchema(), options)
	properties["signed_request_object"] = requestObjectSchema(credentialSchema(), options)
	properties["token_vault_privileged_access"] = tokenVaultSchema(credentialSchema(), options)
	properties["client_metadata"] = metadataSchema(textSchema(0, 255))
	properties["resource_server_identifier"] = textSchema(1, 600)
	properties["third_party_security_mode"] = enumSchema("strict", "permissive")
	return properties
}

func updateClientProperties(options Options) map[string]*schema {
	reference := objectSchema(map[string]*schema{"id": textSchema(1, 0)}, "id")
	properties := clientProperties()
	properties["token_endpoint_auth_method"] = enumSchema("none", "client_secret_post", "client_secret_basic").nullable()
	properties["client_authentication_methods"] = methodsSchema(reference, options).nullable()
	properties["signed_request_object"] = requestObjectSchema(reference, options).nullable()
	properties["token_vault_privileged_access"] = tokenVaultSchema(reference, options).nullable()
	properties["client_metadata"] = metadataSchema(textSchema(0, 255).nullable())
	properties["client_secret"] = textSchema(1, 0)
	return properties
}

const (
	maxMetadataKeys     = 10
	maxMetadataKey      = 255
	metadataDescription = "Metadata associated with the client, in the form of an object with string values"
)

// metadataKey is the set of characters that the OpenAPI document allows in a key of client_metadata.
var metadataKey = regexp.MustCompile("^[a-zA-Z0-9:,\\-+=_*?\"/\\\\()<>@\\t ]*$")

func metadataSchema(value *schema) *schema {
	metadata := &schema{types: []string{"object"}, additional: value, maxProps: maxMetadataKeys}
	return metadata.described(metadataDescription)
}

// clientProperties are the members that POST and PATCH have in common.
func clientProperties() map[string]*schema {
	texts := func() *schema { return arraySchema(textSchema(0, 0), 0) }
	properties := map[string]*schema{
		"name":        textSchema(1, 0).matching(`^[^<>]+$`).described("The name of the client"),
		"description": textSchema(0, 140).described("Free text description of the purpose of the Client"),
		"app_type": enumSchema("native", "spa", "regular_web", "non_interactive", "resource_server", "express_configuration",
			"rms", "box", "cloudbees", "concur", "dropbox", "mscrm", "echosign", "egnyte", "newrelic", "office365",
			"salesforce", "sentry", "sharepoint", "slack", "springcm", "zendesk", "zoom", "sso_integration", "oag"),
		"logo_uri":                            textSchema(0, 0),
		"is_first_party":                      boolSchema(),
		"is_token_endpoint_ip_header_trusted": boolSchema(),
		"oidc_conformant":                     boolSchema(),
		"jwt_configuration": objectSchema(map[string]*schema{
			"alg":                 enumSchema("HS256", "RS256", "RS512", "PS256"),
			"lifetime_in_seconds": integerSchema(1, 2592000),
			"secret_encoded":      boolSchema(),
			"scopes":              openSchema(),
		}),
		"encryption_key":                        openSchema().nullable(),
		"sso":                                   boolSchema(),
		"sso_disabled":                          boolSchema(),
		"cross_origin_authentication":           boolSchema(),
		"cross_origin_loc":                      textSchema(0, 0).nullable(),
		"grant_types":                           texts(),
		"custom_login_page_on":                  boolSchema(),
		"custom_login_page":                     textSchema(0, 0),
		"custom_login_page_preview":             textSchema(0, 0),
		"form_template":                         textSchema(0, 0),
		"initiate_login_uri":                    textSchema(0, 0),
		"require_proof_of_possession":           boolSchema(),
		"require_pushed_authorization_requests": boolSchema(),
		"par_request_expiry":                    integerSchema(10, 600).nullable(),
		"compliance_level": enumSchema("none", "fapi1_adv_pkj_par", "fapi1_adv_mtls_par", "fapi2_sp_pkj_mtls",
			"fapi2_sp_mtls_mtls").nullable(),
		"organization_usage":                                   enumSchema("deny", "allow", "require").nullable(),
		"organization_require_behavior":                        enumSchema("no_prompt", "pre_login_prompt", "post_login_prompt").nullable(),
		"skip_non_verifiable_callback_uri_confirmation_prompt": boolSchema().nullable(),
		"redirection_policy":                                   enumSchema("allow_always", "open_redirect_protection"),
		"external_metadata_type":                               textSchema(0, 0),
		"external_client_id":                                   textSchema(1, 120),
		"jwks_uri":                                             textSchema(0, 0),
	}
	for _, key := range []string{"callbacks", "allowed_origins", "web_origins", "client_aliases", "allowed_clients",
		"allowed_logout_urls"} {
		properties[key] = texts()
	}
	for _, key := range []string{"async_approval_notification_channels", "organization_discovery_methods"} {
		properties[key] = texts().nullable()
	}
	for _, key := range []string{"addons", "mobile", "native_social_login", "refresh_token", "oidc_backchannel_logout",
		"oidc_logout", "default_organization", "token_exchange", "token_quota", "session_transfer",
		"express_configuration", "my_organization_configuration", "fedcm_login", "identity_assertion_authorization_grant"} {
		properties[key] = openSchema().nullable()
	}
	return properties
}

func updateGrantProperties() map[string]*schema {
	return map[string]*schema{
		"scope":                       arraySchema(textSchema(1, 280), 0),
		"organization_usage":          enumSchema("deny", "allow", "require").nullable(),
		"allow_any_organization":      boolSchema().nullable(),
		"authorization_details_types": arraySchema(textSchema(1, 0), 0),
	}
}

func createGrantProperties() map[string]*schema {
	properties := updateGrantProperties()
	properties["client_id"] = textSchema(1, 0)
	properties["audience"] = textSchema(1, 600)
	properties["subject_type"] = enumSchema("client", "user")
	return properties
}

func resourceServerProperties() map[string]*schema {
	scope := objectSchema(map[string]*schema{"value": textSchema(1, 280), "description": textSchema(0, 500)}, "value")
	return map[string]*schema{
		"name":                 textSchema(1, 200).matching(`^[^<>]+$`),
		"scopes":               arraySchema(scope, 0),
		"signing_alg":          enumSchema("HS256", "RS256", "PS256", "RS512"),
		"signing_secret":       textSchema(16, 0),
		"allow_offline_access": boolSchema(),
		"token_lifetime":       integerSchema(0, 2592000),
		"token_dialect": enumSchema("access_token", "access_token_authz", "rfc9068_profile",
			"rfc9068_profile_authz").nullable(),
		"skip_consent_for_verifiable_first_party_clients": boolSchema(),
		"enforce_policies": boolSchema(),
		"proof_of_possession": objectSchema(map[string]*schema{
			"mechanism":    enumSchema("mtls", "dpop"),
			"required":     boolSchema(),
			"required_for": enumSchema("all_clients", "public_clients"),
		}, "mechanism").nullable(),
		"subject_type_authorization": openSchema(),
		"authorization_details":      arraySchema(openSchema(), 0).nullable(),
		"token_encryption":           openSchema().nullable(),
		"consent_policy":             textSchema(0, 0).nullable(),
		"token_lifetime_for_web":     integerSchema(0, 2592000),
	}
}

func createResourceServerProperties() map[string]*schema {
	properties := resourceServerProperties()
	properties["identifier"] = textSchema(1, 600)
	return properties
}

func domainProperties() map[string]*schema {
	return map[string]*schema{
		"tls_policy": enumSchema("recommended"),
		"custom_client_ip_header": enumSchema("true-client-ip", "cf-connecting-ip", "x-forwarded-for", "x-azure-clientip",
			"").nullable(),
		"domain_metadata":          openSchema(),
		"relying_party_identifier": textSchema(0, 255).nullable(),
	}
}

func createDomainProperties() map[string]*schema {
	properties := domainProperties()
	properties["domain"] = textSchema(1, 0)
	properties["type"] = enumSchema("auth0_managed_certs", "self_managed_certs")
	properties["verification_method"] = enumSchema("txt")
	return properties
}

// settingsProperties are the tenant settings; only mtls and default_audience mean something to the simulator.
func settingsProperties() map[string]*schema {
	properties := map[string]*schema{
		"mtls": objectSchema(map[string]*schema{"enable_endpoint_aliases": boolSchema()}).nullable(),
	}
	for _, key := range []string{"default_audience", "default_directory", "default_redirection_uri", "friendly_name",
		"picture_url", "sandbox_version", "legacy_sandbox_version", "support_email", "support_url", "acr_values_supported",
		"allowed_logout_urls", "enabled_locales", "idle_session_lifetime", "session_lifetime", "ephemeral_session_lifetime",
		"idle_ephemeral_session_lifetime", "allow_organization_name_in_authentication_api",
		"customize_mfa_in_postlogin_action", "pushed_authorization_requests_supported",
		"authorization_response_iss_parameter_supported", "skip_non_verifiable_callback_uri_confirmation_prompt",
		"resource_parameter_profile", "phone_consolidated_experience", "enable_ai_guide", "change_password", "country_codes",
		"default_token_quota", "device_flow", "error_page", "flags", "guardian_mfa_page", "oidc_logout", "session_cookie",
		"sessions", "universal_login", "dynamic_client_registration_security_mode",
		"client_id_metadata_document_supported", "include_session_metadata_in_tenant_logs"} {
		properties[key] = &schema{open: true}
	}
	return properties
}
