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
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/flapping"
	"github.com/certbound/certbound/internal/status"
)

// settle records what the Secret holds, and keeps a Secret that changes back and forth from being followed: each round would cost
// the tenant's requests, and take its place from a certificate that workloads hold. The certificate of the status then stays the
// one that is wanted, unless it or the published one expires before the patience ends.
func (r *Reconciler) settle(
	ctx context.Context, obj *v1alpha1.ClientCredential, s source, found status.Outcome, after *v1alpha1.ClientCredentialStatus,
) (source, status.Outcome) {
	if s.sight == nil {
		return s, found
	}
	now := r.Clock.Now()
	seen := *s.sight
	seen.Since = now.UTC().Truncate(time.Second)
	episode := flapping.Note(sights(obj.Status.Observed), seen)
	after.Observed = observed(episode)

	until, held := flapping.HeldUntil(episode, now)
	wanted, published := obj.Status.Certificate, obj.Status.Published
	if !held || wanted == nil || expires(wanted.NotAfter, until) || (published != nil && expires(published.NotAfter, until)) {
		return s, found
	}
	outcome := status.Blocked(v1alpha1.ReasonCertificateFlapping, r.flaps(ctx, obj, episode, until)).Until(until)
	if s.secret == nil || seen.Fingerprint != wanted.Fingerprint {
		return source{}, outcome
	}
	return s, outcome // it is the certificate that is wanted anyway, and the published Secret may need it
}

func expires(notAfter *metav1.Time, before time.Time) bool {
	return notAfter == nil || notAfter.Time.Before(before)
}

// flaps says what happens, who does it, what stays, and what to do.
func (r *Reconciler) flaps(ctx context.Context, obj *v1alpha1.ClientCredential, episode []flapping.Sight, until time.Time) string {
	wanted := obj.Status.Certificate
	writers := "an unknown writer"
	if names := flapping.Writers(episode); len(names) > 0 {
		writers = strings.Join(names, ", and by ")
	}
	message := fmt.Sprintf("The Secret %s changes back and forth between %d certificates; it was written by %s", wanted.SecretName,
		flapping.Certificates(episode), writers)
	if names := r.sharers(ctx, obj.Namespace, wanted.SecretName); len(names) > 1 {
		message += fmt.Sprintf("; the Certificates %s all have it as their secretName", strings.Join(names, ", "))
	}
	return message + fmt.Sprintf("; the certificate %s stays attached, and what is published stays; the Secret is followed again when it has not "+
		"changed until %s; let one alone write it.", wanted.Fingerprint, until.UTC().Format(time.RFC3339))
}

// sharers are the cert-manager Certificates that write a Secret.
func (r *Reconciler) sharers(ctx context.Context, namespace, secret string) (names []string) {
	if !r.certManager {
		return nil
	}
	var list cmapi.CertificateList
	if err := r.Live.List(ctx, &list, client.InNamespace(namespace)); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "list the Certificates that may share a Secret")
	}
	for _, c := range list.Items {
		if c.Spec.SecretName == secret {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names
}

// misdirected says that cert-manager wrote the Secret for another Certificate than the one that is named: two of them have the
// same secretName, of which cert-manager serves one.
func misdirected(obj *v1alpha1.ClientCredential, secret *corev1.Secret) string {
	writtenFor := secret.Annotations[cmapi.CertificateNameKey]
	if obj.Spec.CertificateRef == nil || writtenFor == "" || writtenFor == obj.Spec.CertificateRef.Name {
		return ""
	}
	return fmt.Sprintf(" But cert-manager wrote the Secret %s for the Certificate %s, and certificateRef names %s: "+
		"if both have this secretName, give each a Secret of its own.", secret.Name, firstLine(writtenFor), obj.Spec.CertificateRef.Name)
}

// mostWriter is the longest name of a writer that the status takes.
const mostWriter = 400

// writerOf is who wrote the certificate into a Secret, as the API server knows it: the field manager, and the cert-manager
// Certificate that it was written for. Both are the words of others.
func writerOf(secret *corev1.Secret) string {
	var managers []string
	for _, entry := range secret.ManagedFields {
		var fields struct {
			Data map[string]json.RawMessage `json:"f:data"`
		}
		if entry.FieldsV1 == nil || json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields) != nil {
			continue
		}
		if _, writes := fields.Data["f:"+corev1.TLSCertKey]; writes && !slices.Contains(managers, entry.Manager) {
			managers = append(managers, entry.Manager)
		}
	}
	slices.Sort(managers)
	writer := strings.Join(managers, "+")
	if name := secret.Annotations[cmapi.CertificateNameKey]; name != "" {
		writer = strings.TrimSpace(writer + " for Certificate " + name)
	}
	writer = firstLine(writer)
	return writer[:min(len(writer), mostWriter)]
}

func sights(observed []v1alpha1.ObservedStatus) (episode []flapping.Sight) {
	for _, o := range observed {
		episode = append(episode, flapping.Sight{Fingerprint: o.Fingerprint, Writer: o.Writer, Since: o.Since.Time})
	}
	return episode
}

func observed(episode []flapping.Sight) (statuses []v1alpha1.ObservedStatus) {
	for _, s := range episode {
		statuses = append(statuses, v1alpha1.ObservedStatus{Fingerprint: s.Fingerprint, Writer: s.Writer, Since: metav1.NewTime(s.Since)})
	}
	return statuses
}
