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
	"github.com/certbound/certbound/internal/status"
)

// +kubebuilder:rbac:groups=certbound.dev,resources=clientcredentials,verbs=get;list;watch
// +kubebuilder:rbac:groups=certbound.dev,resources=clientcredentials/status,verbs=patch
// +kubebuilder:rbac:groups=certbound.dev,resources=clientcredentials/finalizers,verbs=update
// +kubebuilder:rbac:groups=certbound.dev,resources=oauthclients,verbs=get;list;watch
// +kubebuilder:rbac:groups=cert-manager.io,resources=certificates,verbs=get;list;watch
// +kubebuilder:rbac:groups="",resources=secrets,verbs=get;list;watch;create;update
// +kubebuilder:rbac:groups=events.k8s.io,resources=events,verbs=create;patch

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

	certManager bool // cert-manager's kinds exist in this cluster
	rests       rests
}

// Reconcile brings the object up to date, unless it was found to be and nothing is new since.
func (r *Reconciler) Reconcile(ctx context.Context, obj *v1alpha1.ClientCredential) (ctrl.Result, error) {
	if !obj.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	began, shown := r.Clock.Now(), r.shown(ctx, obj)
	if again, resting := r.rests.still(obj.UID, shown, began); resting {
		return ctrl.Result{RequeueAfter: again}, nil
	}
	read, before := shown, obj.Status
	result, err := r.reconcile(ctx, obj, &read)
	if err == nil && atRest(shown, read, &before, &obj.Status) {
		r.rests.note(obj.UID, read, began, result.RequeueAfter)
	} else {
		r.rests.forget(obj.UID)
	}
	return result, err
}

// reconcile reads the certificate, hands it to workloads when the tenant accepts it, and reports.
func (r *Reconciler) reconcile(ctx context.Context, obj *v1alpha1.ClientCredential, read *reading) (ctrl.Result, error) {
	report := newReport(obj)
	after := obj.Status.DeepCopy()

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
	attached, err := r.attached(ctx, r.Client, obj, after.Certificate)
	if err != nil {
		return ctrl.Result{}, err
	}
	report.Set(v1alpha1.ConditionAttached, attached)

	held, err := r.verify(ctx, obj, after, attached, report)
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
	read.take(source, handed.secret)
	return r.report(ctx, obj, after, report)
}

func newReport(obj *v1alpha1.ClientCredential) *status.Report {
	types := []string{v1alpha1.ConditionCertificateReady, v1alpha1.ConditionAttached}
	if obj.Spec.Verification != nil {
		types = append(types, v1alpha1.ConditionVerified)
	}
	return status.NewReport(append(types, v1alpha1.ConditionPublished)...)
}

// report writes the status, once and only when it changed, and tells when to look again.
func (r *Reconciler) report(
	ctx context.Context, obj *v1alpha1.ClientCredential, after *v1alpha1.ClientCredentialStatus, report *status.Report,
) (ctrl.Result, error) {
	now := r.Clock.Now()
	after.ObservedGeneration = obj.Generation
	after.Conditions = report.Conditions(obj.Generation, now, obj.Status.Conditions)
	if !answer.Unchanged(&obj.Status, after) {
		before := obj.DeepCopy()
		obj.Status = *after
		// A merge patch leaves the PEM alone, which is not in the cache, unless it is a new one.
		patch := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		if err := r.Client.Status().Patch(ctx, obj, patch); err != nil {
			return answer.OfWrite(err)
		}
		if t, changed := status.ReadyTransition(before.Status.Conditions, after.Conditions); changed {
			r.Recorder.Eventf(obj, nil, answer.EventType(t), t.Reason, "Reconcile", "%s", t.Message)
		}
		if t, warns := status.WarningTransition(v1alpha1.ConditionSubjectStable, before.Status.Conditions, after.Conditions); warns {
			r.Recorder.Eventf(obj, nil, answer.EventType(t), t.Reason, "Reconcile", "%s", t.Message)
		}
	}
	again, err := report.Next(now)
	return ctrl.Result{RequeueAfter: again}, err
}
