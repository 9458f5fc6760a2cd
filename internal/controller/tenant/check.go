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

package tenant

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/budget"
	"github.com/certbound/certbound/internal/controller/answer"
	"github.com/certbound/certbound/internal/status"
)

// finding is what a check found out.
type finding struct {
	report        *status.Report
	session       session
	authorization auth0.Authorization
	missing       []string
	unneeded      []string
	clients       int32
	sent          int       // requests to the tenant
	aloneUntil    time.Time // nothing was looked at, and nothing is before; zero: the tenant was checked
	// silent says that the tenant did not answer when it was to be reached or signed in to.
	silent bool
	// queued is the error of a request whose turn it was not; nil: there is none.
	queued *auth0.Error
}

// outcome is what the error of a request means.
func (f *finding) outcome(err error, doing, safe string) status.Outcome {
	if e, ok := errors.AsType[*auth0.Error](err); ok && e.Class == auth0.Queued {
		f.queued = e
	}
	f.silent = auth0.Silent(err)
	return answer.Outcome(err, doing, safe)
}

// claim says what the requests of a check are for: what a person changed, or a look whether all is as it was.
func claim(ctx context.Context, obj Object) context.Context {
	lane := budget.Drift
	known := obj.GetTenantStatus()
	if known.ObservedGeneration != obj.GetGeneration() || !meta.IsStatusConditionTrue(known.Conditions, v1alpha1.ConditionReady) {
		lane = budget.Edit
	}
	return budget.WithClaim(ctx, budget.Claim{Lane: lane, Key: string(obj.GetUID())})
}

// check opens the tenant, looks at it, unless it is left alone since it fails, and reports.
func (r *Reconciler) check(ctx context.Context, key auth0.Key, obj Object, clients []v1alpha1.OAuthClient) finding {
	f := finding{clients: count(clients), report: newReport()}
	opened, condition, outcome := r.open(ctx, key, obj)
	if condition != "" {
		r.forget(key)
		f.report.Set(condition, outcome)
		return f
	}
	if annotations := fmt.Sprint(obj.GetAnnotations()); opened.annotations != annotations {
		opened.annotations = annotations
		opened.tenant.SignInAfresh()
		r.hold(key, opened)
	}
	if last, alone := r.leftAlone(key, obj, opened, clients); alone {
		return last
	}
	f.session = opened
	ctx, sent := auth0.WithCount(claim(ctx, obj))
	r.look(ctx, &f, key, obj, clients)
	f.sent = int(sent.Load())
	r.hold(key, f.session)
	return f
}

// look asks the tenant, where the last look is older than the drift interval.
func (r *Reconciler) look(ctx context.Context, f *finding, key auth0.Key, obj Object, clients []v1alpha1.OAuthClient) {
	spec := obj.GetTenantSpec()
	fresh := r.Clock.Now().Before(f.session.checkedAt.Add(DriftInterval(spec)))
	if !f.report.Set(v1alpha1.ConditionReachable, f.discover(ctx, spec.Domain, fresh)).IsDone() ||
		!f.report.Set(v1alpha1.ConditionAuthenticated, f.authorize(ctx, spec, fresh)).IsDone() {
		return
	}
	if r.Registry.Put(key, f.session.tenant) {
		r.announce(ctx, obj)
	}
	f.report.Set(v1alpha1.ConditionScopesSufficient, f.scopes(spec, clients))
	aliases := f.report.Set(v1alpha1.ConditionEndpointAliasesInSync, f.aliases(ctx, spec, fresh))
	f.silent = false // it has answered before
	if aliases.IsDone() && !fresh {
		f.session.checkedAt = r.Clock.Now()
	}
}

// inUse reports on a tenant that is to go and that clients still need for their own deletion. A session that is at hand
// stays, whatever became of its Secret: in a namespace that is being deleted, that may be gone first.
func (r *Reconciler) inUse(ctx context.Context, key auth0.Key, obj Object, clients []v1alpha1.OAuthClient) finding {
	if _, signedIn := r.Registry.Get(key); !signedIn {
		return r.check(ctx, key, obj, clients)
	}
	f := finding{clients: count(clients), report: newReport()}
	f.report.Set(v1alpha1.ConditionReachable, status.Blocked(v1alpha1.ReasonInUse,
		"OAuthClients with deletionPolicy Delete still refer to this tenant; it goes when they are gone; delete them, or change their policy to Retain."))
	return f
}

func newReport() *status.Report {
	return status.NewReport(v1alpha1.ConditionReachable, v1alpha1.ConditionAuthenticated, v1alpha1.ConditionScopesSufficient,
		v1alpha1.ConditionEndpointAliasesInSync)
}

func count(clients []v1alpha1.OAuthClient) int32 { return int32(min(len(clients), math.MaxInt32)) } // #nosec G115 -- bounded

// announce wakes the tenant's clients.
func (r *Reconciler) announce(ctx context.Context, obj Object) {
	select {
	case r.SignedIn <- event.GenericEvent{Object: obj}:
	case <-ctx.Done():
	}
}

// hold keeps the session for the next reconcile of the same inputs.
func (r *Reconciler) hold(key auth0.Key, s session) { r.sessions.Store(key, s) }

func (f *finding) discover(ctx context.Context, domain string, fresh bool) status.Outcome {
	reached := status.Done(v1alpha1.ReasonReachable, "The tenant's discovery document was read.")
	if fresh {
		return reached
	}
	found, err := f.session.tenant.Discover(ctx)
	if auth0.ClassOf(err) == auth0.NotFound {
		return status.Failed(v1alpha1.ReasonNotATenant, fmt.Sprintf(
			"There is no tenant at %s: it publishes no discovery document; check spec.domain of the tenant, and what stands between; %s.", domain, safe), err)
	}
	if err != nil {
		return f.outcome(err, "read the tenant's discovery document", safe)
	}
	f.session.discovery = found
	return reached
}

// authorize gets a token. A token that was given ready-made proves nothing until the API accepts it, so it is tried.
func (f *finding) authorize(ctx context.Context, spec *v1alpha1.TenantSpec, fresh bool) status.Outcome {
	authorization, err := f.session.tenant.Authorize(ctx)
	if err == nil && spec.SignIn.AccessToken != nil && !fresh {
		_, _, err = f.session.tenant.ListClients(ctx, "")
		if auth0.ClassOf(err) == auth0.InsufficientScope {
			err = nil // the token is good; what it lacks is the next condition's
		}
	}
	if err != nil {
		return f.outcome(err, "sign in to the tenant", safe)
	}
	f.authorization = authorization
	return status.Done(v1alpha1.ReasonAuthenticated, "The operator is signed in.")
}

func wantedAliases(spec *v1alpha1.TenantSpec) (enabled, managed bool) {
	enabled = spec.EndpointAliases == v1alpha1.EndpointAliasesEnabled
	return enabled, enabled || spec.EndpointAliases == v1alpha1.EndpointAliasesDisabled
}

// aliases brings the mTLS endpoint aliases to what the spec says, and reads the discovery document again when it was read
// before somebody, maybe another Tenant for the same domain, changed them.
func (f *finding) aliases(ctx context.Context, spec *v1alpha1.TenantSpec, fresh bool) status.Outcome {
	wanted, managed := wantedAliases(spec)
	if !managed {
		return status.Done(v1alpha1.ReasonUnmanaged, "The mTLS endpoint aliases are left as they are.")
	}
	inSync := status.Done(v1alpha1.ReasonInSync, fmt.Sprintf("The mTLS endpoint aliases are %s.", strings.ToLower(string(spec.EndpointAliases))))
	if fresh {
		return inSync
	}
	enabled, err := f.session.tenant.EndpointAliases(ctx)
	if err == nil && enabled != wanted {
		err = f.session.tenant.SetEndpointAliases(ctx, wanted)
	}
	if stale := (f.session.discovery.MTLSTokenEndpoint != "") != wanted; err == nil && stale {
		f.session.discovery, err = f.session.tenant.Discover(ctx)
	}
	if err != nil {
		return f.outcome(err, "set the tenant's mTLS endpoint aliases", "the setting stays as it is")
	}
	return inSync
}

// status is the new status but for the conditions. What was not found out this time stays as it was last seen.
func (f *finding) status(before *v1alpha1.TenantStatus) v1alpha1.TenantStatus {
	after := *before.DeepCopy()
	after.Clients = &f.clients
	if d := f.session.discovery; d.Issuer != "" {
		after.Issuer, after.TokenEndpoint, after.MTLSTokenEndpoint = d.Issuer, d.TokenEndpoint, d.MTLSTokenEndpoint
	}
	if !f.signedIn() {
		return after
	}
	after.MissingScopes, after.UnneededScopes = f.missing, f.unneeded
	return after
}

// signedIn tells whether it is known what the management token allows.
func (f *finding) signedIn() bool {
	return !f.authorization.ExpiresAt.IsZero() || f.authorization.Scopes != nil
}

// budget is what the tenant's budget looks like; nil where that is not known.
func (f *finding) budget(now time.Time) *v1alpha1.BudgetStatus {
	if f.session.tenant == nil {
		return nil
	}
	return budgetStatus(f.session.tenant.Budget(now), now)
}
