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

// Package clientcredential reads certificates, says which one the tenant is to accept, and publishes it to workloads once
// the tenant does. It is the only place that touches private keys, and it speaks to no tenant.
package clientcredential

import (
	"context"

	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller/answer"
	"github.com/certbound/certbound/internal/controller/shard"
	"github.com/certbound/certbound/internal/controller/urgency"
	"github.com/certbound/certbound/internal/status"
)

// +kubebuilder:rbac:groups=certbound.dev,resources=clientcredentials,verbs=get;list;watch
// +kubebuilder:rbac:groups=certbound.dev,resources=clientcredentials/status,verbs=patch
// +kubebuilder:rbac:groups=certbound.dev,resources=clientcredentials/finalizers,verbs=update
// +kubebuilder:rbac:groups=certbound.dev,resources=oauthclients,verbs=get;list;watch
// +kubebuilder:rbac:groups=cert-manager.io,resources=certificates,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch;create;update
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create

// Reconciler brings ClientCredentials up to date.
type Reconciler struct {
	Client client.Client
	// Live reads past the cache: what holds a private key is never cached, and what is published is decided from what is true now.
	Live client.Reader
	// Metadata reads from the cache which version of a Secret or a Certificate is there; the cache holds nothing else of them.
	Metadata client.Reader
	Recorder events.EventRecorder
	Clock    clock.PassiveClock
	// Shard is what this operator looks after, and Secrets those whose changes it sees.
	Shard, Secrets shard.Shard

	// Program stands for the program that judges certificates: another one may judge otherwise.
	Program string

	certManager bool // cert-manager's kinds exist in this cluster
	written     answer.Written
}

// Reconcile reads the certificate, hands it to workloads when the tenant accepts it, and reports. What the status says of the Secrets is
// read again only where they are not the same any more.
func (r *Reconciler) Reconcile(ctx context.Context, obj *v1alpha1.ClientCredential) (ctrl.Result, error) {
	if !obj.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	if again, awaits := r.written.Await(obj); awaits {
		return again, nil
	}
	report, after := newReport(obj), new(obj.Status) // whose parts are replaced, and never changed
	if before, holds := judgedBefore(obj, r.digest(r.shown(ctx, obj)), r.Clock.Now()); holds {
		report.Set(v1alpha1.ConditionCertificateReady, before.certificate)
		report.Set(v1alpha1.ConditionPublished, before.published)
		report.Aside(before.subjectStable)
		if _, err := r.accepted(ctx, obj, after, report); err != nil {
			return ctrl.Result{}, err
		}
		return r.report(ctx, obj, after, report)
	}
	handed, unreadable := r.readPublished(ctx, obj)
	source, outcome := r.read(ctx, obj, handed)
	source, outcome = r.settle(ctx, obj, source, outcome, after)
	source, outcome = keepNewer(obj, source, outcome, handed)
	report.Set(v1alpha1.ConditionCertificateReady, outcome)
	if source.usable() {
		after.Certificate = certificateStatus(source, obj.Status.Certificate)
		after.Certificate.SubjectForms = subjectForms(obj.Spec.Type, source)
	}
	report.Aside(subjectStable(obj, source))
	held, err := r.accepted(ctx, obj, after, report)
	if err != nil {
		return ctrl.Result{}, err
	}
	published, outcome := (*v1alpha1.PublishedStatus)(nil), unreadable
	if unreadable.IsZero() {
		published, outcome = r.publish(ctx, obj, handed, source, held)
	}
	report.Set(v1alpha1.ConditionPublished, outcome)
	if published != nil {
		after.Published = published
	}
	after.ObservedInputs = r.digest(inputsOf(source, handed.secret))
	return r.report(ctx, obj, after, report)
}

// accepted reports whether the tenant lets the certificate sign in, and what came of a login with it where that is asked for. It returns
// what the publication of the certificate has to wait for, zero for nothing.
func (r *Reconciler) accepted(
	ctx context.Context, obj *v1alpha1.ClientCredential, after *v1alpha1.ClientCredentialStatus, report *status.Report,
) (status.Outcome, error) {
	attached, err := r.attached(ctx, r.Client, obj, after.Certificate)
	if err != nil {
		return status.Outcome{}, err
	}
	report.Set(v1alpha1.ConditionAttached, attached)
	return r.verify(ctx, obj, after, attached, report)
}

func newReport(obj *v1alpha1.ClientCredential) *status.Report {
	types := []string{v1alpha1.ConditionCertificateReady, v1alpha1.ConditionAttached}
	if obj.Spec.Verification != nil {
		types = append(types, v1alpha1.ConditionVerified)
	}
	return status.NewReport(append(types, v1alpha1.ConditionPublished)...)
}

// report writes the status, once and only when it says something else, and tells when to look again. What it was decided from goes
// along.
func (r *Reconciler) report(
	ctx context.Context, obj *v1alpha1.ClientCredential, after *v1alpha1.ClientCredentialStatus, report *status.Report,
) (ctrl.Result, error) {
	now := r.Clock.Now()
	after.ObservedGeneration = obj.Generation
	after.Conditions = report.Conditions(obj.Generation, now, obj.Status.Conditions)
	if !saysTheSame(obj.Status, after) {
		before := obj.DeepCopy()
		obj.Status = *after
		// A merge patch leaves the PEM alone, which is not in the cache, unless it is a new one.
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err := r.Client.Status().Patch(ctx, obj, patch); err != nil {
			return answer.OfWrite(err)
		}
		r.written.Note(obj)
		if t, changed := status.ReadyTransition(before.Status.Conditions, after.Conditions); changed {
			r.Recorder.Eventf(obj, nil, answer.EventType(t), t.Reason, "Reconcile", "%s", t.Message)
		}
		if t, warns := status.WarningTransition(v1alpha1.ConditionSubjectStable, before.Status.Conditions, after.Conditions); warns {
			r.Recorder.Eventf(obj, nil, answer.EventType(t), t.Reason, "Reconcile", "%s", t.Message)
		}
	}
	again, err := report.Next(now)
	return ctrl.Result{RequeueAfter: again, Priority: urgency.Ordinary()}, err
}

// saysTheSame tells whether two statuses differ at most in what they were decided from, which is nothing to write for.
func saysTheSame(before v1alpha1.ClientCredentialStatus, after *v1alpha1.ClientCredentialStatus) bool {
	before.ObservedInputs = after.ObservedInputs
	return answer.Unchanged(&before, after)
}
