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
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/certificate"
	"github.com/certbound/certbound/internal/status"
)

// Annotations by which a published Secret remembers what it held. Like the others, they are written together with the
// certificate.
const (
	// AnnotationSource is the Secret that the certificate was read from.
	AnnotationSource = "certbound.dev/source"
	// AnnotationReplaced are the fingerprints of the certificates from the same source that this one replaced, the last first.
	AnnotationReplaced = "certbound.dev/replaced"
)

// mostReplaced is how many certificates a published Secret remembers: more than any backup is renewals old that is worth
// restoring.
const mostReplaced = 8

// keepNewer goes on with the published certificate where the source holds one that it replaced, as after the restoration of
// a backup. To follow it would hand workloads a certificate that may be detached at this moment, and end with one that
// expires sooner.
func keepNewer(obj *v1alpha1.ClientCredential, s source, found status.Outcome, published pair) (source, status.Outcome) {
	if s.secret == nil || !found.IsDone() || published.err != nil || !metav1.IsControlledBy(published.secret, obj) ||
		!returned(s.facts, published.facts, replacedBy(published.secret, s.secret.Name)) {
		return s, found
	}
	newer := s
	newer.secret, newer.facts = published.secret, published.facts
	return newer, status.Waiting(v1alpha1.ReasonOlderCertificate, fmt.Sprintf(
		"The Secret %s holds the certificate %s again, which the published one replaced: it neither began nor ends later, so it is not taken up; "+
			"%s; waiting for a renewal; to go back to it, delete the Secret %s.", s.secret.Name, s.facts.Fingerprint, kept, published.secret.Name)).
		Until(expiry(s.facts.NotAfter))
}

// returned tells whether the source holds a certificate that the published one replaced, and that can do nothing for
// workloads that this one does not do. Two of one second are told apart by which replaced which.
func returned(source, published certificate.Facts, replaced []string) bool {
	return slices.Contains(replaced, string(source.Fingerprint)) &&
		!source.NotBefore.After(published.NotBefore) && !source.NotAfter.After(published.NotAfter)
}

// replacedBy are the fingerprints that the certificate in a published Secret replaced. Whoever names another source asks for
// what is in it, whatever it is.
func replacedBy(published *corev1.Secret, source string) []string {
	if published.Annotations[AnnotationSource] != source {
		return nil
	}
	return strings.Fields(published.Annotations[AnnotationReplaced])
}

// remember notes in a published Secret that is about to be written what is replaced in it. None of this says that the new
// certificate itself was ever replaced.
func remember(published *corev1.Secret, source string, before *v1alpha1.PublishedStatus, now string) {
	replaced := replacedBy(published, source)
	if before != nil && published.Annotations[AnnotationSource] == source {
		replaced = append([]string{before.Fingerprint}, replaced...)
	}
	var kept []string
	for _, fingerprint := range replaced {
		if fingerprint != now && !slices.Contains(kept, fingerprint) {
			kept = append(kept, fingerprint)
		}
	}
	metav1.SetMetaDataAnnotation(&published.ObjectMeta, AnnotationSource, source)
	metav1.SetMetaDataAnnotation(&published.ObjectMeta, AnnotationReplaced, strings.Join(kept[:min(len(kept), mostReplaced)], " "))
}
