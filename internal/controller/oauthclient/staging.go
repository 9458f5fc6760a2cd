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
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/status"
)

// staged is the outcome for a client that authenticates by a secret, as it is to, with all certificates stored and
// published. The reason tells whether a change to certificates can be recommended.
func (p *pass) staged(method registration.Method) status.Outcome {
	authenticates := fmt.Sprintf("The client authenticates by %s.", method)
	if len(p.credentials) == 0 {
		return status.Done(v1alpha1.ReasonNotApplicable, authenticates)
	}
	to, missing := p.change()
	if len(missing) > 0 {
		return status.Done(v1alpha1.ReasonNotReadyToSwitch, authenticates+
			" Certificates are stored as far as they are there. Missing for a change to them: "+strings.Join(missing, "; ")+".")
	}
	message := fmt.Sprintf("%s Everything is ready for certificates: set authenticationMethod to %s to attach them in one request, "+
		"from which on the tenant refuses the client secret.", authenticates, to)
	if _, fields := registration.Diff(registration.Require(registration.Settings{}, to, p.view.client.Settings), p.view.client.Settings); len(fields) > 0 {
		message += fmt.Sprintf(" With it, this is changed as well, since it needs a client secret: %s; the way back does not change it back.",
			strings.Join(fields, ", "))
	}
	return status.Done(v1alpha1.ReasonReadyToSwitch, message)
}

// change is the certificate method that the ClientCredentials are there for, empty where that is not clear, and what can
// be known to be missing for the change to it. What Ready tells of other conditions is not repeated.
func (p *pass) change() (to registration.Method, missing []string) {
	for i := range p.credentials {
		c := &p.credentials[i]
		method := registration.CredentialType(c.Spec.Type).Method()
		if i > 0 && method != to {
			return "", []string{"a decision for one type of ClientCredential, as a method takes one, and those of the other would not sign in"}
		}
		to = method
		missing = append(missing, missingFor(c)...)
	}
	if n, most := len(p.credentials), p.tenant.limits.Attached; n > most {
		missing = append(missing, fmt.Sprintf("places, as the method lists %d credentials and there are %d ClientCredentials", most, n))
	}
	if p.tenant.status.MTLSTokenEndpoint == "" {
		missing = append(missing, "an mTLS token endpoint in the tenant's discovery document (endpointAliases of the "+
			"Tenant), unless workloads know where to present their certificates")
	}
	if s := p.obj.Spec.Settings; s != nil && s.JWTConfiguration != nil && s.JWTConfiguration.Algorithm == "HS256" {
		missing = append(missing, "another settings.jwtConfiguration.algorithm than HS256, which needs a client secret")
	}
	return to, missing
}

// missingFor is what a ClientCredential lacks to sign in at once after the change.
func missingFor(c *v1alpha1.ClientCredential) []string {
	newest, published := c.Status.Certificate, c.Status.Published
	ready := meta.FindStatusCondition(c.Status.Conditions, v1alpha1.ConditionCertificateReady)
	switch {
	case newest == nil, ready == nil:
		return []string{"a usable certificate of ClientCredential " + c.Name}
	case !meta.IsStatusConditionTrue(c.Status.Conditions, ready.Type):
		return []string{fmt.Sprintf("a usable certificate of ClientCredential %s, whose last one is not any more (%s)", c.Name, ready.Reason)}
	case c.Spec.Publish != nil && (published == nil || published.Fingerprint != newest.Fingerprint):
		return []string{"the newest certificate of ClientCredential " + c.Name + " in its published Secret"}
	}
	return nil
}
