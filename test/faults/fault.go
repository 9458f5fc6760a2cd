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

package faults

import (
	"context"
	"errors"
	"net/http"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Fault is what goes wrong with a request.
type Fault struct {
	Name string
	// kills tells that the operator is killed: from that instant nothing that it sends has any effect, then it is stopped, and
	// another is started.
	kills bool
	// late tells that the request has its effect when nobody waits for it any more.
	late bool
	// hangs tells that there is no answer until the operator gives up.
	hangs bool
	// refuses tells that the answer proves that the request had no effect.
	refuses bool
	// variant tells that it differs from another in words only, so that pairs do without it.
	variant bool
	// meets tells which requests it is for.
	meets func(Request) bool
	// One of these does it.
	atTenant  func(*exchange)
	atCluster func(context.Context, *writing) error
}

// Faults are all that are known. What comes in place of an answer, and whether the request had its effect, vary on their own: an
// answer tells nothing of that but for 401 and 429 (https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy).
var Faults = []*Fault{
	{Name: "killed before", kills: true, meets: tenant, atTenant: func(x *exchange) { x.cut() }},
	{Name: "killed after", kills: true, meets: changes, atTenant: func(x *exchange) { x.effect(); x.cut() }},
	{Name: "killed, late", kills: true, late: true, meets: changes, atTenant: func(x *exchange) { x.postpone(); x.cut() }},
	{Name: "timeout", variant: true, hangs: true, meets: tenant, atTenant: func(x *exchange) { x.hang(); x.cut() }},
	{Name: "timeout after", variant: true, hangs: true, meets: changes, atTenant: func(x *exchange) { x.effect(); x.hang(); x.cut() }},
	{Name: "timeout, late", late: true, hangs: true, meets: changes, atTenant: func(x *exchange) { x.hang(); x.postpone(); x.cut() }},
	{Name: "504, late", variant: true, late: true, meets: changes, atTenant: func(x *exchange) { x.postpone(); x.answer(http.StatusGatewayTimeout, html) }},
	{Name: "cut", meets: tenant, atTenant: func(x *exchange) { x.cut() }},
	{Name: "lost", meets: changes, atTenant: func(x *exchange) { x.effect(); x.cut() }},
	{Name: "truncated", variant: true, meets: tenant, atTenant: func(x *exchange) { x.truncate() }},
	{Name: "500", variant: true, meets: tenant, atTenant: func(x *exchange) { x.answer(http.StatusInternalServerError, internalError) }},
	{Name: "500 after", variant: true, meets: changes, atTenant: func(x *exchange) { x.effect(); x.answer(http.StatusInternalServerError, internalError) }},
	{Name: "502 HTML", variant: true, meets: tenant, atTenant: func(x *exchange) { x.answer(http.StatusBadGateway, html) }},
	{Name: "502 HTML after", variant: true, meets: changes, atTenant: func(x *exchange) { x.effect(); x.answer(http.StatusBadGateway, html) }},
	{Name: "429", refuses: true, meets: tenant, atTenant: func(x *exchange) {
		x.w.Header().Set("Retry-After", "1")
		x.answer(http.StatusTooManyRequests, tooManyRequests)
	}},
	{Name: "401", refuses: true, meets: management, atTenant: func(x *exchange) { x.answer(http.StatusUnauthorized, expiredToken) }},

	{Name: "killed before", kills: true, meets: cluster, atCluster: func(context.Context, *writing) error { return errKilled }},
	{Name: "killed after", kills: true, meets: cluster, atCluster: func(ctx context.Context, w *writing) error {
		_ = w.send(ctx)
		return errKilled
	}},
	{Name: "killed, late", kills: true, late: true, meets: object, atCluster: func(ctx context.Context, w *writing) error {
		w.postpone(ctx)
		return errKilled
	}},
	{Name: "timeout, late", variant: true, late: true, meets: object, atCluster: func(ctx context.Context, w *writing) error {
		w.postpone(ctx)
		return errLost
	}},
	{Name: "seen late", meets: object, atCluster: func(ctx context.Context, w *writing) error { return w.sendUnseen(ctx) }},
	{Name: "409", meets: object, atCluster: func(context.Context, *writing) error {
		return apierrors.NewConflict(schema.GroupResource{}, "", errors.New("the object has been modified"))
	}},
	{Name: "500", meets: cluster, atCluster: func(context.Context, *writing) error { return apierrors.NewInternalError(errors.New("no effect")) }},
	{Name: "etcd timeout", variant: true, meets: object, atCluster: func(context.Context, *writing) error { return errEtcd }},
	{Name: "etcd timeout after", variant: true, meets: object, atCluster: func(ctx context.Context, w *writing) error {
		_ = w.send(ctx)
		return errEtcd
	}},
	{Name: "lost", meets: object, atCluster: func(ctx context.Context, w *writing) error {
		_ = w.send(ctx)
		return errLost
	}},
}

func tenant(r Request) bool     { return r.ToTenant }
func changes(r Request) bool    { return r.ToTenant && r.Writes }
func management(r Request) bool { return r.ToTenant && !foreignToken(r) }
func cluster(r Request) bool    { return !r.ToTenant }
func object(r Request) bool     { return !r.ToTenant && !r.isEvent() }

// foreignToken tells whether the request carries no management token.
func foreignToken(r Request) bool { return r.Text == signIn || r.Text == discovery }

const (
	signIn    = "POST oauth/token"
	discovery = "GET .well-known/openid-configuration"
)

var (
	// errLost is what a client sees when a connection ends before the answer.
	errLost = errors.New("http2: client connection lost")
	// errEtcd is how the API server tells that etcd did not answer in time (kubernetes/kubernetes
	// staging/src/k8s.io/apiserver/pkg/storage/errors; etcd-io/etcd api/v3rpc/rpctypes).
	errEtcd = &apierrors.StatusError{ErrStatus: metav1.Status{Status: metav1.StatusFailure, Code: http.StatusInternalServerError,
		Message: "etcdserver: request timed out"}}
)

// FaultsAt are the faults for a request.
func FaultsAt(r Request) (fitting []*Fault) {
	for _, f := range Faults {
		if f.meets(r) {
			fitting = append(fitting, f)
		}
	}
	return fitting
}

// timing are the fence and the timeout of a run: short where that is waited for, and else long enough that a busy machine does first
// what comes first.
func timing(strikes []Strike) (fence, timeout time.Duration) {
	fence, timeout = 300*time.Millisecond, 10*time.Second
	for _, s := range strikes {
		if s.Fault.late {
			fence = time.Second
		}
		if s.Fault.hangs {
			timeout = 400 * time.Millisecond
		}
	}
	return fence, timeout
}
