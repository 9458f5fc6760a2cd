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

package main

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// tally counts what was done, and how much of it met the operator.
type tally struct {
	mu      sync.Mutex
	planned map[kind]int
	met     map[kind]int
}

func newTally() *tally { return &tally{planned: map[kind]int{}, met: map[kind]int{}} }

func (t *tally) count(k kind, met bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.planned[k]++
	if met {
		t.met[k]++
	}
}

// act does one thing of the schedule. What it waits for ends with ctx, and the action is taken back then.
func (r *run) act(ctx context.Context, a action) {
	name := everybody
	if a.member >= 0 {
		name = r.crew[a.member].name
	}
	r.notef(name, "%s", a)
	fault, isManagement := managementFault(a, r.pace)
	if !isManagement {
		r.tally.count(a.kind, r.other(ctx, a, name))
		return
	}
	injected := r.tenant.Inject(fault)
	r.tally.count(a.kind, r.met(ctx, injected.Fired()))
	if fault.Hold {
		pause(ctx, 2*r.timeout)
	}
	injected.Remove()
}

// met waits until a request has met a fault. One that nobody meets is taken back.
func (r *run) met(ctx context.Context, fired <-chan struct{}) bool {
	timer := time.NewTimer(r.drift)
	defer timer.Stop()
	select {
	case <-fired:
		return true
	case <-timer.C:
		return false
	case <-ctx.Done():
		return false
	}
}

// other does what is no fault at the Management API, and tells whether it could be done.
func (r *run) other(ctx context.Context, a action, name string) bool {
	writing := context.WithoutCancel(ctx)
	switch a.kind {
	case renew:
		return r.done(name, a.kind, r.renew(writing, name))
	case expire:
		r.tenant.ExpireTokens()
	case conflict, apiError, apiLimited, apiCut, apiLost:
		armed := r.proxy.arm(a.kind)
		defer r.proxy.disarm(armed)
		return r.met(ctx, armed.fired)
	case watchesCut:
		return r.proxy.cutWatches() > 0
	case watchesStall:
		release := r.proxy.stall()
		pause(ctx, a.lasts)
		release()
	case kill, restart:
		r.deputy.replace(ctx, a.kind, a.lasts)
	case freeze:
		r.deputy.freeze(ctx, a.lasts)
	case touch:
		return r.done(name, a.kind, r.touch(writing, name))
	case touchCopy:
		return r.done(name, a.kind, r.touch(writing, r.crew[a.member].mounted()))
	case deleteCopy:
		secret := &corev1.Secret{ObjectMeta: object(r.crew[a.member].mounted())}
		return r.done(name, a.kind, client.IgnoreNotFound(r.client.Delete(writing, secret)))
	case store, attach:
		return r.visit(ctx, r.crew[a.member], a)
	}
	return true
}

// done notes what could not be done, which says nothing of the operator.
func (r *run) done(name string, k kind, err error) bool {
	if err != nil {
		r.notef(name, "%s: it could not be done: %v", k, err)
	}
	return err == nil
}

// renew makes cert-manager renew a certificate at once, as its own cmctl renew does.
func (r *run) renew(ctx context.Context, name string) error {
	return retry.RetryOnConflict(retry.DefaultBackoff, func() error {
		var c cmapi.Certificate
		if err := r.client.Get(ctx, key(name), &c); err != nil {
			return err
		}
		c.Status.Conditions = slices.DeleteFunc(c.Status.Conditions, func(condition cmapi.CertificateCondition) bool {
			return condition.Type == cmapi.CertificateConditionIssuing
		})
		c.Status.Conditions = append(c.Status.Conditions, cmapi.CertificateCondition{
			Type: cmapi.CertificateConditionIssuing, Status: cmmeta.ConditionTrue, Reason: "ManuallyTriggered",
			Message: "Certificate re-issuance manually triggered", LastTransitionTime: &metav1.Time{Time: time.Now()},
		})
		return r.client.Status().Update(ctx, &c)
	})
}

// touch writes a Secret without a change of what matters in it.
func (r *run) touch(ctx context.Context, name string) error {
	secret := &corev1.Secret{}
	if err := r.client.Get(ctx, key(name), secret); err != nil {
		return client.IgnoreNotFound(err)
	}
	changed := secret.DeepCopy()
	metav1.SetMetaDataAnnotation(&changed.ObjectMeta, "example.com/touched", strconv.FormatInt(time.Now().UnixNano(), 10))
	return r.client.Patch(ctx, changed, client.MergeFrom(secret))
}

// calm ends all faults and takes back what others did.
func (r *run) calm() {
	r.sayf("the load and the faults are over; waiting until everything has come to rest")
	r.ledger.weather(false)
	r.tenant.ClearFaults()
	for _, v := range r.visitors.all() {
		r.leave(v)
	}
	r.notef(everybody, "no more faults")
}
