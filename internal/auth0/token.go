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
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v2/jwt"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
	"k8s.io/utils/clock"
)

// Authorization is what the management token allows.
type Authorization struct {
	// ClientID is the client that the token was issued to, which the operator must not manage; empty when unknown.
	ClientID string
	// Scopes are the token's scopes; nil when the token does not tell.
	Scopes []string
	// ExpiresAt is zero when the token does not tell.
	ExpiresAt time.Time
}

// Authorize returns what the management token allows, and fetches one first if there is none.
func (t *Tenant) Authorize(ctx context.Context) (Authorization, error) {
	var a Authorization
	err := t.call(ctx, OpAuthorize, func(ctx context.Context) error {
		token, err := t.tokens.get(ctx)
		if err != nil {
			return exchangeOf(ctx).fail(err)
		}
		a = token.Authorization
		return nil
	})
	return a, err
}

// managementToken is a token with what is known of it. It is never changed.
type managementToken struct {
	Authorization
	value     string
	refreshAt time.Time // zero: never
}

func (t *managementToken) expired(now time.Time) bool {
	return !t.ExpiresAt.IsZero() && !now.Before(t.ExpiresAt)
}

// fresh tells whether it is too early to fetch another.
func (t *managementToken) fresh(now time.Time) bool {
	return t.refreshAt.IsZero() || now.Before(t.refreshAt)
}

const (
	// lifeToRefresh is the share of a token's life after which a new one is fetched.
	lifeToRefresh = 0.8
	// refreshRetry is how long a token that still works is used when no new one could be had.
	refreshRetry = time.Minute
	// unknownLife is assumed of a token that does not tell how long it lives. Auth0's tokens do.
	unknownLife = time.Hour
)

// tokens holds the tenant's one management token.
type tokens struct {
	clock  clock.Clock
	fetch  func(context.Context) (*managementToken, error) // nil: the token was given and cannot be renewed
	flight singleflight.Group

	mu      sync.Mutex
	current *managementToken
	retryAt time.Time // no attempt to refresh a working token before
	refusal refusal
}

func newTokens(c Config, public *http.Client) (*tokens, error) {
	t := &tokens{clock: c.Clock}
	if c.SignIn.AccessToken != "" {
		t.current = &managementToken{Authorization: readToken(c.SignIn.AccessToken), value: c.SignIn.AccessToken}
		return t, nil
	}
	request, err := newTokenRequest(c)
	if err != nil {
		return nil, err
	}
	t.fetch = func(ctx context.Context) (*managementToken, error) {
		return signIn(ctx, c, request, public)
	}
	return t, nil
}

// get returns the token, and fetches one when there is none or its time is near. However many ask at once, one fetches.
func (t *tokens) get(ctx context.Context) (*managementToken, error) {
	now := t.clock.Now()
	t.mu.Lock()
	token, retryAt := t.current, t.retryAt
	t.mu.Unlock()
	usable := token != nil && !token.expired(now)
	switch {
	case usable && (token.fresh(now) || now.Before(retryAt)):
		return token, nil
	case t.fetch == nil:
		return nil, &Error{Class: Unauthorized, Message: "the access token has expired", noEffect: true}
	}
	fresh, err := t.refresh(ctx)
	if err != nil && usable {
		return token, nil
	}
	return fresh, err
}

// refresh joins the fetch that is under way, or starts one. The fetch does not end with the caller, since others may be
// waiting for it; the transport's limits end it.
func (t *tokens) refresh(ctx context.Context) (*managementToken, error) {
	result := t.flight.DoChan("", t.renew)
	select {
	case r := <-result:
		if r.Err != nil {
			return nil, r.Err
		}
		return r.Val.(*managementToken), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// renew fetches a token, unless a fetch that has just ended already did, or was refused.
func (t *tokens) renew() (any, error) {
	t.mu.Lock()
	token, refused := t.current, t.refusal.holds(t.clock.Now())
	t.mu.Unlock()
	switch {
	case token != nil && token.fresh(t.clock.Now()):
		return token, nil
	case refused != nil:
		return nil, refused
	}
	token, err := t.fetch(context.Background())
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		now := t.clock.Now()
		t.retryAt = now.Add(refreshRetry)
		t.refusal, err = t.refusal.after(err, now)
		return nil, err
	}
	t.current, t.refusal = token, refusal{}
	return token, nil
}

// discard forgets a token that the API refused; false when no other can be had.
func (t *tokens) discard(refused *managementToken) bool {
	if t.fetch == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.current == refused {
		t.current = nil
	}
	return true
}

// describeToken learns what it can, first from the token response (RFC 6749 section 5.1), then from the token itself.
func describeToken(token *oauth2.Token, clientID string, now time.Time) *managementToken {
	a := readToken(token.AccessToken)
	if a.ClientID == "" {
		a.ClientID = clientID
	}
	if scope, ok := token.Extra("scope").(string); ok {
		a.Scopes = strings.Fields(scope)
	}
	if seconds, ok := token.Extra("expires_in").(float64); ok && seconds > 0 {
		a.ExpiresAt = now.Add(time.Duration(seconds) * time.Second)
	}
	if a.ExpiresAt.IsZero() {
		a.ExpiresAt = now.Add(unknownLife)
	}
	life := time.Duration(float64(a.ExpiresAt.Sub(now)) * lifeToRefresh)
	return &managementToken{Authorization: a, value: token.AccessToken, refreshAt: now.Add(life)}
}

// readToken reads the claims of a token that is a JWT, without checking its signature: the API checks, this only reports.
func readToken(value string) (a Authorization) {
	token, err := jwt.ParseInsecure([]byte(value))
	if err != nil {
		return Authorization{}
	}
	a.ExpiresAt = token.Expiration()
	if azp, ok := token.Get("azp"); ok {
		a.ClientID, _ = azp.(string)
	}
	if scope, ok := token.Get("scope"); ok {
		if list, isText := scope.(string); isText {
			a.Scopes = strings.Fields(list)
		}
	}
	return a
}
