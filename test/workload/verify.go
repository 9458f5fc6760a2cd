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
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// Thumbprint is the SHA-256 thumbprint of a certificate, in the form of the confirmation x5t#S256 (RFC 8705, section 3.1).
func Thumbprint(certificate tls.Certificate) string {
	sum := sha256.Sum256(certificate.Certificate[0])
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// verify does what the API that the token is for does: check the signature, the issuer, the audience and the validity, and, where a
// certificate was presented, that the token is bound to it.
func (t *Tenant) verify(ctx context.Context, token, issuer, audience string, certificate *tls.Certificate) error {
	keys, err := t.publishedKeys(ctx, issuer)
	if err != nil {
		return err
	}
	parsed, err := jwt.ParseString(token, jwt.WithKeySet(keys), jwt.WithIssuer(issuer), jwt.WithAudience(audience))
	if err != nil {
		return fmt.Errorf("the token does not verify: %w", err)
	}
	if certificate == nil {
		return nil
	}
	confirmation, _ := parsed.Get("cnf")
	bound, _ := confirmation.(map[string]any)
	if used := Thumbprint(*certificate); bound["x5t#S256"] != used {
		return fmt.Errorf("the token is bound to %v, and the certificate presented is %s", bound["x5t#S256"], used)
	}
	return nil
}

// publishedKeys are the tenant's signing keys, by way of its discovery document. They are read once.
func (t *Tenant) publishedKeys(ctx context.Context, issuer string) (jwk.Set, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.keys != nil {
		return t.keys, nil
	}
	var discovery struct {
		KeysURI string `json:"jwks_uri"`
	}
	if err := t.read(ctx, issuer+".well-known/openid-configuration", &discovery); err != nil {
		return nil, err
	}
	keys := jwk.NewSet()
	if err := t.read(ctx, discovery.KeysURI, keys); err != nil {
		return nil, err
	}
	t.keys = keys
	return keys, nil
}

func (t *Tenant) read(ctx context.Context, url string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return fmt.Errorf("read %q: %w", url, err)
	}
	status, body, err := t.do(request, nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return fmt.Errorf("read %s: status %d", url, status)
	}
	if err := json.Unmarshal(body, into); err != nil {
		return fmt.Errorf("read %s: %w", url, err)
	}
	return nil
}
