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
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/backoff"
	"github.com/certbound/certbound/internal/controller/answer"
)

// One broken object must not cost the tenant more requests than many healthy ones. What counts is not how often it is looked at, which
// events of others decide too, but what is sent for it: so a pass that sent something and failed leaves the object alone for a while,
// and only what may mend it ends that sooner.

// situation is what may mend a failing object when it changes: what people write, a renewed certificate, another sign-in. What this
// operator writes itself is not in it, but that a certificate was published.
type situation struct {
	generation  int64
	annotations string
	credentials string
	session     *auth0.Tenant
	lacking     string // the scopes that the token lacks
}

// pause is how long an object is left alone.
type pause struct {
	record    backoff.Record
	situation situation
	until     time.Time
	owed      int // requests of passes that had to wait for their turn in the midst of it
}

// paces are the objects that fail. Losing them costs requests, never correctness. The zero value is ready for use.
type paces struct {
	mutex sync.Mutex
	byUID map[types.UID]pause
}

func (p *paces) get(uid types.UID) pause {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.byUID[uid]
}

func (p *paces) put(uid types.UID, to pause) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if p.byUID == nil {
		p.byUID = map[types.UID]pause{}
	}
	p.byUID[uid] = to
}

func (p *paces) forget(uid types.UID) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.byUID, uid)
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
	known := p.paces.get(p.obj.UID)
	if p.now.Before(known.until) && known.situation == p.situation() {
		return &alreadyToldError{known.until}
	}
	return nil
}

// owe notes what was sent by a pass that ends in the midst of it, since it is not its turn.
func (p *pass) owe() {
	if sent := int(p.sent.Load()); sent > 0 {
		known := p.paces.get(p.obj.UID)
		known.owed += sent
		p.paces.put(p.obj.UID, known)
	}
}

// again tells after how long to look at the object again, zero for never, or the error to back off for. A pass that sent something and
// failed is charged for it.
func (p *pass) again(ctx context.Context) (time.Duration, error) {
	if !p.report.Failing() {
		p.paces.forget(p.obj.UID)
		return p.report.Next(p.now)
	}
	known, found := p.paces.get(p.obj.UID), p.situation()
	sent := known.owed + int(p.sent.Load())
	if sent == 0 {
		return p.report.Next(p.now)
	}
	now := p.Clock.Now() // the pass took its time
	if known.situation != found {
		known.record = known.record.Afresh()
	}
	record, retry := known.record.Failed(sent, now, rand.Float64()) // #nosec G404 -- jitter is no secret
	again, err := p.report.Paced(now, retry)
	p.paces.put(p.obj.UID, pause{record: record, situation: found, until: now.Add(again)})
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "the client is tried again", "after", again.Round(time.Second).String())
	}
	return again, nil
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
