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

package clientcredential

import (
	"testing"

	"github.com/certbound/certbound/api/v1alpha1"
)

// TestAttachment tells what the OAuthClient's report says of a certificate. Only Attached and Staged let it be published
// (I1): under Staged workloads sign in by the secret, so the report must be of a client that does and is to.
func TestAttachment(t *testing.T) {
	const post, basic, tls = v1alpha1.MethodClientSecretPost, v1alpha1.MethodClientSecretBasic, v1alpha1.MethodSelfSignedTLSClientAuth
	stored, attached := v1alpha1.CredentialStored, v1alpha1.CredentialAttached
	for name, c := range map[string]struct {
		wanted, inForce v1alpha1.AuthenticationMethod
		behind          int64 // generations
		state           v1alpha1.CredentialState
		fingerprint     string
		want            string
	}{
		"attached":                               {tls, tls, 0, attached, "new", v1alpha1.ReasonAttached},
		"not attached yet":                       {tls, tls, 0, stored, "new", v1alpha1.ReasonWaitingForClient},
		"stored under the secret":                {post, post, 0, stored, "new", v1alpha1.ReasonStaged},
		"not stored under the secret":            {post, post, 0, stored, "old", v1alpha1.ReasonWaitingForClient},
		"the change to certificates is declared": {tls, post, 1, stored, "new", v1alpha1.ReasonWaitingForClient},
		"and seen":                               {tls, post, 0, stored, "new", v1alpha1.ReasonWaitingForClient},
		"the way back is declared and not made":  {post, tls, 0, stored, "new", v1alpha1.ReasonWaitingForClient},
		"what is attached until it is made":      {post, tls, 0, attached, "new", v1alpha1.ReasonAttached},
		"a declaration that was not seen yet":    {post, post, 1, stored, "new", v1alpha1.ReasonWaitingForClient},
		"one secret method for the other":        {basic, post, 0, stored, "new", v1alpha1.ReasonWaitingForClient},
		"a method of another type":               {v1alpha1.MethodTLSClientAuth, tls, 0, attached, "new", v1alpha1.ReasonMethodMismatch},
	} {
		t.Run(name, func(t *testing.T) {
			owner := &v1alpha1.OAuthClient{Spec: v1alpha1.OAuthClientSpec{AuthenticationMethod: c.wanted}}
			owner.Generation = 7
			owner.Status = v1alpha1.OAuthClientStatus{
				ObservedGeneration: 7 - c.behind, AuthenticationMethod: string(c.inForce),
				Credentials: []v1alpha1.CredentialStatus{{ID: "cred", Type: "x509_cert", State: c.state, Fingerprint: c.fingerprint}},
			}
			got := attachment(v1alpha1.TypeX509Cert, &v1alpha1.CertificateStatus{Fingerprint: "new"}, owner)
			if got.Reason != c.want {
				t.Errorf("%s: %s, want %s", got.Reason, got.Message, c.want)
			}
		})
	}
}
