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

package answer

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/certbound/certbound/internal/backoff"
	"github.com/certbound/certbound/internal/status"
)

// Paces are the objects that fail. One broken object must not cost the tenant more requests than many healthy ones. What counts is not
// how often it is looked at, which events of others decide too, but what is sent for it: so a pass that sent something and failed leaves
// the object alone for a while, and only what may mend it ends that sooner, which is a change of its situation S.
//
// Losing them costs requests, never correctness. The zero value is ready for use, from several goroutines.
type Paces[S comparable] struct {
	mutex sync.Mutex
	byUID map[types.UID]pause[S]
}

// pause is how long an object is left alone.
type pause[S comparable] struct {
	record    backoff.Record
	situation S
	until     time.Time
	owed      int // requests of passes that had to wait for their turn in the midst of it
}

// LeftAlone tells until when an object is left alone while its situation is this one; a time that is over: it is not. The situation is
// asked for only where it matters, here as in Next: most objects do not fail.
func (p *Paces[S]) LeftAlone(uid types.UID, found func() S) (until time.Time) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if known, fails := p.byUID[uid]; fails && known.situation == found() {
		return known.until
	}
	return time.Time{}
}

// Owe notes what was sent by a pass that ends in the midst of it, since it is not its turn.
func (p *Paces[S]) Owe(uid types.UID, sent int) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if known := p.byUID[uid]; sent > 0 {
		known.owed += sent
		p.put(uid, known)
	}
}

// Next tells after how long to look at an object again, zero for never, or the error to back off for. A pass that sent something and
// failed is charged for it.
func (p *Paces[S]) Next(ctx context.Context, uid types.UID, report *status.Report, found func() S, sent int, now time.Time) (time.Duration, error) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if !report.Failing() {
		delete(p.byUID, uid)
		return report.Next(now)
	}
	known := p.byUID[uid]
	if sent += known.owed; sent == 0 {
		return report.Next(now)
	}
	situation := found()
	if known.situation != situation {
		known.record = known.record.Afresh()
	}
	record, retry := known.record.Failed(sent, now, rand.Float64()) // #nosec G404 -- jitter is no secret
	again, err := report.Paced(now, retry)
	p.put(uid, pause[S]{record: record, situation: situation, until: now.Add(again)})
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "it is tried again", "after", again.Round(time.Second).String())
	}
	return again, nil
}

// Forget drops what is known of an object that is gone.
func (p *Paces[S]) Forget(uid types.UID) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	delete(p.byUID, uid)
}

func (p *Paces[S]) put(uid types.UID, to pause[S]) {
	if p.byUID == nil {
		p.byUID = map[types.UID]pause[S]{}
	}
	p.byUID[uid] = to
}
