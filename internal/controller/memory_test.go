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

package controller

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
)

// What an object costs in the cache, after it was decoded as a watch decodes it: docs/scale.md multiplies these.
func TestMemoryOfCachedObjects(t *testing.T) {
	const n = 2000
	tests := map[string]struct {
		text func(i int) string
		into func() client.Object
		keep func(any) (any, error)
		most uint64 // bytes
	}{
		"OAuthClient":      {oauthClientText, func() client.Object { return &v1alpha1.OAuthClient{} }, keepSmall, 2100},
		"ClientCredential": {credentialText, func() client.Object { return &v1alpha1.ClientCredential{} }, keepSmall, 1900},
		"Secret":           {secretText, func() client.Object { return &metav1.PartialObjectMetadata{} }, keepWhatDecides, 700},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			measure := func(keep func(any) (any, error)) uint64 {
				before := heap()
				kept := make([]any, n)
				for i := range n {
					o := test.into()
					if err := json.Unmarshal([]byte(test.text(i)), o); err != nil {
						t.Fatal(err)
					}
					var err error
					if kept[i], err = keep(o); err != nil {
						t.Fatal(err)
					}
				}
				each := (heap() - before) / n
				runtime.KeepAlive(kept)
				return each
			}
			whole := measure(func(o any) (any, error) { return o, nil })
			small := measure(test.keep)
			t.Logf("%s: %d bytes, %d as it is received", name, small, whole)
			if small > test.most || small > whole {
				t.Errorf("%d bytes, want at most %d", small, test.most)
			}
		})
	}
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// managed is what the API server says of who wrote what, in about the size that it has.
var managed = []metav1.ManagedFieldsEntry{{Manager: "certbound", Operation: "Update", APIVersion: "certbound.dev/v1alpha1",
	FieldsV1: metav1.NewFieldsV1(`{"f:status":{"f:conditions":{"k":"` + strings.Repeat("x", 1200) + `"}}}`)}}

func meta(kind, name string, i int) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name: fmt.Sprintf("%s-%d", name, i), Namespace: "payments", UID: "0b5d2a0e-9a0c-4f6e-8a53-1d3c4f0e7a11", ResourceVersion: fmt.Sprint(100000 + i),
		Generation: 1, CreationTimestamp: metav1.Now(), ManagedFields: managed, Annotations: map[string]string{
			"kubectl.kubernetes.io/last-applied-configuration": strings.Repeat("y", 600), "cert-manager.io/certificate-name": kind},
	}
}

func conditions(types ...string) (all []metav1.Condition) {
	for _, name := range types {
		all = append(all, metav1.Condition{Type: name, Status: "True", Reason: name, ObservedGeneration: 1, LastTransitionTime: metav1.Now(),
			Message: "What " + name + " says when all is in order, in a sentence."})
	}
	return all
}

func text(o any) string {
	b, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func oauthClientText(i int) string {
	o := v1alpha1.OAuthClient{ObjectMeta: meta("OAuthClient", "client", i)}
	o.Finalizers = []string{"certbound.dev/oauthclient"}
	o.Spec = v1alpha1.OAuthClientSpec{TenantRef: v1alpha1.TenantReference{Name: "auth0"}, AuthenticationMethod: v1alpha1.MethodSelfSignedTLSClientAuth}
	o.Status = v1alpha1.OAuthClientStatus{ObservedGeneration: 1, ClientID: fmt.Sprintf("client-id-of-32-characters-%d", i), NextStep: "Nothing until the next renewal.",
		AuthenticationMethod: "self_signed_tls_client_auth", ExpiresAt: &metav1.Time{Time: time.Now()},
		Conditions:  conditions("Ready", "TenantReady", "Registered", "CredentialsInSync", "GrantsInSync", "ConnectionPublished"),
		Credentials: []v1alpha1.CredentialStatus{{ID: fmt.Sprintf("cred_%d", i), Type: "x509_cert", Fingerprint: fmt.Sprintf("%043d", i), SubjectDN: "CN=checkout", State: v1alpha1.CredentialAttached}}}
	return text(o)
}

func credentialText(i int) string {
	o := v1alpha1.ClientCredential{ObjectMeta: meta("ClientCredential", "credential", i)}
	o.Spec = v1alpha1.ClientCredentialSpec{ClientRef: v1alpha1.LocalReference{Name: fmt.Sprintf("client-%d", i)}, Type: v1alpha1.TypeX509Cert,
		SecretRef: &v1alpha1.LocalReference{Name: fmt.Sprintf("secret-%d", i)}, Publish: &v1alpha1.Publication{SecretRef: v1alpha1.LocalReference{Name: fmt.Sprintf("published-%d", i)}}}
	o.Status = v1alpha1.ClientCredentialStatus{ObservedGeneration: 1, Conditions: conditions("Ready", "CertificateReady", "Attached", "Published", "SubjectStable"),
		Certificate: &v1alpha1.CertificateStatus{Fingerprint: fmt.Sprintf("%043d", i), SubjectDN: "CN=checkout", SecretName: fmt.Sprintf("secret-%d", i),
			SerialNumber: fmt.Sprintf("%032d", i), NotBefore: &metav1.Time{Time: time.Now()}, NotAfter: &metav1.Time{Time: time.Now()}, PEM: strings.Repeat("z", 1200)},
		Published: &v1alpha1.PublishedStatus{Fingerprint: fmt.Sprintf("%043d", i), SubjectDN: "CN=checkout", PublishedAt: metav1.Now()}}
	return text(o)
}

func secretText(i int) string {
	o := metav1.PartialObjectMetadata{TypeMeta: metav1.TypeMeta{Kind: "Secret", APIVersion: "v1"}, ObjectMeta: meta("web", "secret", i)}
	o.Labels = map[string]string{"controller.cert-manager.io/fao": "true"}
	return text(o)
}
