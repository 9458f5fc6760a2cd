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
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
)

// rest is how long everything may take to come to rest: the overlap, a fence and two drift intervals, and more on a busy machine.
func (p pace) rest() time.Duration { return p.overlap + p.fence + 2*p.drift + patience }

// settle waits until everything has come to rest, with the workloads still asking, and then sees that it stays so.
func (r *run) settle(ctx context.Context) error {
	if r.count() > 0 {
		return nil // the story is told as it is
	}
	begun := time.Now()
	var left []string
	for ctx.Err() == nil && time.Since(begun) < r.rest() {
		if left = r.unsettled(ctx); len(left) == 0 {
			r.sayf("at rest after %s", time.Since(begun).Round(100*time.Millisecond))
			return r.stayQuiet(ctx)
		}
		pause(ctx, 10*lookout)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, problem := range left {
		r.violatedf("I3, I8", everybody, "%s after the last fault: %s", r.rest(), problem)
	}
	return nil
}

// unsettled is what is not yet as it must be in the end.
func (r *run) unsettled(ctx context.Context) (problems []string) {
	for _, a := range r.ledger.all() {
		for _, problem := range r.unsettledOf(ctx, a) {
			problems = append(problems, a.name+": "+problem)
		}
	}
	return problems
}

func (r *run) unsettledOf(ctx context.Context, a *account) (problems []string) {
	var c v1alpha1.OAuthClient
	var credential v1alpha1.ClientCredential
	var mounted corev1.Secret
	if err := errors.Join(
		r.client.Get(ctx, key(a.name), &c), r.client.Get(ctx, key(a.name), &credential), r.client.Get(ctx, key(a.mounted()), &mounted),
	); err != nil {
		return []string{err.Error()}
	}
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	present, _ := r.tenant.Client(c.Status.ClientID)
	if len(present.Credentials) != 1 || len(present.Attached) != 1 {
		complain("the tenant holds %d credentials and lists %d, want one", len(present.Credentials), len(present.Attached))
	}
	newest, held := leafOf(&mounted), a.mount.held()
	switch {
	case newest == nil || !present.Accepts(newest):
		complain("the tenant does not accept what the workload is to mount")
	case held == nil || !newest.Equal(held):
		complain("the workload has not taken up the newest certificate")
	case a.gated && (credential.Status.Certificate == nil || credential.Status.Certificate.Fingerprint != thumbprint(newest)):
		complain("the newest certificate is not published")
	}
	for _, problem := range harness.CheckAttached(&c, r.tenant) {
		complain("I12: %s", problem)
	}
	for _, conditions := range [][]metav1.Condition{c.Status.Conditions, credential.Status.Conditions} {
		if !meta.IsStatusConditionTrue(conditions, v1alpha1.ConditionReady) {
			complain("it is not ready: %+v", conditions)
		}
	}
	return problems
}

// stayQuiet lengthens the drift interval, and sees that the tenant is asked nothing from then on (I9).
func (r *run) stayQuiet(ctx context.Context) error {
	var t v1alpha1.Tenant
	if err := r.client.Get(ctx, key(tenantName), &t); err != nil {
		return fmt.Errorf("read the Tenant: %w", err)
	}
	before := t.DeepCopy()
	t.Spec.DriftIntervalSeconds = 3600
	if err := r.client.Patch(ctx, &t, client.MergeFrom(before)); err != nil {
		return fmt.Errorf("lengthen the drift interval: %w", err)
	}
	err := await(ctx, "the Tenant to be observed", func() (bool, error) {
		err := r.client.Get(ctx, key(tenantName), &t)
		return t.Status.ObservedGeneration == t.Generation, err
	})
	if err != nil {
		return err
	}
	pause(ctx, time.Second) // what is under way ends
	known := len(r.managementCalls())
	pause(ctx, r.quiet)
	if calls := r.managementCalls(); len(calls) > known {
		r.violatedf("I9", everybody, "%d Management API calls in %s of rest: %s", len(calls)-known, r.quiet, strings.Join(calls[known:], ", "))
	}
	return ctx.Err()
}

// managementCalls are the routes of all requests to the Management API so far.
func (r *run) managementCalls() (routes []string) {
	for _, q := range r.tenant.Requests() {
		if strings.Contains(q.Route, " /api/v2/") {
			routes = append(routes, q.Route)
		}
	}
	return routes
}

// overfull are the refusals of requests that would break the tenant's limits.
var overfull = []string{"A client can have a maximum of 4 credentials", "Array is too long"}

// audit reads the logs for what no single moment shows.
func (r *run) audit(context.Context) error {
	requests := r.tenant.Requests()
	for _, q := range requests {
		if q.CarriedPrivateKey {
			r.violatedf("I6", everybody, "a private key was sent with %s", q.Route)
		}
		for _, refusal := range overfull {
			// The operator cannot know of what somebody else stored since its last look.
			if strings.Contains(q.ResponseBody, refusal) && !r.visited(q.ClientID) {
				r.violatedf("I2", everybody, "%s of client %s would have held more than the tenant allows: %s", q.Route, q.ClientID, q.ResponseBody)
			}
		}
	}
	r.auditDisplaced(requests)
	log, err := os.ReadFile(r.deputy.log)
	if err != nil {
		return fmt.Errorf("read the operator's log: %w", err)
	}
	for _, never := range []string{"PRIVATE KEY", r.tenant.ManagementClientSecret(), "is forbidden: User", "Observed a panic", "panic recovered"} {
		if strings.Contains(string(log), never) {
			r.violatedf("I6", everybody, "the operator's log holds %q", strings.ReplaceAll(never, r.tenant.ManagementClientSecret(), "the client secret"))
		}
	}
	if seen := r.renewals(); seen < r.leastRenewals() && r.count() == 0 {
		r.violatedf("run", everybody, "%d renewals prove nothing; %d were expected at least", seen, r.leastRenewals())
	}
	if clients := len(r.tenant.Clients()) - 2; clients != len(r.crew) { // beside the global one and the management client
		r.violatedf("I3", everybody, "the tenant has %d clients for %d objects", clients, len(r.crew))
	}
	return nil
}

// visited tells whether a client ever held a credential of somebody else.
func (r *run) visited(clientID string) bool {
	return slices.ContainsFunc(r.visitors.all(), func(v *visitor) bool { return v.clientID == clientID })
}

// auditDisplaced finds the credentials of others that the operator detached although it had read that they were attached. One that
// it had not seen is a known limit: the tenant has no precondition for its PATCH (docs/design/rotation.md).
func (r *run) auditDisplaced(requests []auth0sim.Request) {
	for _, a := range r.ledger.all() {
		for _, d := range a.displaced {
			all := r.visitors.all()
			i := slices.IndexFunc(all, func(v *visitor) bool { return v.id == d.id })
			patch, found := requestThatDid(requests, a.last.ID, d.at)
			switch {
			case i < 0 || !found:
				r.violatedf("I7", a.name, "the credential %s of somebody else was detached, and the tenant's log does not tell how", d.id)
			case readBetween(requests, a.last.ID, all[i].attached, patch.At):
				r.violatedf("I7", a.name, "the credential %s of somebody else was detached by %s, after it had been seen", d.id, patch.Route)
			}
		}
	}
}

// requestThatDid is the request that changed a client at this time. The tenant does one thing at a time, so it is the last that the
// tenant turned to before.
func requestThatDid(requests []auth0sim.Request, clientID string, at time.Time) (did auth0sim.Request, found bool) {
	for _, q := range requests {
		if q.Committed && q.After != nil && q.ClientID == clientID && !q.After.At.After(at) && (!found || q.After.At.After(did.After.At)) {
			did, found = q, true
		}
	}
	return did, found
}

// readBetween tells whether the client was read, with an answer that nothing befell, by a request between these times.
func readBetween(requests []auth0sim.Request, clientID string, since, until time.Time) bool {
	return slices.ContainsFunc(requests, func(q auth0sim.Request) bool {
		return q.Route == "GET /api/v2/clients/{id}" && q.ClientID == clientID && q.Status == http.StatusOK && q.Fault == "" &&
			q.At.After(since) && q.At.Before(until)
	})
}
