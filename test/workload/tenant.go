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

package workload

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwk"
)

const (
	requestTimeout = 10 * time.Second
	mostAnswer     = 1 << 20
)

// Connection are the facts of a client's connection ConfigMap: whom to ask for a token, and as whom.
type Connection struct {
	ClientID          string
	Issuer            string
	TokenEndpoint     string
	MTLSTokenEndpoint string
}

// ConnectionFrom reads the data of a connection ConfigMap.
func ConnectionFrom(data map[string]string) Connection {
	return Connection{
		ClientID: data["client_id"], Issuer: data["issuer"],
		TokenEndpoint: data["token_endpoint"], MTLSTokenEndpoint: data["mtls_token_endpoint"],
	}
}

// Refusal is the token endpoint's answer when there is no token (RFC 6749, section 5.2).
type Refusal struct {
	Status      int
	Code        string
	Description string
}

// Error names the answer in the endpoint's own words.
func (r *Refusal) Error() string {
	return fmt.Sprintf("the token endpoint answered %d %s: %s", r.Status, r.Code, r.Description)
}

// Tenant asks the token endpoints of one tenant.
type Tenant struct {
	roots *x509.CertPool

	mu   sync.Mutex
	keys jwk.Set
}

// NewTenant trusts the CAs of the bundle, in PEM form, for the tenant's server certificates.
func NewTenant(caBundle []byte) (*Tenant, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(caBundle) {
		return nil, errors.New("the tenant's CA bundle holds no PEM certificate")
	}
	return &Tenant{roots: roots}, nil
}

// TokenByCertificate asks for a token with a certificate, and returns nil only for one that is signed by the tenant and bound to
// that certificate. Each call makes a connection of its own, so that each proves the certificate anew.
func (t *Tenant) TokenByCertificate(ctx context.Context, to Connection, audience string, certificate tls.Certificate) error {
	form := url.Values{"client_id": {to.ClientID}}
	token, err := t.ask(ctx, to.MTLSTokenEndpoint, audience, form, &certificate)
	if err != nil {
		return err
	}
	return t.verify(ctx, token, to.Issuer, audience, &certificate)
}

// TokenBySecret asks for a token with a client secret.
func (t *Tenant) TokenBySecret(ctx context.Context, to Connection, audience, secret string) error {
	form := url.Values{"client_id": {to.ClientID}, "client_secret": {secret}}
	token, err := t.ask(ctx, to.TokenEndpoint, audience, form, nil)
	if err != nil {
		return err
	}
	return t.verify(ctx, token, to.Issuer, audience, nil)
}

// ask sends one request of the client credentials grant (RFC 6749, section 4.4).
func (t *Tenant) ask(ctx context.Context, endpoint, audience string, form url.Values, certificate *tls.Certificate) (string, error) {
	form.Set("grant_type", "client_credentials")
	form.Set("audience", audience)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, endpoint, strings.NewReader(form.Encode()))
	if err != nil {
		return "", fmt.Errorf("token endpoint %q: %w", endpoint, err)
	}
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	status, body, err := t.do(request, certificate)
	if err != nil {
		return "", err
	}
	var answer struct {
		AccessToken      string `json:"access_token"`
		Error            string `json:"error"`
		ErrorDescription string `json:"error_description"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return "", fmt.Errorf("the token endpoint answered %d with a body that is no JSON: %w", status, err)
	}
	if status != http.StatusOK {
		return "", &Refusal{Status: status, Code: answer.Error, Description: answer.ErrorDescription}
	}
	return answer.AccessToken, nil
}

// do sends a request on a connection of its own and reads the answer.
func (t *Tenant) do(request *http.Request, certificate *tls.Certificate) (status int, body []byte, err error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: t.roots}
	if certificate != nil {
		// Not Certificates, which are left unsent where the server's list of CAs does not name their issuer.
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return certificate, nil }
	}
	client := &http.Client{Timeout: requestTimeout, Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return 0, nil, err
	}
	defer response.Body.Close()
	body, err = io.ReadAll(io.LimitReader(response.Body, mostAnswer))
	return response.StatusCode, bytes.TrimSpace(body), err
}
