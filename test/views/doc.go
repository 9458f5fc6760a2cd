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

// Package views shows what the operator does with a cluster that it sees late, in another order, or as it was a while ago, and with
// one that others have seen otherwise: an earlier state put back, an object made anew under its name, a second operator, a clock that
// is wrong. The API server, cert-manager and the controllers are real; a proxy (test/views/proxy) stands between an operator and the
// API server.
//
// Beside what test/harness checks everywhere, a witness looks at each Secret that the operator publishes, at the moment of the
// write: the tenant must accept the certificate (I1), and no older one may take the place of a newer.
package views
