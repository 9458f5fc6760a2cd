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

// Package faults lets one thing, or two, go wrong at every single request that the operator sends, to the tenant and to the API
// server, and checks after each change that what must never be is not, and in the end that what must be is.
//
// Which requests there are is not written down: a run without a fault is recorded, and each request in it is a point where each
// fault strikes in a run of its own.
package faults
