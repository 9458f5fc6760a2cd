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

// Package budget decides which request goes to a tenant next, and when. The tenant allows so many requests a second, shared
// with everything else that its owner does there, so they are spent in the order of urgency, below what the tenant allows.
//
// Nobody waits in here: who is not let through keeps a place, and is told when to come back. Time comes in as a value.
package budget

import "context"

// Lane is how much a request matters. A lower one goes first.
type Lane uint8

// The lanes in the order of priority.
const (
	// Urgent is for a certificate whose lack costs, or soon will cost, refused requests.
	Urgent Lane = iota
	// Revocation takes away what must not be accepted any longer.
	Revocation
	// Edit is a person's change.
	Edit
	// Renewal is a renewal with time left.
	Renewal
	// New is a new object.
	New
	// Cleanup takes away what is retired.
	Cleanup
	// Drift compares and repairs.
	Drift

	lanes = int(Drift) + 1
)

// String is the lane's name in metrics and in the status.
func (l Lane) String() string {
	return [lanes]string{"urgent", "revocation", "edit", "renewal", "new", "cleanup", "drift"}[l]
}

// Lanes are all of them, in the order of priority.
func Lanes() []Lane { return []Lane{Urgent, Revocation, Edit, Renewal, New, Cleanup, Drift} }

// Claim is what somebody asks a turn for.
type Claim struct {
	Lane Lane
	// Key is who asks; each has one place in the queue. Without a key no place is kept.
	Key string
	// Begun tells that a request of the same undertaking went out already: it is finished before others begin.
	Begun bool
	// Operation is what is asked for: some operations have a bucket of their own.
	Operation string
	// Outside tells that the request is none of the Management API's. It takes no token, but heeds a pause and the breaker.
	Outside bool
}

type claimKey struct{}

// WithClaim says what the requests made in a context are for.
func WithClaim(ctx context.Context, c Claim) context.Context {
	return context.WithValue(ctx, claimKey{}, c)
}

// ClaimOf is what WithClaim said; a person's edit where nothing was said.
func ClaimOf(ctx context.Context) Claim {
	if c, ok := ctx.Value(claimKey{}).(Claim); ok {
		return c
	}
	return Claim{Lane: Edit}
}
