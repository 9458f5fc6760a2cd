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
	"errors"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/memory"
)

// I1, I12: an operator whose cache does not show its own last status yet decides nothing from the one before. Else the end of what that
// one does not tell of would be told to nobody, and a certificate be published for which the tenant has no credential any more.
func TestNothingIsDecidedFromAStatusBeforeTheLast(t *testing.T) {
	memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
		t.Helper()
		operator := start(t, w, memory.OperatorOptions{})
		first, second := harness.SelfSigned(t, "first"), harness.SelfSigned(t, "second")
		declareWithoutOverlap(t, w, first)
		if err := operator.Session.Hold(&v1alpha1.OAuthClient{}); err != nil {
			t.Fatal(err)
		}
		renew(t, w, second)
		await(t, w, "the status tells of both certificates", func() bool { return len(calledAttached(t, w)) == 2 })
		renew(t, w, first)
		w.Advance(5 * time.Second)
		overstates(t, w, "while the cache stands still")
		if err := operator.Session.Release(&v1alpha1.OAuthClient{}); err != nil {
			t.Fatal(err)
		}
		await(t, w, "the second certificate is gone", func() bool { return len(calledAttached(t, w)) == 1 && ready(t, w) })
		overstates(t, w, "at the end")
		check(t, w, "at the end", first, first)
	})
}

// I8: what an operator said last is taken back although its cache shows only what it said before, which is what holds again.
func TestAStatusIsTakenBackThatTheCacheNeverShowed(t *testing.T) {
	memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
		t.Helper()
		operator := start(t, w, memory.OperatorOptions{})
		pair := harness.SelfSigned(t, "first")
		declareWithoutOverlap(t, w, pair)
		credential := &v1alpha1.ClientCredential{ObjectMeta: named("credential")}
		read(t, w, credential)
		if err := errors.Join(operator.Session.Hold(&v1alpha1.OAuthClient{}), w.Client.Delete(t.Context(), credential)); err != nil {
			t.Fatal(err)
		}
		await(t, w, "the status says that there is no credential", func() bool {
			return !meta.IsStatusConditionTrue(oauthClient(t, w).Status.Conditions, v1alpha1.ConditionReady)
		})
		if err := w.Client.Delete(t.Context(), &corev1.Secret{ObjectMeta: named("published")}); err != nil { // as its owner is gone
			t.Fatal(err)
		}
		create(t, w, &v1alpha1.ClientCredential{ObjectMeta: named("credential"), Spec: credential.Spec})
		w.Advance(5 * time.Second)
		if err := operator.Session.Release(&v1alpha1.OAuthClient{}); err != nil {
			t.Fatal(err)
		}
		await(t, w, "the client is ready", func() bool { return ready(t, w) })
		check(t, w, "at the end", pair, pair)
	})
}

// I1, I12: a successor whose cache does not show yet what the operator before it reported last does not rely on it where it takes
// something away.
func TestASuccessorBehindItsPredecessorTakesNothingBackUntold(t *testing.T) {
	memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
		t.Helper()
		leader := start(t, w, memory.OperatorOptions{Name: "leader"})
		first, second := harness.SelfSigned(t, "first"), harness.SelfSigned(t, "second")
		declareWithoutOverlap(t, w, first)
		successor := start(t, w, memory.OperatorOptions{Name: "successor"})
		await(t, w, "both rest", func() bool { return w.AwaitQuiet(patience) })
		kinds := []client.Object{&v1alpha1.OAuthClient{}, &v1alpha1.ClientCredential{}, &corev1.Secret{}}
		for _, kind := range kinds {
			if err := errors.Join(successor.Session.Hold(kind), leader.Session.Hold(&v1alpha1.OAuthClient{})); err != nil {
				t.Fatal(err)
			}
		}
		renew(t, w, second)
		await(t, w, "the status tells of both certificates", func() bool { return len(calledAttached(t, w)) == 2 })
		if err := leader.Stop(); err != nil {
			t.Fatal(err)
		}
		renew(t, w, first)
		for _, kind := range kinds[1:] {
			if err := successor.Session.Release(kind); err != nil {
				t.Fatal(err)
			}
		}
		w.Advance(time.Minute)
		overstates(t, w, "while the successor's cache stands still")
		if err := successor.Session.Release(kinds[0]); err != nil {
			t.Fatal(err)
		}
		await(t, w, "the second certificate is gone", func() bool { return len(calledAttached(t, w)) == 1 && ready(t, w) })
		overstates(t, w, "at the end")
		check(t, w, "at the end", first, first)
	})
}

// declareWithoutOverlap creates a client and waits until all is in place. What is not wanted any more ends at once there.
func declareWithoutOverlap(t *testing.T, w *memory.World, pair harness.KeyPair) {
	t.Helper()
	declare(t, w, pair)
	await(t, w, "the client is ready", func() bool { return ready(t, w) })
	credential := &v1alpha1.ClientCredential{ObjectMeta: named("credential")}
	read(t, w, credential)
	credential.Spec.Rotation.OverlapSeconds = new(int32(0))
	if err := w.Client.Update(t.Context(), credential); err != nil {
		t.Fatal(err)
	}
	await(t, w, "the operator rests", func() bool { return w.AwaitQuiet(patience) })
}

// calledAttached are the credentials that the client's status calls attached.
func calledAttached(t *testing.T, w *memory.World) (ids []string) {
	t.Helper()
	for _, c := range oauthClient(t, w).Status.Credentials {
		if c.State == v1alpha1.CredentialAttached {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func overstates(t *testing.T, w *memory.World, when string) {
	t.Helper()
	c, _ := w.Sim.Client(oauthClient(t, w).Status.ClientID)
	for _, id := range calledAttached(t, w) {
		if !slices.Contains(c.Attached, id) {
			t.Errorf("%s the status calls %s attached, and the tenant lists %q", when, id, c.Attached)
		}
	}
}
