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
	"time"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
)

// situation is what may mend a failing tenant object when it changes: what people write, and what it is signed in with, which makes
// another session.
type situation struct {
	session     *auth0.Tenant
	annotations string
}

func (s session) situation() situation {
	return situation{session: s.tenant, annotations: s.annotations}
}

// leftAlone returns what was found last while the object fails and nothing changed that may mend it. The scopes that its clients need and
// their number are looked at nevertheless: that asks nobody.
func (r *Reconciler) leftAlone(key auth0.Key, obj Object, opened session, clients []v1alpha1.OAuthClient) (last finding, alone bool) {
	until := r.paces.LeftAlone(obj.GetUID(), opened.situation)
	known, found := r.last.Load(key)
	if !found || !r.Clock.Now().Before(until) {
		return finding{}, false
	}
	last = known.(finding)
	last.aloneUntil, last.clients, last.report = until, count(clients), last.report.Again()
	if last.signedIn() {
		last.report.Set(v1alpha1.ConditionScopesSufficient, last.scopes(obj.GetTenantSpec(), clients))
	}
	return last, true
}

// again tells after how long to check the tenant again, zero for the drift interval, or the error to back off for. A check that failed is
// charged for what it sent, but not where the tenant is silent: the budget's breaker lets through one request each half minute then, so
// that it is noticed soon when the tenant is back.
func (r *Reconciler) again(ctx context.Context, key auth0.Key, obj Object, found finding, now time.Time) (time.Duration, error) {
	switch {
	case !found.aloneUntil.IsZero():
		return max(found.aloneUntil.Sub(now), time.Millisecond), nil
	case found.queued != nil:
		r.paces.Owe(obj.GetUID(), found.sent)
		return found.report.Next(now)
	case found.silent:
		return found.report.Next(now)
	}
	r.last.Store(key, found)
	return r.paces.Next(ctx, obj.GetUID(), found.report, found.session.situation, found.sent, now)
}
