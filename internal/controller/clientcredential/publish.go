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

package clientcredential

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/certificate"
	"github.com/certbound/certbound/internal/status"
)

// Annotations of a published Secret. They are written together with the certificate that they speak of, so that no crash
// can part them.
const (
	// AnnotationPublishedAt is since when workloads can read the certificate.
	AnnotationPublishedAt = "certbound.dev/published-at"
	// AnnotationSubjectPublishedAt is since when workloads can read a certificate with its subject, where that is longer.
	AnnotationSubjectPublishedAt = "certbound.dev/subject-published-at"
	// AnnotationPreviousNotAfter is when the last of the certificates that were replaced expires.
	AnnotationPreviousNotAfter = "certbound.dev/previous-not-after"
	// AnnotationFingerprint is the certificate's SHA-256 thumbprint, for people and scripts.
	AnnotationFingerprint = "certbound.dev/fingerprint"
)

const caKey = "ca.crt" // as cert-manager names the issuer's certificate

// readPublished reads the Secret to publish to, empty where there is none. A zero outcome means that this is known.
func (r *Reconciler) readPublished(ctx context.Context, obj *v1alpha1.ClientCredential) (pair, status.Outcome) {
	if obj.Spec.Publish == nil {
		return pairOf(&corev1.Secret{}), status.Outcome{}
	}
	var secret corev1.Secret
	name := obj.Spec.Publish.SecretRef.Name
	err := r.Live.Get(ctx, types.NamespacedName{Namespace: obj.Namespace, Name: name}, &secret)
	if client.IgnoreNotFound(err) != nil {
		return pairOf(&corev1.Secret{}), status.Failed(v1alpha1.ReasonWaitingForAttachment, fmt.Sprintf("The published Secret %s cannot be read; it stays as it is.", name), err)
	}
	return pairOf(&secret), status.Outcome{}
}

// mayPublish tells whether a certificate may be handed to workloads. What is staged may: workloads must have it before the
// client changes to certificates, and have the secret to sign in by until then.
func mayPublish(attached status.Outcome) bool {
	return attached.IsDone() || attached.Reason == v1alpha1.ReasonStaged
}

// publish hands the source's certificate to workloads unless held says what it has to wait for, and returns what they are
// handed now; nil when that is not known this time.
func (r *Reconciler) publish(
	ctx context.Context, obj *v1alpha1.ClientCredential, published pair, s source, held status.Outcome,
) (*v1alpha1.PublishedStatus, status.Outcome) {
	if obj.Spec.Publish == nil {
		return r.unpublished(obj, s)
	}
	name, secret := obj.Spec.Publish.SecretRef.Name, published.secret
	if secret.UID != "" && !metav1.IsControlledBy(secret, obj) {
		return nil, status.Blocked(v1alpha1.ReasonNameTaken, fmt.Sprintf(
			"The Secret %s exists and is not this ClientCredential's; it is left as it is; choose another name in spec.publish, or delete it.", name))
	}
	handed := r.handedOut(published, obj.Status.Published)
	if handed != nil && s.secret != nil && handed.Fingerprint == string(s.facts.Fingerprint) {
		return handed, status.Done(v1alpha1.ReasonPublished, fmt.Sprintf("The Secret %s holds the newest certificate.", name))
	}
	switch {
	case !held.IsZero():
		return handed, held
	case s.secret == nil:
		return handed, unattached(obj)
	}
	now, err := r.attached(ctx, r.Live, obj, certificateStatus(s, nil))
	if err != nil {
		return handed, status.Failed(v1alpha1.ReasonWaitingForAttachment, unattached(obj).Message, err)
	}
	if !mayPublish(now) {
		return handed, unattached(obj)
	}
	return r.write(ctx, obj, secret, s, handed)
}

// unattached is what the publication of a certificate waits for first.
func unattached(obj *v1alpha1.ClientCredential) status.Outcome {
	if obj.Spec.Publish == nil {
		return status.Outcome{}
	}
	return status.Waiting(v1alpha1.ReasonWaitingForAttachment, fmt.Sprintf(
		"The newest certificate is published when the tenant accepts it; the Secret %s stays as it is until then.", obj.Spec.Publish.SecretRef.Name))
}

// write puts the certificate, its key, and the facts of the handover into the published Secret, in one request.
func (r *Reconciler) write(
	ctx context.Context, obj *v1alpha1.ClientCredential, secret *corev1.Secret, s source, replaced *v1alpha1.PublishedStatus,
) (*v1alpha1.PublishedStatus, status.Outcome) {
	name := obj.Spec.Publish.SecretRef.Name
	handed := publishedStatus(s.facts, r.Clock.Now())
	follow(handed, replaced, obj.Spec.Type == v1alpha1.TypeCertSubjectDN)
	secret.Name, secret.Namespace, secret.Type = name, obj.Namespace, corev1.SecretTypeTLS
	secret.Data = map[string][]byte{
		corev1.TLSCertKey: s.secret.Data[corev1.TLSCertKey], corev1.TLSPrivateKeyKey: s.secret.Data[corev1.TLSPrivateKeyKey],
	}
	if ca := s.secret.Data[caKey]; len(ca) > 0 {
		secret.Data[caKey] = ca
	}
	metav1.SetMetaDataAnnotation(&secret.ObjectMeta, AnnotationFingerprint, handed.Fingerprint)
	for key, value := range r.Secrets.Labels() {
		metav1.SetMetaDataLabel(&secret.ObjectMeta, key, value) // without it, nobody would see that the Secret is changed by hand
	}
	remember(secret, s.secret.Name, replaced, handed.Fingerprint)
	for name, at := range map[string]*metav1.Time{
		AnnotationPublishedAt: &handed.PublishedAt, AnnotationSubjectPublishedAt: handed.SubjectPublishedAt,
		AnnotationPreviousNotAfter: handed.PreviousNotAfter,
	} {
		delete(secret.Annotations, name)
		if at != nil {
			metav1.SetMetaDataAnnotation(&secret.ObjectMeta, name, at.UTC().Format(time.RFC3339))
		}
	}
	err := controllerutil.SetControllerReference(obj, secret, r.Client.Scheme())
	switch {
	case err != nil:
	case secret.ResourceVersion == "":
		err = r.Client.Create(ctx, secret)
	default:
		err = r.Client.Update(ctx, secret) // fails if anybody wrote in between, and is decided anew
	}
	if err != nil {
		return replaced, status.Failed(v1alpha1.ReasonWaitingForAttachment,
			fmt.Sprintf("The Secret %s cannot be written; it stays as it is, and so does what is attached.", name), err)
	}
	r.Recorder.Eventf(obj, secret, corev1.EventTypeNormal, "CertificatePublished", "Publish",
		"Published the certificate %s to Secret %s.", handed.Fingerprint, name)
	return handed, status.Done(v1alpha1.ReasonPublished, fmt.Sprintf("The Secret %s holds the newest certificate.", name))
}

// handedOut reads what workloads are handed from the published Secret; nil when it holds no whole pair. Where an
// annotation is missing, the status is the second witness, and the last resort is that the certificate was published now:
// unknown means in use.
func (r *Reconciler) handedOut(published pair, witness *v1alpha1.PublishedStatus) *v1alpha1.PublishedStatus {
	if published.err != nil {
		return nil
	}
	handed, secret := publishedStatus(published.facts, r.Clock.Now()), published.secret
	if witness != nil && witness.Fingerprint == handed.Fingerprint {
		follow(handed, witness, false)
	}
	if at, err := time.Parse(time.RFC3339, secret.Annotations[AnnotationPublishedAt]); err == nil {
		handed.PublishedAt = metav1.NewTime(at)
	}
	if at, err := time.Parse(time.RFC3339, secret.Annotations[AnnotationSubjectPublishedAt]); err == nil {
		handed.SubjectPublishedAt = timestamp(at)
	}
	if at, err := time.Parse(time.RFC3339, secret.Annotations[AnnotationPreviousNotAfter]); err == nil {
		handed.PreviousNotAfter = timestamp(at)
	}
	return handed
}

// unpublished is what workloads are handed when they read the certificate's own Secret, or hold the literal subject.
func (r *Reconciler) unpublished(obj *v1alpha1.ClientCredential, s source) (*v1alpha1.PublishedStatus, status.Outcome) {
	done := status.Done(v1alpha1.ReasonNotRequested, "Workloads use the certificate's own Secret.")
	handed := publishedStatus(s.facts, r.Clock.Now())
	switch {
	case s.subjectDN != "":
		done.Message = "Workloads use whatever certificate has the subject."
		handed = &v1alpha1.PublishedStatus{SubjectDN: s.subjectDN, PublishedAt: handed.PublishedAt}
	case s.secret == nil:
		return nil, done
	}
	follow(handed, obj.Status.Published, obj.Spec.Type == v1alpha1.TypeCertSubjectDN)
	return handed, done
}

// follow completes what is handed out now by what was handed out before. Where the tenant matches by the subject, a
// certificate with the same one replaces nothing: what the subject itself replaced goes on to count.
func follow(now, before *v1alpha1.PublishedStatus, bySubject bool) {
	switch {
	case before == nil:
	case before.Fingerprint == now.Fingerprint && before.SubjectDN == now.SubjectDN:
		now.PublishedAt, now.SubjectPublishedAt, now.PreviousNotAfter = before.PublishedAt, before.SubjectPublishedAt, before.PreviousNotAfter
	case bySubject && before.SubjectDN == now.SubjectDN:
		now.SubjectPublishedAt, now.PreviousNotAfter = before.SubjectPublishedAt, before.PreviousNotAfter
		if now.SubjectPublishedAt == nil {
			now.SubjectPublishedAt = &before.PublishedAt
		}
	default:
		now.PreviousNotAfter = before.NotAfter
		if older := before.PreviousNotAfter; older != nil && now.PreviousNotAfter.Before(older) {
			now.PreviousNotAfter = older
		}
	}
}

// defaultHandover is what spec.rotation.handoverSeconds says when it is unset.
const defaultHandover = time.Hour

// HandoverOf is the least time that workloads get to take up a published certificate.
func HandoverOf(obj *v1alpha1.ClientCredential) time.Duration {
	if r := obj.Spec.Rotation; r != nil && r.HandoverSeconds != nil {
		return time.Duration(*r.HandoverSeconds) * time.Second
	}
	return defaultHandover
}

func publishedStatus(f certificate.Facts, at time.Time) *v1alpha1.PublishedStatus {
	return &v1alpha1.PublishedStatus{
		Fingerprint: string(f.Fingerprint), SubjectDN: f.SubjectDN, NotAfter: timestamp(f.NotAfter),
		PublishedAt: metav1.NewTime(at.UTC().Truncate(time.Second)),
	}
}
