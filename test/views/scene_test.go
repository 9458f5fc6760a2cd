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

package views

import (
	"context"
	"crypto/x509"
	"fmt"
	"slices"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/certificate"
	"github.com/certbound/certbound/test/harness"
)

const (
	pool          = "/api/v2/clients/{id}/credentials"
	oneClient     = "/api/v2/clients/{id}"
	oneCredential = "/api/v2/clients/{id}/credentials/{credential_id}"
)

// lookedAtClients is what an operator that starts asks of the tenant: all clients in order together, or one that is not.
var lookedAtClients = ContainElement(BeElementOf(harness.ListClients, harness.ListCredentials))

// scene is a client with one certificate, of which there are several generations.
type scene struct {
	*harness.Workspace

	client     *v1alpha1.OAuthClient
	credential *v1alpha1.ClientCredential
	// generations are the certificates in the order in which they were issued.
	generations []harness.KeyPair
	witness     *witness
	// life changes the certificates to come.
	life func(*x509.Certificate)
}

// newScene creates a tenant, an OAuthClient and a ClientCredential without overlap, and waits until the client signs in. What the
// operators publish is witnessed.
func newScene(operators []*instance, edit ...func(*scene)) *scene {
	GinkgoHelper()
	w := env.Workspace(GinkgoTB(), auth0sim.Options{})
	s := &scene{Workspace: w, client: w.NewClient("checkout"), credential: w.NewCredential("cert", "checkout")}
	s.credential.Spec.Rotation = &v1alpha1.Rotation{OverlapSeconds: new(int32(0)), HandoverSeconds: new(int32(1))}
	s.witness, s.life = &witness{scene: s}, func(*x509.Certificate) {}
	for _, o := range operators {
		o.OnWrite(s.witness.see)
	}
	DeferCleanup(func() { Expect(s.witness.problems()).To(BeEmpty(), "what was published") })
	for _, change := range edit {
		change(s)
	}
	s.CreateTenant()
	s.Create(s.TLSSecret("cert", s.issue()), s.client, s.credential)
	s.rest()
	s.Sim.ResetLog()
	return s
}

// issue makes the certificate of the next generation. Each begins and ends a minute later than the one before.
func (s *scene) issue() harness.KeyPair {
	GinkgoHelper()
	later := time.Duration(len(s.generations)) * time.Minute
	pair := harness.SelfSigned(GinkgoTB(), "checkout", func(c *x509.Certificate) {
		s.life(c)
		c.NotBefore, c.NotAfter = c.NotBefore.Add(later), c.NotAfter.Add(later)
	})
	s.witness.expect(func() { s.generations = append(s.generations, pair) })
	return pair
}

// renew writes the certificate of the next generation into the source Secret.
func (s *scene) renew() harness.KeyPair {
	GinkgoHelper()
	pair := s.issue()
	s.Renew("cert", pair)
	return pair
}

func (s *scene) newest() harness.KeyPair { return s.generations[len(s.generations)-1] }

// rest waits until everything is in place for the newest generation.
func (s *scene) rest() {
	GinkgoHelper()
	s.Await(s.credential, harness.BeReady(), HaveField("Status.Published.Fingerprint", s.newest().Thumbprint()))
	s.Await(s.client, harness.BeReady())
}

// ends waits until the newest generation alone is at the tenant and published, and everybody is content (I3, I8, I12).
func (s *scene) ends() {
	GinkgoHelper()
	newest := s.newest().Thumbprint()
	Eventually(s.Published("cert")).Should(Equal(newest), s.tell)
	Eventually(s.Stored(s.id())).Should(ConsistOf(newest))
	s.rest()
	Expect(s.Attached(s.id())()).To(ConsistOf(newest))
	Expect(s.created("checkout")).To(ConsistOf(s.id()), "one client, and no second")
}

// tell is what the objects say, for a failure.
func (s *scene) tell() string {
	var clients v1alpha1.OAuthClientList
	var credentials v1alpha1.ClientCredentialList
	for _, list := range []client.ObjectList{&clients, &credentials} {
		_ = s.Client().List(context.Background(), list, client.InNamespace(s.Namespace))
	}
	return fmt.Sprintf("%+v\n%+v\nrequests: %q", clients.Items, credentials.Items, s.Routes())
}

func (s *scene) id() string { return s.client.Status.ClientID }

// created are the clients at the tenant that were made for an OAuthClient of this name.
func (s *scene) created(name string) (ids []string) {
	for _, c := range s.Sim.Clients() {
		if c.Name == s.Namespace+"/"+name {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func (s *scene) named(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: s.Namespace, Name: name}
}

// read reads an object by name, as it is now.
func read[T client.Object](s *scene, o T, name string) T {
	GinkgoHelper()
	Expect(s.Client().Get(context.Background(), client.ObjectKey{Namespace: s.Namespace, Name: name}, o)).To(Succeed())
	return o
}

// gone tells whether an object is there no more, or is another one under its name.
func gone(s *scene, o client.Object) func() (bool, error) {
	uid := o.GetUID()
	present := o.DeepCopyObject().(client.Object)
	return func() (bool, error) {
		err := s.Client().Get(context.Background(), client.ObjectKeyFromObject(o), present)
		return client.IgnoreNotFound(err) == nil && (err != nil || present.GetUID() != uid), client.IgnoreNotFound(err)
	}
}

// count is how often a route was asked for.
func count(routes []string, route string) (n int) {
	for _, r := range routes {
		if r == route {
			n++
		}
	}
	return n
}

func overlap(seconds int32) func(*scene) {
	return func(s *scene) { s.credential.Spec.Rotation.OverlapSeconds = &seconds }
}

// generation is the place of a certificate in the order of issue; -1 for one that is not the scene's.
func (s *scene) generation(of *x509.Certificate) int {
	return slices.IndexFunc(s.generations, func(p harness.KeyPair) bool { return p.Leaf.Equal(of) })
}

func describe(s *corev1.Secret, format string, args ...any) string {
	return fmt.Sprintf("Secret %s: %s", s.Name, fmt.Sprintf(format, args...))
}

// touch makes the operator look at both objects again, through views that are not frozen.
func touch(s *scene) {
	GinkgoHelper()
	again := func(o client.Object) { o.SetAnnotations(map[string]string{"test": time.Now().String()}) }
	harness.Edit(s.Workspace, s.client.DeepCopy(), func(o *v1alpha1.OAuthClient) { again(o) })
	harness.Edit(s.Workspace, s.credential.DeepCopy(), func(o *v1alpha1.ClientCredential) { again(o) })
}

// thumbprint is that of the certificate in a Secret.
func thumbprint(s *corev1.Secret) string {
	GinkgoHelper()
	facts, err := certificate.Inspect(s.Data[corev1.TLSCertKey])
	Expect(err).NotTo(HaveOccurred())
	return string(facts.Fingerprint)
}
