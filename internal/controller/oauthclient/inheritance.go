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

package oauthclient

import (
	"context"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/registration"
)

// A request of the operator before this one can take effect after this one has read the tenant, and a write replaces a
// client's whole list of credentials, without a precondition. So what the one before may have been working on is read at
// once, and changed only when its last request can have no effect any more. An object without the finalizer was never worked
// on, nor was one that this operator saw being created.

// noteInherited notes the objects of the first list that an operator may have worked on. It lets every event pass.
func (r *Reconciler) noteInherited() predicate.Predicate {
	return predicate.Funcs{CreateFunc: func(e event.CreateEvent) bool {
		inherits := r.Inherits == nil || r.Inherits()
		if inherits && e.IsInInitialList && controllerutil.ContainsFinalizer(e.Object, Finalizer) {
			r.views.inherit(e.Object.GetUID(), r.Clock.Now().Add(r.Fence))
		}
		return true
	}}
}

// Settled tells whether every request that this operator sent was answered, or can have no effect any more.
func (r *Reconciler) Settled() bool { return r.views.settled(r.Clock.Now()) }

// tenantAPI is all that is asked of a tenant.
type tenantAPI interface {
	clientAPI
	credentialAPI
	grantAPI
	turnAPI
}

// unchanged is a tenant that can be read and is not changed until a time.
type unchanged struct {
	tenantAPI

	until time.Time
}

func (u unchanged) withheld(op string) error {
	return &auth0.Error{Op: op, Class: auth0.Withheld, ResumeAt: u.until, Message: "the operator has just taken over, and a request of the one before it may still take effect"}
}

func (u unchanged) CreateClient(context.Context, auth0.NewClient) (registration.Client, []auth0.Credential, error) {
	return registration.Client{}, nil, u.withheld(auth0.OpCreateClient)
}

func (u unchanged) UpdateClient(context.Context, string, auth0.ClientPatch) (registration.Client, error) {
	return registration.Client{}, u.withheld(auth0.OpUpdateClient)
}

func (u unchanged) DeleteClient(context.Context, string) error {
	return u.withheld(auth0.OpDeleteClient)
}

func (u unchanged) CreateCredential(context.Context, string, auth0.NewCredential) (auth0.Credential, error) {
	return auth0.Credential{}, u.withheld(auth0.OpCreateCredential)
}

func (u unchanged) DeleteCredential(context.Context, string, string) error {
	return u.withheld(auth0.OpDeleteCredential)
}

func (u unchanged) CreateGrant(context.Context, string, string, []string) (registration.Grant, error) {
	return registration.Grant{}, u.withheld(auth0.OpCreateGrant)
}

func (u unchanged) UpdateGrant(context.Context, string, []string) error {
	return u.withheld(auth0.OpUpdateGrant)
}
