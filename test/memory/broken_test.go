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
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/memory"
)

// dailyCalls is the most that an object which can never come to be may cost in a day.
const dailyCalls = 100

// TestADayOfBrokenObjects: an object that can never come to be costs next to nothing, for as long as nobody mends it.
func TestADayOfBrokenObjects(t *testing.T) {
	for name, breakIt := range map[string]func(t *testing.T, w *memory.World){
		"a client that does not exist": func(t *testing.T, w *memory.World) {
			t.Helper()
			declareBroken(t, w, "does-not-exist", data(harness.SelfSigned(t, "broken")))
		},
		"a Secret without a certificate": func(t *testing.T, w *memory.World) {
			t.Helper()
			declareBroken(t, w, "", map[string][]byte{corev1.TLSCertKey: []byte("none"), corev1.TLSPrivateKeyKey: []byte("none")})
		},
		"a client that the tenant refuses": func(t *testing.T, w *memory.World) {
			t.Helper()
			w.Sim.Inject(auth0sim.Fault{
				Method: http.MethodPost, Path: "/api/v2/clients", Times: -1, Reply: auth0sim.ReplyNotJSON, Status: http.StatusBadRequest,
			})
			declareBroken(t, w, "", data(harness.SelfSigned(t, "broken")))
		},
		"a scope that is missing": func(t *testing.T, w *memory.World) {
			t.Helper()
			w.Sim.Inject(auth0sim.Fault{Method: http.MethodPost, Path: "/api/v2/clients", Times: -1, Reply: auth0sim.ReplyForbidden})
			declareBroken(t, w, "", data(harness.SelfSigned(t, "broken")))
		},
	} {
		t.Run(name, func(t *testing.T) {
			memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) { //nolint:thelper // it is the test
				start(t, w, memory.OperatorOptions{})
				declare(t, w, harness.SelfSigned(t, "first"))
				await(t, w, "the healthy client is ready", func() bool { return ready(t, w) })
				healthy := aDay(w)
				breakIt(t, w)
				// The healthy client and the tenant cost what they did before.
				if calls := aDay(w) - healthy; calls > dailyCalls {
					t.Errorf("it cost %d calls in a day, at most %d are allowed", calls, dailyCalls)
				} else {
					t.Logf("it cost %d calls in a day", calls)
				}
			})
		})
	}
}

// aDay lets a day pass and counts the Management API calls of it.
func aDay(w *memory.World) int {
	before := managementCalls(w)
	w.Advance(24 * time.Hour)
	return managementCalls(w) - before
}

func managementCalls(w *memory.World) (calls int) {
	for route, count := range w.Sim.Counters() {
		if strings.Contains(route, " /api/v2/") {
			calls += count
		}
	}
	return calls
}

// declareBroken declares another client, with what is in a Secret for a certificate.
func declareBroken(t *testing.T, w *memory.World, clientID string, content map[string][]byte) {
	t.Helper()
	c := &v1alpha1.OAuthClient{ObjectMeta: named("broken"), Spec: v1alpha1.OAuthClientSpec{
		TenantRef: v1alpha1.TenantReference{Name: "tenant"}, AuthenticationMethod: v1alpha1.MethodSelfSignedTLSClientAuth, ClientID: clientID,
	}}
	if clientID != "" {
		c.Spec.AdoptionPolicy = v1alpha1.AdoptIfUnowned
	}
	create(t, w, []client.Object{
		&corev1.Secret{ObjectMeta: named("broken"), Type: corev1.SecretTypeTLS, Data: content}, c,
		&v1alpha1.ClientCredential{ObjectMeta: named("broken"), Spec: v1alpha1.ClientCredentialSpec{
			ClientRef: v1alpha1.LocalReference{Name: "broken"}, Type: v1alpha1.TypeX509Cert, SecretRef: &v1alpha1.LocalReference{Name: "broken"},
		}},
	}...)
}
