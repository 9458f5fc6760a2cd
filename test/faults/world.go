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
	"testing"
	"time"

	eventsv1 "k8s.io/api/events/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/internal/auth0sim"
)

// Stage makes the World of one run and ends it after the run. The tenant's options are the run's: through Intercept pass all
// requests to the tenant, and which operator sent one its User-Agent tells.
type Stage func(t *testing.T, tenant auth0sim.Options, run func(*testing.T, World))

// World is what one run has for itself: a namespace, a tenant, and the time. Everything that a scenario does and every
// invariant is written against it, so that a run on a real API server and one in memory are the same run.
type World interface {
	// Client has the rights of an administrator and reads no cache. Its requests pass no hook.
	Client() client.Client
	// Namespace is where the run's objects are.
	Namespace() string
	// Sim is the tenant. Its clock, Sim().Now(), is the world's: certificates are made by it.
	Sim() *auth0sim.Simulator
	// StartOperator starts an operator and returns when it has read the cluster. Another may be running.
	StartOperator(OperatorOptions) (Operator, error)
	// Advance moves the time of the tenant and of the operator forward, and sees to it that what was to happen meanwhile does.
	Advance(time.Duration)
}

// Operator is an operator that runs.
type Operator interface {
	// Stop ends it wherever it stands and returns when nothing of it runs any more.
	Stop() error
}

// OperatorOptions are what differs from run to run.
type OperatorOptions struct {
	// Name tells this operator from its predecessors. It is the User-Agent of its requests to the tenant.
	Name string
	// Fence is how long a client is left alone after a request without an answer, Timeout the limit of a request to a tenant.
	Fence, Timeout time.Duration
	// Write is called in the place of each write to the cluster.
	Write WriteHook
	// Curtain stands between the cluster and the operator's caches.
	Curtain *Curtain
}

// WriteHook stands between an operator and the cluster: send lets the write happen and returns the API server's answer, nil for
// success. The operator gets what the hook returns. The hook may send under another context, later, or never; it sends once at most.
type WriteHook func(ctx context.Context, w Write, send func(context.Context) error) error

// Write names a write to the cluster by what does not change from run to run.
type Write struct {
	// Verb is create, update, patch, apply or delete.
	Verb string
	// Kind is the kind of the object, such as OAuthClient, and Name the result of NameOf.
	Kind, Name string
	// Subresource is empty or status.
	Subresource string
}

// NameOf is the name under which a write to an object is known. That of an Event is made up anew each time, so it goes by what it
// is about and why.
func NameOf(o client.Object) string {
	if e, isEvent := o.(*eventsv1.Event); isEvent {
		return e.Regarding.Name + "/" + e.Reason
	}
	return o.GetName()
}
