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

package sweep

import (
	"context"
	"time"

	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/budget"
	"github.com/certbound/certbound/internal/controller/oauthclient"
)

// Audits say what is to be audited, and take in what was found.
type Audits interface {
	// NextAudit is the client whose credentials are to be listed next.
	NextAudit(ctx context.Context, key auth0.Key, interval time.Duration) (next oauthclient.Audit, found bool, err error)
	Audited(ctx context.Context, a oauthclient.Audit, credentials []auth0.Credential, asked time.Time) error
	// AuditFailed takes in that there was no answer to use.
	AuditFailed(a oauthclient.Audit, asked time.Time)
}

// rest audits a client, if one is due, and tells when there is something to do next.
func (r *Reconciler) rest(ctx context.Context, turn *round, key auth0.Key, interval time.Duration, session *auth0.Tenant) (ctrl.Result, error) {
	next, found, err := r.Clients.NextAudit(ctx, key, interval)
	if err != nil {
		return ctrl.Result{}, err
	}
	now := r.Clock.Now()
	again := r.due(turn, key, interval)
	if !found {
		return ctrl.Result{RequeueAfter: max(again.Sub(now), soon)}, nil
	}
	if free := turn.audited.Add(auditPause); next.Due.Before(free) {
		next.Due = free
	}
	if now.Before(next.Due) {
		if next.Due.Before(again) {
			again = next.Due
		}
		return ctrl.Result{RequeueAfter: max(again.Sub(now), soon)}, nil
	}
	credentials, err := session.AuditCredentials(claim(ctx, budget.Drift, key), next.ClientID)
	turn.audited = r.Clock.Now()
	switch {
	case auth0.ClassOf(err) == auth0.NotFound:
		credentials = nil // the client itself tells what became of it
	case err != nil:
		if auth0.ClassOf(err) != auth0.Queued {
			r.Clients.AuditFailed(next, now)
		}
		turn.putOff(r.Clock.Now(), err)
		return ctrl.Result{RequeueAfter: turn.resume.Sub(r.Clock.Now())}, nil
	}
	turn.failures = 0
	return ctrl.Result{RequeueAfter: soon}, r.Clients.Audited(ctx, next, credentials, now)
}
