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
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/status"
)

// inputs are the versions of what is read past the cache. A status that calls the certificate usable and published was decided from them
// and from the spec, so nothing of that is new while the caches show the same: the Secrets are not read again, not even after a
// restart. A cache that is behind only delays that, since the event of the newer version wakes the object.
//
// After the restoration of a backup of etcd, versions are counted again from where it was made. The same ones come again with
// other contents only if each object that changed since is written anew in the very same places of that count, unseen in between.
type inputs struct {
	certificate, source, published version
}

// version is one state of one object.
type version struct {
	uid   types.UID
	state string
}

func versionOf(o metav1.Object) version { return version{o.GetUID(), o.GetResourceVersion()} }

// specOf is the version of what a Certificate asks for. What cert-manager reports of it matters only while there is nothing to use.
func specOf(o metav1.Object) version {
	return version{o.GetUID(), strconv.FormatInt(o.GetGeneration(), 10)}
}

// shown is what the caches show of what a pass would read. What they do not show stays zero, which nothing that was read is.
func (r *Reconciler) shown(ctx context.Context, obj *v1alpha1.ClientCredential) (shown inputs) {
	get := func(name string, of schema.GroupVersionKind, versionOf func(metav1.Object) version) version {
		o := &metav1.PartialObjectMetadata{}
		o.SetGroupVersionKind(of)
		if err := r.Metadata.Get(ctx, types.NamespacedName{Namespace: obj.Namespace, Name: name}, o, client.UnsafeDisableDeepCopy); err != nil {
			return version{}
		}
		return versionOf(o)
	}
	secrets := corev1.SchemeGroupVersion.WithKind("Secret")
	if ref := obj.Spec.CertificateRef; ref != nil && r.certManager {
		shown.certificate = get(ref.Name, cmapi.SchemeGroupVersion.WithKind(cmapi.CertificateKind), specOf)
	}
	if newest := obj.Status.Certificate; newest != nil && newest.SecretName != "" {
		shown.source = get(newest.SecretName, secrets, versionOf)
	}
	if publish := obj.Spec.Publish; publish != nil {
		shown.published = get(publish.SecretRef.Name, secrets, versionOf)
	}
	return shown
}

// inputsOf are those of a pass that read them. A literal subject is in no Secret.
func inputsOf(s source, published *corev1.Secret) (read inputs) {
	if s.secret != nil {
		read.source = versionOf(s.secret)
	}
	if s.issuedFor != nil {
		read.certificate = specOf(s.issuedFor)
	}
	read.published = versionOf(published)
	return read
}

// digest stands for inputs in a status, and for whose judgement of them it holds: another program may judge otherwise, and one that
// watches other Secrets.
func (r *Reconciler) digest(of inputs) string {
	text := make([]byte, 0, 512)
	for _, part := range []string{
		r.Program, r.Secrets.String(), string(of.certificate.uid), of.certificate.state, string(of.source.uid), of.source.state,
		string(of.published.uid), of.published.state,
	} {
		text = append(append(text, part...), 0)
	}
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:18])
}

// judgement is what a status says of the Secrets.
type judgement struct {
	certificate, published status.Outcome
	subjectStable          *metav1.Condition
}

// judgedBefore is what the status says of the Secrets, where it still holds: it was decided from what is shown now, and the certificate has
// not expired since.
func judgedBefore(obj *v1alpha1.ClientCredential, shown string, now time.Time) (judgement, bool) {
	usable, published := decided(obj, v1alpha1.ConditionCertificateReady), decided(obj, v1alpha1.ConditionPublished)
	if usable == nil || published == nil || obj.Status.ObservedInputs != shown {
		return judgement{}, false
	}
	j := judgement{
		certificate: status.Done(usable.Reason, usable.Message), published: status.Done(published.Reason, published.Message),
		subjectStable: meta.FindStatusCondition(obj.Status.Conditions, v1alpha1.ConditionSubjectStable),
	}
	if newest := obj.Status.Certificate; newest != nil && newest.NotAfter != nil {
		j.certificate = j.certificate.Until(expiry(newest.NotAfter.Time))
	}
	return j, j.certificate.Again.IsZero() || now.Before(j.certificate.Again)
}

// decided is a condition that holds of the spec as it is; nil where there is none.
func decided(obj *v1alpha1.ClientCredential, condition string) *metav1.Condition {
	c := meta.FindStatusCondition(obj.Status.Conditions, condition)
	if c == nil || c.Status != metav1.ConditionTrue || c.ObservedGeneration != obj.Generation {
		return nil
	}
	return c
}

// expiry is when a certificate is surely expired that is valid until a second: when it is looked at again.
func expiry(notAfter time.Time) time.Time { return notAfter.Add(time.Second) }
