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

// Package proxy stands between an operator and the API server and decides what the operator gets to see, and when: the cluster as
// it was a while ago, changes late, in another order, or never one by one. It changes no object and no answer to a read by name or
// namespace: those reads are the ones past the cache, and an API server answers them with what is true.
//
// What the cache of an operator asks for is told by its form: a list or a watch of all namespaces at once. Lists that are streamed
// (sendInitialEvents) are refused, upon which client-go lists and then watches, as it does with an older API server.
//
// Everything happens on a condition, an event or a call, nothing by the clock.
package proxy
