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
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/onsi/gomega"

	"github.com/certbound/certbound/internal/auth0sim"
)

// launch runs the program until the test ends it, and returns what its ready file says.
func launch(t *testing.T, arguments ...string) (ready facts, end func() error) {
	t.Helper()
	readyFile := filepath.Join(t.TempDir(), "ready.json")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, append(arguments, "--ready-file", readyFile), new(bytes.Buffer)) }()
	gomega.NewWithT(t).Eventually(func() error {
		data, err := os.ReadFile(readyFile)
		if err != nil {
			return err
		}
		return json.Unmarshal(data, &ready)
	}).WithTimeout(10 * time.Second).Should(gomega.Succeed())
	return ready, func() error {
		cancel()
		return <-done
	}
}

func TestTheProgramServesUntilItIsStopped(t *testing.T) {
	ready, end := launch(t, "--endpoint-aliases")
	client := trusting(t, ready.CAFile)

	var discovered struct {
		Aliases struct {
			TokenEndpoint string `json:"token_endpoint"`
		} `json:"mtls_endpoint_aliases"`
	}
	decode(t, client, http.MethodGet, ready.URL+"/.well-known/openid-configuration", nil, &discovered)
	if discovered.Aliases.TokenEndpoint != ready.MTLSURL+"/oauth/token" {
		t.Errorf("the alias is %q, the program says %q", discovered.Aliases.TokenEndpoint, ready.MTLSURL)
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	decode(t, client, http.MethodPost, ready.URL+"/oauth/token", url.Values{"grant_type": {"client_credentials"},
		"client_id": {ready.ManagementClientID}, "client_secret": {ready.ManagementClientSecret},
		"audience": {ready.Audience}}, &token)
	if token.AccessToken == "" {
		t.Error("the management client gets no token")
	}
	var summary struct {
		Domain string `json:"domain"`
	}
	decode(t, client, http.MethodGet, ready.AdminURL, nil, &summary)
	if summary.Domain != ready.Domain {
		t.Errorf("the admin endpoint speaks of %q, the program of %q", summary.Domain, ready.Domain)
	}

	if err := end(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	if _, err := os.Stat(ready.CAFile); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the temporary CA file remains: %v", err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ready.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	if response, err := client.Do(request); err == nil {
		response.Body.Close()
		t.Error("the tenant still answers")
	}
}

// trusting is a client that trusts the program's CA.
func trusting(t *testing.T, caFile string) *http.Client {
	t.Helper()
	bundle, err := os.ReadFile(caFile)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(bundle)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}}}
	t.Cleanup(client.CloseIdleConnections)
	return client
}

func decode(t *testing.T, client *http.Client, method, address string, form url.Values, into any) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, address, strings.NewReader(form.Encode()))
	if err != nil {
		t.Fatal(err)
	}
	if form != nil {
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(into); err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %d: %v", address, response.StatusCode, err)
	}
}

func TestChosenFilesStay(t *testing.T) {
	caFile := filepath.Join(t.TempDir(), "ca.pem")
	secretFile := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secretFile, []byte("chosen\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ready, end := launch(t, "--ca-file", caFile, "--management-client-id", "operator", "--management-client-secret-file",
		secretFile, "--admin-address", "")
	if ready.ManagementClientID != "operator" || ready.ManagementClientSecret != "chosen" || ready.AdminURL != "" {
		t.Errorf("the program says %+v", ready)
	}
	if err := end(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
	if _, err := os.Stat(caFile); err != nil {
		t.Errorf("the CA file is gone: %v", err)
	}
}

func TestTheTenantIsFurnished(t *testing.T) {
	ready, end := launch(t, "--api", "https://api.example.com/ read:payments read:reports", "--api", "https://other.example.com/",
		"--client", "accounts")
	client := trusting(t, ready.CAFile)
	var token struct {
		AccessToken string `json:"access_token"`
	}
	decode(t, client, http.MethodPost, ready.URL+"/oauth/token", url.Values{"grant_type": {"client_credentials"},
		"client_id": {ready.ManagementClientID}, "client_secret": {ready.ManagementClientSecret}, "audience": {ready.Audience}}, &token)
	get := func(path string, into any) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, ready.URL+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Authorization", "Bearer "+token.AccessToken)
		response, err := client.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if err := json.NewDecoder(response.Body).Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	g := gomega.NewWithT(t)
	var existing struct{ Name string }
	get("/api/v2/clients/"+ready.Clients["accounts"], &existing)
	g.Expect(existing.Name).To(gomega.Equal("accounts"))
	var apis []struct {
		Identifier string
		Scopes     []struct{ Value string }
	}
	get("/api/v2/resource-servers", &apis)
	scopes := map[string]int{}
	for _, api := range apis {
		scopes[api.Identifier] = len(api.Scopes)
	}
	g.Expect(scopes).To(gomega.And(gomega.HaveKeyWithValue("https://api.example.com/", 2), gomega.HaveKeyWithValue("https://other.example.com/", 0)))
	if err := end(); err != nil {
		t.Errorf("the program ended with %v", err)
	}
}

func TestCommandLinesThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name      string
		arguments []string
		says      string
	}{
		{"admin for everybody", []string{"--admin-address", "0.0.0.0:0"}, "is not a loopback address"},
		{"admin without a port", []string{"--admin-address", "127.0.0.1"}, "--admin-address"},
		{"plan", []string{"--plan", "gold"}, "is not one of enterprise, enterprise-nonproduction, essentials, free"},
		{"rule", []string{"--duplicates", "sometimes"}, "is not one of key, off, thumbprint"},
		{"secret", []string{"--reverted-secret", "lost"}, "is not one of kept, replaced"},
		{"argument", []string{"extra"}, `unexpected argument "extra"`},
		{"flag", []string{"--colour", "red"}, "flag provided but not defined"},
		{"secret file", []string{"--management-client-secret-file", "/nonexistent"}, "--management-client-secret-file"},
		{"CA file", []string{"--client-cas", "/nonexistent"}, "--client-cas"},
		{"api", []string{"--api", " "}, "names no identifier"},
		{"client", []string{"--client", "<accounts>"}, "--client"},
		{"address", []string{"--address", "nowhere"}, "listening for the tenant"},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := run(t.Context(), c.arguments, new(bytes.Buffer))
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
		})
	}
}

func TestFlagsSetOptions(t *testing.T) {
	parsed, err := parse([]string{
		"--tenant-name", "acme", "--server-name", "auth0.localhost", "--management-scopes", "read:clients,update:clients",
		"--credentials-per-slot", "3", "--credentials-per-client", "5", "--credentials-per-tenant", "7", "--duplicates", "key",
		"--reverted-secret", "replaced", "--lenient-method-switch", "--without-mtls", "--propagation-delay", "2s",
		"--list-lag", "3s", "--accept-expired", "--bound-token-type", "DPoP", "--management-token-lifetime", "1h",
		"--plan", "free", "--hidden-burst", "10", "--hidden-rate", "1.5", "--retry-after", "--latency", "5ms",
		"--log-limit", "9",
	}, new(bytes.Buffer))
	if err != nil {
		t.Fatal(err)
	}
	got := parsed.options
	plan := got.Plan
	got.Plan = nil
	want := auth0sim.Options{
		Address: "127.0.0.1:0", MTLSAddress: "127.0.0.1:0", ServerName: "auth0.localhost", TenantName: "acme",
		ManagementScopes:   []string{"read:clients", "update:clients"},
		CredentialsPerSlot: 3, CredentialsPerClient: 5, CredentialsPerTenant: 7, Duplicates: auth0sim.DuplicateKey,
		RevertedSecret: auth0sim.SecretReplaced, LenientMethodSwitch: true, WithoutMTLS: true,
		PropagationDelay: 2 * time.Second, ListLag: 3 * time.Second, AcceptExpired: true, BoundTokenType: "DPoP",
		ManagementTokenLifetime: time.Hour, HiddenBucket: auth0sim.Bucket{Burst: 10, PerSecond: 1.5}, RetryAfter: true,
		Latency: 5 * time.Millisecond, LogLimit: 9,
	}
	gomega.NewWithT(t).Expect(got).To(gomega.Equal(want))
	if plan == nil || plan.Name != "free" {
		t.Errorf("the plan is %+v", plan)
	}
}

func TestPlanNone(t *testing.T) {
	for argument, limited := range map[string]bool{"none": false, "essentials": true} {
		parsed, err := parse([]string{"--plan", argument}, new(bytes.Buffer))
		if err != nil || (parsed.options.Plan != nil) != limited {
			t.Errorf("--plan %s: %+v %v", argument, parsed.options.Plan, err)
		}
	}
}

func TestHelp(t *testing.T) {
	var out bytes.Buffer
	if err := run(t.Context(), []string{"--help"}, &out); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("help ends with %v", err)
	}
	for _, name := range []string{"address", "mtls-address", "client-cas", "plan", "ready-file"} {
		if !strings.Contains(out.String(), "-"+name) {
			t.Errorf("help does not tell of --%s: %s", name, out.String())
		}
	}
}
