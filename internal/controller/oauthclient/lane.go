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
	"errors"
	"slices"
	"sync"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/budget"
	"github.com/certbound/certbound/internal/controller/answer"
	"github.com/certbound/certbound/internal/controller/urgency"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/rotation"
)

// purpose is what a request is for.
type purpose int

const (
	look     purpose = iota // reads what the tenant has
	settle                  // settings and grants
	register                // stores a certificate or lets it sign in
	retire                  // detaches or deletes what is no longer used
	obey                    // does what only a person asks for: a change of the method, a deletion
)

// work is what is known of a request when its lane is decided.
type work struct {
	purpose purpose
	// isNew: the client was not there yet, so nobody depends on it.
	isNew bool
	// edited: the object says something that was not applied yet.
	edited bool
	// due: a certificate is there that the tenant does not accept yet.
	due bool
	// uncovered: a workload holds a certificate that the tenant does not accept.
	uncovered bool
	// ending: the certificate that workloads hold soon expires, and the next one is not accepted yet.
	ending bool
	// cutOff: the old certificate is to be accepted no longer than need be.
	cutOff bool
}

// lane is how much a request matters: first what costs refused requests, then what must not be accepted any longer, then what a person
// waits for.
func (w work) lane() budget.Lane {
	switch {
	case w.isNew:
		return budget.New
	case w.uncovered || w.ending:
		return budget.Urgent // even what is taken away: it may be in the place that the certificate needs
	case w.purpose == retire && w.cutOff:
		return budget.Revocation
	case w.purpose == retire:
		return budget.Cleanup
	case w.edited || w.purpose == obey:
		return budget.Edit
	case w.due || w.purpose == register:
		return budget.Renewal
	}
	return budget.Drift
}

// soonAtMost bounds how long before its end a certificate counts as ending. cert-manager renews when a third of the lifetime is
// left; ending is the second half of that.
const soonAtMost = time.Hour

// ending tells whether the published certificate expires soon.
func ending(c rotation.Certificate, now time.Time) bool {
	left, life := c.PublishedNotAfter.Sub(now), c.PublishedNotAfter.Sub(c.PublishedAt)
	return !c.PublishedNotAfter.IsZero() && left < min(life/6, soonAtMost)
}

// workFor is what the pass knows of a request.
func (p *pass) workFor(purpose purpose) work {
	method := registration.Method(p.obj.Spec.AuthenticationMethod)
	w := work{purpose: purpose, isNew: p.obj.Status.ClientID == "", edited: p.obj.Generation != p.obj.Status.ObservedGeneration}
	inForce := method.UsesCertificates() && p.obj.Status.AuthenticationMethod == string(method)
	for _, c := range p.fitting(method) {
		cert := certificateOf(c)
		w.cutOff = w.cutOff || (cert.Overlap != nil && *cert.Overlap == 0)
		if cert.Wanted == "" || p.accepted(cert.Wanted, !method.UsesCertificates()) {
			continue
		}
		w.due = true
		w.uncovered = w.uncovered || (inForce && (c.Spec.Publish == nil || cert.Published == cert.Wanted))
		w.ending = w.ending || (inForce && ending(cert, p.now))
	}
	return w
}

// accepted tells whether a certificate is attached, or at least stored where that is enough, as far as is known.
func (p *pass) accepted(id rotation.Identity, stored bool) bool {
	if p.view != nil {
		return slices.ContainsFunc(p.view.credentials, func(c auth0.Credential) bool {
			return identity(c.Type, c.Thumbprint, c.SubjectDN) == id && (stored || p.view.attached(c.ID))
		})
	}
	return slices.ContainsFunc(p.obj.Status.Credentials, func(c v1alpha1.CredentialStatus) bool {
		known := identity(registration.CredentialType(c.Type), c.Fingerprint, c.SubjectDN)
		return known == id && (stored || c.State == v1alpha1.CredentialAttached)
	})
}

// purposeOf is what a step of a rotation is for. One that only detaches is as much a part of the end as the deletion after it.
func (p *pass) purposeOf(step rotation.Step) purpose {
	switch step.Verb {
	case rotation.Delete:
		return retire
	case rotation.Revert:
		return obey
	case rotation.Attach:
		grows := slices.ContainsFunc(step.Attached, func(id string) bool { return !p.view.attached(id) })
		if p.view.client.Method.UsesCertificates() && !grows {
			return retire
		}
	}
	return register
}

// claim is a context for requests with a purpose. begun tells that the undertaking has sent one already.
func (p *pass) claim(ctx context.Context, purpose purpose, begun bool) context.Context {
	p.lane = p.workFor(purpose).lane()
	return budget.WithClaim(ctx, budget.Claim{Lane: p.lane, Key: string(p.obj.UID), Begun: begun})
}

// takeTurn takes the turn for the next request, so that what is to be read past the cache before it is read only when it may go.
func (p *pass) takeTurn(ctx context.Context) (context.Context, error) {
	if p.turn == nil {
		turn, err := p.tenant.api.Turn(ctx)
		if err != nil {
			return ctx, err
		}
		p.turn = turn
	}
	return p.turn.Within(ctx), nil
}

// dropTurn gives back a turn that was taken and not used.
func (p *pass) dropTurn() {
	if p.turn != nil {
		p.turn.Release()
		p.turn = nil
	}
}

// worthTelling is how long a wait is that the status speaks of. A shorter one is over before somebody has read of it.
const worthTelling = 10 * time.Second

// queue notes that a request has to wait for its turn, and ends the pass with it.
func (p *pass) queue(err error) {
	if e, ok := errors.AsType[*auth0.Error](err); ok && e.Class == auth0.Queued {
		p.queuedUntil, p.queuedFor = e.ResumeAt, e.Why
	}
}

// stayInQueue ends a pass that waits for its turn. What the tenant confirmed meanwhile is reported, since others wait for it. The wait
// itself is told when it is long, and not where nothing is known to be wrong: what the status says of the client is still all
// that is known.
func (p *pass) stayInQueue(ctx context.Context) (ctrl.Result, error) {
	refused := p.queuedFor == budget.Paused || p.queuedFor == budget.Broken
	again := ctrl.Result{
		RequeueAfter: max(p.queuedUntil.Sub(p.Clock.Now()), time.Millisecond), Priority: urgency.Waiting(p.lane == budget.Urgent, refused),
	}
	before, after := p.obj.Status, p.status()
	after.ObservedGeneration = before.ObservedGeneration // what the spec says is not applied yet
	told := again.RequeueAfter >= worthTelling && p.lane != budget.Drift
	switch {
	case confirmed(before, after):
	case !told, answer.Unchanged(&before, &after), !p.waits.may(p.Clock.Now()):
		return again, nil
	}
	if !told {
		after.Conditions, after.NextStep, after.ExpiresAt = before.Conditions, before.NextStep, before.ExpiresAt
	}
	if err := p.update(ctx, after); err != nil {
		return answer.OfWrite(err)
	}
	return again, nil
}

// betweenTellings is the least time between two clients whose status is written only to tell of a wait. When a tenant begins to refuse
// everybody, all its clients have that to tell at once, on the workers and at the API server that other tenants' clients need as well.
const betweenTellings = 100 * time.Millisecond

// telling paces what is told of waits. Who may not tell now does so when it is looked at again.
type telling struct {
	mutex sync.Mutex
	next  time.Time
}

func (t *telling) may(now time.Time) bool {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if left := t.next.Sub(now); left > 0 && left <= betweenTellings { // more, and the clock was set back
		return false
	}
	t.next = now.Add(betweenTellings)
	return true
}

// confirmed tells whether the tenant confirmed something that others wait for.
func confirmed(before, after v1alpha1.OAuthClientStatus) bool {
	return before.ClientID != after.ClientID || before.AuthenticationMethod != after.AuthenticationMethod ||
		!slices.Equal(attachedIDs(before), attachedIDs(after))
}

func attachedIDs(s v1alpha1.OAuthClientStatus) (ids []string) {
	for _, c := range s.Credentials {
		if c.State == v1alpha1.CredentialAttached {
			ids = append(ids, c.ID)
		}
	}
	return ids
}
