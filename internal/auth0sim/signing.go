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

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha1" //nolint:gosec // x5t is a SHA-1 thumbprint by definition (RFC 7517, section 4.8).
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"math/big"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v2/cert"
	"github.com/lestrrat-go/jwx/v2/jwa"
	"github.com/lestrrat-go/jwx/v2/jwk"
	"github.com/lestrrat-go/jwx/v2/jwt"
)

// signing is the key that signs access tokens, and how it is published.
type signing struct {
	private        jwk.Key
	public         jwk.Set
	certificatePEM string
}

// signingKey is made once a process, because making an RSA key takes long and tests start many tenants. Issuer and
// audience keep the tokens of two tenants apart.
var signingKey = sync.OnceValues(newSigning)

func newSigning() (*signing, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "Auth0 simulator token signing"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(10, 0, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	return assemble(key, der)
}

// assemble gives the key the members that Auth0's JWKS has.
func assemble(key *rsa.PrivateKey, der []byte) (*signing, error) {
	private, err := jwk.FromRaw(key)
	if err != nil {
		return nil, err
	}
	sum := sha1.Sum(der) //nolint:gosec // see the import
	var chain cert.Chain
	if err := chain.AddString(base64.StdEncoding.EncodeToString(der)); err != nil {
		return nil, err
	}
	for name, value := range map[string]any{
		jwk.KeyIDKey:              randomText(alphanumeric, 21),
		jwk.AlgorithmKey:          jwa.RS256,
		jwk.KeyUsageKey:           "sig",
		jwk.X509CertThumbprintKey: base64.RawURLEncoding.EncodeToString(sum[:]),
		jwk.X509CertChainKey:      &chain,
	} {
		if err := private.Set(name, value); err != nil {
			return nil, err
		}
	}
	public, err := private.PublicKey()
	if err != nil {
		return nil, err
	}
	set := jwk.NewSet()
	if err := set.AddKey(public); err != nil {
		return nil, err
	}
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return &signing{private: private, public: set, certificatePEM: string(block)}, nil
}

// sign makes a JWT of the claims.
func (s *signing) sign(claims map[string]any) string {
	token := jwt.New()
	token.Options().Enable(jwt.FlattenAudience)
	for name, value := range claims {
		if err := token.Set(name, value); err != nil {
			panic("auth0sim: a claim cannot be set: " + err.Error())
		}
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.RS256, s.private))
	if err != nil {
		panic("auth0sim: a token cannot be signed: " + err.Error())
	}
	return string(signed)
}
