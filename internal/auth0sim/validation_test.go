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
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

const invalid = "Payload validation error: "

func TestClientBodiesThatAreRefused(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("subject")
	long := strings.Repeat("x", 141)
	metadata := object{}
	for i := range 11 {
		metadata[fmt.Sprint("key", i)] = "v"
	}
	for _, c := range []struct {
		name, method, path string
		body               any
		message            string
	}{
		{"no JSON", "POST", "/clients", `{"name":`, "Invalid request payload JSON format"},
		{"not an object", "POST", "/clients", `[]`, "Invalid request payload JSON format"},
		{"two objects", "POST", "/clients", `{"name":"a"}{"name":"b"}`, "Invalid request payload JSON format"},
		{"no name", "POST", "/clients", object{"app_type": "spa"}, invalid + "'Missing required property: name'."},
		{"empty", "PATCH", "/clients/" + id, object{}, invalid + "'Too few properties defined (0), minimum 1'."},
		{"unknown member", "PATCH", "/clients/" + id, object{"colour": "red"},
			invalid + "'Additional properties not allowed: colour'."},
		{"client_id cannot be written", "PATCH", "/clients/" + id, object{"client_id": "x"},
			invalid + "'Additional properties not allowed: client_id'."},
		{"angle brackets", "PATCH", "/clients/" + id, object{"name": "<b>"},
			invalid + "'String does not match pattern ^[^<>]+$: <b>' on property name (The name of the client)."},
		{"empty name", "PATCH", "/clients/" + id, object{"name": ""},
			invalid + "'String is too short (0 chars), minimum 1' on property name (The name of the client)."},
		{"long description", "PATCH", "/clients/" + id, object{"description": long}, invalid + "'String is too long " +
			"(141 chars), maximum 140' on property description (Free text description of the purpose of the Client)."},
		{"wrong type", "PATCH", "/clients/" + id, object{"oidc_conformant": "yes"},
			invalid + "'Expected type boolean but found type string' on property oidc_conformant."},
		{"app_type", "PATCH", "/clients/" + id, object{"app_type": "machine"},
			invalid + "'No enum match for: machine' on property app_type."},
		{"two faults", "PATCH", "/clients/" + id, object{"app_type": "machine", "sso": 1}, invalid +
			"'No enum match for: machine' on property app_type. (also) " + invalid +
			"'Expected type boolean but found type integer' on property sso."},
		{"lifetime", "PATCH", "/clients/" + id, object{"jwt_configuration": object{"lifetime_in_seconds": 0}},
			invalid + "'Value 0 is less than minimum 1' on property jwt_configuration.lifetime_in_seconds."},
		{"lifetime with a fraction", "PATCH", "/clients/" + id, object{"jwt_configuration": object{"lifetime_in_seconds": 1.5}},
			invalid + "'Expected type integer but found type number' on property jwt_configuration.lifetime_in_seconds."},
		{"PAR expiry", "PATCH", "/clients/" + id, object{"par_request_expiry": 601},
			invalid + "'Value 601 is greater than maximum 600' on property par_request_expiry."},
		{"array items", "PATCH", "/clients/" + id, object{"callbacks": []any{"https://a", 1}},
			invalid + "'Expected type string but found type integer' on property callbacks.1."},
		{"method", "PATCH", "/clients/" + id, object{"token_endpoint_auth_method": "tls_client_auth"},
			invalid + "'No enum match for: tls_client_auth' on property token_endpoint_auth_method."},
		{"null is for PATCH", "POST", "/clients", object{"name": "a", "token_endpoint_auth_method": nil},
			invalid + "'Expected type string but found type null' on property token_endpoint_auth_method."},
		{"eleven metadata keys", "PATCH", "/clients/" + id, object{"client_metadata": metadata}, invalid +
			"'Too many properties defined (11), maximum 10' on property client_metadata " +
			"(Metadata associated with the client, in the form of an object with string values)."},
		{"long metadata", "PATCH", "/clients/" + id, object{"client_metadata": object{"k": strings.Repeat("v", 256)}},
			invalid + "'String is too long (256 chars), maximum 255' on property client_metadata.k."},
		{"metadata key", "PATCH", "/clients/" + id, object{"client_metadata": object{"ключ": "v"}}, invalid +
			"'Additional properties not allowed: ключ' on property client_metadata " +
			"(Metadata associated with the client, in the form of an object with string values)."},
		{"public with client_credentials", "PATCH", "/clients/" + id, object{"token_endpoint_auth_method": "none"},
			`Application must not have Token Endpoint Authentication Method set to "none" when client_credentials grant ` +
				`type is enabled`},
		{"global client", "DELETE", "/clients/" + globalClient(t, x), nil, "You cannot delete the global client"},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := *x
			y.t = t
			before, _ := x.Client(id)
			y.refused(400, c.message, c.method, c.path, c.body)
			if after, _ := x.Client(id); after.TokenEndpointAuthMethod != before.TokenEndpointAuthMethod ||
				fmt.Sprint(after.Settings) != fmt.Sprint(before.Settings) {
				t.Errorf("a refused request changed the client from %+v to %+v", before, after)
			}
		})
	}
}

func globalClient(t *testing.T, x *tenant) string {
	t.Helper()
	for _, c := range x.Clients() {
		if c.Global {
			return c.ID
		}
	}
	t.Fatal("there is no global client")
	return ""
}

func TestMetadataKeysMerge(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("merge")
	x.check(x.EditClient(id, object{"client_metadata": object{"a b:,-+=_*?\"/\\()<>@\t1": "1", "b": "2"}}))
	x.check(x.EditClient(id, object{"client_metadata": object{"b": "3"}}))
	metadata := x.state(id).Settings["client_metadata"].(object)
	if len(metadata) != 2 || metadata["b"] != "3" {
		t.Fatalf("metadata is %v", metadata)
	}
	nine := object{}
	for i := range 9 {
		nine[fmt.Sprint("key", i)] = "v"
	}
	if err := x.EditClient(id, object{"client_metadata": nine}); err == nil {
		t.Fatal("eleven keys after the merge were accepted")
	}
}

func TestSettingsThatNullRemoves(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("settings")
	x.check(x.EditClient(id, object{"compliance_level": "fapi1_adv_mtls_par", "par_request_expiry": 60}))
	x.check(x.EditClient(id, object{"compliance_level": nil}))
	got := x.want(200, "GET", "/clients/"+id, nil).object(t)
	if _, present := got["compliance_level"]; present || got["par_request_expiry"] != 60.0 {
		t.Fatalf("the client is %v", got)
	}
}

func TestMethodSwitches(t *testing.T) {
	both := "token_endpoint_auth_method and client_authentication_methods cannot both be set"
	none := "token_endpoint_auth_method and client_authentication_methods cannot both be null"
	type patch = object
	methods := func(id string) object {
		return object{"self_signed_tls_client_auth": object{"credentials": []object{{"id": id}}}}
	}
	const (
		bySecret = "client_secret_post"
		byMTLS   = "self_signed_tls_client_auth"
		unset    = ""
	)
	for _, c := range []struct {
		name     string
		from     string
		patch    func(id string) patch
		lenient  bool
		refusal  string
		want     string
		attached int
	}{
		{"secret to certificate", bySecret, func(id string) patch {
			return patch{"token_endpoint_auth_method": nil, "client_authentication_methods": methods(id)}
		}, false, "", byMTLS, 1},
		{"certificate to secret", byMTLS, func(string) patch {
			return patch{"token_endpoint_auth_method": bySecret, "client_authentication_methods": nil}
		}, false, "", bySecret, 0},
		{"both null", bySecret, func(string) patch {
			return patch{"token_endpoint_auth_method": nil, "client_authentication_methods": nil}
		}, false, none, bySecret, 0},
		{"both null with a certificate", byMTLS, func(string) patch {
			return patch{"token_endpoint_auth_method": nil, "client_authentication_methods": nil}
		}, false, none, byMTLS, 1},
		{"both set", bySecret, func(id string) patch {
			return patch{"token_endpoint_auth_method": bySecret, "client_authentication_methods": methods(id)}
		}, false, both, bySecret, 0},
		{"certificate without null", bySecret, func(id string) patch {
			return patch{"client_authentication_methods": methods(id)}
		}, false, both, bySecret, 0},
		{"certificate without null, lenient", bySecret, func(id string) patch {
			return patch{"client_authentication_methods": methods(id)}
		}, true, "", byMTLS, 1},
		{"secret without null", byMTLS, func(string) patch {
			return patch{"token_endpoint_auth_method": bySecret}
		}, false, both, byMTLS, 1},
		{"secret without null, lenient", byMTLS, func(string) patch {
			return patch{"token_endpoint_auth_method": bySecret}
		}, true, "", bySecret, 0},
		{"only null for the secret", bySecret, func(string) patch {
			return patch{"token_endpoint_auth_method": nil}
		}, false, none, bySecret, 0},
		{"only null for the certificate", byMTLS, func(string) patch {
			return patch{"client_authentication_methods": nil}
		}, false, none, byMTLS, 1},
		{"never set to certificate", unset, func(id string) patch {
			return patch{"client_authentication_methods": methods(id)}
		}, false, "", byMTLS, 1},
		{"null for what is not there", byMTLS, func(id string) patch {
			return patch{"token_endpoint_auth_method": nil, "client_authentication_methods": methods(id)}
		}, false, "", byMTLS, 1},
		{"something else", byMTLS, func(string) patch { return patch{"name": "renamed"} }, false, "", byMTLS, 1},
		{"empty slot", byMTLS, func(string) patch {
			return patch{"client_authentication_methods": object{byMTLS: object{"credentials": []object{}}}}
		}, false, "", byMTLS, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := start(t, auth0sim.Options{LenientMethodSwitch: c.lenient})
			settings := object{"name": "switch"}
			if c.from == bySecret {
				settings["token_endpoint_auth_method"] = bySecret
			}
			id, err := x.AddClient(settings)
			x.check(err)
			credential := x.register(id, newCertificate(t, nil))
			if c.from == byMTLS {
				x.check(x.Attach(id, byMTLS, credential))
			}
			if c.refusal == "" {
				x.want(200, "PATCH", "/clients/"+id, c.patch(credential))
			} else {
				x.refused(400, c.refusal, "PATCH", "/clients/"+id, c.patch(credential))
			}
			state := x.state(id)
			if state.TokenEndpointAuthMethod+state.AuthenticationMethod != c.want || len(state.Attached) != c.attached {
				t.Errorf("afterwards: method %q, credential method %q, attached %q", state.TokenEndpointAuthMethod,
					state.AuthenticationMethod, state.Attached)
			}
		})
	}
}

func TestSwitchBetweenCredentialMethodsReplacesTheSlot(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("switch")
	certificate := newCertificate(t, nil)
	x.check(x.Attach(id, "self_signed_tls_client_auth", x.register(id, certificate)))
	dn, err := x.AddCredential(id, object{"credential_type": "cert_subject_dn", "pem": certificate.pem})
	x.check(err)
	x.check(x.Attach(id, "tls_client_auth", dn))
	if state := x.state(id); state.AuthenticationMethod != "tls_client_auth" || len(state.Credentials) != 2 ||
		state.Credentials[0].Attached || !state.Credentials[1].Attached {
		t.Fatalf("after the switch: %+v", state)
	}
}

func TestAttachmentsThatAreRefused(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id, other := x.newClient("mine"), x.newClient("other")
	ids := []any{}
	for range 3 {
		ids = append(ids, object{"id": x.register(id, newCertificate(t, nil))})
	}
	foreign := x.register(other, newCertificate(t, nil))
	dn, err := x.AddCredential(id, object{"credential_type": "cert_subject_dn", "subject_dn": "CN=x"})
	x.check(err)
	attach := func(method string, items ...any) object {
		return object{"token_endpoint_auth_method": nil,
			"client_authentication_methods": object{method: object{"credentials": items}}}
	}
	const description = " (Defines client authentication methods.)"
	for _, c := range []struct {
		name    string
		body    object
		message string
	}{
		{"three", attach("self_signed_tls_client_auth", ids...), invalid + "'Array is too long (3), maximum 2' on property " +
			"client_authentication_methods.self_signed_tls_client_auth.credentials."},
		{"unknown id", attach("self_signed_tls_client_auth", object{"id": "cred_unknown"}),
			"One or more credentials do not exist on the client"},
		{"another client's id", attach("self_signed_tls_client_auth", object{"id": foreign}),
			"One or more credentials do not exist on the client"},
		{"wrong type", attach("self_signed_tls_client_auth", object{"id": dn}),
			"Credential type 'cert_subject_dn' is not allowed for self_signed_tls_client_auth"},
		{"wrong type the other way", attach("tls_client_auth", ids[0]),
			"Credential type 'x509_cert' is not allowed for tls_client_auth"},
		{"definition instead of an id", attach("tls_client_auth", object{"credential_type": "cert_subject_dn",
			"subject_dn": "CN=x"}), invalid + "'Missing required property: id' on property " +
			"client_authentication_methods.tls_client_auth.credentials.0. (also) " + invalid +
			"'Additional properties not allowed: credential_type' on property " +
			"client_authentication_methods.tls_client_auth.credentials.0. (also) " + invalid +
			"'Additional properties not allowed: subject_dn' on property " +
			"client_authentication_methods.tls_client_auth.credentials.0."},
		{"no method", object{"token_endpoint_auth_method": nil, "client_authentication_methods": object{}}, invalid +
			"'Too few properties defined (0), minimum 1' on property client_authentication_methods" + description + "."},
		{"two methods", object{"token_endpoint_auth_method": nil, "client_authentication_methods": object{
			"tls_client_auth":             object{"credentials": []any{object{"id": dn}}},
			"self_signed_tls_client_auth": object{"credentials": ids[:1]}}}, invalid +
			"'Too many properties defined (2), maximum 1' on property client_authentication_methods" + description + "."},
		{"no credentials", object{"token_endpoint_auth_method": nil, "client_authentication_methods": object{
			"tls_client_auth": object{}}}, invalid + "'Missing required property: credentials' on property " +
			"client_authentication_methods.tls_client_auth."},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := *x
			y.t = t
			y.refused(400, c.message, "PATCH", "/clients/"+id, c.body)
			if state := x.state(id); state.AuthenticationMethod != "" {
				t.Errorf("a refused attachment took effect: %+v", state)
			}
		})
	}
}

func TestTrustedIPHeaderNeedsASecret(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("header")
	x.want(200, "PATCH", "/clients/"+id, object{"is_token_endpoint_ip_header_trusted": true})
	credential := x.register(id, newCertificate(t, nil))
	const message = "The flag is_token_endpoint_ip_header_trusted can only be set true on clients that require " +
		"authentication (i.e. token_endpoint_auth_method is set to client_secret_post or client_secret_basic)"
	attach := object{"token_endpoint_auth_method": nil, "client_authentication_methods": object{
		"self_signed_tls_client_auth": object{"credentials": []object{{"id": credential}}}}}
	x.refused(400, message, "PATCH", "/clients/"+id, attach)
	x.want(200, "PATCH", "/clients/"+id, object{"is_token_endpoint_ip_header_trusted": false})
	x.want(200, "PATCH", "/clients/"+id, attach)
	x.refused(400, message, "PATCH", "/clients/"+id, object{"is_token_endpoint_ip_header_trusted": true})
}

func TestCredentialsThatAreRefused(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("subject")
	certificate := newCertificate(t, nil)
	other := func(field string) string { return invalid + "'Additional properties not allowed: " + field + "'." }
	for _, c := range []struct {
		name    string
		body    object
		message string
	}{
		{"no type", object{"pem": certificate.pem}, invalid + "'Missing required property: credential_type'."},
		{"unknown type", object{"credential_type": "jwk"}, invalid + "'No enum match for: jwk' on property credential_type."},
		{"unknown member", object{"credential_type": "x509_cert", "pem": certificate.pem, "thumbprint_sha256": "x"},
			other("thumbprint_sha256")},
		{"long name", object{"credential_type": "x509_cert", "pem": certificate.pem, "name": strings.Repeat("n", 129)},
			invalid + "'String is too long (129 chars), maximum 128' on property name."},
		{"empty PEM", object{"credential_type": "x509_cert", "pem": ""},
			invalid + "'String is too short (0 chars), minimum 1' on property pem."},
		{"PEM over 4096 characters", object{"credential_type": "x509_cert", "pem": certificate.pem +
			strings.Repeat("\n", 4097-len(certificate.pem))},
			invalid + "'String is too long (4097 chars), maximum 4096' on property pem."},
		{"no PEM", object{"credential_type": "x509_cert"}, invalid + "'Missing required property: pem'."},
		{"PEM that is none", object{"credential_type": "x509_cert", "pem": "certificate"},
			invalid + "'pem is not a valid X.509 certificate' on property pem."},
		{"PEM of nonsense", object{"credential_type": "cert_subject_dn",
			"pem": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"},
			invalid + "'pem is not a valid X.509 certificate' on property pem."},
		{"subject_dn for an x509_cert", object{"credential_type": "x509_cert", "pem": certificate.pem, "subject_dn": "CN=a"},
			other("subject_dn")},
		{"expiry for an x509_cert", object{"credential_type": "x509_cert", "pem": certificate.pem,
			"expires_at": "2030-01-01T00:00:00Z"}, other("expires_at")},
		{"PEM and DN", object{"credential_type": "cert_subject_dn", "pem": certificate.pem, "subject_dn": "CN=a"},
			invalid + "'Exactly one of pem and subject_dn is required'."},
		{"neither PEM nor DN", object{"credential_type": "cert_subject_dn"},
			invalid + "'Exactly one of pem and subject_dn is required'."},
		{"empty DN", object{"credential_type": "cert_subject_dn", "subject_dn": ""},
			invalid + "'String is too short (0 chars), minimum 1' on property subject_dn."},
		{"DN over 256 characters", object{"credential_type": "cert_subject_dn", "subject_dn": strings.Repeat("d", 257)},
			invalid + "'String is too long (257 chars), maximum 256' on property subject_dn."},
		{"algorithm", object{"credential_type": "public_key", "pem": certificate.pem, "alg": "ES256"},
			invalid + "'No enum match for: ES256' on property alg."},
		{"key id", object{"credential_type": "public_key", "pem": certificate.pem, "kid": "short"},
			invalid + "'String does not match pattern ^[0-9a-zA-Z-_]{10,64}$: short' on property kid."},
		{"private key", object{"credential_type": "public_key", "pem": "-----BEGIN PRIVATE KEY-----\nAAAA\n" +
			"-----END PRIVATE KEY-----\n"}, invalid + "'pem is not a valid public key' on property pem."},
		{"two expiries", object{"credential_type": "public_key", "pem": certificate.pem, "parse_expiry_from_cert": true,
			"expires_at": "2030-01-01T00:00:00Z"}, "expires_at and parse_expiry_from_cert cannot be used together"},
		{"expiry", object{"credential_type": "public_key", "pem": certificate.pem, "expires_at": "tomorrow"}, invalid +
			"'Object didn't pass validation for format date-time: tomorrow' on property expires_at."},
	} {
		t.Run(c.name, func(t *testing.T) {
			y := *x
			y.t = t
			y.refused(400, c.message, "POST", "/clients/"+id+"/credentials", c.body)
			if pool := x.state(id).Credentials; len(pool) != 0 {
				t.Errorf("a refused credential is in the pool: %+v", pool)
			}
		})
	}
}

func TestKeyOfACertificateAndItsExpiry(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("key")
	certificate := newCertificate(t, nil)
	created := x.want(201, "POST", "/clients/"+id+"/credentials", object{"credential_type": "public_key",
		"pem": certificate.pem, "parse_expiry_from_cert": true, "kid": "chosen-key-id", "alg": "PS256"}).object(t)
	want := certificate.leaf.NotAfter.UTC().Format("2006-01-02T15:04:05.000Z")
	if created["expires_at"] != want || created["kid"] != "chosen-key-id" || created["alg"] != "PS256" {
		t.Fatalf("got %v, want the expiry %s", created, want)
	}
	path := "/clients/" + id + "/credentials/" + created["id"].(string)
	x.Advance(time.Second)
	cleared := x.want(200, "PATCH", path, object{"expires_at": nil}).object(t)
	if _, present := cleared["expires_at"]; present || cleared["updated_at"] == created["updated_at"] {
		t.Fatalf("after the expiry was taken away: %v", cleared)
	}
	x.refused(400, invalid+"'Additional properties not allowed: name'.", "PATCH", path, object{"name": "new"})
	x.refused(400, invalid+"'Too few properties defined (0), minimum 1'.", "PATCH", path, object{})
	x.want(404, "PATCH", "/clients/"+id+"/credentials/cred_unknown", object{"expires_at": nil})
	x.want(404, "GET", "/clients/"+id+"/credentials/cred_unknown", nil)
}

// What Auth0 was seen to accept, or what no source says it refuses.
func TestCertificatesThatAreNotRefused(t *testing.T) {
	x := start(t, auth0sim.Options{})
	ca := newCertificate(t, nil, authority)
	expired := newCertificate(t, nil, validUntil(time.Now().Add(-time.Minute)))
	for name, pem := range map[string]string{
		"expired":           expired.pem,
		"not self-signed":   newCertificate(t, &ca).pem,
		"a CA":              ca.pem,
		"trailing newlines": newCertificate(t, nil).pem + "\n\n\n",
		"a chain":           newCertificate(t, &ca).pem + ca.pem,
		"not valid yet":     newCertificate(t, nil, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }).pem,
		"4096 characters":   padded(newCertificate(t, nil).pem, 4096),
		"empty common name": newCertificate(t, nil, named(pkix.Name{ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{2, 5, 4, 3}, Value: ""}}})).pem,
	} {
		t.Run(name, func(t *testing.T) {
			y := *x
			y.t = t
			id := y.newClient("accepts " + name)
			got := y.want(201, "POST", "/clients/"+id+"/credentials", object{"credential_type": "x509_cert", "pem": pem})
			if got.text(t, "thumbprint_sha256") == "" || got.text(t, "expires_at") == "" {
				t.Errorf("the answer has no thumbprint or expiry: %s", got.body)
			}
			if pool := x.state(id).Credentials; len(pool) != 1 || pool[0].Name != "" {
				t.Errorf("the pool is %+v", pool)
			}
		})
	}
}

func padded(text string, length int) string { return text + strings.Repeat("\n", length-len(text)) }

func TestNamesAreNotUnique(t *testing.T) {
	x := start(t, auth0sim.Options{})
	first := x.want(201, "POST", "/clients", object{"name": "twin"}).text(t, "client_id")
	second := x.want(201, "POST", "/clients", object{"name": "twin"}).text(t, "client_id")
	if first == second {
		t.Fatal("two clients have one id")
	}
	for range 2 {
		x.want(201, "POST", "/clients/"+first+"/credentials",
			object{"credential_type": "x509_cert", "name": "twin", "pem": newCertificate(t, nil).pem})
	}
	if pool := x.state(first).Credentials; len(pool) != 2 || pool[0].Name != "twin" || pool[1].Name != "twin" {
		t.Fatalf("the pool is %+v", pool)
	}
}

func TestInlineCredentials(t *testing.T) {
	x := start(t, auth0sim.Options{})
	a, b, c := newCertificate(t, nil), newCertificate(t, nil), newCertificate(t, nil)
	definition := func(kind string, certificate keyPair) object {
		return object{"credential_type": kind, "pem": certificate.pem}
	}
	body := func(method string, definitions ...object) object {
		return object{"name": "inline", "client_authentication_methods": object{method: object{"credentials": definitions}}}
	}
	clients := len(x.Clients())
	x.refused(400, "Credential type 'x509_cert' is not allowed for tls_client_auth", "POST", "/clients",
		body("tls_client_auth", definition("x509_cert", a)))
	x.refused(400, "credentials contains public keys that already exist in client", "POST", "/clients",
		body("self_signed_tls_client_auth", definition("x509_cert", a), definition("x509_cert", a)))
	x.refused(400, invalid+"'Array is too long (3), maximum 2' on property "+
		"client_authentication_methods.self_signed_tls_client_auth.credentials.", "POST", "/clients",
		body("self_signed_tls_client_auth", definition("x509_cert", a), definition("x509_cert", b), definition("x509_cert", c)))
	withMethod := body("self_signed_tls_client_auth", definition("x509_cert", a))
	withMethod["token_endpoint_auth_method"] = "client_secret_post"
	x.refused(400, "token_endpoint_auth_method and client_authentication_methods cannot both be set", "POST", "/clients",
		withMethod)
	if got := len(x.Clients()); got != clients {
		t.Fatalf("refused requests made %d clients", got-clients)
	}
	id := x.want(201, "POST", "/clients", body("self_signed_tls_client_auth", definition("x509_cert", a),
		definition("x509_cert", b))).text(t, "client_id")
	if state := x.state(id); len(state.Attached) != 2 || !state.Accepts(a.leaf) || !state.Accepts(b.leaf) {
		t.Fatalf("the client is %+v", state)
	}
}

func TestGrantsThatAreRefused(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("grantee")
	_, err := x.AddResourceServer(object{"identifier": "https://api.example"})
	x.check(err)
	grant := object{"client_id": id, "audience": "https://api.example", "scope": []string{"read"}}
	x.want(201, "POST", "/client-grants", grant)
	if got := x.want(409, "POST", "/client-grants", grant); got.text(t, "error") != "Conflict" {
		t.Errorf("the conflict is %s", got.body)
	}
	x.refused(404, "The client does not exist", "POST", "/client-grants",
		object{"client_id": "x", "audience": "https://api.example", "scope": []string{}})
	x.refused(404, "The resource server does not exist", "POST", "/client-grants",
		object{"client_id": id, "audience": "https://none.example", "scope": []string{}})
	x.refused(400, invalid+"'Missing required property: scope'.", "POST", "/client-grants",
		object{"client_id": id, "audience": "https://api.example"})
	x.refused(404, "The client grant does not exist", "PATCH", "/client-grants/cgr_x", object{"scope": []string{}})
	x.refused(409, "A resource server with the same identifier already exists", "POST", "/resource-servers",
		object{"identifier": "https://api.example"})

	x.want(204, "DELETE", "/clients/"+id, nil)
	if grants := x.Grants(id); len(grants) != 0 {
		t.Errorf("the grants of a deleted client remain: %v", grants)
	}
}

func TestTenantSettingsFieldsAndFlags(t *testing.T) {
	x := start(t, auth0sim.Options{})
	x.want(200, "PATCH", "/tenants/settings", object{"flags": object{"enable_sso": false}, "support_email": "a@b.example"})
	flags, _ := x.TenantSettings()["flags"].(object)
	if flags["enable_sso"] != false || flags["universal_login"] != true {
		t.Errorf("the flags are %v", flags)
	}
	if got := x.want(200, "GET", "/tenants/settings?fields=support_email", nil); got.body != `{"support_email":"a@b.example"}` {
		t.Errorf("one field is %s", got.body)
	}
	got := x.want(200, "GET", "/tenants/settings?fields=flags&include_fields=false", nil).object(t)
	if got["flags"] != nil || got["support_email"] == nil {
		t.Errorf("all but one field are %v", got)
	}
	x.want(400, "GET", "/tenants/settings?page=1", nil)
	x.refused(400, invalid+"'Additional properties not allowed: colour'.", "PATCH", "/tenants/settings",
		object{"colour": "red"})
	x.refused(400, invalid+"'Additional properties not allowed: aliases' on property mtls.", "PATCH", "/tenants/settings",
		object{"mtls": object{"aliases": true}})
}

func TestSystemAPIIsProtected(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.want(200, "GET", "/resource-servers", nil).array(t)[0]["id"].(string)
	x.refused(400, "System resource servers cannot be deleted", "DELETE", "/resource-servers/"+id, nil)
	x.refused(400, invalid+"'Additional properties not allowed: scopes'.", "PATCH", "/resource-servers/"+id,
		object{"scopes": []object{{"value": "read:everything"}}})
}

func TestTenantWithoutTheAddOn(t *testing.T) {
	x := start(t, auth0sim.Options{WithoutMTLS: true})
	id := x.newClient("plain")
	credential := x.register(id, newCertificate(t, nil))
	for _, c := range []struct {
		method, path string
		body         object
	}{
		{"PATCH", "/tenants/settings", object{"mtls": object{"enable_endpoint_aliases": true}}},
		{"PATCH", "/clients/" + id, object{"token_endpoint_auth_method": nil, "client_authentication_methods": object{
			"self_signed_tls_client_auth": object{"credentials": []object{{"id": credential}}}}}},
		{"POST", "/clients", object{"name": "mtls", "client_authentication_methods": object{
			"tls_client_auth": object{"credentials": []object{{"credential_type": "cert_subject_dn", "subject_dn": "CN=x"}}}}}},
	} {
		if got := x.want(403, c.method, c.path, c.body); got.text(t, "errorCode") != "insufficient_entitlement" {
			t.Errorf("%s %s: %s", c.method, c.path, got.body)
		}
	}
}

func TestBodiesHaveABound(t *testing.T) {
	x := start(t, auth0sim.Options{})
	got := x.do("POST", "/clients", `{"name":"`+strings.Repeat("x", 1<<20)+`"}`)
	if got.status != 413 || len(x.Clients()) != 2 {
		t.Fatalf("got %d %s", got.status, got.body)
	}
}

func TestAnswersAreJSON(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient(`Tom & "Jerry"`)
	got := x.want(200, "GET", "/clients/"+id, nil)
	if got.header.Get("Content-Type") != "application/json; charset=utf-8" || !json.Valid([]byte(got.body)) ||
		!strings.Contains(got.body, `Tom & \"Jerry\"`) {
		t.Fatalf("got %v %s", got.header, got.body)
	}
}
