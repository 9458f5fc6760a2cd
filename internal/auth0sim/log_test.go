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
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

func TestRequestLog(t *testing.T) {
	var commits []auth0sim.Client
	x := start(t, auth0sim.Options{OnCommit: func(c auth0sim.Client) { commits = append(commits, c) }})
	id := x.want(201, "POST", "/clients", object{"name": "logged"}).text(t, "client_id")
	credential := x.want(201, "POST", "/clients/"+id+"/credentials",
		object{"credential_type": "x509_cert", "pem": newCertificate(t, nil).pem}).text(t, "id")
	x.want(200, "PATCH", "/clients/"+id, object{"client_authentication_methods": object{
		"self_signed_tls_client_auth": object{"credentials": []object{{"id": credential}}}}})
	x.want(200, "GET", "/clients/"+id+"?fields=name", nil)
	x.want(400, "DELETE", "/clients/"+id+"/credentials/"+credential, nil)
	x.want(204, "DELETE", "/clients/"+id, nil)

	want := []struct {
		route     string
		status    int
		committed bool
		attached  int
	}{
		{"POST /api/v2/clients", 201, true, 0},
		{"POST /api/v2/clients/{id}/credentials", 201, true, 0},
		{"PATCH /api/v2/clients/{id}", 200, true, 1},
		{"GET /api/v2/clients/{id}", 200, false, 1},
		{"DELETE /api/v2/clients/{id}/credentials/{credential_id}", 400, false, 1},
		{"DELETE /api/v2/clients/{id}", 204, true, 0},
	}
	log := x.Requests()
	if len(log) != len(want) {
		t.Fatalf("the log has %d requests", len(log))
	}
	for i, entry := range log {
		if entry.Route != want[i].route || entry.Status != want[i].status || entry.Committed != want[i].committed ||
			entry.ClientID != id || entry.Caller != x.ManagementClientID() || entry.After == nil ||
			len(entry.After.Attached) != want[i].attached || entry.Sequence != i+1 || entry.At.IsZero() {
			t.Errorf("entry %d is %+v with %+v", i, entry, entry.After)
		}
		if x.Counters()[entry.Route] != 1 {
			t.Errorf("%s is counted %d times", entry.Route, x.Counters()[entry.Route])
		}
	}
	if log[3].Query != "fields=name" || !log[5].After.Deleted {
		t.Errorf("the log is %+v", log)
	}
	if len(commits) != 4 || commits[2].AuthenticationMethod != "self_signed_tls_client_auth" || !commits[3].Deleted ||
		!slices.Equal(commits[2].Attached, []string{credential}) {
		t.Errorf("the commits are %+v", commits)
	}
	x.ResetLog()
	if len(x.Requests()) != 0 || len(x.Counters()) != 0 {
		t.Error("the log was not reset")
	}
}

func TestLogHoldsNoSecrets(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.want(201, "POST", "/clients", object{"name": "secret"}).text(t, "client_id")
	x.want(200, "PATCH", "/clients/"+id, object{"client_secret": `chosen "secret"`})
	key := "-----BEGIN EC PRIVATE KEY-----\nMHcCAQEEIOcanary\n-----END EC PRIVATE KEY-----\n"
	certificate := newCertificate(t, nil)
	x.want(201, "POST", "/clients/"+id+"/credentials",
		object{"credential_type": "x509_cert", "pem": certificate.pem + key})
	domain := x.want(201, "POST", "/custom-domains",
		object{"domain": "auth.example", "type": "self_managed_certs"}).text(t, "custom_domain_id")
	edgeKey := x.want(201, "POST", "/custom-domains/"+domain+"/verify", nil).text(t, "cname_api_key")
	x.bySecret(id)

	all := fmt.Sprintf("%+v %+v", x.Requests(), x.TokenRequests())
	for _, secret := range []string{x.ClientSecret(id), `chosen`, "canary", edgeKey, x.token, "PRIVATE KEY"} {
		if strings.Contains(all, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	log := x.Requests()
	if !log[2].CarriedPrivateKey || log[1].CarriedPrivateKey || !strings.Contains(log[2].RequestBody, "BEGIN CERTIFICATE") {
		t.Errorf("the log says %+v", log)
	}
}

func TestLogForgetsTheOldest(t *testing.T) {
	x := start(t, auth0sim.Options{LogLimit: 3})
	for range 5 {
		x.want(200, "GET", "/tenants/settings", nil)
	}
	log := x.Requests()
	if len(log) != 3 || log[0].Sequence != 3 || log[2].Sequence != 5 {
		t.Errorf("the log is %+v", log)
	}
	if got := x.Counters()["GET /api/v2/tenants/settings"]; got != 5 {
		t.Errorf("%d requests are counted", got)
	}
}

// Everything may be used at once; the race detector watches.
func TestConcurrentUse(t *testing.T) {
	var mu sync.Mutex
	most := 0
	x := start(t, auth0sim.Options{OnCommit: func(c auth0sim.Client) {
		mu.Lock()
		defer mu.Unlock()
		most = max(most, len(c.Credentials))
	}})
	x.enableAliases()
	id := x.newClient("busy")
	x.grantAPI(id)
	var group sync.WaitGroup
	for range 8 {
		certificate := newCertificate(t, nil)
		group.Go(func() {
			for range 5 {
				body := object{"credential_type": "x509_cert", "pem": certificate.pem}
				if got, err := x.try("POST", "/clients/"+id+"/credentials", body); err == nil && got.status == 201 {
					_, _ = x.try("DELETE", "/clients/"+id+"/credentials/"+got.text(t, "id"), nil)
				}
				_, _ = x.try("GET", "/clients?take=5", nil)
				x.bySecret(id)
				x.Clients()
				x.Requests()
				x.Advance(time.Millisecond)
				x.Inject(auth0sim.Fault{Path: "/none"}).Remove()
			}
		})
	}
	group.Wait()
	mu.Lock()
	defer mu.Unlock()
	if most == 0 || most > 4 || len(x.state(id).Credentials) != 0 {
		t.Fatalf("at most %d credentials at once, %d are left", most, len(x.state(id).Credentials))
	}
}

// admin sends a request to the admin endpoint.
func admin(t *testing.T, x *tenant, method, path, body string) answer {
	t.Helper()
	recorder := httptest.NewRecorder()
	request := httptest.NewRequestWithContext(t.Context(), method, "/simulator"+path, strings.NewReader(body))
	x.AdminHandler().ServeHTTP(recorder, request)
	content, err := io.ReadAll(recorder.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{recorder.Code, recorder.Header(), string(content)}
}

func TestAdminEndpoint(t *testing.T) {
	x := start(t, auth0sim.Options{})
	t.Run("summary", func(t *testing.T) {
		got := admin(t, x, "GET", "", "")
		if got.text(t, "domain") != x.Domain() || strings.Contains(got.body, x.ManagementClientSecret()) {
			t.Errorf("got %s", got.body)
		}
		if ca := admin(t, x, "GET", "/ca", ""); !bytes.Equal([]byte(ca.body), x.CABundle()) {
			t.Errorf("the CA is %s", ca.body)
		}
	})
	t.Run("faults", func(t *testing.T) {
		got := admin(t, x, "POST", "/faults", `{"method":"GET","path":"/api/v2/clients","reply":"rateLimited",`+
			`"retryAfter":"9s","times":-1}`)
		id := got.text(t, "id")
		if got.status != 201 || id == "" {
			t.Fatalf("got %d %s", got.status, got.body)
		}
		if refusal := x.want(429, "GET", "/clients", nil); refusal.header.Get("Retry-After") != "9" {
			t.Errorf("the fault answers %v", refusal.header)
		}
		list := admin(t, x, "GET", "/faults", "").array(t)
		if len(list) != 1 || list[0]["hits"] != 1.0 || list[0]["retryAfter"] != "9s" {
			t.Errorf("the faults are %v", list)
		}
		if got := admin(t, x, "DELETE", "/faults/"+id, ""); got.status != 204 {
			t.Errorf("got %d %s", got.status, got.body)
		}
		x.want(200, "GET", "/clients", nil)
		for path, body := range map[string]string{"/faults": `{"reply":"kind words"}`, "/faults/none/release": ""} {
			if got := admin(t, x, "POST", path, body); got.status < 400 || got.text(t, "error") == "" {
				t.Errorf("%s: %d %s", path, got.status, got.body)
			}
		}
		if got := admin(t, x, "POST", "/faults", `{"delay":"soon"}`); got.status != 400 {
			t.Errorf("got %d %s", got.status, got.body)
		}
		if got := admin(t, x, "POST", "/faults", `{"colour":"red"}`); got.status != 400 {
			t.Errorf("got %d %s", got.status, got.body)
		}
	})
	t.Run("hold and release", func(t *testing.T) {
		id := admin(t, x, "POST", "/faults", `{"hold":true}`).text(t, "id")
		done := make(chan answer)
		go func() {
			got, _ := x.try("GET", "/clients", nil)
			done <- got
		}()
		await(t, "the request is held", func() bool {
			return admin(t, x, "GET", "/faults", "").array(t)[0]["hits"] == 1.0
		})
		admin(t, x, "POST", "/faults/"+id+"/release", "")
		if got := <-done; got.status != 200 {
			t.Errorf("got %d", got.status)
		}
		admin(t, x, "DELETE", "/faults", "")
		if list := admin(t, x, "GET", "/faults", "").array(t); len(list) != 0 {
			t.Errorf("the faults are %v", list)
		}
	})
	t.Run("clock", func(t *testing.T) {
		before := x.Now()
		admin(t, x, "POST", "/clock", `{"advance":"2h"}`)
		if passed := x.Now().Sub(before); passed < 2*time.Hour {
			t.Errorf("%s have passed", passed)
		}
		if got := admin(t, x, "POST", "/clock", `{"advance":"-1h"}`); got.status != 400 {
			t.Errorf("backward: %d %s", got.status, got.body)
		}
	})
	t.Run("latency", func(t *testing.T) {
		admin(t, x, "PUT", "/latency", `{"latency":"1ms"}`)
		if got := admin(t, x, "GET", "", "").text(t, "latency"); got != "1ms" {
			t.Errorf("the latency is %s", got)
		}
	})
	t.Run("tokens", func(t *testing.T) {
		y := *x
		y.token = admin(t, x, "POST", "/tokens", `{"scopes":["read:clients"]}`).text(t, "access_token")
		y.want(200, "GET", "/clients", nil)
		y.want(403, "POST", "/clients", object{"name": "x"})
		admin(t, x, "POST", "/expire-tokens", "")
		y.want(401, "GET", "/clients", nil)
	})
	t.Run("client CAs", func(t *testing.T) {
		if got := admin(t, x, "PUT", "/client-cas", newCertificate(t, nil, authority).pem); got.status != 204 {
			t.Errorf("got %d %s", got.status, got.body)
		}
		if got := admin(t, x, "PUT", "/client-cas", "none"); got.status != 400 {
			t.Errorf("got %d %s", got.status, got.body)
		}
	})
	t.Run("world and logs", func(t *testing.T) {
		id := x.newClient("watched")
		x.bySecret(id)
		if clients := admin(t, x, "GET", "/clients", "").array(t); clients[len(clients)-1]["id"] != id {
			t.Errorf("the clients are %v", clients)
		}
		if log := admin(t, x, "GET", "/token-requests", "").array(t); log[len(log)-1]["clientID"] != id {
			t.Errorf("the token requests are %v", log)
		}
		if log := admin(t, x, "GET", "/requests", "").array(t); len(log) != len(x.Requests()) || len(log) == 0 {
			t.Errorf("the requests are %v", log)
		}
		if counters := admin(t, x, "GET", "/counters", "").object(t); counters["GET /api/v2/clients"] == nil {
			t.Errorf("the counters are %v", counters)
		}
		admin(t, x, "DELETE", "/requests", "")
		if len(x.Requests()) != 0 {
			t.Error("the log was not reset")
		}
	})
	if got := admin(t, x, http.MethodGet, "/unknown", ""); got.status != 404 {
		t.Errorf("an unknown path answers %d", got.status)
	}
}

func TestEditsFollowTheRules(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("edited")
	credential := x.register(id, newCertificate(t, nil))
	x.check(x.Attach(id, "self_signed_tls_client_auth", credential))
	for what, err := range map[string]error{
		"deleting what is attached": x.DeleteCredential(id, credential),
		"attaching what is unknown": x.Attach(id, "self_signed_tls_client_auth", "cred_unknown"),
		"editing what is unknown":   x.EditClient("unknown", object{"name": "x"}),
		"settings that do not fit":  x.EditTenantSettings(object{"mtls": "on"}),
	} {
		if err == nil {
			t.Errorf("%s was accepted", what)
		}
	}
	if _, err := x.AddClient(object{}); err == nil {
		t.Error("a client without a name was accepted")
	}
	if len(x.Requests()) != 0 {
		t.Errorf("edits are in the log: %+v", x.Requests())
	}
	if settings := x.TenantSettings(); settings["friendly_name"] != "Simulated tenant" {
		t.Errorf("the settings are %v", settings)
	}
	if x.ClientSecret("unknown") != "" {
		t.Error("an unknown client has a secret")
	}
}

// A person who adds a credential at the dashboard leaves what is attached there, whatever the list was a moment before.
func TestAttachAndDetachByHand(t *testing.T) {
	x := start(t, auth0sim.Options{})
	id := x.newClient("by hand")
	first, second := x.register(id, newCertificate(t, nil)), x.register(id, newCertificate(t, nil))
	attached := func() []string {
		c, _ := x.Client(id)
		return c.Attached
	}
	if err := x.AttachAlso(id, first); err == nil {
		t.Error("a client that authenticates by a secret takes a credential as well")
	}
	x.check(x.Attach(id, "self_signed_tls_client_auth", first))
	x.check(x.AttachAlso(id, second))
	if got := attached(); !slices.Equal(got, []string{first, second}) {
		t.Errorf("attached are %v, want %s and %s", got, first, second)
	}
	x.check(x.Detach(id, first))
	if got := attached(); !slices.Equal(got, []string{second}) {
		t.Errorf("attached are %v, want %s alone", got, second)
	}
}
