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

// Package memory is a world for one run of the operator, wholly in memory and in a bubble of testing/synctest: a Kubernetes API
// server, a tenant, and the operator as it is, with its manager, its caches and its TLS. Nothing in it takes time but work, so that
// fences, overlaps and backoffs cost nothing and thousands of runs take minutes.
//
//	memory.Run(t, auth0sim.Options{}, func(t *testing.T, w *memory.World) {
//		operator, err := w.StartOperator(memory.OperatorOptions{SessionOptions: apistore.SessionOptions{
//			Hook: func(ctx context.Context, o apistore.Operation, send func(context.Context) error) error {
//				return send(ctx) // or refuse, lose, delay, or operator.Kill()
//			},
//		}})
//		// w.Client creates what there is to do, w.Sim is the tenant.
//		w.AwaitQuiet(time.Hour)
//	})
//
// A day in the world is not quite free: the operator's queues look at the clock twice a second for their metrics, which makes an hour
// about 25 ms of work. Overlaps of minutes show what overlaps of days would.
package memory
