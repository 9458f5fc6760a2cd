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

// Package timeline draws what happened to certificates at a tenant and in a cluster: one bar for each certificate, the steps of its
// rotation in words, and the token requests that presented it. It is a pure function from events to an SVG picture that needs
// nothing but a browser.
package timeline

import "time"

// Kind is what happened.
type Kind string

const (
	// Issued says that cert-manager wrote the certificate into its Secret.
	Issued Kind = "issued"
	// Stored says that the tenant holds a credential for it, which cannot sign in yet.
	Stored Kind = "stored"
	// Attached says that the client's authentication method lists the credential: it can sign in.
	Attached Kind = "attached"
	// Published says that workloads are handed the certificate from now on.
	Published Kind = "published"
	// Detached says that the credential can no longer sign in.
	Detached Kind = "detached"
	// Deleted says that the tenant holds the credential no more.
	Deleted Kind = "deleted"
	// Granted says that a token request which presented the certificate was answered with a token bound to it.
	Granted Kind = "granted"
	// Refused says that a token request was not answered with such a token.
	Refused Kind = "refused"
)

// Event is one thing that happened.
type Event struct {
	At   time.Time
	Kind Kind
	// Client is the OAuth client that it happened to, by name.
	Client string
	// Certificate is the thumbprint of the certificate that it is about; empty where it is about a Subject.
	Certificate string
	// Subject is the distinguished name that a credential of type cert_subject_dn matches, in one line.
	Subject string
}

// Client is a client that the picture shows, and what is said of it beside its name.
type Client struct{ Name, Note string }

// Picture is what is drawn: the clients one below the other, in their order.
type Picture struct {
	Title, Caption string
	Clients        []Client
	Events         []Event
}
