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

package integration

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"maps"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
)

// quiet is how long absence is watched where absence is the claim.
const quiet = 1500 * time.Millisecond

// binding is a client with one certificate.
type binding struct {
	*harness.Workspace

	client     *v1alpha1.OAuthClient
	credential *v1alpha1.ClientCredential
	// pair is what the source Secret holds.
	pair harness.KeyPair
}

// bind creates a tenant, an OAuthClient and a ClientCredential with a self-signed certificate, and waits until the client
// signs in with it. The ClientCredential is called cert. It has no overlap unless edit says otherwise.
func bind(w *harness.Workspace, edit ...func(*binding)) *binding {
	GinkgoHelper()
	b := &binding{Workspace: w, client: w.NewClient("checkout"), credential: w.NewCredential("cert", "checkout"),
		pair: harness.SelfSigned(GinkgoTB(), "checkout")}
	b.credential.Spec.Rotation = &v1alpha1.Rotation{OverlapSeconds: new(int32(0))}
	for _, change := range edit {
		change(b)
	}
	w.CreateTenant()
	w.Create(w.TLSSecret("cert", b.pair), b.client, b.credential)
	b.settle()
	return b
}

// settle waits until everything is in place, and forgets the requests that it took.
func (b *binding) settle() {
	GinkgoHelper()
	b.rest()
	b.Sim.ResetLog()
}

// rest waits until everything is in place for the certificate that the source Secret holds. A status that calls the one
// before it ready may be older than the Secret, whose change gives an object no new generation.
func (b *binding) rest() {
	GinkgoHelper()
	b.Await(b.credential, harness.BeReady(), HaveField("Status.Published.Fingerprint", b.pair.Thumbprint()))
	b.Await(b.client, harness.BeReady())
}

// renew writes another certificate with the same subject into the source Secret.
func (b *binding) renew(edit ...func(*x509.Certificate)) harness.KeyPair {
	GinkgoHelper()
	b.pair = harness.SelfSigned(GinkgoTB(), "checkout", edit...)
	b.Renew("cert", b.pair)
	return b.pair
}

func (b *binding) id() string { return b.client.Status.ClientID }

// atTenant is the client at the tenant as it is now.
func (b *binding) atTenant() auth0sim.Client {
	GinkgoHelper()
	c, exists := b.Sim.Client(b.id())
	Expect(exists).To(BeTrue(), "the client %q exists at the tenant", b.id())
	return c
}

func overlap(seconds int32) func(*binding) {
	return func(b *binding) { b.credential.Spec.Rotation.OverlapSeconds = &seconds }
}

func handover(seconds int32) func(*binding) {
	return func(b *binding) { b.credential.Spec.Rotation.HandoverSeconds = &seconds }
}

// ungated lets workloads use the source Secret itself.
func ungated(b *binding) { b.credential.Spec.Publish = nil }

// byDN matches the certificate by its subject.
func byDN(b *binding) {
	b.client.Spec.AuthenticationMethod = v1alpha1.MethodTLSClientAuth
	b.credential.Spec.Type = v1alpha1.TypeCertSubjectDN
}

// secretClient creates a client at the tenant, by hand, that authenticates by a secret.
func secretClient(w *harness.Workspace, settings map[string]any) (id string) {
	GinkgoHelper()
	body := map[string]any{"name": "legacy", "app_type": "non_interactive", "token_endpoint_auth_method": "client_secret_post",
		"grant_types": []any{"client_credentials"}}
	maps.Copy(body, settings)
	maps.DeleteFunc(body, func(_ string, value any) bool { return value == nil }) // nil is for a setting that is not made
	w.ByHand(func() (err error) {
		id, err = w.Sim.AddClient(body)
		return err
	})
	return id
}

// adopting makes an OAuthClient take over a client.
func adopting(id string, policy v1alpha1.AdoptionPolicy) func(*v1alpha1.OAuthClientSpec) {
	return func(s *v1alpha1.OAuthClientSpec) { s.ClientID, s.AdoptionPolicy = id, policy }
}

// touch makes the operator look at an object again, without a change of its spec.
func touch[T client.Object](w *harness.Workspace, o T) {
	GinkgoHelper()
	harness.Edit(w, o, func(o T) {
		annotations := o.GetAnnotations()
		if annotations == nil {
			annotations = map[string]string{}
		}
		annotations["test"] += "again "
		o.SetAnnotations(annotations)
	})
}

// named is the object metadata in a workspace.
func named(w *harness.Workspace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: w.Namespace, Name: name}
}

// subject changes a certificate's subject.
func subject(name pkix.Name) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.Subject = name }
}

// validity changes when a certificate is valid, seen from now.
func validity(from, until time.Duration) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.NotBefore, c.NotAfter = time.Now().Add(from), time.Now().Add(until) }
}

func keyOf(w *harness.Workspace, name string) client.ObjectKey {
	return client.ObjectKey{Namespace: w.Namespace, Name: name}
}
