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

package main

import "testing"

// A reconcile with nothing to do must cost next to nothing: after a restart each object has one.
func BenchmarkReconcileAtRest(b *testing.B) {
	for _, kind := range []string{oauthClient, clientCredential} {
		b.Run(kind, func(b *testing.B) {
			if err := benchmarkAtRest(b, kind); err != nil {
				b.Fatal(err)
			}
		})
	}
}
