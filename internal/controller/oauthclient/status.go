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
	"cmp"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/registration"
)

// status is what is reported now. Where the tenant was not seen this time, what it last said stays.
func (p *pass) status() v1alpha1.OAuthClientStatus {
	after := p.obj.Status // what both share is only replaced, never changed in place
	after.ObservedGeneration = p.obj.Generation
	after.Conditions = p.report.Conditions(p.obj.Generation, p.now, p.obj.Status.Conditions)
	after.NextStep = p.next
	after.ExpiresAt = p.firstExpiry()
	if p.unseen {
		after.AuthenticationMethod, after.Credentials = "", nil
	}
	if p.view == nil {
		return after
	}
	after.ClientID = p.view.client.ID
	after.AuthenticationMethod = string(p.methodInForce())
	after.Credentials = p.credentialStatuses()
	return after
}

// methodInForce is how the client authenticates now; where the tenant was never told, by the secret that is asked for.
func (p *pass) methodInForce() registration.Method {
	if wanted := registration.Method(p.obj.Spec.AuthenticationMethod); p.view.client.Method.InForceFor(wanted) {
		return wanted
	}
	return p.view.client.Method
}

// credentialStatuses are the client's credentials in a steady order.
func (p *pass) credentialStatuses() []v1alpha1.CredentialStatus {
	var statuses []v1alpha1.CredentialStatus
	for _, c := range p.view.credentials {
		s := v1alpha1.CredentialStatus{
			ID: c.ID, Type: string(c.Type), State: v1alpha1.CredentialStored,
			Fingerprint: c.Thumbprint, SubjectDN: c.SubjectDN,
		}
		s.Owner, _ = p.owner(c.Name)
		if p.view.attached(c.ID) {
			s.State = v1alpha1.CredentialAttached
		}
		if !c.ExpiresAt.IsZero() {
			s.ExpiresAt = &metav1.Time{Time: c.ExpiresAt.Truncate(time.Second).Local()} // as it is read back
		}
		statuses = append(statuses, s)
	}
	slices.SortFunc(statuses, func(a, b v1alpha1.CredentialStatus) int { return cmp.Compare(a.ID, b.ID) })
	return statuses
}

// firstExpiry is when the first of the certificates in the hands of workloads expires.
func (p *pass) firstExpiry() (first *metav1.Time) {
	for _, c := range p.fitting(registration.Method(p.obj.Spec.AuthenticationMethod)) {
		if published := c.Status.Published; published != nil && published.NotAfter != nil && (first == nil || published.NotAfter.Before(first)) {
			first = published.NotAfter
		}
	}
	return first
}
