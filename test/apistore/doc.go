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

// Package apistore is a Kubernetes API server in memory, for as much of one as an operator and its tests use: the controllers run
// on it with the client, the caches and the event recorder that they run on in a cluster, and tens of thousands of runs of them
// take minutes. What it answers is what a real API server answers; the tests of this package ask both the same.
//
// It is a [net/http.RoundTripper]: requests are carried out where they are sent, without sockets and without a goroutine of its own,
// so that it runs in a bubble of testing/synctest, and its time is the bubble's. Through a [Session]'s hook pass all requests of one
// program, and what its caches see can be held back.
//
// There is no server-side apply, no protobuf, no deletion of collections, no paging of lists (a limit is ignored), no validation by
// schemas, no admission but that of namespaces, and nothing is compacted, collected or expired unless a test says so. What is not
// there is refused, never half done.
package apistore
