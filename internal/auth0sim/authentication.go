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
	"crypto/subtle"
	"net/http"
	"time"
)

// refusal is an error answer of the token endpoint (RFC 6749, section 5.2). reason is for the log alone.
type refusal struct {
	status            int
	code, description string
	reason            string
}

// clientFailed is every failure of a credential-based method. Auth0's own descriptions are not documented, nor whether
// the causes can be told apart.
func clientFailed(reason string) *refusal {
	return &refusal{http.StatusUnauthorized, "invalid_client", "Client authentication failed", reason}
}

// secretFailed is what a wrong secret and an unknown client get.
func secretFailed(reason string) *refusal {
	return &refusal{http.StatusUnauthorized, "access_denied", "Unauthorized", reason}
}

// multipleMethods is quoted in auth0/auth0-auth-js issue 251.
var multipleMethods = &refusal{http.StatusBadRequest, "invalid_request",
	"Multiple authentication methods provided, please use one.", "more than one authentication method"}

// credentialsSent is what a token request carries to authenticate its client, beside a certificate.
type credentialsSent struct {
	secret string
	// secretMethod is client_secret_post or client_secret_basic, or empty without a secret.
	secretMethod string
	assertion    string
}

// attempt is one try to authenticate a client.
type attempt struct {
	client *client
	sent   credentialsSent
	cert   presentation
	now    time.Time
	// acceptExpired lets expired certificates and credentials pass.
	acceptExpired bool
	// verify checks a client assertion against the client's keys.
	verify func(assertion string, keys []credential) *refusal
}

// authenticate decides whether the client is who it says, and names the method used or tried.
func (a attempt) authenticate() (method string, refused *refusal) {
	if a.sent.secretMethod != "" && a.sent.assertion != "" {
		return "none", multipleMethods
	}
	if a.client == nil {
		return a.withoutClient()
	}
	switch inForce, _ := a.client.authentication(); inForce {
	case slotTLS, slotSelfSignedTLS:
		return a.byCertificate(inForce)
	case slotPrivateKeyJWT:
		return a.byAssertion()
	default:
		return a.bySecret()
	}
}

func (a attempt) withoutClient() (string, *refusal) {
	if a.sent.secretMethod == "" && (a.sent.assertion != "" || a.cert.certificate != nil) {
		return "none", clientFailed("the client does not exist")
	}
	return orDefault(a.sent.secretMethod, "none"), secretFailed("the client does not exist")
}

// byCertificate serves a client whose method is mutual TLS: its certificate must come alone, be of the registered kind
// and match an attached credential.
func (a attempt) byCertificate(registered slot) (string, *refusal) {
	switch {
	case a.sent.secretMethod != "" && a.cert.certificate != nil:
		return a.sent.secretMethod, multipleMethods
	case a.sent.secretMethod != "":
		return a.sent.secretMethod, clientFailed("the client is registered for " + string(registered) + ", not for a secret")
	case a.sent.assertion != "":
		return string(slotPrivateKeyJWT), clientFailed("the client is registered for " + string(registered))
	case a.cert.certificate == nil:
		return "none", clientFailed(orDefault(a.cert.ignored, "no client certificate"))
	}
	tried := a.cert.triedMethod()
	if tried != registered {
		return string(tried), clientFailed("the client is registered for " + string(registered))
	}
	if !a.acceptExpired && !a.now.Before(a.cert.certificate.NotAfter) {
		return string(tried), clientFailed("the certificate has expired")
	}
	for _, cred := range a.client.attached(registered) {
		if a.cert.matches(cred) && !a.expired(cred) {
			return string(tried), nil
		}
	}
	return string(tried), clientFailed("no attached credential matches the certificate")
}

func (a attempt) byAssertion() (string, *refusal) {
	if a.sent.assertion == "" {
		return orDefault(a.sent.secretMethod, "none"), clientFailed("the client is registered for private_key_jwt")
	}
	keys := []credential{}
	for _, cred := range a.client.attached(slotPrivateKeyJWT) {
		if !a.expired(cred) {
			keys = append(keys, cred)
		}
	}
	return string(slotPrivateKeyJWT), a.verify(a.sent.assertion, keys)
}

// bySecret serves a client with a secret. A certificate beside it may bind the token, but authenticates nobody. How the
// secret is sent does not matter.
func (a attempt) bySecret() (string, *refusal) {
	switch {
	case a.sent.assertion != "":
		return string(slotPrivateKeyJWT), clientFailed("the client is registered for a secret")
	case a.sent.secretMethod == "" && a.cert.certificate != nil:
		return string(a.cert.triedMethod()), clientFailed("the client is registered for a secret")
	case a.client.method == "none":
		return "none", secretFailed("the client is public")
	case subtle.ConstantTimeCompare([]byte(a.sent.secret), []byte(a.client.secret)) == 0:
		return orDefault(a.sent.secretMethod, "none"), secretFailed("wrong client secret")
	}
	return a.sent.secretMethod, nil
}

func (a attempt) expired(cred credential) bool {
	return !a.acceptExpired && cred.expires != nil && !a.now.Before(*cred.expires)
}
