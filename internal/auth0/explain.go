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
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// explain says why the operation failed, from what was seen on the wire. The SDK's own errors are not looked at: they
// hold less, and text that was not cleaned.
func (x *exchange) explain(now time.Time) *Error {
	if known, ok := errors.AsType[*Error](x.err); ok {
		again := *known
		again.Op = x.op
		return &again
	}
	e := x.classify(now)
	e.Op, e.Status = x.op, x.status
	e.noEffect, e.lost = !x.sent.Load(), x.sent.Load() && x.status == 0
	return e
}

func (x *exchange) classify(now time.Time) *Error {
	switch {
	case x.status == http.StatusTooManyRequests:
		return &Error{
			Class: RateLimited, Code: x.answer().code(), ResumeAt: resumeAt(x.header, now),
			Message: "the tenant's rate limit is reached",
		}
	case x.status >= 500 || x.status == http.StatusRequestTimeout:
		return &Error{
			Class: Unavailable, Code: x.answer().code(),
			Message: "the tenant cannot answer at present: " + http.StatusText(x.status),
		}
	case x.err != nil || x.status == 0:
		return x.explainBroken(x.err)
	case x.status >= 400:
		return x.explainRefusal()
	}
	return &Error{Class: BadAnswer, Message: x.host + " did not answer as the Management API does: " + x.form()}
}

// form says in which way an answer is not what it should be.
func (x *exchange) form() string {
	switch {
	case len(x.body) == 0:
		return "the answer is empty"
	case !json.Valid(x.body):
		return "the answer is not JSON"
	}
	return errIncomplete.Error()
}

// explainBroken says why there is no whole answer.
func (x *exchange) explainBroken(err error) *Error {
	class, what := networkFailure(err, x.trust)
	switch {
	case class != "":
	case errors.Is(err, context.Canceled):
		class, what = Canceled, "was given up"
	case errors.Is(err, context.DeadlineExceeded) || isTimeout(err):
		class, what = TimedOut, "did not answer in time"
	case errors.Is(err, errRedirect):
		class, what = BadAnswer, "redirects elsewhere, which the Management API never does"
	case errors.Is(err, errTooLarge):
		class, what = BadAnswer, "answers with more than 1 MiB"
	case x.sent.Load():
		class, what = BadAnswer, "closed the connection before its answer was complete"
	default:
		class, what = Unreachable, "cannot be reached"
	}
	return &Error{Class: class, Message: x.host + " " + what, cause: contextError(err)}
}

// networkFailure names the ways in which no connection comes about; empty for everything else.
func networkFailure(err error, trust string) (Class, string) {
	var (
		forbidden *forbiddenNetworkError
		name      *net.DNSError
		untrusted *tls.CertificateVerificationError
		hostname  x509.HostnameError
		invalid   x509.CertificateInvalidError
		noTLS     tls.RecordHeaderError
		alert     *net.OpError
	)
	switch {
	case errors.As(err, &forbidden):
		return ForbiddenNetwork, "leads to an address that may not be dialled: " + forbidden.Error()
	case errors.As(err, &name) && name.IsNotFound:
		return Unreachable, "does not resolve"
	case errors.As(err, &name) && !name.IsTimeout:
		return Unreachable, "cannot be looked up: the name server fails"
	case errors.As(err, &hostname):
		return Unreachable, "shows a certificate for another name"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return Unreachable, "shows a certificate that has expired or is not valid yet"
	case errors.As(err, &untrusted):
		return Unreachable, "shows a certificate not trusted by " + trust
	case errors.As(err, &noTLS):
		return Unreachable, "does not speak TLS"
	case errors.As(err, &alert) && alert.Op == "remote error": // how crypto/tls reports an alert of the other side
		return Unreachable, "refuses the TLS handshake"
	case errors.Is(err, syscall.ECONNREFUSED):
		return Unreachable, "refuses connections"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return Unreachable, "cannot be reached: there is no route"
	}
	return "", ""
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.As(err, &timeout) && timeout.Timeout()
}

// apiAnswer is the error form of the Management API, and that of the token endpoint (RFC 6749 section 5.2).
type apiAnswer struct {
	StatusCode  int    `json:"statusCode"`
	Err         string `json:"error"`
	Message     string `json:"message"`
	ErrorCode   string `json:"errorCode"`
	Description string `json:"error_description"`
}

func (x *exchange) answer() apiAnswer {
	var a apiAnswer
	if json.Unmarshal(x.body, &a) != nil {
		return apiAnswer{}
	}
	return a
}

func (a apiAnswer) code() string { return cleanCode(a.ErrorCode) }

// explainRefusal explains a 4xx. But for 401 and 403, which anything in between may answer as well, only the API's own
// form counts: a web server that happens to stand at the domain must not make a client look deleted by its 404.
func (x *exchange) explainRefusal() *Error {
	if x.op == OpDiscover {
		return x.explainNoDiscovery()
	}
	a := x.answer()
	e := &Error{Code: a.code(), Message: clean(a.Message, x.secrets)}
	switch {
	case x.status == http.StatusUnauthorized:
		e.Class = Unauthorized
		e.orSay("the management token is not accepted")
	case x.status == http.StatusForbidden:
		e.Class = Forbidden
		if e.MissingScopes = missingScopes(scrub(a.Message, x.secrets)); e.Code == "insufficient_scope" || e.MissingScopes != nil {
			e.Class = InsufficientScope
		}
		e.orSay("the tenant does not allow it")
	case a.StatusCode != x.status:
		e.Class = BadAnswer
		e.Message = x.host + " did not answer as the Management API does"
	case x.status == http.StatusNotFound:
		e.Class = NotFound
		e.orSay("it does not exist")
	default:
		e.Class, e.Limit = credentialRefusal(a.Message)
		if e.Class == "" && x.status == http.StatusConflict {
			e.Class = Conflict
		} else if e.Class == "" {
			e.Class = Invalid
		}
		e.orSay("the tenant does not accept the request")
	}
	return e
}

func (x *exchange) explainNoDiscovery() *Error {
	if x.status == http.StatusNotFound {
		return &Error{Class: NotFound, Message: "there is no tenant at " + x.host}
	}
	return &Error{Class: BadAnswer, Message: x.host + " does not publish a discovery document"}
}

func (e *Error) orSay(message string) {
	if e.Message == "" {
		e.Message = message
	}
}

// The refusals that have no code of their own are known by their texts, as the sources of Auth0's Terraform provider
// quote them (github.com/auth0/terraform-provider-auth0, internal/auth0/client/resource_credentials.go), and as its
// recordings show the one about scopes.
var (
	poolFull   = regexp.MustCompile(`maximum of (\d+) credentials`)
	slotFull   = regexp.MustCompile(`Array is too long \(\d+\), maximum (\d+)`)
	onProperty = regexp.MustCompile(`on property (\S+)`)
	scopesText = regexp.MustCompile(`[Ii]nsufficient scope, expected (?:any|all) of: ?([a-z_:,\- ]+)`)
)

func credentialRefusal(message string) (class Class, limit int) {
	if found := poolFull.FindStringSubmatch(message); found != nil {
		limit, _ = strconv.Atoi(found[1])
		return CredentialLimit, limit
	}
	property := onProperty.FindStringSubmatch(message)
	aboutSlot := property == nil || strings.HasPrefix(property[1], "client_authentication_methods")
	if found := slotFull.FindStringSubmatch(message); found != nil && aboutSlot {
		limit, _ = strconv.Atoi(found[1])
		return CredentialLimit, limit
	}
	switch {
	case strings.Contains(message, "public keys that already exist"):
		return DuplicateCredential, 0
	case strings.Contains(message, "still associated with a client"):
		return StillAssociated, 0
	}
	return "", 0
}

// missingScopes reads the scopes that a 403 names.
func missingScopes(message string) []string {
	found := scopesText.FindStringSubmatch(message)
	if found == nil {
		return nil
	}
	var scopes []string
	for _, scope := range strings.FieldsFunc(found[1], func(r rune) bool { return r == ',' || r == ' ' }) {
		if len(scope) <= 64 && len(scopes) < 16 {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}
