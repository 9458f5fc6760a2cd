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

package auth0sim_test

import (
	"encoding/json"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/certbound/certbound/internal/auth0sim"
)

// step is one recorded exchange, replayed. In paths and bodies {client}, {credential}, {domain}, … stand for what a
// step before learnt, and {x509}, {subject} and {publicKey} for the recorded PEM texts in testdata.
//
// Recordings of go-auth0 and of the Terraform provider passed client bodies through a struct of the SDK, which drops
// unknown members and injects signing_keys: there the recorded members are compared (has) and what the provider's
// recordings prove to be absent (lacks). Everything else is compared byte by byte (is).
type step struct {
	name         string
	method, path string
	body         string
	status       int
	is           string
	has          string
	lacks        []string
	// learn names the identifiers to take from the answer: placeholder → JSON path with dots.
	learn map[string]string
}

// replay is what the steps of one recording have learnt.
type replay struct {
	tenant *tenant
	known  map[string]string
}

func newReplay(t *testing.T, options auth0sim.Options) *replay {
	t.Helper()
	r := &replay{tenant: start(t, options), known: map[string]string{}}
	for name, file := range map[string]string{"x509": "recorded_x509.pem", "subject": "recorded_subject.pem",
		"publicKey": "recorded_public_key.pem"} {
		text, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		quoted, err := json.Marshal(string(text))
		if err != nil {
			t.Fatal(err)
		}
		r.known[name] = strings.Trim(string(quoted), `"`)
	}
	return r
}

func (r *replay) fill(text string) string {
	for name, value := range r.known {
		text = strings.ReplaceAll(text, "{"+name+"}", value)
	}
	return text
}

var varying = regexp.MustCompile(`"(created_at|updated_at|record|cname_api_key|origin_domain_name)":"[^"]*"`)

func (r *replay) run(t *testing.T, steps []step) {
	t.Helper()
	for _, s := range steps {
		if !t.Run(s.name, func(t *testing.T) { r.step(t, s) }) {
			t.FailNow()
		}
	}
}

func (r *replay) step(t *testing.T, s step) {
	t.Helper()
	var body any
	if s.body != "" {
		body = r.fill(s.body)
	}
	x := *r.tenant
	x.t = t
	got := x.want(s.status, s.method, r.fill(s.path), body)
	if s.learn != nil {
		r.learn(t, got.object(t), s.learn)
	}
	if s.is != "" {
		mask := func(text string) string { return varying.ReplaceAllString(text, `"$1":"…"`) }
		if mask(got.body) != mask(r.fill(s.is)) {
			t.Errorf("got  %s\nwant %s", got.body, r.fill(s.is))
		}
	}
	if s.status == 204 && got.body != "" {
		t.Errorf("a 204 has the body %q", got.body)
	}
	if s.has != "" {
		r.compare(t, got.object(t), r.fill(s.has), s.lacks)
	}
}

func (r *replay) learn(t *testing.T, answer object, paths map[string]string) {
	t.Helper()
	for name, path := range paths {
		var value any = answer
		for key := range strings.SplitSeq(path, ".") {
			switch at := value.(type) {
			case object:
				value = at[key]
			case []any:
				value = at[0].(object)[key]
			}
		}
		r.known[name] = fmt.Sprint(value)
	}
}

func (r *replay) compare(t *testing.T, got object, recorded string, lacks []string) {
	t.Helper()
	var want object
	if err := json.Unmarshal([]byte(recorded), &want); err != nil {
		t.Fatalf("the recorded body is not JSON: %v", err)
	}
	for name, value := range want {
		if !reflect.DeepEqual(got[name], value) {
			t.Errorf("%s is %v, recorded is %v", name, got[name], value)
		}
	}
	for _, name := range lacks {
		if value, present := got[name]; present {
			t.Errorf("%s is %v, recorded is none", name, value)
		}
	}
}

// The members of every recorded machine-to-machine client that no step changes.
const machine = `"app_type":"non_interactive","is_first_party":true,"is_token_endpoint_ip_header_trusted":false,` +
	`"oidc_conformant":false,"sso_disabled":false,"cross_origin_authentication":false,` +
	`"grant_types":["authorization_code","implicit","refresh_token","client_credentials"],"custom_login_page_on":true,` +
	`"refresh_token":{"rotation_type":"non-rotating","expiration_type":"non-expiring","leeway":0,` +
	`"token_lifetime":31557600,"infinite_token_lifetime":true,"infinite_idle_token_lifetime":true,` +
	`"idle_token_lifetime":2592000}`

// The same of a client without app_type.
const untyped = `"is_first_party":true,"is_token_endpoint_ip_header_trusted":false,"oidc_conformant":false,` +
	`"sso_disabled":false,"grant_types":["authorization_code","implicit","refresh_token","client_credentials"],` +
	`"custom_login_page_on":true,"refresh_token":{"rotation_type":"non-rotating","expiration_type":"non-expiring",` +
	`"leeway":0,"token_lifetime":2592000,"infinite_token_lifetime":true,"infinite_idle_token_lifetime":true,` +
	`"idle_token_lifetime":1296000}`

var noSecret = []string{"client_secret", "token_endpoint_auth_method"}

// auth0/terraform-provider-auth0 test/data/recordings/TestAccClientAuthenticationMethodsSelfSignedTLSClientAuth.yaml: a
// client goes from a secret to a self-signed certificate and back. The certificate is that of
// auth0/go-auth0 test/data/recordings/TestClient_CreateAllCredential/Should_create_SelfSignedTLSClientAuth_Credential.yaml.
func TestRecordedSecretToSelfSignedAndBack(t *testing.T) {
	const withAlg = `"jwt_configuration":{"secret_encoded":false,"alg":"RS256","lifetime_in_seconds":36000}`
	const attached = `{"name":"acceptance","client_id":"{client}",` + machine + `,` + withAlg +
		`,"client_authentication_methods":{"self_signed_tls_client_auth":{"credentials":[{"id":"{credential}"}]}}}`
	const credential = `{"id":"{credential}","credential_type":"x509_cert","name":"Testing Credentials 1",` +
		`"thumbprint_sha256":"NTkulT-DcSrRSevqZd26aq0DCz8YbOFGjKVs-Expu4w","created_at":"","updated_at":"",` +
		`"expires_at":"9999-12-31T23:59:59.000Z"}`
	const listed = "[" + credential + "]"
	newReplay(t, auth0sim.Options{}).run(t, []step{
		{name: "0 create", method: "POST", path: "/clients", status: 201, learn: map[string]string{"client": "client_id"},
			body: `{"name":"acceptance","app_type":"non_interactive","token_endpoint_auth_method":"client_secret_post"}`,
			has: `{"name":"acceptance",` + machine + `,"token_endpoint_auth_method":"client_secret_post",` +
				`"jwt_configuration":{"secret_encoded":false,"lifetime_in_seconds":36000}}`,
			lacks: []string{"client_authentication_methods", "client_metadata", "description", "callbacks"}},
		{name: "2 one field", method: "GET", path: "/clients/{client}?fields=client_id&include_fields=true", status: 200,
			is: `{"client_id":"{client}"}`},
		{name: "5 two fields", method: "GET", path: "/clients/{client}?fields=client_id%2Capp_type&include_fields=true",
			status: 200, is: `{"client_id":"{client}","app_type":"non_interactive"}`},
		{name: "6 empty pool", method: "GET", path: "/clients/{client}/credentials?include_totals=true&per_page=50",
			status: 200, is: `[]`},
		{name: "8 algorithm", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"name":"acceptance","app_type":"non_interactive","jwt_configuration":{"alg":"RS256"}}`,
			has:  `{"token_endpoint_auth_method":"client_secret_post",` + withAlg + `}`},
		{name: "11 credential", method: "POST", path: "/clients/{client}/credentials", status: 201,
			learn: map[string]string{"credential": "id"},
			body:  `{"name":"Testing Credentials 1","credential_type":"x509_cert","pem":"{x509}\n\n"}`, is: credential},
		{name: "12 attach", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"client_authentication_methods":{"self_signed_tls_client_auth":{"credentials":[{"id":"{credential}"}]}},` +
				`"token_endpoint_auth_method":null}`, has: attached, lacks: noSecret},
		{name: "13 read", method: "GET", path: "/clients/{client}", status: 200, has: attached, lacks: noSecret},
		{name: "14 read credential", method: "GET", path: "/clients/{client}/credentials/{credential}", status: 200,
			is: credential},
		{name: "22 pool", method: "GET", path: "/clients/{client}/credentials?include_totals=true&per_page=50", status: 200,
			is: listed},
		{name: "23 revert", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"client_authentication_methods":null,"token_endpoint_auth_method":"client_secret_post",` +
				`"signed_request_object":null}`,
			has:   `{"name":"acceptance",` + machine + `,"token_endpoint_auth_method":"client_secret_post",` + withAlg + `}`,
			lacks: []string{"client_authentication_methods", "signed_request_object"}},
		{name: "24 delete credential", method: "DELETE", path: "/clients/{client}/credentials/{credential}", status: 204},
		{name: "26 basic", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"token_endpoint_auth_method":"client_secret_basic"}`,
			has:  `{"token_endpoint_auth_method":"client_secret_basic"}`},
		{name: "57 delete", method: "DELETE", path: "/clients/{client}", status: 204},
	})
}

// auth0/go-auth0 test/data/recordings/TestClientAuthenticationMethods/GetSelfSignedTLSClientAuth.yaml: credentials inline
// in POST are echoed in full, once; the certificate is neither self-signed nor strong, and the compliance level does not
// fit the method.
func TestRecordedInlineSelfSigned(t *testing.T) {
	newReplay(t, auth0sim.Options{}).run(t, []step{
		{name: "0 create", method: "POST", path: "/clients", status: 201,
			learn: map[string]string{"client": "client_id",
				"credential": "client_authentication_methods.self_signed_tls_client_auth.credentials.id",
				"at":         "client_authentication_methods.self_signed_tls_client_auth.credentials.created_at"},
			body: `{"name":"Test Client","description":"This is just a test client.","jwt_configuration":{"alg":"PS256"},` +
				`"client_authentication_methods":{"self_signed_tls_client_auth":{"credentials":[{"name":"Test Credential",` +
				`"credential_type":"x509_cert","pem":"{x509}"}]}},"require_pushed_authorization_requests":true,` +
				`"compliance_level":"fapi1_adv_pkj_par"}`,
			has: `{"name":"Test Client","description":"This is just a test client.",` + untyped + `,` +
				`"jwt_configuration":{"secret_encoded":false,"alg":"PS256"},` +
				`"client_authentication_methods":{"self_signed_tls_client_auth":{"credentials":[{"id":"{credential}",` +
				`"name":"Test Credential","credential_type":"x509_cert","created_at":"{at}","updated_at":"{at}",` +
				`"expires_at":"9999-12-31T23:59:59Z","thumbprint_sha256":"NTkulT-DcSrRSevqZd26aq0DCz8YbOFGjKVs-Expu4w"}]}},` +
				`"require_pushed_authorization_requests":true,"compliance_level":"fapi1_adv_pkj_par"}`,
			lacks: noSecret},
		{name: "1 update by id", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"name":"Test Client","jwt_configuration":{"alg":"RS256"},"client_authentication_methods":` +
				`{"self_signed_tls_client_auth":{"credentials":[{"id":"{credential}"}]}},` +
				`"require_pushed_authorization_requests":false,"compliance_level":"fapi1_adv_mtls_par"}`,
			has: `{"jwt_configuration":{"secret_encoded":false,"alg":"RS256"},"client_authentication_methods":` +
				`{"self_signed_tls_client_auth":{"credentials":[{"id":"{credential}"}]}},` +
				`"require_pushed_authorization_requests":false,"compliance_level":"fapi1_adv_mtls_par"}`},
		{name: "2 delete with its credential attached", method: "DELETE", path: "/clients/{client}", status: 204},
	})
}

// auth0/go-auth0 test/data/recordings/TestClientAuthenticationMethods/GetTLSClientAuth.yaml: the subject of a certificate
// that expired in 2020 is registered.
func TestRecordedInlineSubjectDN(t *testing.T) {
	newReplay(t, auth0sim.Options{}).run(t, []step{
		{name: "0 create", method: "POST", path: "/clients", status: 201,
			learn: map[string]string{"client": "client_id",
				"credential": "client_authentication_methods.tls_client_auth.credentials.id",
				"at":         "client_authentication_methods.tls_client_auth.credentials.created_at"},
			body: `{"name":"Test Client","jwt_configuration":{"alg":"PS256"},"client_authentication_methods":` +
				`{"tls_client_auth":{"credentials":[{"name":"Test Credential","credential_type":"cert_subject_dn",` +
				`"pem":"{subject}"}]}}}`,
			has: `{"client_authentication_methods":{"tls_client_auth":{"credentials":[{"id":"{credential}",` +
				`"name":"Test Credential","credential_type":"cert_subject_dn","created_at":"{at}","updated_at":"{at}",` +
				`"subject_dn":"C=JP\nST=Tokyo\nL=Chiyoda-ku\nO=Client\nCN=client.example.org"}]}}}`},
		{name: "1 ids from then on", method: "GET", path: "/clients/{client}", status: 200,
			has: `{"client_authentication_methods":{"tls_client_auth":{"credentials":[{"id":"{credential}"}]}}}`},
		{name: "2 delete", method: "DELETE", path: "/clients/{client}", status: 204},
	})
}

// auth0/terraform-provider-auth0 test/data/recordings/TestAccClientAuthenticationMethodsTLSClientAuth.yaml: the same
// subject from a PEM and from a DN; detach before delete.
func TestRecordedSubjectDN(t *testing.T) {
	const fields = `"credential_type":"cert_subject_dn","name":"Testing Credentials 1",` +
		`"subject_dn":"C=JP\nST=Tokyo\nL=Chiyoda-ku\nO=Client\nCN=client.example.org","created_at":"","updated_at":""}`
	newReplay(t, auth0sim.Options{}).run(t, []step{
		{name: "0 create", method: "POST", path: "/clients", status: 201, learn: map[string]string{"client": "client_id"},
			body: `{"name":"acceptance","app_type":"non_interactive","token_endpoint_auth_method":"client_secret_post"}`},
		{name: "17 from a PEM", method: "POST", path: "/clients/{client}/credentials", status: 201,
			learn: map[string]string{"pem": "id"}, is: `{"id":"{pem}",` + fields,
			body: `{"name":"Testing Credentials 1","credential_type":"cert_subject_dn","pem":"{subject}"}`},
		{name: "34 from a DN", method: "POST", path: "/clients/{client}/credentials", status: 201,
			learn: map[string]string{"dn": "id"}, is: `{"id":"{dn}",` + fields,
			body: `{"name":"Testing Credentials 1","credential_type":"cert_subject_dn",` +
				`"subject_dn":"C=JP\nST=Tokyo\nL=Chiyoda-ku\nO=Client\nCN=client.example.org"}`},
		{name: "19 attach", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"client_authentication_methods":{"tls_client_auth":{"credentials":[{"id":"{pem}"}]}},` +
				`"token_endpoint_auth_method":null}`,
			has:   `{"client_authentication_methods":{"tls_client_auth":{"credentials":[{"id":"{pem}"}]}}}`,
			lacks: noSecret},
		{name: "31 attach the other", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"client_authentication_methods":{"tls_client_auth":{"credentials":[{"id":"{dn}"}]}},` +
				`"token_endpoint_auth_method":null}`,
			has: `{"client_authentication_methods":{"tls_client_auth":{"credentials":[{"id":"{dn}"}]}}}`},
		{name: "33 delete what is detached", method: "DELETE", path: "/clients/{client}/credentials/{pem}", status: 204},
	})
}

// auth0/go-auth0 test/data/recordings/TestClient_CreateAllCredential: both mTLS types are accepted into the pool of a
// private_key_jwt client. TestClient_UpdateCredential.yaml: expires_at. TestClient_DeleteCredential.yaml and
// TestClient_Delete.yaml: both deletions twice.
func TestRecordedCredentialsOfAPrivateKeyJWTClient(t *testing.T) {
	newReplay(t, auth0sim.Options{}).run(t, []step{
		{name: "create with a key", method: "POST", path: "/clients", status: 201,
			learn: map[string]string{"client": "client_id",
				"key": "client_authentication_methods.private_key_jwt.credentials.id",
				"at":  "client_authentication_methods.private_key_jwt.credentials.created_at"},
			body: `{"name":"Test Client","jwt_configuration":{"alg":"RS256"},"organization_usage":"allow",` +
				`"client_authentication_methods":{"private_key_jwt":{"credentials":[{"name":"Test Credential",` +
				`"credential_type":"public_key","pem":"{publicKey}"}]}}}`,
			has: `{` + untyped + `,"organization_usage":"allow","client_authentication_methods":{"private_key_jwt":` +
				`{"credentials":[{"id":"{key}","name":"Test Credential","kid":"4e7yYf0TKdyTLbVnpq2wLN6mZ8t7eb9UJkMksyHj9iU",` +
				`"credential_type":"public_key","alg":"RS256","created_at":"{at}","updated_at":"{at}"}]}}}`},
		{name: "x509_cert", method: "POST", path: "/clients/{client}/credentials", status: 201,
			learn: map[string]string{"certificate": "id"},
			body:  `{"name":"Test Credential","credential_type":"x509_cert","pem":"{x509}"}`,
			is: `{"id":"{certificate}","credential_type":"x509_cert","name":"Test Credential",` +
				`"thumbprint_sha256":"NTkulT-DcSrRSevqZd26aq0DCz8YbOFGjKVs-Expu4w","created_at":"","updated_at":"",` +
				`"expires_at":"9999-12-31T23:59:59.000Z"}`},
		{name: "cert_subject_dn", method: "POST", path: "/clients/{client}/credentials", status: 201,
			body: `{"name":"Test Credential","credential_type":"cert_subject_dn","pem":"{subject}"}`},
		{name: "expiry in UTC with milliseconds", method: "PATCH", path: "/clients/{client}/credentials/{key}", status: 200,
			body: `{"expires_at":"2023-05-16T11:07:30.535694+02:00"}`,
			has:  `{"id":"{key}","created_at":"{at}","expires_at":"2023-05-16T09:07:30.535Z"}`},
		{name: "delete", method: "DELETE", path: "/clients/{client}/credentials/{certificate}", status: 204},
		{name: "delete again", method: "DELETE", path: "/clients/{client}/credentials/{certificate}", status: 204},
		{name: "delete the client", method: "DELETE", path: "/clients/{client}", status: 204},
		{name: "delete the client again", method: "DELETE", path: "/clients/{client}", status: 204},
	})
}

// auth0/terraform-provider-auth0 test/data/recordings/TestAccDataSourceClientNonexistentID.yaml.
func TestRecordedInexistentClient(t *testing.T) {
	newReplay(t, auth0sim.Options{}).run(t, []step{
		{name: "0 read", method: "GET", path: "/clients/this-client-does-not-exist", status: 404,
			is: `{"statusCode":404,"error":"Not Found","message":"The client does not exist","errorCode":"inexistent_client"}`},
	})
}

// auth0/terraform-provider-auth0 test/data/recordings/TestAccClientMetadataBehavior.yaml.
func TestRecordedMetadata(t *testing.T) {
	newReplay(t, auth0sim.Options{}).run(t, []step{
		{name: "0 create", method: "POST", path: "/clients", status: 201, learn: map[string]string{"client": "client_id"},
			body: `{"name":"metadata","client_metadata":{"bar":"baz","foo":"zoo"}}`,
			has:  `{` + untyped + `,"client_metadata":{"bar":"baz","foo":"zoo"}}`},
		{name: "4 null deletes", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"client_metadata":{"bar":null,"foo":"newZooButOldFoo","newBar":"newBaz"}}`,
			has:  `{"client_metadata":{"foo":"newZooButOldFoo","newBar":"newBaz"}}`},
		{name: "8 and again", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"client_metadata":{"bar":"baz","foo":null,"newBar":null}}`, has: `{"client_metadata":{"bar":"baz"}}`},
		{name: "12 the last leaves an empty object", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"client_metadata":{"bar":null}}`, has: `{"client_metadata":{}}`},
	})
}

// auth0/terraform-provider-auth0 test/data/recordings/TestAccTenant_Main.yaml.
func TestRecordedTenantSettings(t *testing.T) {
	newReplay(t, auth0sim.Options{}).run(t, []step{
		{name: "1 null leaves none", method: "PATCH", path: "/tenants/settings", status: 200,
			body: `{"default_token_quota":null,"error_page":null,"mtls":null}`, has: `{}`, lacks: []string{"mtls", "error_page"}},
		{name: "5 on", method: "PATCH", path: "/tenants/settings", status: 200,
			body: `{"mtls":{"enable_endpoint_aliases":true},"session_lifetime":720}`,
			has:  `{"mtls":{"enable_endpoint_aliases":true},"session_lifetime":720}`},
		{name: "11 a PATCH without it leaves it", method: "PATCH", path: "/tenants/settings", status: 200,
			body: `{"session_lifetime":168}`, has: `{"mtls":{"enable_endpoint_aliases":true},"session_lifetime":168}`},
		{name: "12 read", method: "GET", path: "/tenants/settings", status: 200,
			has: `{"mtls":{"enable_endpoint_aliases":true}}`},
		{name: "13 null", method: "PATCH", path: "/tenants/settings", status: 200, body: `{"mtls":null}`, has: `{}`,
			lacks: []string{"mtls"}},
		{name: "16 read", method: "GET", path: "/tenants/settings", status: 200, has: `{}`, lacks: []string{"mtls"}},
	})
}

// auth0/terraform-provider-auth0 test/data/recordings/TestAccCustomDomainVerificationWithSelfManagedCerts.yaml.
func TestRecordedCustomDomain(t *testing.T) {
	const pending = `{"custom_domain_id":"{domain}","domain":"terraform-provider.auth0.com","primary":true,` +
		`"status":"pending_verification","type":"self_managed_certs","verification":{"methods":[{"name":"txt",` +
		`"record":"r","domain":"_cf-custom-hostname.terraform-provider.auth0.com"}]},"tls_policy":"recommended"}`
	const ready = `{"custom_domain_id":"{domain}","domain":"terraform-provider.auth0.com","primary":true,` +
		`"status":"ready","type":"self_managed_certs","origin_domain_name":"o",%s"verification":{"methods":[{"name":"txt",` +
		`"record":"r","domain":"_cf-custom-hostname.terraform-provider.auth0.com"}]},"tls_policy":"recommended"}`
	newReplay(t, auth0sim.Options{}).run(t, []step{
		{name: "0 create", method: "POST", path: "/custom-domains", status: 201,
			learn: map[string]string{"domain": "custom_domain_id"}, is: pending,
			body: `{"domain":"terraform-provider.auth0.com","type":"self_managed_certs"}`},
		{name: "1 read", method: "GET", path: "/custom-domains/{domain}", status: 200, is: pending},
		{name: "2 verify tells the key", method: "POST", path: "/custom-domains/{domain}/verify", status: 201,
			is: fmt.Sprintf(ready, `"cname_api_key":"k",`)},
		{name: "3 once", method: "GET", path: "/custom-domains/{domain}", status: 200, is: fmt.Sprintf(ready, "")},
		{name: "verify again", method: "POST", path: "/custom-domains/{domain}/verify", status: 201,
			is: fmt.Sprintf(ready, "")},
		{name: "list", method: "GET", path: "/custom-domains", status: 200, is: "[" + fmt.Sprintf(ready, "") + "]"},
		{name: "same domain", method: "POST", path: "/custom-domains", status: 409,
			body: `{"domain":"terraform-provider.auth0.com","type":"self_managed_certs"}`},
		{name: "client IP header", method: "PATCH", path: "/custom-domains/{domain}", status: 200,
			body: `{"custom_client_ip_header":"x-forwarded-for"}`, has: `{"custom_client_ip_header":"x-forwarded-for"}`},
		{name: "the type stays", method: "PATCH", path: "/custom-domains/{domain}", status: 400,
			body: `{"type":"auth0_managed_certs"}`},
		{name: "7 delete", method: "DELETE", path: "/custom-domains/{domain}", status: 204},
		{name: "gone", method: "GET", path: "/custom-domains/{domain}", status: 404,
			is: `{"statusCode":404,"error":"Not Found","message":"The custom domain {domain} does not exist",` +
				`"errorCode":"inexistent_custom_domain"}`},
	})
}

// auth0/terraform-provider-auth0 test/data/recordings/TestAccResourceServer.yaml and TestAccClientGrant.yaml.
func TestRecordedResourceServerAndGrant(t *testing.T) {
	const api = "https:%2F%2Fuat.tf.terraform-provider-auth0.com%2Fclient-grant"
	newReplay(t, auth0sim.Options{}).run(t, []step{
		{name: "create", method: "POST", path: "/resource-servers", status: 201, learn: map[string]string{"api": "id"},
			body: `{"identifier":"https://uat.tf.terraform-provider-auth0.com/client-grant"}`,
			is: `{"id":"{api}","identifier":"https://uat.tf.terraform-provider-auth0.com/client-grant",` +
				`"allow_offline_access":false,"skip_consent_for_verifiable_first_party_clients":false,"token_lifetime":86400,` +
				`"token_lifetime_for_web":7200,"signing_alg":"RS256"}`},
		{name: "name and policy", method: "PATCH", path: "/resource-servers/" + api, status: 200,
			body: `{"name":"API","proof_of_possession":{"mechanism":"mtls","required":true}}`,
			is: `{"id":"{api}","name":"API","identifier":"https://uat.tf.terraform-provider-auth0.com/client-grant",` +
				`"allow_offline_access":false,"skip_consent_for_verifiable_first_party_clients":false,"token_lifetime":86400,` +
				`"token_lifetime_for_web":7200,"signing_alg":"RS256","proof_of_possession":{"mechanism":"mtls","required":true}}`},
		{name: "mtls is for all clients", method: "PATCH", path: "/resource-servers/{api}", status: 400,
			body: `{"proof_of_possession":{"mechanism":"mtls","required":true,"required_for":"public_clients"}}`},
		{name: "no policy", method: "PATCH", path: "/resource-servers/{api}", status: 200,
			body: `{"proof_of_possession":null}`, has: `{"name":"API"}`, lacks: []string{"proof_of_possession"}},
		{name: "scopes", method: "PATCH", path: "/resource-servers/" + api, status: 200,
			body: `{"scopes":[{"value":"create:bar","description":"Create bars"}]}`,
			has:  `{"scopes":[{"value":"create:bar","description":"Create bars"}]}`},
		{name: "client", method: "POST", path: "/clients", status: 201, learn: map[string]string{"client": "client_id"},
			body: `{"name":"grantee","is_first_party":true,"custom_login_page_on":true}`, has: `{` + untyped + `}`},
		{name: "no grants", method: "GET", path: "/client-grants?audience=" + api + "&client_id={client}&include_totals=true&per_page=50",
			status: 200, is: `{"total":0,"start":0,"limit":50,"client_grants":[]}`},
		{name: "grant", method: "POST", path: "/client-grants", status: 201, learn: map[string]string{"grant": "id"},
			body: `{"client_id":"{client}","audience":"https://uat.tf.terraform-provider-auth0.com/client-grant",` +
				`"scope":["create:bar"],"subject_type":"user","authorization_details_types":["payment","shipping"]}`,
			is: `{"id":"{grant}","client_id":"{client}","audience":"https://uat.tf.terraform-provider-auth0.com/client-grant",` +
				`"scope":["create:bar"],"subject_type":"user","authorization_details_types":["payment","shipping"]}`},
		{name: "read grant", method: "GET", path: "/client-grants/{grant}", status: 200, has: `{"id":"{grant}"}`},
		{name: "narrow grant", method: "PATCH", path: "/client-grants/{grant}", status: 200, body: `{"scope":[]}`,
			has: `{"scope":[]}`},
		{name: "delete grant", method: "DELETE", path: "/client-grants/{grant}", status: 204},
		{name: "delete grant again", method: "DELETE", path: "/client-grants/{grant}", status: 204},
		{name: "delete", method: "DELETE", path: "/resource-servers/{api}", status: 204},
		{name: "gone", method: "GET", path: "/resource-servers/{api}", status: 404,
			has: `{"errorCode":"inexistent_resource_server"}`},
	})
}

// auth0/auth0-deploy-cli test/e2e/recordings/should-deploy-without-deleting-resources-if-AUTH0_ALLOW_DELETE-is-false.json
// holds raw bodies: their order, the global client, the Management API's own resource server and a 403.
func TestRecordedRawBodies(t *testing.T) {
	r := newReplay(t, auth0sim.Options{})
	r.run(t, []step{
		{name: "global client", method: "GET", path: "/clients?page=0&per_page=100&include_totals=true&is_global=true",
			status: 200, has: `{"total":1,"start":0,"limit":100}`},
		{name: "others", method: "GET", path: "/clients?page=0&per_page=100&include_totals=true&is_global=false",
			status: 200, has: `{"total":1,"start":0,"limit":100}`},
		{name: "resource servers", method: "GET", path: "/resource-servers?page=0&per_page=100&include_totals=true",
			status: 200, has: `{"total":1,"start":0,"limit":100}`},
	})
	t.Run("403", func(t *testing.T) {
		got := r.tenant.with("read:clients").want(403, "GET", "/client-grants", nil)
		if want := `{"statusCode":403,"error":"Forbidden","message":"Insufficient scope, expected any of: ` +
			`read:client_grants","errorCode":"insufficient_scope"}`; got.body != want {
			t.Errorf("got %s, want %s", got.body, want)
		}
	})
	t.Run("order of members", func(t *testing.T) {
		got := r.tenant.want(200, "GET", "/clients/"+r.tenant.ManagementClientID(), nil)
		recorded := []string{"tenant", "global", "is_token_endpoint_ip_header_trusted", "name", "is_first_party",
			"oidc_conformant", "sso_disabled", "refresh_token", "cross_origin_authentication", "signing_keys", "client_id",
			"callback_url_template", "client_secret", "jwt_configuration", "token_endpoint_auth_method", "app_type",
			"grant_types", "custom_login_page_on"}
		if names := memberNames(t, got.body); !slices.Equal(names, recorded) {
			t.Errorf("members are %q, recorded order is %q", names, recorded)
		}
	})
	t.Run("system API", func(t *testing.T) {
		servers := r.tenant.want(200, "GET", "/resource-servers", nil).array(t)
		if len(servers) != 1 || servers[0]["is_system"] != true || servers[0]["identifier"] != r.tenant.Audience() {
			t.Errorf("resource servers are %v", servers)
		}
	})
}

// memberNames lists the members of a JSON object in order.
func memberNames(t *testing.T, text string) []string {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(text))
	var names []string
	for depth := 0; ; {
		token, err := decoder.Token()
		if err != nil {
			return names
		}
		switch value := token.(type) {
		case json.Delim:
			if value == '{' || value == '[' {
				depth++
			} else {
				depth--
			}
		case string:
			if depth == 1 {
				names = append(names, value)
				var skipped any
				if err := decoder.Decode(&skipped); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}

// auth0/terraform-provider-auth0 test/data/recordings/TestAccClientCredentialsPrivateKeyJWTFullRotation.yaml #21 to #31: a
// full slot rotates by detaching, deleting, creating and attaching, twice.
// TestAccClientCredentialsPrivateKeyJWTRenameWithSameKeyRotates.yaml: the same key needs the old record deleted first.
func TestRecordedRotationOfAFullSlot(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("rotation")
	slot := func(ids ...string) object {
		items := []object{}
		for _, id := range ids {
			items = append(items, object{"id": id})
		}
		return object{"token_endpoint_auth_method": nil,
			"client_authentication_methods": object{"self_signed_tls_client_auth": object{"credentials": items}}}
	}
	definition := func(certificate keyPair) object {
		return object{"credential_type": "x509_cert", "name": "rotating", "pem": certificate.pem}
	}
	a, b, c := newCertificate(t, nil), newCertificate(t, nil), newCertificate(t, nil)
	path := "/clients/" + id
	first := x.want(201, "POST", path+"/credentials", definition(a)).text(t, "id")
	second := x.want(201, "POST", path+"/credentials", definition(b)).text(t, "id")
	x.want(200, "PATCH", path, slot(first, second))

	x.want(200, "PATCH", path, slot(second))
	x.want(204, "DELETE", path+"/credentials/"+first, nil)
	third := x.want(201, "POST", path+"/credentials", definition(c)).text(t, "id")
	x.want(200, "PATCH", path, slot(second, third))
	if state := x.state(id); !slices.Equal(state.Attached, []string{second, third}) || len(state.Credentials) != 2 {
		t.Fatalf("after the rotation: %+v", state)
	}

	x.refused(400, "credentials contains public keys that already exist in client", "POST", path+"/credentials",
		definition(b))
	x.want(200, "PATCH", path, slot(third))
	x.want(204, "DELETE", path+"/credentials/"+second, nil)
	again := x.want(201, "POST", path+"/credentials", definition(b)).text(t, "id")
	x.want(200, "PATCH", path, slot(third, again))
	if state := x.state(id); !state.Accepts(b.leaf) || !state.Accepts(c.leaf) || state.Accepts(a.leaf) {
		t.Fatalf("the wrong certificates are accepted: %+v", state)
	}
}

// auth0/terraform-provider-auth0
// test/data/recordings/TestAccClientCredentialsTokenVaultPrivilegedAccessSurvivesAuthMethodSwitch.yaml.
func TestRecordedOtherSlotSurvivesAMethodSwitch(t *testing.T) {
	newReplay(t, auth0sim.Options{}).run(t, []step{
		{name: "create", method: "POST", path: "/clients", status: 201, learn: map[string]string{"client": "client_id"},
			body: `{"name":"vault","token_endpoint_auth_method":"client_secret_post"}`},
		{name: "key", method: "POST", path: "/clients/{client}/credentials", status: 201,
			learn: map[string]string{"key": "id"}, body: `{"credential_type":"public_key","pem":"{publicKey}"}`},
		{name: "vault", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"token_vault_privileged_access":{"credentials":[{"id":"{key}"}],"ip_allowlist":["10.0.0.0/8"]},` +
				`"signed_request_object":{"required":true,"credentials":[{"id":"{key}"}]}}`},
		{name: "certificate", method: "POST", path: "/clients/{client}/credentials", status: 201,
			learn: map[string]string{"certificate": "id"}, body: `{"credential_type":"x509_cert","pem":"{x509}"}`},
		{name: "switch", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"token_endpoint_auth_method":null,"client_authentication_methods":{"self_signed_tls_client_auth":` +
				`{"credentials":[{"id":"{certificate}"}]}}}`,
			has: `{"token_vault_privileged_access":{"credentials":[{"id":"{key}"}],"ip_allowlist":["10.0.0.0/8"]},` +
				`"signed_request_object":{"required":true,"credentials":[{"id":"{key}"}]}}`},
		{name: "attached there, so not deletable", method: "DELETE", path: "/clients/{client}/credentials/{key}", status: 400,
			is: `{"statusCode":400,"error":"Bad Request","message":"Cannot delete credential still associated with a client"}`},
		{name: "back", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"token_endpoint_auth_method":"client_secret_post","client_authentication_methods":null}`,
			has:  `{"token_vault_privileged_access":{"credentials":[{"id":"{key}"}],"ip_allowlist":["10.0.0.0/8"]}}`},
		{name: "out of one", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"token_vault_privileged_access":null}`, has: `{}`, lacks: []string{"token_vault_privileged_access"}},
		{name: "still in the other", method: "DELETE", path: "/clients/{client}/credentials/{key}", status: 400},
		{name: "out of both", method: "PATCH", path: "/clients/{client}", status: 200,
			body: `{"signed_request_object":null}`, has: `{}`, lacks: []string{"signed_request_object"}},
		{name: "deletable", method: "DELETE", path: "/clients/{client}/credentials/{key}", status: 204},
	})
}
