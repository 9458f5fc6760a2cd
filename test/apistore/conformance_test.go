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
	"slices"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/internal/controller"
	"github.com/certbound/certbound/test/apistore"
	"github.com/certbound/certbound/test/harness"
)

// What the store answers is what a real API server answers to the same requests, word for word but for what is made up anew each
// time, and for the words of a refusal, of which the code and the reason count.
func TestAnswersAreThoseOfARealAPIServer(t *testing.T) {
	ctrl.SetLogger(logr.Discard())
	env, err := harness.Start(t.Context(), harness.Options{Progress: t.Output()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := env.Stop(); err != nil {
			t.Error(err)
		}
	}()
	scheme, err := controller.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := client.NewWithWatch(env.Cluster.Config(), client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	store, err := apistore.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := store.Session(t.Context(), apistore.SessionOptions{}).Client()
	if err != nil {
		t.Fatal(err)
	}
	for name, steps := range cases {
		t.Run(name, func(t *testing.T) {
			want, got := run(t, cluster, steps), run(t, memory, steps)
			for i := range max(len(want), len(got)) {
				if i >= len(want) || i >= len(got) || want[i] != got[i] {
					t.Fatalf("step %d differs\nreal:\n  %s\nmemory:\n  %s", i+1,
						strings.Join(want[min(i, len(want)):], "\n  "), strings.Join(got[min(i, len(got)):], "\n  "))
				}
			}
			if len(want) == 0 {
				t.Error("nothing was asked")
			}
			t.Log(strings.Join(want, "\n"))
		})
	}
}

// The cases are told apart by what they ask, not by their number.
func TestEveryCaseAsksSomething(t *testing.T) {
	store, err := apistore.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	memory, err := store.Session(t.Context(), apistore.SessionOptions{}).Client()
	if err != nil {
		t.Fatal(err)
	}
	for name, steps := range cases {
		if transcript := run(t, memory, steps); len(transcript) < 3 || slices.Contains(transcript, "") {
			t.Errorf("%s: %q", name, transcript)
		}
	}
}

// run takes the steps in a namespace of their own.
func run(t *testing.T, c client.WithWatch, steps func(*server)) []string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "conformance-"}}
	if err := c.Create(t.Context(), namespace); err != nil {
		t.Fatal(err)
	}
	s := &server{WithWatch: c, namespace: namespace.Name, t: t, uids: map[string]string{}, versions: map[string]string{}}
	steps(s)
	return s.transcript
}
