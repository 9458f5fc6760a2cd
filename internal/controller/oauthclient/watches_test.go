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
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
)

func TestWhatWorkloadsHoldAndTheTenantDoesNotAccept(t *testing.T) {
	certificate := func(fingerprint string) *v1alpha1.CertificateStatus {
		return &v1alpha1.CertificateStatus{Fingerprint: fingerprint}
	}
	handed := func(fingerprint string) *v1alpha1.PublishedStatus {
		return &v1alpha1.PublishedStatus{Fingerprint: fingerprint}
	}
	attached := func(is metav1.ConditionStatus) []metav1.Condition {
		return []metav1.Condition{{Type: v1alpha1.ConditionAttached, Status: is}}
	}
	for name, c := range map[string]struct {
		status v1alpha1.ClientCredentialStatus
		want   bool
	}{
		"nothing yet": {v1alpha1.ClientCredentialStatus{}, false},
		"a renewal that they get when it is accepted": {
			v1alpha1.ClientCredentialStatus{Certificate: certificate("b"), Published: handed("a"), Conditions: attached(metav1.ConditionFalse)}, false},
		"a renewal in the Secret that they read": {
			v1alpha1.ClientCredentialStatus{Certificate: certificate("b"), Published: handed("b"), Conditions: attached(metav1.ConditionFalse)}, true},
		"a renewal of which nothing is known yet": {
			v1alpha1.ClientCredentialStatus{Certificate: certificate("b"), Published: handed("b")}, true},
		"all in place": {
			v1alpha1.ClientCredentialStatus{Certificate: certificate("b"), Published: handed("b"), Conditions: attached(metav1.ConditionTrue)}, false},
		"a certificate that is read for the first time": {
			v1alpha1.ClientCredentialStatus{Certificate: certificate("a"), Conditions: attached(metav1.ConditionFalse)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(heldUnattached(v1alpha1.ClientCredential{Status: c.status})).To(Equal(c.want))
		})
	}
}
