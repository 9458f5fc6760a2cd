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
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller/answer"
)

// situation is what may mend a failing object when it changes: what people write, a renewed certificate, another sign-in. What this
// operator writes itself is not in it, but that a certificate was published.
type situation struct {
	generation  int64
	annotations string
	credentials string
	session     *auth0.Tenant
	lacking     string // the scopes that the token lacks
}

// situation is the one that this pass found.
func (p *pass) situation() situation {
	var credentials strings.Builder
	for _, c := range p.credentials {
		_, _ = fmt.Fprintf(&credentials, "%s/%d", c.UID, c.Generation)
		if c.Status.Certificate != nil {
			_, _ = fmt.Fprintf(&credentials, " %s %s", c.Status.Certificate.Fingerprint, c.Status.Certificate.SubjectDN)
		}
		if c.Status.Published != nil {
			_, _ = fmt.Fprintf(&credentials, " %s", c.Status.Published.Fingerprint)
		}
		credentials.WriteByte(';')
	}
	return situation{
		generation: p.obj.Generation, annotations: fmt.Sprint(p.obj.Annotations), credentials: credentials.String(),
		session: p.tenant.session, lacking: strings.Join(p.tenant.status.MissingScopes, " "),
	}
}

// leftAlone returns an error while the object fails and nothing changed that may mend it.
func (p *pass) leftAlone() error {
	if until := p.paces.LeftAlone(p.obj.UID, p.situation); p.now.Before(until) {
		return &alreadyToldError{until}
	}
	return nil
}

// again tells after how long to look at the object again, zero for never, or the error to back off for.
func (p *pass) again(ctx context.Context) (time.Duration, error) {
	now := p.Clock.Now() // the pass took its time
	return p.paces.Next(ctx, p.obj.UID, p.report, p.situation, int(p.sent.Load()), now)
}

// untold says how to go on when the status could not be written. What cannot be told for long is no reason to send for it again and
// again; after a conflict it can be told soon.
func (p *pass) untold(ctx context.Context, err error) (ctrl.Result, error) {
	if apierrors.IsConflict(err) || !p.report.Failing() || p.sent.Load() == 0 {
		return answer.OfWrite(err)
	}
	ctrl.LoggerFrom(ctx).Error(err, "the status of a client that fails cannot be written")
	again, err := p.again(ctx)
	return ctrl.Result{RequeueAfter: again}, err
}
