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
package memory
