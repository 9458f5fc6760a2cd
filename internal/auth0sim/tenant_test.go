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
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"io"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

// tenant is a simulator with what tests need to talk to it over HTTPS.
type tenant struct {
	*auth0sim.Simulator
	t      *testing.T
	client *http.Client
	token  string
}

func start(t *testing.T, options auth0sim.Options) *tenant {
	t.Helper()
	sim, err := auth0sim.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sim.Close)
	client := sim.HTTPClient()
	t.Cleanup(client.CloseIdleConnections)
	return &tenant{Simulator: sim, t: t, client: client, token: sim.ManagementToken()}
}

// with is the same tenant seen through a token with these scopes.
func (x *tenant) with(scopes ...string) *tenant {
	other := *x
	other.token = x.ManagementToken(scopes...)
	return &other
}

// object is short for a JSON object.
type object = map[string]any

type answer struct {
	status int
	header http.Header
	body   string
}

// object decodes the body.
func (a answer) object(t *testing.T) object {
	t.Helper()
	var decoded object
	if err := json.Unmarshal([]byte(a.body), &decoded); err != nil {
		t.Fatalf("not a JSON object: %v: %s", err, a.body)
	}
	return decoded
}

func (a answer) text(t *testing.T, member string) string {
	t.Helper()
	text, _ := a.object(t)[member].(string)
	return text
}

// array decodes a body that is an array of objects.
func (a answer) array(t *testing.T) []object {
	t.Helper()
	var decoded []object
	if err := json.Unmarshal([]byte(a.body), &decoded); err != nil {
		t.Fatalf("not an array of objects: %v: %s", err, a.body)
	}
	return decoded
}

// try sends a Management API request. A body is an object, or a string that is sent as it is.
func (x *tenant) try(method, path string, body any) (answer, error) {
	x.t.Helper()
	var content io.Reader
	switch body := body.(type) {
	case nil:
	case string:
		content = strings.NewReader(body)
	default:
		data, err := json.Marshal(body)
		if err != nil {
			x.t.Fatal(err)
		}
		content = bytes.NewReader(data)
	}
	request, err := http.NewRequestWithContext(x.t.Context(), method, x.URL()+"/api/v2"+path, content)
	if err != nil {
		x.t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	if x.token != "" {
		request.Header.Set("Authorization", "Bearer "+x.token)
	}
	return send(x.client, request)
}

func (x *tenant) do(method, path string, body any) answer {
	x.t.Helper()
	got, err := x.try(method, path, body)
	if err != nil {
		x.t.Fatal(err)
	}
	return got
}

// want sends a request and fails the test unless it has the status.
func (x *tenant) want(status int, method, path string, body any) answer {
	x.t.Helper()
	got := x.do(method, path, body)
	if got.status != status {
		x.t.Fatalf("%s %s: %d %s, want %d", method, path, got.status, got.body, status)
	}
	return got
}

// refused sends a request and fails the test unless it is refused with the message.
func (x *tenant) refused(status int, message, method, path string, body any) {
	x.t.Helper()
	got := x.want(status, method, path, body)
	if text := got.text(x.t, "message"); text != message {
		x.t.Fatalf("%s %s: message %q, want %q", method, path, text, message)
	}
}

func send(client *http.Client, request *http.Request) (answer, error) {
	response, err := client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return answer{response.StatusCode, response.Header, string(body)}, err
}

// tokenRequest posts a form to a token endpoint.
func (x *tenant) tokenRequest(client *http.Client, base string, form url.Values, header http.Header) answer {
	x.t.Helper()
	request, err := http.NewRequestWithContext(x.t.Context(), http.MethodPost, base+"/oauth/token",
		strings.NewReader(form.Encode()))
	if err != nil {
		x.t.Fatal(err)
	}
	maps.Copy(request.Header, header)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	got, err := send(client, request)
	if err != nil {
		x.t.Fatal(err)
	}
	return got
}

// newClient creates a machine-to-machine client that authenticates by secret.
func (x *tenant) newClient(name string) string {
	x.t.Helper()
	id, err := x.AddClient(object{"name": name, "app_type": "non_interactive", "grant_types": []string{"client_credentials"},
		"token_endpoint_auth_method": "client_secret_post"})
	if err != nil {
		x.t.Fatal(err)
	}
	return id
}

// register adds the certificate to a client's pool as an x509_cert and returns its id.
func (x *tenant) register(clientID string, certificate keyPair) string {
	x.t.Helper()
	id, err := x.AddCredential(clientID, object{"credential_type": "x509_cert", "pem": certificate.pem})
	if err != nil {
		x.t.Fatal(err)
	}
	return id
}

func (x *tenant) check(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// state is a client that must exist.
func (x *tenant) state(clientID string) auth0sim.Client {
	x.t.Helper()
	state, exists := x.Client(clientID)
	if !exists {
		x.t.Fatalf("client %s does not exist", clientID)
	}
	return state
}

// keyPair is a certificate with its key.
type keyPair struct {
	key  *ecdsa.PrivateKey
	leaf *x509.Certificate
	pem  string
	tls  tls.Certificate
}

type certificateOption func(*x509.Certificate)

func validUntil(at time.Time) certificateOption {
	return func(template *x509.Certificate) { template.NotAfter = at }
}

func named(subject pkix.Name) certificateOption {
	return func(template *x509.Certificate) { template.Subject = subject }
}

func authority(template *x509.Certificate) {
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// newCertificate makes a certificate for a new key, self-signed unless an issuer is given.
func newCertificate(t *testing.T, issuer *keyPair, options ...certificateOption) keyPair {
	t.Helper()
	return newCertificateFor(t, newKey(t), issuer, options...)
}

func newCertificateFor(t *testing.T, key *ecdsa.PrivateKey, issuer *keyPair, options ...certificateOption) keyPair {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "client.example.org"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour).Truncate(time.Second),
	}
	for _, option := range options {
		option(template)
	}
	parent, signer := template, crypto.Signer(key)
	if issuer != nil {
		parent, signer = issuer.leaf, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return keyPair{
		key: key, leaf: leaf,
		pem: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		tls: tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf},
	}
}
