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
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/types"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller/tenant"
)

// The fields that drift is counted by, besides the names of settings. There are no others: neither a client's id nor a key of its metadata.
const (
	driftMethod      = "token_endpoint_auth_method"
	driftCredentials = "credentials"
	driftMetadata    = "client_metadata"
	driftGrants      = "grants"
)

// countDrift counts what somebody else has changed of what is managed, and what is put back in the same pass therefore.
func (p *pass) countDrift() {
	before, suspected := p.views.before(p.obj.UID)
	if !suspected || p.Drifted == nil || p.obj.Spec.ManagementPolicy == v1alpha1.ManagementObserve {
		return
	}
	after := standingOf(p.obj, p.view.client, p.view.grants, p.view.grantsRead)
	after.stored = p.view.pool()
	for _, field := range before.drift(after, p.owned()) {
		p.Drifted(tenant.KeyOf(p.obj), field)
	}
}

// before is how a client was that seems to have been changed by somebody else.
func (v *views) before(uid types.UID) (before standing, suspected bool) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	before, suspected = v.suspects[uid]
	return before, suspected
}

// owned are the ids of the credentials that this object made, as the status tells: of one that is gone the tenant tells nothing any more.
func (p *pass) owned() (ids []string) {
	for _, c := range p.obj.Status.Credentials {
		if c.Owner != "" {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// drift is what is in after not as wanted any more, by field. What others attached or stored is theirs, and so is what they removed of it.
func (s standing) drift(after standing, owned []string) (fields []string) {
	if s.method != after.method {
		fields = append(fields, driftMethod)
	}
	removed := without(s.attached, after.attached)
	if s.stored != nil && after.stored != nil {
		removed = append(removed, without(s.stored, after.stored)...)
	}
	if slices.ContainsFunc(removed, func(id string) bool { return slices.Contains(owned, id) }) {
		fields = append(fields, driftCredentials)
	}
	for _, amiss := range without(after.amiss, s.amiss) {
		switch {
		case strings.HasPrefix(amiss, driftMetadata+"."):
			fields = append(fields, driftMetadata)
		case strings.Contains(amiss, " "): // a setting's name has none
			fields = append(fields, driftGrants)
		default:
			fields = append(fields, amiss)
		}
	}
	slices.Sort(fields)
	return slices.Compact(fields)
}
