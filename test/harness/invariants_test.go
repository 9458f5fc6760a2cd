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
	"crypto/x509"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/internal/auth0sim"
)

func condition(t string, status metav1.ConditionStatus) metav1.Condition {
	return metav1.Condition{Type: t, Status: status, Reason: "Reason", Message: "Message.", LastTransitionTime: metav1.NewTime(time.Unix(1, 0))}
}

// A check that finds nothing wrong with anything would let every other test pass.
func TestCheckConditions(t *testing.T) {
	ready, attached := condition("Ready", metav1.ConditionTrue), condition("Attached", metav1.ConditionTrue)
	waiting, failing := condition("Ready", metav1.ConditionUnknown), condition("Ready", metav1.ConditionFalse)
	reconciling, stalled := condition("Reconciling", metav1.ConditionTrue), condition("Stalled", metav1.ConditionTrue)
	with := func(c metav1.Condition, change func(*metav1.Condition)) metav1.Condition {
		change(&c)
		return c
	}
	for name, test := range map[string]struct {
		observed   int64
		conditions []metav1.Condition
		problem    string
	}{
		"not reconciled yet":             {0, nil, ""},
		"ready":                          {2, []metav1.Condition{ready, attached}, ""},
		"waiting":                        {2, []metav1.Condition{waiting, reconciling, condition("Attached", metav1.ConditionFalse)}, ""},
		"failing, tried again":           {2, []metav1.Condition{failing, reconciling}, ""},
		"stalled":                        {2, []metav1.Condition{failing, stalled}, ""},
		"observed but without Ready":     {2, []metav1.Condition{attached}, "Ready is not among them"},
		"observed the future":            {3, []metav1.Condition{ready}, "observedGeneration is 3"},
		"a condition of the future":      {2, []metav1.Condition{with(ready, func(c *metav1.Condition) { c.ObservedGeneration = 3 })}, "observed the generation 3"},
		"ready, and something is not":    {2, []metav1.Condition{ready, condition("Attached", metav1.ConditionFalse)}, "Attached is False"},
		"ready, with a warning":          {2, []metav1.Condition{ready, condition("SubjectStable", metav1.ConditionFalse)}, ""},
		"ready, with the quota used":     {2, []metav1.Condition{ready, condition("CredentialQuota", metav1.ConditionFalse)}, ""},
		"ready and reconciling":          {2, []metav1.Condition{ready, reconciling}, "together with"},
		"reconciling and stalled":        {2, []metav1.Condition{failing, reconciling, stalled}, "Reconciling is true and Stalled is true"},
		"not ready for no reason":        {2, []metav1.Condition{failing}, "Reconciling is false and Stalled is false"},
		"stalled, and Ready is Unknown":  {2, []metav1.Condition{waiting, stalled}, "Stalled is True, and Ready is Unknown"},
		"Reconciling that is not True":   {2, []metav1.Condition{ready, condition("Reconciling", metav1.ConditionFalse)}, "Reconciling is present and False"},
		"a reason that is no word":       {2, []metav1.Condition{with(ready, func(c *metav1.Condition) { c.Reason = "not a reason" })}, "has the reason"},
		"no message":                     {2, []metav1.Condition{with(ready, func(c *metav1.Condition) { c.Message = "" })}, "has the message"},
		"a control character":            {2, []metav1.Condition{with(ready, func(c *metav1.Condition) { c.Message = "\x1b[31m" })}, "has the message"},
		"a condition without transition": {2, []metav1.Condition{with(ready, func(c *metav1.Condition) { c.LastTransitionTime = metav1.Time{} })}, "transition time"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			problems := CheckConditions(2, test.observed, test.conditions)
			if test.problem == "" {
				g.Expect(problems).To(BeEmpty())
			} else {
				g.Expect(problems).To(ContainElement(ContainSubstring(test.problem)))
			}
		})
	}
}

// world is a tenant under the eyes of a World, with a client that signs in with one certificate, which is published.
type world struct {
	*World
	sim    *auth0sim.Simulator
	client string
	pair   KeyPair
	id     string // of the credential
}

func newWorld(t *testing.T) *world {
	t.Helper()
	g := NewWithT(t)
	w := &world{pair: SelfSigned(t, "client")}
	w.World = &World{presented: func() []*x509.Certificate { return []*x509.Certificate{w.pair.Leaf} }}
	sim, err := auth0sim.Start(auth0sim.Options{OnCommit: w.commit})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(sim.Close)
	w.sim = sim
	w.client, err = sim.AddClient(map[string]any{"name": "client", "token_endpoint_auth_method": "client_secret_post"})
	g.Expect(err).NotTo(HaveOccurred())
	w.id = w.add(g, w.pair)
	g.Expect(sim.EditClient(w.client, map[string]any{"jwt_configuration": map[string]any{"alg": "RS256"}})).To(Succeed())
	g.Expect(sim.Attach(w.client, "self_signed_tls_client_auth", w.id)).To(Succeed())
	g.Expect(w.Violations()).To(BeEmpty())
	return w
}

func (w *world) add(g Gomega, pair KeyPair) string {
	id, err := w.sim.AddCredential(w.client, map[string]any{"credential_type": "x509_cert", "name": "x", "pem": string(pair.Certificate)})
	g.Expect(err).NotTo(HaveOccurred())
	return id
}

// Each case does to the tenant what the operator must never do.
func TestWorld(t *testing.T) {
	const method = "self_signed_tls_client_auth"
	for name, test := range map[string]struct {
		do      func(g Gomega, w *world) error
		problem string
	}{
		"an exchange that keeps what is published": {func(g Gomega, w *world) error {
			return w.sim.Attach(w.client, method, w.id, w.add(g, SelfSigned(t, "next")))
		}, ""},
		"the published certificate is detached": {func(g Gomega, w *world) error {
			return w.sim.Attach(w.client, method, w.add(g, SelfSigned(t, "next")))
		}, "no longer accepts a certificate that is published"},
		"the client falls back to a secret": {func(_ Gomega, w *world) error {
			return w.sim.RevertToSecret(w.client, "client_secret_post")
		}, "fell back from self_signed_tls_client_auth"},
		"the client is deleted": {func(_ Gomega, w *world) error { return w.sim.DeleteClient(w.client) }, "was deleted"},
		"it falls back on purpose": {func(_ Gomega, w *world) error {
			w.OnPurpose(w.client)
			return w.sim.RevertToSecret(w.client, "client_secret_post")
		}, ""},
		"somebody else deletes it": {func(_ Gomega, w *world) error {
			return w.ByHand(func() error { return w.sim.DeleteClient(w.client) })
		}, ""},
		"a credential of somebody else is deleted": {func(g Gomega, w *world) error {
			var foreign string
			g.Expect(w.ByHand(func() error { foreign = w.add(g, SelfSigned(t, "foreign")); return nil })).To(Succeed())
			return w.sim.DeleteCredential(w.client, foreign)
		}, "of somebody else was taken away"},
		"a credential of somebody else is detached": {func(g Gomega, w *world) error {
			g.Expect(w.ByHand(func() error {
				return w.sim.Attach(w.client, method, w.id, w.add(g, SelfSigned(t, "foreign")))
			})).To(Succeed())
			return w.sim.Attach(w.client, method, w.id)
		}, "of somebody else was taken away"},
	} {
		t.Run(name, func(t *testing.T) {
			g, w := NewWithT(t), newWorld(t)
			g.Expect(test.do(g, w)).To(Succeed())
			if test.problem == "" {
				g.Expect(w.Violations()).To(BeEmpty())
			} else {
				g.Expect(w.Violations()).To(ContainElement(ContainSubstring(test.problem)))
			}
		})
	}
}

func TestCheckRequests(t *testing.T) {
	g := NewWithT(t)
	full := auth0sim.Request{Route: "POST x", ResponseBody: `{"message":"A client can have a maximum of 4 credentials."}`}
	g.Expect(checkRequests([]auth0sim.Request{{Route: "POST x", ResponseBody: "{}"}}, nil)).To(BeEmpty())
	g.Expect(checkRequests([]auth0sim.Request{{Route: "POST x", CarriedPrivateKey: true}}, nil)).To(HaveLen(1))
	g.Expect(checkRequests([]auth0sim.Request{full}, nil)).To(HaveLen(1))
	g.Expect(checkRequests([]auth0sim.Request{full}, overfull)).To(BeEmpty())
}

func TestJournal(t *testing.T) {
	g := NewWithT(t)
	j := &journal{}
	j.hide("the-secret")
	for _, line := range []string{"all is well", "-----BEGIN EC PRIVATE KEY-----", "token for the-secret", `secrets "x" is forbidden: User "y" cannot get`} {
		_, err := j.Write([]byte(line))
		g.Expect(err).NotTo(HaveOccurred())
	}
	g.Expect(j.take("anywhere")).To(HaveLen(3))
	g.Expect(j.take("anywhere")).To(BeEmpty())
	j.addf("one", "of one")
	g.Expect(j.take("another")).To(BeEmpty())
	g.Expect(j.take("one")).To(ConsistOf("of one"))
}
