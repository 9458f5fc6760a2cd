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
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/controller/oauthclient"
	"github.com/certbound/certbound/internal/controller/shard"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/memory"
)

// A Secret that the operator is not told of costs delay, never silence (I8): the condition says so, a renewal is seen all the same, and
// what is published carries the labels by which changes of it are seen.
func TestASecretThatIsNotWatchedIsReadNowAndThen(t *testing.T) {
	memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
		t.Helper()
		secrets, err := shard.Parse("team=a")
		if err != nil {
			t.Fatal(err)
		}
		start(t, w, memory.OperatorOptions{Secrets: secrets})
		first, second := harness.SelfSigned(t, "first"), harness.SelfSigned(t, "second")
		declare(t, w, first)
		await(t, w, "the client is ready", func() bool { return ready(t, w) })
		c := &v1alpha1.ClientCredential{ObjectMeta: named("credential")}
		read(t, w, c)
		if usable := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionCertificateReady); !strings.Contains(usable.Message, `"team=a"`) {
			t.Errorf("the condition says nothing of what is not watched: %s", usable.Message)
		}
		published := &corev1.Secret{ObjectMeta: named("published")}
		read(t, w, published)
		if published.Labels["team"] != "a" {
			t.Errorf("the published Secret has the labels %v", published.Labels)
		}
		w.AwaitQuiet(patience)
		renewed := time.Now()
		renew(t, w, second)
		await(t, w, "the renewal is seen", func() bool {
			read(t, w, c)
			return c.Status.Certificate.Fingerprint == second.Thumbprint()
		})
		if late := time.Since(renewed); late > 6*time.Minute {
			t.Errorf("it took %v", late)
		}
	})
}

// Two operators with selectors that exclude each other: what is moved is worked on by one of them at a time, and ends in order (I1, I3).
func TestATenantIsMovedToAnotherShard(t *testing.T) {
	memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
		t.Helper()
		for _, selector := range []string{"!shard", "shard=b"} {
			of, err := shard.Parse(selector)
			if err != nil {
				t.Fatal(err)
			}
			start(t, w, memory.OperatorOptions{Name: selector, Shard: of})
		}
		first, second := harness.SelfSigned(t, "first"), harness.SelfSigned(t, "second")
		declare(t, w, first)
		await(t, w, "the client is ready", func() bool { return ready(t, w) })
		w.AwaitQuiet(patience) // for longer than the takeover at the start counts
		w.Sim.ResetLog()
		moved := time.Now()
		move(t, w, "b")
		renew(t, w, second)
		await(t, w, "the new certificate is published", func() bool { return published(t, w) == second.Thumbprint() })
		w.Advance(overlap)
		w.AwaitQuiet(patience)
		check(t, w, "after the overlap", second, second)
		var writes []string
		for _, r := range w.Sim.Requests() {
			if r.Method == http.MethodGet {
				continue
			}
			if len(writes) == 0 && r.At.Before(moved.Add(oauthclient.DefaultFence)) {
				t.Errorf("it was changed %v after it came from the other shard", r.At.Sub(moved))
			}
			writes = append(writes, strings.Replace(r.Route, "/api/v2/", "", 1))
		}
		want := []string{harness.CreateCredential, harness.UpdateClient, harness.UpdateClient, harness.DeleteCredential}
		if !slices.Equal(writes, want) {
			t.Errorf("the tenant was sent %q, want %q", writes, want)
		}
	})
}

// move labels the tenant and all that refers to it.
func move(t *testing.T, w *memory.World, to string) {
	t.Helper()
	tenant := &v1alpha1.Tenant{ObjectMeta: named("tenant")}
	credential := &v1alpha1.ClientCredential{ObjectMeta: named("credential")}
	read(t, w, tenant)
	read(t, w, credential)
	client := oauthClient(t, w)
	tenant.Labels, client.Labels, credential.Labels = map[string]string{"shard": to}, map[string]string{"shard": to}, map[string]string{"shard": to}
	for _, err := range []error{w.Client.Update(t.Context(), tenant), w.Client.Update(t.Context(), client), w.Client.Update(t.Context(), credential)} {
		if err != nil {
			t.Fatal(err)
		}
	}
}
