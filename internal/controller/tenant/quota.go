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

package tenant

import (
	"cmp"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
)

const (
	// defaultQuota is how many credentials an Enterprise tenant of Auth0 may hold (the entity limit of Application Credentials,
	// https://auth0.com/docs/troubleshoot/customer-support/operational-policies/entity-limit-policy).
	defaultQuota = 2000
	// enoughPercent of the quota leaves room to renew and time to ask for more.
	enoughPercent = 80
)

// stored is how many credentials the clients hold, the operator's and those of others, as far as their status lists them.
func stored(clients []v1alpha1.OAuthClient) (n int) {
	for i := range clients {
		n += len(clients[i].Status.Credentials)
	}
	return n
}

// Quota is how many credentials the tenant may hold.
func Quota(limits *v1alpha1.TenantLimits) int {
	if limits == nil {
		return defaultQuota
	}
	return int(cmp.Or(limits.CredentialsPerTenant, defaultQuota))
}

// credentialQuota tells whether there is room for further credentials. Its words change only when that does: the number is in
// status.storedCredentials.
func credentialQuota(stored, quota int) *metav1.Condition {
	c := metav1.Condition{Type: v1alpha1.ConditionCredentialQuota, Status: metav1.ConditionFalse}
	switch {
	case stored >= quota:
		c.Reason = v1alpha1.ReasonQuotaUsed
		c.Message = fmt.Sprintf("All of the %d credentials that the tenant may hold are stored: it refuses those of new clients and of renewals; "+
			"what is attached stays attached. %s", quota, moreRoom)
	case stored*100 >= quota*enoughPercent:
		c.Reason = v1alpha1.ReasonQuotaNearlyUsed
		c.Message = fmt.Sprintf("At least %d %% of the %d credentials that the tenant may hold are stored; nothing is refused yet. %s", enoughPercent, quota, moreRoom)
	default:
		c.Status, c.Reason = metav1.ConditionTrue, v1alpha1.ReasonQuotaSufficient
		c.Message = fmt.Sprintf("Less than %d %% of the %d credentials that the tenant may hold are stored for OAuthClients.", enoughPercent, quota)
	}
	return &c
}

// moreRoom is what a person can do. A renewed x509_cert takes a second place for as long as both are attached.
const moreRoom = "Let Auth0 raise the entity limit of Application Credentials and write the new one in spec.limits.credentialsPerTenant; or shorten " +
	"rotation.overlapSeconds of ClientCredentials, so that renewals hold two places for less long; or use cert_subject_dn, which renews in place."
