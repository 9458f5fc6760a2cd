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
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

func TestCaps(t *testing.T) {
	for _, c := range []struct {
		name    string
		options auth0sim.Options
		slot    int
		pool    int
	}{
		{"documented", auth0sim.Options{}, 2, 4},
		{"other", auth0sim.Options{CredentialsPerSlot: 3, CredentialsPerClient: 5}, 3, 5},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := start(t, c.options)
			id := x.newClient("caps")
			ids := []object{}
			for range c.pool {
				ids = append(ids, object{"id": x.register(id, newCertificate(t, nil))})
			}
			x.refused(400, fmt.Sprintf("A client can have a maximum of %d credentials.", c.pool), "POST",
				"/clients/"+id+"/credentials", object{"credential_type": "x509_cert", "pem": newCertificate(t, nil).pem})
			attach := func(n int) object {
				return object{"token_endpoint_auth_method": nil, "client_authentication_methods": object{
					"self_signed_tls_client_auth": object{"credentials": ids[:n]}}}
			}
			x.want(400, "PATCH", "/clients/"+id, attach(c.slot+1))
			x.want(200, "PATCH", "/clients/"+id, attach(c.slot))
			if state := x.state(id); len(state.Attached) != c.slot || len(state.Credentials) != c.pool {
				t.Errorf("the client is %+v", state)
			}
		})
	}
}

func TestCapOfTheTenant(t *testing.T) {
	x := start(t, auth0sim.Options{CredentialsPerTenant: 2})
	a, b := x.newClient("a"), x.newClient("b")
	kept := x.register(a, newCertificate(t, nil))
	x.register(b, newCertificate(t, nil))
	body := object{"credential_type": "x509_cert", "pem": newCertificate(t, nil).pem}
	if got := x.want(403, "POST", "/clients/"+b+"/credentials", body); got.text(t, "errorCode") != "too_many_entities" {
		t.Errorf("the refusal is %s", got.body)
	}
	x.check(x.DeleteCredential(a, kept))
	x.want(201, "POST", "/clients/"+b+"/credentials", body)
}

func TestDuplicateRules(t *testing.T) {
	key := newKey(t)
	first, renewed := newCertificateFor(t, key, nil), newCertificateFor(t, key, nil)
	x509 := func(certificate keyPair) object {
		return object{"credential_type": "x509_cert", "pem": certificate.pem}
	}
	publicKey := func(certificate keyPair) object {
		return object{"credential_type": "public_key", "pem": certificate.pem}
	}
	dn := object{"credential_type": "cert_subject_dn", "pem": first.pem}
	for _, c := range []struct {
		name   string
		rule   auth0sim.DuplicateRule
		second object
		want   int
	}{
		{"same certificate", auth0sim.DuplicateThumbprint, x509(first), 400},
		{"same key in a new certificate", auth0sim.DuplicateThumbprint, x509(renewed), 201},
		{"same key as a public key", auth0sim.DuplicateThumbprint, publicKey(renewed), 201},
		{"subject of the same certificate", auth0sim.DuplicateThumbprint, dn, 201},
		{"rule key: same certificate", auth0sim.DuplicateKey, x509(first), 400},
		{"rule key: same key in a new certificate", auth0sim.DuplicateKey, x509(renewed), 400},
		{"rule key: same key as a public key", auth0sim.DuplicateKey, publicKey(renewed), 400},
		{"rule key: subject of the same certificate", auth0sim.DuplicateKey, dn, 201},
		{"rule off", auth0sim.DuplicateOff, x509(first), 201},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := start(t, auth0sim.Options{Duplicates: c.rule})
			id := x.newClient("duplicates")
			x.want(201, "POST", "/clients/"+id+"/credentials", x509(first))
			if got := x.do("POST", "/clients/"+id+"/credentials", c.second); got.status != c.want {
				t.Errorf("got %d %s, want %d", got.status, got.body, c.want)
			}
			// Another client is another matter.
			x.want(201, "POST", "/clients/"+x.newClient("other")+"/credentials", x509(first))
		})
	}
	t.Run("the same public key twice", func(t *testing.T) {
		x := start(t, auth0sim.Options{})
		id := x.newClient("keys")
		x.want(201, "POST", "/clients/"+id+"/credentials", publicKey(first))
		x.refused(400, "credentials contains public keys that already exist in client", "POST",
			"/clients/"+id+"/credentials", publicKey(renewed))
	})
}

func TestSecretAfterARevert(t *testing.T) {
	for _, c := range []struct {
		name string
		rule auth0sim.RevertedSecret
		kept bool
	}{{"kept", auth0sim.SecretKept, true}, {"replaced", auth0sim.SecretReplaced, false}} {
		t.Run(c.name, func(t *testing.T) {
			x := start(t, auth0sim.Options{RevertedSecret: c.rule})
			id := x.newClient("revert")
			before := x.want(200, "GET", "/clients/"+id, nil).text(t, "client_secret")
			x.check(x.Attach(id, "self_signed_tls_client_auth", x.register(id, newCertificate(t, nil))))
			if got := x.want(200, "GET", "/clients/"+id, nil).object(t); got["client_secret"] != nil {
				t.Error("a client with a certificate shows a secret")
			}
			x.check(x.RevertToSecret(id, "client_secret_post"))
			after := x.want(200, "GET", "/clients/"+id, nil).text(t, "client_secret")
			if after == "" || (after == before) != c.kept {
				t.Errorf("the secret was %q and is %q", before, after)
			}
		})
	}
}

func TestRotateSecret(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("rotate")
	before := x.ClientSecret(id)
	after := x.want(200, "POST", "/clients/"+id+"/rotate-secret", nil).text(t, "client_secret")
	if after == "" || after == before || after != x.ClientSecret(id) {
		t.Fatalf("the secret was %q, the answer says %q, the client has %q", before, after, x.ClientSecret(id))
	}
	chosen := x.want(200, "PATCH", "/clients/"+id, object{"client_secret": "chosen"}).text(t, "client_secret")
	if chosen != "chosen" {
		t.Fatalf("a chosen secret became %q", chosen)
	}
	x.check(x.Attach(id, "self_signed_tls_client_auth", x.register(id, newCertificate(t, nil))))
	x.refused(400, "The client does not authenticate with a client secret", "POST", "/clients/"+id+"/rotate-secret", nil)
}

func TestPropagationDelay(t *testing.T) {
	x := start(t, auth0sim.Options{PropagationDelay: time.Minute})
	x.enableAliases()
	id := x.newClient("slow")
	x.grantAPI(id)
	x.Advance(time.Minute)
	certificate := newCertificate(t, nil)
	x.check(x.Attach(id, "self_signed_tls_client_auth", x.register(id, certificate)))
	if got := x.bySecret(id); got.status != http.StatusOK {
		t.Errorf("the secret stopped working before the change had propagated: %s", got.body)
	}
	if got := x.byCertificate(id, certificate); got.status != http.StatusUnauthorized {
		t.Errorf("the certificate worked before the change had propagated: %d", got.status)
	}
	x.Advance(time.Minute)
	if got := x.bySecret(id); got.status != http.StatusUnauthorized {
		t.Errorf("the secret still works: %d", got.status)
	}
	if got := x.byCertificate(id, certificate); got.status != http.StatusOK {
		t.Errorf("the certificate does not work: %s", got.body)
	}
}

func TestListLag(t *testing.T) {
	x := start(t, auth0sim.Options{ListLag: time.Minute})
	names := func() (names []any) {
		for _, c := range x.want(200, "GET", "/clients?is_global=false&fields=name", nil).array(t) {
			names = append(names, c["name"])
		}
		return names
	}
	expect := func(when string, want ...any) {
		t.Helper()
		if got := names(); fmt.Sprint(got) != fmt.Sprint(append([]any{"Management client"}, want...)) {
			t.Fatalf("%s: the list is %v", when, got)
		}
	}
	id := x.newClient("first")
	if x.want(200, "GET", "/clients/"+id, nil).text(t, "name") != "first" {
		t.Fatal("the client itself lags too")
	}
	expect("at once")
	x.Advance(time.Minute)
	expect("a minute after creation", "first")
	x.check(x.EditClient(id, object{"name": "second"}))
	x.Advance(30 * time.Second)
	x.check(x.EditClient(id, object{"name": "third"}))
	expect("half a minute after the change", "first")
	x.Advance(30 * time.Second)
	expect("a minute after the change", "second")
	x.check(x.DeleteClient(id))
	x.Advance(30 * time.Second)
	expect("half a minute after the deletion", "third")
	x.Advance(30 * time.Second)
	expect("a minute after the deletion")
}

func TestServerName(t *testing.T) {
	x := start(t, auth0sim.Options{ServerName: "localhost"})
	if x.Domain()[:10] != "localhost:" || x.MTLSDomain()[:15] != "mtls.localhost:" {
		t.Fatalf("the domains are %s and %s", x.Domain(), x.MTLSDomain())
	}
	x.want(200, "GET", "/clients", nil)
	certificates := x.TLSConfig()
	certificates.ServerName = "mtls.localhost"
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: certificates}}
	defer client.CloseIdleConnections()
	_, port := splitPort(x.MTLSDomain())
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://127.0.0.1:"+port+"/.well-known/jwks.json", nil)
	x.check(err)
	if got, err := send(client, request); err != nil || got.status != 200 {
		t.Fatalf("the alias answers %v %v", got, err)
	}
}

func TestClientCAsMustBePEM(t *testing.T) {
	if sim, err := auth0sim.Start(auth0sim.Options{ClientCAs: []byte("no certificate")}); err == nil {
		sim.Close()
		t.Fatal("a bundle without a certificate was accepted")
	}
}

func TestAddressInUse(t *testing.T) {
	x := start(t, auth0sim.Options{})
	for _, options := range []auth0sim.Options{{Address: x.Domain()}, {MTLSAddress: x.Domain()}} {
		if sim, err := auth0sim.Start(options); err == nil {
			sim.Close()
			t.Fatal("an address in use was accepted")
		}
	}
}

func TestWhatIsInterceptedNeverHappened(t *testing.T) {
	x := start(t, auth0sim.Options{Intercept: func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost && r.URL.Path == "/api/v2/clients" {
				w.WriteHeader(http.StatusTeapot)
				return
			}
			next.ServeHTTP(w, r)
		})
	}})
	before := len(x.Requests())
	x.want(http.StatusTeapot, "POST", "/clients", object{"name": "refused"})
	x.want(200, "GET", "/clients", nil)
	if seen := len(x.Requests()) - before; seen != 1 {
		t.Errorf("the tenant saw %d requests, not just the one that was passed on", seen)
	}
}
