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
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/registration"
)

func simulate(t *testing.T, options auth0sim.Options) *auth0sim.Simulator {
	t.Helper()
	sim, err := auth0sim.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	return sim
}

func openSimulated(t *testing.T, sim *auth0sim.Simulator, change ...func(*Config)) *Tenant {
	t.Helper()
	c := Config{
		Domain: sim.Domain(), CABundle: sim.CABundle(), AllowedNetworks: loopback,
		SignIn: SignIn{ClientSecret: &ClientSecret{ClientID: sim.ManagementClientID(), Secret: sim.ManagementClientSecret()}},
	}
	for _, f := range change {
		f(&c)
	}
	return open(t, c)
}

// certificateOf makes a self-signed certificate and returns it in PEM with its thumbprint.
func certificateOf(t *testing.T, name string) (certificate, thumbprint string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{Country: []string{"ES"}, Organization: []string{"Certbound"}, CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return certificate, base64.RawURLEncoding.EncodeToString(sum[:])
}

// selfSigned creates a client with one certificate.
func selfSigned(t *testing.T, tenant *Tenant, name string) (registration.Client, Credential) {
	t.Helper()
	certificate, _ := certificateOf(t, name)
	client, credentials, err := tenant.CreateClient(t.Context(), NewClient{
		Settings: registration.Settings{
			Name: &name, AppType: new("non_interactive"), GrantTypes: &[]string{"client_credentials"},
			JWTConfiguration: &registration.JWTConfiguration{Alg: new("RS256")}, ClientMetadata: map[string]string{"owner": "u1"},
		},
		Method:      registration.SelfSignedTLSClientAuth,
		Credentials: []NewCredential{{Name: "first", Type: registration.X509Cert, PEM: certificate}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(credentials) != 1 {
		t.Fatalf("created %v", credentials)
	}
	return client, credentials[0]
}

func TestRotationAgainstTheSimulator(t *testing.T) {
	sim := simulate(t, auth0sim.Options{})
	tenant := openSimulated(t, sim)
	ctx := t.Context()
	client, first := selfSigned(t, tenant, "app")
	if client.Method != registration.SelfSignedTLSClientAuth || !slices.Equal(client.CredentialIDs, []string{first.ID}) ||
		first.Name != "first" || first.ExpiresAt.IsZero() || client.Settings.ClientMetadata["owner"] != "u1" {
		t.Errorf("created %s with %+v", asJSON(t, client), first)
	}
	certificate, thumbprint := certificateOf(t, "app")
	second, err := tenant.CreateCredential(ctx, client.ID, NewCredential{Name: "second", Type: registration.X509Cert, PEM: certificate})
	if err != nil || second.Thumbprint != thumbprint || second.Type != registration.X509Cert || second.CreatedAt.IsZero() {
		t.Fatalf("%+v, %v", second, err)
	}
	if err := tenant.DeleteCredential(ctx, client.ID, first.ID); ClassOf(err) != StillAssociated {
		t.Errorf("deleting what is attached: %v", err)
	}
	for _, attached := range [][]string{{first.ID, second.ID}, {second.ID}} {
		patch := ClientPatch{Authentication: &Authentication{registration.SelfSignedTLSClientAuth, attached}}
		if client, err = tenant.UpdateClient(ctx, client.ID, patch); err != nil || !registration.SameSet(client.CredentialIDs, attached) {
			t.Errorf("attach %v: %v, %v", attached, client.CredentialIDs, err)
		}
		if world, _ := sim.Client(client.ID); !registration.SameSet(world.Attached, attached) {
			t.Errorf("attached are %v", world.Attached)
		}
	}
	for range 2 {
		if err := tenant.DeleteCredential(ctx, client.ID, first.ID); err != nil {
			t.Error(err)
		}
	}
	pool, err := tenant.Credentials(ctx, client.ID)
	if err != nil || len(pool) != 1 || pool[0] != second {
		t.Errorf("pool %+v, %v, want %+v", pool, err, second)
	}
	read, err := tenant.Client(ctx, client.ID)
	if err != nil || !slices.Equal(read.CredentialIDs, []string{second.ID}) || read.Method != registration.SelfSignedTLSClientAuth {
		t.Errorf("%s, %v", asJSON(t, read), err)
	}
	patch := ClientPatch{
		Settings:       registration.Settings{Description: new("reverted")},
		Authentication: &Authentication{Method: registration.ClientSecretPost},
	}
	client, err = tenant.UpdateClient(ctx, client.ID, patch)
	if world, _ := sim.Client(client.ID); err != nil || world.TokenEndpointAuthMethod != "client_secret_post" ||
		len(world.Attached) != 0 || *client.Settings.Description != "reverted" || client.Method != registration.ClientSecretPost {
		t.Errorf("%+v, %v", world, err)
	}
	for range 2 {
		if err := tenant.DeleteClient(ctx, client.ID); err != nil {
			t.Error(err)
		}
	}
	if _, err := tenant.Client(ctx, client.ID); ClassOf(err) != NotFound {
		t.Errorf("reading what was deleted: %v", err)
	}
	for _, r := range sim.Requests() {
		if r.CarriedPrivateKey || (r.Method == http.MethodGet && strings.Contains(r.ResponseBody, "client_secret\"")) {
			t.Errorf("%s carries a secret: %s", r.Route, r.ResponseBody)
		}
	}
}

func TestSubjectDNsAgainstTheSimulator(t *testing.T) {
	sim := simulate(t, auth0sim.Options{})
	tenant := openSimulated(t, sim)
	client, _ := selfSigned(t, tenant, "app")
	certificate, _ := certificateOf(t, "of the PEM")
	for want, n := range map[string]NewCredential{
		"C=ES\nO=Certbound\nCN=of the PEM": {Name: "pem", Type: registration.CertSubjectDN, PEM: certificate},
		"C=XX\nCN=Common & <Name>":         {Name: "dn", Type: registration.CertSubjectDN, SubjectDN: "C=XX\nCN=Common & <Name>"},
	} {
		got, err := tenant.CreateCredential(t.Context(), client.ID, n)
		if err != nil || got.SubjectDN != want || got.Type != registration.CertSubjectDN || got.Thumbprint != "" {
			t.Errorf("got %+v, %v", got, err)
		}
	}
}

func TestLimitsOfTheSimulator(t *testing.T) {
	sim := simulate(t, auth0sim.Options{})
	tenant := openSimulated(t, sim)
	ctx := t.Context()
	client, first := selfSigned(t, tenant, "app")
	ids := []string{first.ID}
	var certificate string
	for i := range 3 {
		certificate, _ = certificateOf(t, "app")
		made, err := tenant.CreateCredential(ctx, client.ID, NewCredential{Name: fmt.Sprint(i), Type: registration.X509Cert, PEM: certificate})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, made.ID)
	}
	fifth, _ := certificateOf(t, "app")
	_, err := tenant.CreateCredential(ctx, client.ID, NewCredential{Name: "n", Type: registration.X509Cert, PEM: fifth})
	if e := err.(*Error); e.Class != CredentialLimit || e.Limit != 4 {
		t.Errorf("a fifth: %+v", *e)
	}
	_, err = tenant.UpdateClient(ctx, client.ID, ClientPatch{Authentication: &Authentication{registration.SelfSignedTLSClientAuth, ids[:3]}})
	if e := err.(*Error); e.Class != CredentialLimit || e.Limit != 2 {
		t.Errorf("three in the slot: %+v", *e)
	}
	if err := tenant.DeleteCredential(ctx, client.ID, ids[1]); err != nil {
		t.Fatal(err)
	}
	_, err = tenant.CreateCredential(ctx, client.ID, NewCredential{Name: "again", Type: registration.X509Cert, PEM: certificate})
	if ClassOf(err) != DuplicateCredential {
		t.Errorf("the same certificate again: %v", err)
	}
	if world, _ := sim.Client(client.ID); !slices.Equal(world.Attached, ids[:1]) {
		t.Errorf("refusals changed what is attached: %v", world.Attached)
	}
}

func TestListingOfTheSimulator(t *testing.T) {
	sim := simulate(t, auth0sim.Options{})
	const total = 120
	for i := range total {
		if _, err := sim.AddClient(map[string]any{"name": fmt.Sprint("app-", i), "app_type": "non_interactive"}); err != nil {
			t.Fatal(err)
		}
	}
	tenant := openSimulated(t, sim)
	mtls, _ := selfSigned(t, tenant, "mtls")
	sim.ResetLog()
	found := map[string]registration.Client{}
	next := ""
	for pages := 0; pages == 0 || next != ""; pages++ {
		var page []registration.Client
		var err error
		if page, next, err = tenant.ListClients(t.Context(), next); err != nil || pages > 2 {
			t.Fatalf("page %d: %v", pages, err)
		}
		for _, client := range page {
			found[client.ID] = client
		}
	}
	for _, client := range sim.Clients() {
		if _, listed := found[client.ID]; listed == client.Global {
			t.Errorf("%s (global: %v) listed: %v", client.Name, client.Global, listed)
		}
	}
	if got := found[mtls.ID]; len(found) < total+1 || got.Method != registration.SelfSignedTLSClientAuth || len(got.CredentialIDs) != 1 {
		t.Errorf("%d found, among them %s", len(found), asJSON(t, found[mtls.ID]))
	}
	if calls := sim.Counters()["GET /api/v2/clients"]; calls != 2 {
		t.Errorf("%d calls, want 2", calls)
	}
}

func TestGrantsAndSettingsOfTheSimulator(t *testing.T) {
	sim := simulate(t, auth0sim.Options{})
	ctx := t.Context()
	tenant := openSimulated(t, sim)
	if _, err := sim.AddResourceServer(map[string]any{"name": "api", "identifier": "https://api", "scopes": []map[string]any{
		{"value": "read:x"}, {"value": "write:x"}}}); err != nil {
		t.Fatal(err)
	}
	client, _ := selfSigned(t, tenant, "app")
	grant, err := tenant.CreateGrant(ctx, client.ID, "https://api", []string{"read:x"})
	if err != nil || grant.Audience != "https://api" || !slices.Equal(grant.Scopes, []string{"read:x"}) {
		t.Fatalf("%+v, %v", grant, err)
	}
	if _, err := tenant.CreateGrant(ctx, client.ID, "https://api", nil); ClassOf(err) != Conflict {
		t.Errorf("a second grant: %v", err)
	}
	if err := tenant.UpdateGrant(ctx, grant.ID, []string{"write:x", "read:x"}); err != nil {
		t.Fatal(err)
	}
	grants, err := tenant.Grants(ctx, client.ID)
	if err != nil || len(grants) != 1 || !registration.SameSet(grants[0].Scopes, []string{"read:x", "write:x"}) {
		t.Errorf("%v, %v", grants, err)
	}
	for _, want := range []bool{true, false} {
		if err := tenant.SetEndpointAliases(ctx, want); err != nil {
			t.Fatal(err)
		}
		enabled, err := tenant.EndpointAliases(ctx)
		discovery, discoveryErr := tenant.Discover(ctx)
		if err != nil || discoveryErr != nil || enabled != want || (discovery.MTLSTokenEndpoint != "") != want {
			t.Errorf("want %v: %v, %v, %+v, %v", want, enabled, err, discovery, discoveryErr)
		}
	}
}

// Whatever is lost on the way, one request was sent, and an unknown outcome is said to be one.
func TestFaultsOfTheSimulator(t *testing.T) {
	sim := simulate(t, auth0sim.Options{})
	client, first := selfSigned(t, openSimulated(t, sim), "app")
	tests := map[string]struct {
		fault   auth0sim.Fault
		class   Class
		unknown bool
		made    int
	}{
		"made, reply cut":       {auth0sim.Fault{Effect: auth0sim.EffectCommitted, Reply: auth0sim.ReplyCut}, BadAnswer, true, 1},
		"not made, reply cut":   {auth0sim.Fault{Reply: auth0sim.ReplyCut}, BadAnswer, true, 0},
		"made, reply truncated": {auth0sim.Fault{Effect: auth0sim.EffectCommitted, Reply: auth0sim.ReplyTruncated}, BadAnswer, true, 1},
		"made, reply HTML":      {auth0sim.Fault{Effect: auth0sim.EffectCommitted, Reply: auth0sim.ReplyNotJSON}, BadAnswer, true, 1},
		"made, reply too long":  {auth0sim.Fault{Effect: auth0sim.EffectCommitted, Reply: auth0sim.ReplyOversized}, BadAnswer, true, 1},
		"made, 502":             {auth0sim.Fault{Effect: auth0sim.EffectCommitted, Reply: auth0sim.ReplyStatus, Status: 502}, Unavailable, true, 1},
		"429":                   {auth0sim.Fault{Reply: auth0sim.ReplyRateLimited, RetryAfter: 3 * time.Second}, RateLimited, false, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			tenant := openSimulated(t, sim)
			sim.ResetLog()
			test.fault.Method, test.fault.Path = "POST", "/api/v2/clients/{id}/credentials"
			injection := sim.Inject(test.fault)
			defer injection.Remove()
			certificate, thumbprint := certificateOf(t, "app")
			_, err := tenant.CreateCredential(t.Context(), client.ID, NewCredential{Name: "n", Type: registration.X509Cert, PEM: certificate})
			if e := err.(*Error); e.Class != test.class || e.OutcomeUnknown() != test.unknown {
				t.Errorf("got %+v, outcome unknown: %v", *e, e.OutcomeUnknown())
			}
			if calls := sim.Counters()["POST /api/v2/clients/{id}/credentials"]; calls != 1 {
				t.Errorf("%d calls", calls)
			}
			world, _ := sim.Client(client.ID)
			made := 0
			for _, credential := range world.Credentials {
				if credential.Thumbprint == thumbprint {
					made++
				}
				if credential.ID != first.ID {
					if err := sim.DeleteCredential(client.ID, credential.ID); err != nil {
						t.Error(err)
					}
				}
			}
			if made != test.made {
				t.Errorf("%d made, want %d", made, test.made)
			}
		})
	}
}

func TestSigningInAtTheSimulator(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKIXPublicKey(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	public := string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
	sim := simulate(t, auth0sim.Options{})
	operator := sim.ManagementClientID()
	credential, err := sim.AddCredential(operator, map[string]any{"credential_type": "public_key", "name": "k", "pem": public})
	if err != nil {
		t.Fatal(err)
	}
	ways := map[string]func() SignIn{
		"client secret": func() SignIn {
			return SignIn{ClientSecret: &ClientSecret{ClientID: operator, Secret: sim.ManagementClientSecret()}}
		},
		"private key":  func() SignIn { return SignIn{PrivateKeyJWT: &PrivateKeyJWT{ClientID: operator, Key: keyPEM(t, key)}} },
		"access token": func() SignIn { return SignIn{AccessToken: sim.ManagementToken()} },
	}
	for _, name := range []string{"client secret", "private key", "access token"} {
		t.Run(name, func(t *testing.T) {
			if name == "private key" {
				if err := sim.Attach(operator, "private_key_jwt", credential); err != nil {
					t.Fatal(err)
				}
			}
			tenant := openSimulated(t, sim, func(c *Config) { c.SignIn = ways[name]() })
			authorization, err := tenant.Authorize(t.Context())
			if err != nil || !slices.Contains(authorization.Scopes, "create:client_credentials") || authorization.ExpiresAt.IsZero() {
				t.Fatalf("%+v, %v", authorization, err)
			}
			if name != "access token" && authorization.ClientID != operator {
				t.Errorf("signed in as %q", authorization.ClientID)
			}
			if _, _, err := tenant.ListClients(t.Context(), ""); err != nil {
				t.Fatal(err)
			}
			sim.ExpireTokens()
			_, _, err = tenant.ListClients(t.Context(), "")
			if name == "access token" {
				if ClassOf(err) != Unauthorized {
					t.Errorf("with a token that was given and has expired: %v", err)
				}
			} else if err != nil {
				t.Errorf("the token was not renewed: %v", err)
			}
		})
	}
	t.Run("wrong secret", func(t *testing.T) {
		other := simulate(t, auth0sim.Options{})
		tenant := openSimulated(t, other, func(c *Config) {
			c.SignIn = SignIn{ClientSecret: &ClientSecret{ClientID: other.ManagementClientID(), Secret: "wrong"}}
		})
		if _, err := tenant.Authorize(t.Context()); ClassOf(err) != SignInRefused {
			t.Errorf("got %v", err)
		}
	})
}

func TestRateLimitsOfTheSimulator(t *testing.T) {
	sim := simulate(t, auth0sim.Options{})
	tenant := openSimulated(t, sim)
	injection := sim.Inject(auth0sim.Fault{Method: "GET", Path: "/api/v2/clients", Reply: auth0sim.ReplyRateLimited})
	defer injection.Remove()
	_, _, err := tenant.ListClients(t.Context(), "")
	if e := err.(*Error); e.Class != RateLimited || e.Code != "too_many_requests" || !e.ResumeAt.After(time.Now()) {
		t.Errorf("got %+v", *e)
	}
}
