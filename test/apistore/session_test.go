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

package apistore_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/test/apistore"
)

func newStore(t *testing.T) *apistore.Store {
	t.Helper()
	store, err := apistore.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return store
}

func connect(t *testing.T, s *apistore.Session) client.WithWatch {
	t.Helper()
	c, err := s.Client()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func configMap(name string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name}}
}

func exists(t *testing.T, c client.Client, name string) bool {
	t.Helper()
	err := c.Get(t.Context(), client.ObjectKeyFromObject(configMap(name)), configMap(name))
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	return err == nil
}

var errLost = errors.New("the answer is lost")

func TestWhatAHookCanDo(t *testing.T) {
	refusal := apierrors.NewConflict(schema.GroupResource{Resource: "configmaps"}, "one", errLost)
	var later func(context.Context) error
	tests := map[string]struct {
		hook   func(context.Context, func(context.Context) error) error
		told   func(error) bool
		effect bool
	}{
		"let pass": {func(ctx context.Context, send func(context.Context) error) error { return send(ctx) },
			func(err error) bool { return err == nil }, true},
		"refuse": {func(context.Context, func(context.Context) error) error { return refusal }, apierrors.IsConflict, false},
		"refuse what had its effect": {func(ctx context.Context, send func(context.Context) error) error {
			return errors.Join(send(ctx), refusal)
		}, apierrors.IsConflict, true},
		"lose the request": {func(context.Context, func(context.Context) error) error { return errLost },
			func(err error) bool { return errors.Is(err, errLost) }, false},
		"lose the answer": {func(ctx context.Context, send func(context.Context) error) error {
			return errors.Join(send(ctx), errLost)
		}, func(err error) bool { return errors.Is(err, errLost) }, true},
		"delay": {func(_ context.Context, send func(context.Context) error) error {
			later = send
			return errLost
		}, func(err error) bool { return errors.Is(err, errLost) }, false},
		"send twice": {func(ctx context.Context, send func(context.Context) error) error {
			return errors.Join(send(ctx), send(ctx))
		}, func(err error) bool { return err != nil }, true},
		"neither send nor refuse": {func(context.Context, func(context.Context) error) error { return nil },
			func(err error) bool { return err != nil }, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			store := newStore(t)
			var seen apistore.Operation
			c := connect(t, store.Session(t.Context(), apistore.SessionOptions{
				Hook: func(ctx context.Context, o apistore.Operation, send func(context.Context) error) error {
					seen = o
					return test.hook(ctx, send)
				},
			}))
			err := c.Create(t.Context(), configMap("one"))
			if !test.told(err) {
				t.Errorf("the program was told %v", err)
			}
			if seen.String() != "create ConfigMap one" || !seen.Writes() || seen.Namespace != "default" {
				t.Errorf("the hook saw %+v", seen)
			}
			admin := connect(t, store.Session(t.Context(), apistore.SessionOptions{}))
			if exists(t, admin, "one") != test.effect {
				t.Errorf("the effect: %v", !test.effect)
			}
			if later != nil {
				if err := later(t.Context()); err != nil || !exists(t, admin, "one") {
					t.Errorf("later it had no effect: %v", err)
				}
				later = nil
			}
		})
	}
}

// A program that was killed has no effect any more, wherever its request was, but for what was sent before.
func TestAProgramThatWasKilledHasNoEffect(t *testing.T) {
	store := newStore(t)
	admin := connect(t, store.Session(t.Context(), apistore.SessionOptions{}))
	life, kill := context.WithCancel(t.Context())
	var sent error
	asked := 0
	c := connect(t, store.Session(life, apistore.SessionOptions{
		Hook: func(ctx context.Context, o apistore.Operation, send func(context.Context) error) error {
			asked++
			if o.Name == "killed-before" {
				kill()
				sent = send(ctx)
				return sent
			}
			return send(ctx)
		},
	}))
	events, err := c.Watch(t.Context(), &corev1.ConfigMapList{})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Create(t.Context(), configMap("killed-before")); err == nil || sent == nil || exists(t, admin, "killed-before") {
		t.Errorf("the request in whose midst it was killed had an effect: %v, %v", err, sent)
	}
	for e := range events.ResultChan() {
		t.Errorf("a watch told %v", e)
	}
	if err := c.Create(t.Context(), configMap("after")); err == nil || exists(t, admin, "after") {
		t.Errorf("a request after its end had an effect: %v", err)
	}
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(configMap("one")), configMap("one")); err == nil || apierrors.IsNotFound(err) {
		t.Errorf("it can still read: %v", err)
	}
	if asked != 2 {
		t.Errorf("the hook saw %d requests, want the watch and the one in whose midst the program was killed", asked)
	}
}

func TestWhatIsSentOutlivesItsProgram(t *testing.T) {
	store := newStore(t)
	life, kill := context.WithCancel(t.Context())
	c := connect(t, store.Session(life, apistore.SessionOptions{
		Hook: func(ctx context.Context, _ apistore.Operation, send func(context.Context) error) error {
			kill()
			return send(context.WithoutCancel(ctx))
		},
	}))
	if err := c.Create(t.Context(), configMap("one")); err == nil {
		t.Error("a program that was killed got an answer")
	}
	if !exists(t, connect(t, store.Session(t.Context(), apistore.SessionOptions{})), "one") {
		t.Error("what was on its way had no effect")
	}
}

func TestCachesAreHeldBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store := newStore(t)
		session := store.Session(t.Context(), apistore.SessionOptions{})
		c := connect(t, session)
		hold(t, session.Hold)
		if err := c.Create(t.Context(), configMap("one")); err != nil {
			t.Fatal(err)
		}
		events, err := c.Watch(t.Context(), &corev1.ConfigMapList{}, inDefault)
		if err != nil {
			t.Fatal(err)
		}
		defer events.Stop()
		synctest.Wait()
		select {
		case e := <-events.ResultChan():
			t.Errorf("a watch tells what is held back: %v", e)
		default:
		}
		for from, want := range map[string]int{"0": 0, "": 1} {
			var list corev1.ConfigMapList
			if err := c.List(t.Context(), &list, inDefault, &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: from}}); err != nil {
				t.Fatal(err)
			}
			if len(list.Items) != want {
				t.Errorf("a list from version %q tells of %d, want %d", from, len(list.Items), want)
			}
		}
		hold(t, session.Release)
		if e := <-events.ResultChan(); e.Type != watch.Added {
			t.Errorf("what was held back came as %v", e)
		}
	})
}

var inDefault = client.InNamespace("default")

func hold(t *testing.T, do func(client.Object) error) {
	t.Helper()
	if err := do(&corev1.ConfigMap{}); err != nil {
		t.Fatal(err)
	}
}

func TestAWatchFromBeforeACompactionEnds(t *testing.T) {
	store := newStore(t)
	c := connect(t, store.Session(t.Context(), apistore.SessionOptions{}))
	if err := c.Create(t.Context(), configMap("one")); err != nil {
		t.Fatal(err)
	}
	store.Compact()
	_, err := c.Watch(t.Context(), &corev1.ConfigMapList{}, &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: "1"}})
	if !apierrors.IsResourceExpired(err) {
		t.Errorf("the watch was told %v", err)
	}
}
