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
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/certbound/certbound/internal/budget"
)

// Class says what kind of failure an Error is, as far as it matters to what happens next.
type Class string

// Classes of errors.
const (
	// Unreachable: the tenant could not be spoken to: the name does not resolve, the port is closed, the certificate is
	// not trusted. The message says which.
	Unreachable Class = "Unreachable"
	// ForbiddenNetwork: the domain leads to an address outside the public Internet that is not allowed.
	ForbiddenNetwork Class = "ForbiddenNetwork"
	// TimedOut: no whole answer in time.
	TimedOut Class = "TimedOut"
	// Canceled: the caller gave up.
	Canceled Class = "Canceled"
	// BadAnswer: what came is not an answer of the Management API: HTML, a redirect, cut, longer than 1 MiB.
	BadAnswer Class = "BadAnswer"
	// Unauthorized: the API refuses the management token (401), also a fresh one.
	Unauthorized Class = "Unauthorized"
	// SignInRefused: the token endpoint does not accept how the operator authenticates.
	SignInRefused Class = "SignInRefused"
	// InsufficientScope: the management token lacks a scope; MissingScopes says which.
	InsufficientScope Class = "InsufficientScope"
	// Forbidden: any other 403, such as an entity limit or a plan without the feature.
	Forbidden Class = "Forbidden"
	// NotFound: the thing does not exist (404, in the API's own form).
	NotFound Class = "NotFound"
	// Conflict: 409.
	Conflict Class = "Conflict"
	// RateLimited: the tenant (429) wants a pause until ResumeAt. Nothing happened.
	RateLimited Class = "RateLimited"
	// Queued: it is not this request's turn, and nothing was sent; ResumeAt is when to come back, Why says what for.
	Queued Class = "Queued"
	// Invalid: the request, or the configuration, is wrong in itself (400 and other 4xx).
	Invalid Class = "Invalid"
	// CredentialLimit: the client, or the method's slot, holds as many credentials as it may; Limit says how many.
	CredentialLimit Class = "CredentialLimit"
	// DuplicateCredential: the client already holds a credential with this key.
	DuplicateCredential Class = "DuplicateCredential"
	// StillAssociated: a credential cannot be deleted while the client lists it.
	StillAssociated Class = "StillAssociated"
	// Unavailable: 5xx.
	Unavailable Class = "Unavailable"
	// Withheld: this operator may not change anything now, and nothing was sent; ResumeAt is when it may, if that is known.
	Withheld Class = "Withheld"
	// Unknown: not an error of this package.
	Unknown Class = "Unknown"
)

// Error is why an operation failed. It holds nothing secret: text from outside is cleaned and bounded, and no error of
// another package is kept but that of the context.
type Error struct {
	// Op is the operation, one of the Op constants, or "Open".
	Op    string
	Class Class
	// Status is the HTTP status of the answer; zero without one.
	Status int
	// Code is the answer's errorCode, or the token endpoint's error; empty when there is none or it has an odd form.
	Code string
	// Message is one sentence, at most 256 characters.
	Message string
	// MissingScopes are the scopes of which the API wants at least one.
	MissingScopes []string
	// ResumeAt is when the next request may be sent; with RateLimited and Queued, with Withheld where it is known, and where the token
	// endpoint refused to sign the operator in.
	ResumeAt time.Time
	// Why is what a request waits for; only with Queued.
	Why budget.Why
	// Limit is how many credentials the tenant allows; only with CredentialLimit, zero when it does not say.
	Limit int

	noEffect bool  // the request never left, so it cannot have changed anything
	lost     bool  // the request left, and no answer came
	cause    error // the context's error, when that ended the call
}

// Error says what happened, in one line.
func (e *Error) Error() string {
	var detail []string
	if e.Status != 0 {
		detail = append(detail, fmt.Sprintf("status %d", e.Status))
	}
	if e.Code != "" {
		detail = append(detail, e.Code)
	}
	text := e.Op + ": " + e.Message
	if len(detail) > 0 {
		text += " (" + strings.Join(detail, ", ") + ")"
	}
	return text
}

// Unwrap returns the context's error when that ended the call.
func (e *Error) Unwrap() error { return e.cause }

// OutcomeUnknown tells whether a write may have had its effect although it failed: its answer never came, was cut, came
// from something other than the API, or reports an inner failure. It must not be repeated before a look at the tenant.
func (e *Error) OutcomeUnknown() bool {
	switch e.Class {
	case TimedOut, Canceled, BadAnswer, Unavailable:
		return !e.noEffect
	default:
		return e.lost
	}
}

// ClassOf returns the class of an error; empty for nil, Unknown for an error that is not of this package.
func ClassOf(err error) Class {
	if err == nil {
		return ""
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return Unknown
}

// Silent tells whether the tenant gave no answer, or none but that it cannot. How often such a tenant is tried the budget's breaker decides.
func Silent(err error) bool {
	switch ClassOf(err) {
	case Unreachable, TimedOut, Canceled, Unavailable:
		return true
	}
	return false
}

// invalid is an error about something that was not even sent.
func invalid(op, message string) *Error {
	return &Error{Op: op, Class: Invalid, Message: message, noEffect: true}
}

// contextError returns the context's error in err, if there is one.
func contextError(err error) error {
	for _, cause := range []error{context.Canceled, context.DeadlineExceeded} {
		if errors.Is(err, cause) {
			return cause
		}
	}
	return nil
}
