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

package harness

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
)

// Patience is how long to wait for what must come, on a machine that does something else meanwhile.
const Patience = 60 * time.Second

const poll = 25 * time.Millisecond

// Workspace is what one test has for itself: a namespace and a simulated tenant.
type Workspace struct {
	Gomega

	Namespace string
	Sim       *auth0sim.Simulator
	World     *World

	t       testing.TB
	env     *Environment
	excused []string
}

// Excuse tells that the test itself brings about a refusal that the operator is not to blame for.
func (w *Workspace) Excuse(refusal string) { w.excused = append(w.excused, refusal) }

// Workspace makes a Workspace, which goes, after the last checks, with the test. It creates no Tenant.
func (e *Environment) Workspace(tb testing.TB, options auth0sim.Options) *Workspace {
	tb.Helper()
	w := &Workspace{Gomega: NewWithT(tb), t: tb, env: e}
	w.SetDefaultEventuallyTimeout(Patience)
	w.SetDefaultEventuallyPollingInterval(poll)
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	w.Expect(e.Client.Create(w.ctx(), namespace)).To(Succeed())
	w.Namespace = namespace.Name
	w.World = &World{presented: w.presented}
	options.OnCommit = w.World.commit
	sim, err := auth0sim.Start(options)
	w.Expect(err).NotTo(HaveOccurred())
	w.Sim = sim
	e.journal.hide(sim.ManagementClientSecret())
	tb.Cleanup(w.end)
	return w
}

func (w *Workspace) ctx() context.Context { return context.Background() }

// Client has the rights of an administrator.
func (w *Workspace) Client() client.Client { return w.env.Client }

// Create creates objects. Those of the cluster go with the Workspace.
func (w *Workspace) Create(objects ...client.Object) {
	w.t.Helper()
	for _, o := range objects {
		w.Expect(w.env.Client.Create(w.ctx(), o)).To(Succeed())
		if o.GetNamespace() == "" {
			w.t.Cleanup(func() { w.remove(o) })
		}
	}
}

// Delete deletes an object; it may stay for its finalizers.
func (w *Workspace) Delete(o client.Object) {
	w.t.Helper()
	w.Expect(w.env.Client.Delete(w.ctx(), o)).To(Succeed())
}

// Edit changes an object as it is now, whoever else writes it meanwhile.
func Edit[T client.Object](w *Workspace, o T, change func(T)) {
	w.t.Helper()
	w.Eventually(func() error {
		if err := w.env.Client.Get(w.ctx(), client.ObjectKeyFromObject(o), o); err != nil {
			return err
		}
		change(o)
		return w.env.Client.Update(w.ctx(), o)
	}).Should(Succeed())
}

// Live reads an object again, each time it is called: w.Eventually(Live(w, c)).Should(...).
func Live[T client.Object](w *Workspace, o T) func() (T, error) {
	return func() (T, error) {
		err := w.env.Client.Get(w.ctx(), client.ObjectKeyFromObject(o), o)
		return o, err
	}
}

// Await waits until an object is as the matchers say, for the generation that it has, and checks that by then no status in
// the namespace is wrong about what is attached.
func (w *Workspace) Await(o client.Object, matchers ...OmegaMatcher) {
	w.t.Helper()
	w.Eventually(Live(w, o)).Should(And(append([]OmegaMatcher{BeObserved()}, matchers...)...))
	w.Eventually(w.misreported).Should(BeEmpty())
}

// misreported is what the clients' statuses say wrong of what is attached.
func (w *Workspace) misreported() (problems []string, err error) {
	var clients v1alpha1.OAuthClientList
	err = w.env.Client.List(w.ctx(), &clients, client.InNamespace(w.Namespace))
	for i := range clients.Items {
		problems = append(problems, CheckAttached(&clients.Items[i], w.Sim)...)
	}
	return problems, err
}

// Events are the Events about an object, of any series.
func (w *Workspace) Events(about client.Object) []eventsv1.Event {
	w.t.Helper()
	var list eventsv1.EventList
	w.Expect(w.env.Client.List(w.ctx(), &list, client.InNamespace(w.Namespace))).To(Succeed())
	var events []eventsv1.Event
	for _, e := range list.Items {
		if e.Regarding.UID == about.GetUID() {
			events = append(events, e)
		}
	}
	return events
}

// presented are the certificates in the published Secrets of the namespace. One whose ClientCredential is gone is given up.
func (w *Workspace) presented() (certificates []*x509.Certificate) {
	var secrets corev1.SecretList
	var credentials v1alpha1.ClientCredentialList
	for _, list := range []client.ObjectList{&secrets, &credentials} {
		if err := w.env.Client.List(w.ctx(), list, client.InNamespace(w.Namespace)); err != nil {
			w.env.journal.addf(w.Namespace, "the published Secrets cannot be read: %v", err)
		}
	}
	for i := range secrets.Items {
		s := &secrets.Items[i]
		isOwner := func(c v1alpha1.ClientCredential) bool { return metav1.IsControlledBy(s, &c) }
		block, _ := pem.Decode(s.Data[corev1.TLSCertKey])
		if block == nil || !slices.ContainsFunc(credentials.Items, isOwner) {
			continue
		}
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
			certificates = append(certificates, certificate)
		}
	}
	return certificates
}
