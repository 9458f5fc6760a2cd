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

// Package auth0 is the Auth0 Management API (https://auth0.com/docs/api/management/v2) as this operator needs it: the
// official SDK with its retries off, nulls sent where the API wants them, one request budget and one management token
// per tenant, and one type of error that says whether a write may have had its effect.
//
// A call that writes is one HTTP request and is never repeated, but for one case: an answer of 401 proves that nothing
// happened, so the token is renewed and the request sent once more.
package auth0

import (
	"context"
	"errors"
	"net/http"

	"github.com/auth0/go-auth0/management"
	"k8s.io/utils/clock"

	"github.com/certbound/certbound/internal/budget"
)

// Tenant is one Auth0 tenant. It may be used by many goroutines.
type Tenant struct {
	domain string
	clock  clock.Clock
	api    *management.Management
	public *http.Client // for what needs no token
	tokens *tokens
	wire   *wire
	paced  *paced
}

// Open checks the configuration and returns the tenant; it sends nothing. The error is an *Error of class Invalid.
func Open(config Config) (*Tenant, error) {
	if problem := config.validate(); problem != "" {
		return nil, invalid("Open", problem)
	}
	config = config.withDefaults()
	roots, ok := config.roots()
	if !ok {
		return nil, invalid("Open", "the CA bundle holds no certificate")
	}
	spends := config.budget()
	config.Before = nil // or each would keep all before it
	wire := newWire(config, roots)
	paced := &paced{next: wire, clock: config.Clock, budget: spends}
	public := &http.Client{Transport: paced}
	tokens, err := newTokens(config, public)
	if err != nil {
		return nil, err
	}
	// The SDK would follow redirects and has token sources of its own, which neither heed the request's context nor
	// renew a token that the API refuses. Both are seen to by the transport, which replaces this placeholder.
	authorized := &bearer{next: paced, tokens: tokens, host: config.Domain, permit: config.permit}
	api, err := management.New(config.Domain,
		management.WithClient(&http.Client{Transport: authorized}),
		management.WithStaticToken("placeholder"),
		management.WithNoRetries(),
		management.WithNoAuth0ClientInfo(),
	)
	if err != nil {
		return nil, invalid("Open", "the domain does not make a URL")
	}
	return &Tenant{
		domain: config.Domain, clock: config.Clock, api: api, public: public, tokens: tokens, wire: wire, paced: paced,
	}, nil
}

// Domain is the domain that the connection leads to.
func (t *Tenant) Domain() string { return t.domain }

// Close closes idle connections. Calls that are under way go on.
func (t *Tenant) Close() { t.wire.base.CloseIdleConnections() }

// errIncomplete says that an answer is JSON but lacks what it must hold.
var errIncomplete = errors.New("the answer lacks what it must hold")

// call runs one operation and turns whatever went wrong into an *Error. Only so many run at once, whatever they wait for.
func (t *Tenant) call(ctx context.Context, op string, run func(context.Context) error) error {
	if held, ok := ctx.Value(turnKey{}).(*Turn); !ok || !held.enter() {
		if place := t.paced.budget.Enter(budget.ClaimOf(ctx), t.clock.Now()); !place.Granted {
			return queued(op, place)
		}
	}
	defer t.paced.budget.Leave()
	ctx, x := withExchange(ctx, op, t.domain)
	err := run(ctx)
	if err == nil && x.emptyAnswer() {
		err = errIncomplete
	}
	if err == nil {
		x.judged(true)
		return nil
	}
	e := x.explain(t.clock.Now())
	x.judged(e.Class != BadAnswer)
	return e
}

// request sends one value and decodes the answer into another, through the SDK.
func (t *Tenant) request(
	ctx context.Context, method string, path []string, m *message, options ...management.RequestOption,
) error {
	return t.api.Request(ctx, method, t.api.URI(path...), m, options...)
}
