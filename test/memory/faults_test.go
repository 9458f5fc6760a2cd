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
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/apistore"
	"github.com/certbound/certbound/test/harness"
	"github.com/certbound/certbound/test/memory"
)

// I8: a write that somebody else came before is decided anew.
func TestAWriteRefusedWithAConflictIsRetried(t *testing.T) {
	for _, kind := range []string{"OAuthClient", "ClientCredential", "Tenant", "Secret"} {
		t.Run(kind, func(t *testing.T) {
			memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
				t.Helper()
				var refused atomic.Int32
				start(t, w, memory.OperatorOptions{SessionOptions: apistore.SessionOptions{
					Hook: func(ctx context.Context, o apistore.Operation, send func(context.Context) error) error {
						if o.Writes() && o.Kind.Kind == kind && refused.Add(1) == 1 {
							return apierrors.NewConflict(schema.GroupResource{Resource: kind}, o.Name, context.Canceled)
						}
						return send(ctx)
					},
				}})
				pair := harness.SelfSigned(t, "first")
				declare(t, w, pair)
				await(t, w, "the client is ready", func() bool { return ready(t, w) })
				check(t, w, "after the creation", pair, pair)
				await(t, w, "the operator rests", func() bool { return w.AwaitQuiet(patience) })
				if refused.Load() < 2 {
					t.Errorf("%d writes of a %s came: one was to be refused and sent again", refused.Load(), kind)
				}
			})
		})
	}
}

// I1, I3, I8: an operator is killed in the midst of each of its writes in turn, before it took effect and after; nothing comes of it any
// more, and its successor brings to its end what was begun, with one client.
func TestASuccessorEndsWhatAKilledOperatorBegan(t *testing.T) {
	for _, committed := range []bool{false, true} {
		for nth, reached := int32(1), true; reached; nth++ {
			t.Run(fmt.Sprintf("write %d, committed %v", nth, committed), func(t *testing.T) {
				memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
					t.Helper()
					reached = killedInTheMidst(t, w, nth, committed)
				})
			})
		}
	}
}

// killedInTheMidst tells whether there was an nth write.
func killedInTheMidst(t *testing.T, w *memory.World, nth int32, committed bool) (killed bool) {
	t.Helper()
	var operator *memory.Operator
	var writes atomic.Int32
	ended := make(chan struct{})
	operator = start(t, w, memory.OperatorOptions{Name: "first", SessionOptions: apistore.SessionOptions{
		Hook: func(ctx context.Context, o apistore.Operation, send func(context.Context) error) error {
			if !o.Writes() || writes.Add(1) != nth {
				return send(ctx)
			}
			defer close(ended)
			if !committed {
				operator.Kill()
				return send(ctx)
			}
			err := send(ctx)
			operator.Kill()
			return err
		},
	}})
	pair := harness.SelfSigned(t, "first")
	declare(t, w, pair)
	select {
	case <-ended:
		killed = true
	case <-time.After(patience):
		if !ready(t, w) {
			t.Error("nobody was killed, and the client is not ready")
		}
		return false
	}
	w.Advance(time.Second) // what was on its way arrives
	revision, requests := w.Store.Revision(), len(w.Sim.Requests())
	w.Advance(patience)
	if w.Store.Revision() != revision || len(w.Sim.Requests()) != requests {
		t.Error("the operator that was killed goes on")
	}
	start(t, w, memory.OperatorOptions{Name: "second"})
	await(t, w, "the client is ready", func() bool { return ready(t, w) })
	check(t, w, "after the restart", pair, pair)
	// A request that died with its operator before it took effect is another matter: that one is to be sent again.
	created := 0
	for _, request := range w.Sim.Requests() {
		if request.Route == "POST /api/v2/clients" && request.Committed {
			created++
		}
	}
	if created != 1 {
		t.Errorf("%d clients were created", created)
	}
	return killed
}

// I1: what the caches do not see yet takes nothing away.
func TestStaleCachesTakeNothingAway(t *testing.T) {
	memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
		t.Helper()
		operator := start(t, w, memory.OperatorOptions{})
		first, second := harness.SelfSigned(t, "first"), harness.SelfSigned(t, "second")
		declare(t, w, first)
		await(t, w, "the client is ready", func() bool { return ready(t, w) })
		if err := operator.Session.Hold(&v1alpha1.ClientCredential{}); err != nil {
			t.Fatal(err)
		}
		renew(t, w, second)
		w.Advance(overlap)
		check(t, w, "while the caches stand still", first, first)
		if err := operator.Session.Release(&v1alpha1.ClientCredential{}); err != nil {
			t.Fatal(err)
		}
		await(t, w, "the new certificate is published", func() bool { return published(t, w) == second.Thumbprint() })
		check(t, w, "in the overlap", second, first, second)
	})
}

// Events that are lost in memory only, because all happens at one instant, would be missed by those who look for them.
func TestNoEventIsLost(t *testing.T) {
	memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
		t.Helper()
		start(t, w, memory.OperatorOptions{SessionOptions: apistore.SessionOptions{
			Hook: func(ctx context.Context, o apistore.Operation, send func(context.Context) error) error {
				err := send(ctx)
				if apierrors.IsAlreadyExists(err) {
					t.Errorf("%s: %v", o, err)
				}
				return err
			},
		}})
		declare(t, w, harness.SelfSigned(t, "first"))
		await(t, w, "the operator rests", func() bool { return w.AwaitQuiet(patience) })
		var list eventsv1.EventList
		if err := w.Client.List(t.Context(), &list); err != nil {
			t.Fatal(err)
		}
		var reasons []string
		for _, e := range list.Items {
			reasons = append(reasons, e.Regarding.Name+" "+e.Reason)
		}
		for _, want := range []string{"tenant Ready", "client ClientCreated", "client Ready", "credential CertificatePublished", "credential Ready"} {
			if !slices.Contains(reasons, want) {
				t.Errorf("there is no Event %q in %q", want, reasons)
			}
		}
	})
}

// An operator can be ended while its caches are told of something, and leaves nothing behind in the bubble.
func TestAnOperatorEndsInTheMidstOfNews(t *testing.T) {
	memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
		t.Helper()
		for range 10 {
			operator := start(t, w, memory.OperatorOptions{})
			for range 20 {
				create(t, w, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: memory.Namespace, GenerateName: "news-"}})
			}
			if err := operator.Stop(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
