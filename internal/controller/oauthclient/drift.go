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
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller/tenant"
	"github.com/certbound/certbound/internal/registration"
)

// The fields that drift is counted by, besides the names of settings. There are no others: neither a client's id nor a key of its metadata.
const (
	driftMethod      = "token_endpoint_auth_method"
	driftCredentials = "credentials"
	driftMetadata    = "client_metadata"
	driftGrants      = "grants"
)

// A suspicion is that somebody else has changed a client.
type suspicion struct {
	before standing // how it was, so that what has become of it can be told
	known  *view    // nil where the credentials are what is in doubt
}

// clears tells whether the credentials are as they were: the client that was found has the same ones attached, and of the others nobody
// suspects anything.
func (s suspicion) clears(found registration.Client) bool {
	return s.known != nil && s.known.attachedAs(found)
}

// doubts drops the view.
func (r *record) doubts(of suspicion) { r.view, r.half, r.suspect = nil, nil, &of }

// doubt notes how the status says that the client was, where a listing shows something else.
func (v *views) doubt(uid types.UID, of suspicion) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.of(uid).doubts(of)
}

// suspected is what is suspected of the client; nil where nothing is.
func (v *views) suspected(uid types.UID) *suspicion { return v.look(uid).suspect }

// trust ends the suspicion.
func (v *views) trust(uid types.UID) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if kept := v.byUID[uid]; kept != nil {
		kept.suspect = nil
	}
}

// tellOfDrift tells and counts what somebody else has changed, now that the client itself was read: a listing can be behind.
func (p *pass) tellOfDrift() {
	suspicion := p.views.suspected(p.obj.UID)
	if suspicion == nil {
		return
	}
	p.views.trust(p.obj.UID)
	after := standingOf(p.obj, p.view.client, p.view.grants, p.view.grantsRead)
	after.stored = p.view.stored()
	changed := suspicion.before.changes(after)
	if len(changed) == 0 {
		return
	}
	what := "it is put back as far as it is managed"
	if p.obj.Spec.ManagementPolicy == v1alpha1.ManagementObserve {
		what = "managementPolicy Observe: it is left so"
	} else {
		p.countDrift(suspicion.before, after)
	}
	p.Recorder.Eventf(p.obj, nil, corev1.EventTypeWarning, "ChangedAtTenant", "Compare", "%s",
		fmt.Sprintf("Somebody else changed the client %s at the tenant: %s; %s.", p.view.client.ID, strings.Join(changed, "; "), what))
}

// countDrift counts what is to be put back.
func (p *pass) countDrift(before, after standing) {
	if p.Drifted == nil {
		return
	}
	for _, field := range before.drift(after, p.owned()) {
		p.Drifted(tenant.KeyOf(p.obj), field)
	}
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
	removed := registration.Without(s.attached, after.attached)
	if s.stored != nil && after.stored != nil {
		removed = append(removed, registration.Without(s.stored, after.stored)...)
	}
	if slices.ContainsFunc(removed, func(id string) bool { return slices.Contains(owned, id) }) {
		fields = append(fields, driftCredentials)
	}
	for _, amiss := range registration.Without(after.amiss, s.amiss) {
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
