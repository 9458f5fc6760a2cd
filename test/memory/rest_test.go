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

package memory_test

import (
	"bytes"
	"testing"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/controller"
	"github.com/certbound/certbound/test/apistore"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/memory"
)

// change brings an object to what it is to be.
func change[T client.Object](t *testing.T, w *memory.World, o T, to func(T)) {
	t.Helper()
	read(t, w, o)
	to(o)
	if err := w.Client.Update(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

// A pass is woken by much that is nothing to it. Such a one asks the API server for nothing, and one that has something new to look at
// looks at it.
func TestAtRestOnlyWhatIsNewIsRead(t *testing.T) {
	first, second := harness.SelfSigned(t, "first"), harness.SelfSigned(t, "second")
	credential := func(t *testing.T, w *memory.World) *v1alpha1.ClientCredential {
		t.Helper()
		c := &v1alpha1.ClientCredential{ObjectMeta: named("credential")}
		read(t, w, c)
		return c
	}
	reason := func(t *testing.T, w *memory.World, condition string) string {
		t.Helper()
		if c := meta.FindStatusCondition(credential(t, w).Status.Conditions, condition); c != nil {
			return c.Reason
		}
		return ""
	}
	for name, row := range map[string]struct {
		happens func(*testing.T, *memory.World)
		seen    func(*testing.T, *memory.World) bool
	}{
		"the published Secret is changed by hand": {
			func(t *testing.T, w *memory.World) {
				t.Helper()
				change(t, w, &corev1.Secret{ObjectMeta: named("published")}, func(s *corev1.Secret) { s.Data[corev1.TLSPrivateKeyKey] = second.Key })
			},
			func(t *testing.T, w *memory.World) bool {
				t.Helper()
				s := &corev1.Secret{ObjectMeta: named("published")}
				read(t, w, s)
				return bytes.Equal(s.Data[corev1.TLSPrivateKeyKey], first.Key)
			},
		},
		"the source holds half of another pair": {
			func(t *testing.T, w *memory.World) {
				t.Helper()
				change(t, w, &corev1.Secret{ObjectMeta: named("certificate")}, func(s *corev1.Secret) { s.Data[corev1.TLSPrivateKeyKey] = second.Key })
			},
			func(t *testing.T, w *memory.World) bool {
				t.Helper()
				return reason(t, w, v1alpha1.ConditionCertificateReady) == "KeyMismatch"
			},
		},
		"the Certificate writes another Secret": {
			func(t *testing.T, w *memory.World) {
				t.Helper()
				change(t, w, &cmapi.Certificate{ObjectMeta: named("issued")}, func(c *cmapi.Certificate) { c.Spec.SecretName = "elsewhere" })
			},
			func(t *testing.T, w *memory.World) bool {
				t.Helper()
				return reason(t, w, v1alpha1.ConditionCertificateReady) == v1alpha1.ReasonSecretNotFound
			},
		},
		"the OAuthClient says that the certificate is attached no more": {
			func(t *testing.T, w *memory.World) {
				t.Helper()
				c := oauthClient(t, w)
				c.Status.Credentials[0].State = v1alpha1.CredentialStored
				if err := w.Client.Status().Update(t.Context(), c); err != nil {
					t.Fatal(err)
				}
			},
			func(t *testing.T, w *memory.World) bool {
				t.Helper()
				return reason(t, w, v1alpha1.ConditionAttached) == v1alpha1.ReasonWaitingForClient
			},
		},
		"the spec names another Secret to publish to": {
			func(t *testing.T, w *memory.World) {
				t.Helper()
				change(t, w, credential(t, w), func(c *v1alpha1.ClientCredential) { c.Spec.Publish.SecretRef.Name = "another" })
			},
			func(t *testing.T, w *memory.World) bool {
				t.Helper()
				s := &corev1.Secret{ObjectMeta: named("another")}
				read(t, w, s)
				return len(s.Data) > 0
			},
		},
		"the certificate expires": {
			func(_ *testing.T, w *memory.World) { w.Advance(time.Until(first.Leaf.NotAfter)) },
			func(t *testing.T, w *memory.World) bool {
				t.Helper()
				return reason(t, w, v1alpha1.ConditionCertificateReady) == "CertificateExpired"
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
				t.Helper()
				first, second = harness.SelfSigned(t, "first"), harness.SelfSigned(t, "second") // by the time of this world
				counts := bringToRest(t, w, first)
				stray := &corev1.Secret{ObjectMeta: named("stray")}
				if err := controllerutil.SetControllerReference(credential(t, w), stray, w.Store.Scheme()); err != nil {
					t.Fatal(err)
				}
				create(t, w, stray) // which wakes the object, as each Secret does that is its own
				w.Advance(time.Minute)
				if asked := counts.take(); len(asked) > 0 {
					t.Errorf("a pass with nothing new asks for %v", asked)
				}
				row.happens(t, w)
				await(t, w, name, func() bool { return row.seen(t, w) })
			})
		})
	}
}

// bringToRest starts the side that looks after certificates alone, so that what an OAuthClient reports stays what it is made to be, and
// returns the tally of its requests.
func bringToRest(t *testing.T, w *memory.World, pair harness.KeyPair) *tally {
	t.Helper()
	both := start(t, w, memory.OperatorOptions{})
	declare(t, w, pair)
	create(t, w, &cmapi.Certificate{ObjectMeta: named("issued"), Spec: cmapi.CertificateSpec{SecretName: "certificate"}})
	change(t, w, &corev1.Secret{ObjectMeta: named("certificate")}, func(s *corev1.Secret) {
		metav1.SetMetaDataAnnotation(&s.ObjectMeta, cmapi.CertificateNameKey, "issued")
	})
	change(t, w, &v1alpha1.ClientCredential{ObjectMeta: named("credential")}, func(c *v1alpha1.ClientCredential) {
		c.Spec.SecretRef, c.Spec.CertificateRef = nil, &v1alpha1.LocalReference{Name: "issued"}
	})
	await(t, w, "the client is ready", func() bool { return ready(t, w) && w.AwaitQuiet(patience) })
	if err := both.Stop(); err != nil {
		t.Fatal(err)
	}
	counts := &tally{n: map[string]int{}}
	start(t, w, memory.OperatorOptions{Sides: []string{controller.ClusterSide}, SessionOptions: apistore.SessionOptions{Hook: counts.hook}})
	w.AwaitQuiet(patience)
	counts.take()
	return counts
}
