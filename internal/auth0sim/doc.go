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

// Package auth0sim is a faithful Auth0 tenant for tests, demonstrations and first steps: the part of the Management API
// that concerns clients, their credentials and what surrounds them, and a token endpoint that authenticates clients by
// secret, by private_key_jwt and by mutual TLS (RFC 8705), directly or behind a customer edge that forwards the
// certificate in a header.
//
// Its specification is what Auth0 publishes: the documentation at auth0.com/docs, the OpenAPI document of the Management
// API in auth0/docs-v2 (main/docs/oas/management/v2/management-api-oas.json), and the HTTP exchanges that
// auth0/terraform-provider-auth0 and auth0/go-auth0 (test/data/recordings) and auth0/auth0-deploy-cli
// (test/e2e/recordings) recorded against real tenants. What these leave open is an Option. What is not implemented
// answers 501 and names the method and the path; there is no made-up success.
//
// The package imports nothing of the rest of the project, so that it can be wrong only in its own ways.
//
// A Simulator is started with Start and serves HTTPS at two addresses: URL, and MTLSURL, which alone requests client
// certificates. All methods of Simulator may be called concurrently.
package auth0sim
