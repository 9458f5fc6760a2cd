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
	"fmt"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/test/apistore"
)

// BenchmarkRequest is what a request costs with all that the client does.
func BenchmarkRequest(b *testing.B) {
	store, err := apistore.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	c, err := store.Session(b.Context(), apistore.SessionOptions{}).Client()
	if err != nil {
		b.Fatal(err)
	}
	s := &server{namespace: "default"}
	o := s.oauthClient("one")
	if err := c.Create(b.Context(), o); err != nil {
		b.Fatal(err)
	}
	turn := 0
	for name, request := range map[string]func() error{
		"get":    func() error { return c.Get(b.Context(), client.ObjectKeyFromObject(o), o) },
		"create": func() error { return c.Create(b.Context(), s.oauthClient(fmt.Sprintf("number-%d", turn))) },
		"update": func() error {
			o.Labels = map[string]string{"turn": fmt.Sprint(turn)}
			return c.Update(b.Context(), o)
		},
		"status": func() error {
			o.Status.ClientID = fmt.Sprint(turn)
			return c.Status().Update(b.Context(), o)
		},
		"patch": func() error {
			before := o.DeepCopy()
			o.Labels = map[string]string{"patched": fmt.Sprint(turn)}
			return c.Patch(b.Context(), o, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				turn++
				if err := request(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
