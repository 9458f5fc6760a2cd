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
	"sync"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller/answer"
)

// version is one state of one object.
type version struct {
	uid             types.UID
	resourceVersion string
}

func versionOf(o metav1.Object) version { return version{o.GetUID(), o.GetResourceVersion()} }

// reading is all that a pass reads where everything is in place. The pass is a function of it and of the time, so after one that found
// nothing to do, the next finds nothing either while the caches show what that one read: it ends before it reads a Secret. A cache
// that is behind only delays that, since the event of the newer version wakes the object.
//
// After the restoration of a backup of etcd, versions are counted again from where it was made. What a pass read comes again with
// other contents only if each object that changed since is written anew in the very same places of that count, unseen in between.
type reading struct {
	credential, client, certificate, source, published version
}

// shown is what the caches show of what a pass is to read. What they do not show stays zero, which nothing that was read is.
func (r *Reconciler) shown(ctx context.Context, obj *v1alpha1.ClientCredential) reading {
	get := func(from client.Reader, name string, into client.Object) version {
		if err := from.Get(ctx, types.NamespacedName{Namespace: obj.Namespace, Name: name}, into, client.UnsafeDisableDeepCopy); err != nil {
			return version{}
		}
		return versionOf(into)
	}
	shown := reading{credential: versionOf(obj), client: get(r.Client, obj.Spec.ClientRef.Name, &v1alpha1.OAuthClient{})}
	if ref := obj.Spec.CertificateRef; ref != nil && r.certManager {
		shown.certificate = get(r.Metadata, ref.Name, metadata(cmapi.SchemeGroupVersion.WithKind(cmapi.CertificateKind)))
	}
	if newest := obj.Status.Certificate; newest != nil && newest.SecretName != "" {
		shown.source = get(r.Metadata, newest.SecretName, metadata(corev1.SchemeGroupVersion.WithKind("Secret")))
	}
	if publish := obj.Spec.Publish; publish != nil {
		shown.published = get(r.Metadata, publish.SecretRef.Name, metadata(corev1.SchemeGroupVersion.WithKind("Secret")))
	}
	return shown
}

func metadata(of schema.GroupVersionKind) *metav1.PartialObjectMetadata {
	o := &metav1.PartialObjectMetadata{}
	o.SetGroupVersionKind(of)
	return o
}

// take notes what was read past the cache. A literal subject is in no Secret.
func (r *reading) take(s source, published *corev1.Secret) {
	if s.secret != nil {
		r.source = versionOf(s.secret)
	}
	if s.issuedFor != nil {
		r.certificate = versionOf(s.issuedFor)
	}
	r.published = versionOf(published)
}

// atRest tells whether a pass found nothing to do, in what the caches showed before it, and nothing to tell: what could not be written
// is still to be.
func atRest(shown, read reading, before, after *v1alpha1.ClientCredentialStatus) bool {
	return shown == read && meta.IsStatusConditionTrue(after.Conditions, v1alpha1.ConditionReady) && answer.Unchanged(before, after)
}

// digest stands for a reading in a fraction of its size.
func (r reading) digest() [sha256.Size]byte {
	text := make([]byte, 0, 512)
	for _, v := range []version{r.credential, r.client, r.certificate, r.source, r.published} {
		text = append(text, v.uid...)
		text = append(text, '/')
		text = append(text, v.resourceVersion...)
		text = append(text, '/')
	}
	return sha256.Sum256(text)
}

// rest is a pass that found nothing to do.
type rest struct {
	read  [sha256.Size]byte
	until time.Time // when there is something to look at; zero for never
}

// mostRests bounds what objects that are gone leave behind.
const mostRests = 1 << 17

// rests are the objects whose last pass found nothing to do. Losing them costs reads, never correctness. The zero value is ready for use.
type rests struct {
	mutex sync.Mutex
	byUID map[types.UID]rest
}

// note notes how a pass ended that began at a time and asks to look again after a while, or never for zero.
func (r *rests) note(uid types.UID, read reading, began time.Time, again time.Duration) {
	noted := rest{read: read.digest()}
	if again > 0 {
		noted.until = began.Add(again)
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.byUID == nil || len(r.byUID) >= mostRests {
		r.byUID = map[types.UID]rest{}
	}
	r.byUID[uid] = noted
}

func (r *rests) forget(uid types.UID) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	delete(r.byUID, uid)
}

// still tells whether an object is at rest, and after how long to look again, zero for never.
func (r *rests) still(uid types.UID, shown reading, now time.Time) (again time.Duration, resting bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	last, noted := r.byUID[uid]
	switch {
	case !noted || last.read != shown.digest():
		return 0, false
	case last.until.IsZero():
		return 0, true
	}
	return last.until.Sub(now), now.Before(last.until)
}
