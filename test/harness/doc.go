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

// Package harness is what the tests of the whole operator share: a real cluster with the operator's kinds and rights in it,
// the operator inside the test process with the rights of its ServiceAccount and no others, and for each test a Workspace:
// a namespace, a simulated tenant, and checks that go on all the time.
//
// What is checked without a test asking for it:
//
//   - of every status that any object ever has: that its conditions are well formed (see CheckConditions);
//   - of every change at the simulated tenant: that it breaks none of the rules of World;
//   - of the operator's log: that it holds no private key and no client secret, and tells of no panic and of no request that
//     the operator's own roles do not allow;
//   - at the end of each Workspace: that no status calls a credential attached that the tenant does not list, and that no
//     request carried a private key.
//
// A violation fails the test that the Workspace belongs to.
package harness
