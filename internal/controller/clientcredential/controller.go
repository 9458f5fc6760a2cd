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

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/client-go/tools/events"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller/answer"
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
	// Live reads past the cache: what holds a private key is never cached.
	Live     client.Reader
	Recorder events.EventRecorder
	Clock    clock.PassiveClock

	certManager bool // cert-manager's kinds exist in this cluster
}

// Reconcile reads the certificate, hands it to workloads when the tenant accepts it, and reports.
func (r *Reconciler) Reconcile(ctx context.Context, obj *v1alpha1.ClientCredential) (ctrl.Result, error) {
	if !obj.DeletionTimestamp.IsZero() {
		return ctrl.Result{}, nil
	}
	report := status.NewReport(v1alpha1.ConditionCertificateReady, v1alpha1.ConditionAttached, v1alpha1.ConditionPublished)
	after := obj.Status.DeepCopy()

	source, outcome := r.read(ctx, obj)
	if report.Set(v1alpha1.ConditionCertificateReady, outcome).IsDone() {
		after.Certificate = certificateStatus(source, obj.Status.Certificate)
		after.Certificate.SubjectForms = subjectForms(obj.Spec.Type, source)
	}
	report.Aside(subjectStable(obj, source))
	attached, err := r.attached(ctx, obj, after.Certificate)
	if err != nil {
		return ctrl.Result{}, err
	}
	report.Set(v1alpha1.ConditionAttached, attached)

	// What is staged is published: workloads must have it before the client changes to certificates, and have the secret
	// to sign in by until then.
	published, outcome := r.publish(ctx, obj, source, attached.IsDone() || attached.Reason == v1alpha1.ReasonStaged)
	report.Set(v1alpha1.ConditionPublished, outcome)
	if published != nil {
		after.Published = published
	}
	return r.report(ctx, obj, after, report)
}

// report writes the status, once and only when it changed, and tells when to look again.
func (r *Reconciler) report(
	ctx context.Context, obj *v1alpha1.ClientCredential, after *v1alpha1.ClientCredentialStatus, report *status.Report,
) (ctrl.Result, error) {
	now := r.Clock.Now()
	after.ObservedGeneration = obj.Generation
	after.Conditions = report.Conditions(obj.Generation, now, obj.Status.Conditions)
	if !equality.Semantic.DeepEqual(obj.Status, *after) {
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
