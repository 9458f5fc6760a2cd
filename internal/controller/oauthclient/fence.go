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

package oauthclient

import (
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller/answer"
	"github.com/certbound/certbound/internal/status"
)

// failed is the outcome of a request that failed. Where its effect is not known, the client is left alone for a while and
// read before anything else is sent.
func (p *pass) failed(err error, doing string) status.Outcome {
	if auth0.ClassOf(err) == auth0.Withheld {
		fence := answer.Outcome(err, doing, untouched)
		p.views.fence(p.obj.UID, fence)
		p.view = nil
		return fence
	}
	p.queue(err)
	if unknown(err) {
		until := p.Clock.Now().Add(p.Fence) // not from when this pass began: the request was under way for a part of it
		fence := answer.Outcome(err, doing, fmt.Sprintf("it may still take effect, so the tenant is read before anything else is sent, not before %s; "+
			"what is attached stays attached", until.UTC().Format(time.RFC3339))).Until(until)
		p.views.fence(p.obj.UID, fence)
		p.view = nil
		return fence
	}
	return answer.Outcome(err, doing, untouched)
}

// alreadyToldError ends a reconcile that finds nothing new: the client is left alone until a time, and its status says so.
type alreadyToldError struct{ until time.Time }

func (*alreadyToldError) Error() string { return "the client is left alone, and its status says why" }

// alreadyTold returns an error when a fence is up and the status tells of it: the condition that met it keeps it.
func (p *pass) alreadyTold() error {
	_, fence := p.views.get(p.obj.UID)
	told := slices.ContainsFunc(p.obj.Status.Conditions, func(c metav1.Condition) bool {
		return c.ObservedGeneration == p.obj.Generation && c.Reason == fence.Reason && c.Message == fence.Message
	})
	if told && p.now.Before(fence.Again) {
		return &alreadyToldError{fence.Again}
	}
	return nil
}
