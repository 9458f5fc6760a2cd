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
	"errors"
	"testing"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller/shard"
)

// A digest stands for each of the versions at its place, for the program, and for what it watches.
func TestInputsThatDifferAreToldApart(t *testing.T) {
	g := NewWithT(t)
	in := inputs{certificate: version{"c", "3"}, source: version{"d", "4"}, published: version{"e", "5"}}
	r := &Reconciler{Program: "this"}
	known := r.digest(in)
	g.Expect(len(known)).To(BeNumerically("<=", 64), "the API takes no more")
	g.Expect(r.digest(in)).To(Equal(known))

	others := map[string]inputs{"versions that changed places": {certificate: in.certificate, source: in.published, published: in.source}}
	for name, of := range map[string]func(*inputs) *version{
		"certificate": func(i *inputs) *version { return &i.certificate }, "source": func(i *inputs) *version { return &i.source },
		"published": func(i *inputs) *version { return &i.published },
	} {
		changed, replaced, gone := in, in, in
		of(&changed).state, of(&replaced).uid, *of(&gone) = "9", "z", version{}
		others[name+" changed"], others[name+" replaced"], others[name+" gone"] = changed, replaced, gone
	}
	for name, other := range others {
		g.Expect(r.digest(other)).NotTo(Equal(known), name)
	}
	watched, err := shard.Parse("certbound.dev/watch=yes")
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect((&Reconciler{Program: "another"}).digest(in)).NotTo(Equal(known), "another program")
	g.Expect((&Reconciler{Program: "this", Secrets: watched}).digest(in)).NotTo(Equal(known), "other Secrets are watched")
}

// What was read is compared with what the caches show.
func TestWhatAPassRead(t *testing.T) {
	g := NewWithT(t)
	secret := func(uid, state string) *corev1.Secret {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{UID: types.UID(uid), ResourceVersion: state}}
	}
	certificate := &cmapi.Certificate{ObjectMeta: metav1.ObjectMeta{UID: "c", ResourceVersion: "77", Generation: 3}}
	g.Expect(inputsOf(source{secret: secret("d", "4"), issuedFor: certificate}, secret("e", "5"))).To(Equal(
		inputs{certificate: version{"c", "3"}, source: version{"d", "4"}, published: version{"e", "5"}}))
	g.Expect(inputsOf(source{subjectDN: "CN=a"}, &corev1.Secret{})).To(Equal(inputs{}))
}

// I8, I12: only what was found usable and published, of the spec as it is, holds without another look, until the certificate expires.
func TestWhatHoldsWithoutAnotherLook(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	expires := noon.Add(time.Hour)
	for sentence, c := range map[string]struct {
		edit  func(*v1alpha1.ClientCredential)
		shown string
		now   time.Time
		holds bool
	}{
		"nothing is new":         {nil, "inputs", noon, true},
		"it expires this second": {nil, "inputs", expires, true},
		"it has expired":         {nil, "inputs", expires.Add(time.Second), false},
		"something is new":       {nil, "others", noon, false},
		"nothing was noted":      {func(c *v1alpha1.ClientCredential) { c.Status.ObservedInputs = "" }, "inputs", noon, false},
		"the spec is new":        {func(c *v1alpha1.ClientCredential) { c.Generation++ }, "inputs", noon, false},
		"it was not usable":      {is(v1alpha1.ConditionCertificateReady, metav1.ConditionFalse), "inputs", noon, false},
		"it was not published":   {is(v1alpha1.ConditionPublished, metav1.ConditionUnknown), "inputs", noon, false},
		"nothing was said of publishing": {func(c *v1alpha1.ClientCredential) {
			meta.RemoveStatusCondition(&c.Status.Conditions, v1alpha1.ConditionPublished)
		}, "inputs", noon, false},
		"the tenant does not accept it": {is(v1alpha1.ConditionAttached, metav1.ConditionFalse), "inputs", noon, true},
	} {
		obj := &v1alpha1.ClientCredential{ObjectMeta: metav1.ObjectMeta{Generation: 3}}
		obj.Status.ObservedInputs, obj.Status.Certificate = "inputs", &v1alpha1.CertificateStatus{NotAfter: &metav1.Time{Time: expires}}
		for _, condition := range []string{v1alpha1.ConditionCertificateReady, v1alpha1.ConditionAttached, v1alpha1.ConditionPublished} {
			obj.Status.Conditions = append(obj.Status.Conditions, metav1.Condition{
				Type: condition, Status: metav1.ConditionTrue, Reason: "Because", Message: condition + " holds.", ObservedGeneration: 3})
		}
		if c.edit != nil {
			c.edit(obj)
		}
		g := NewWithT(t)
		before, holds := judgedBefore(obj, c.shown, c.now)
		g.Expect(holds).To(Equal(c.holds), sentence)
		if holds {
			g.Expect(before.certificate.Message).To(Equal("CertificateReady holds."), sentence)
			g.Expect(before.certificate.Again).To(BeTemporally("~", expires, time.Second), sentence)
			g.Expect(before.published.Message).To(Equal("Published holds."), sentence)
		}
	}
}

func is(condition string, now metav1.ConditionStatus) func(*v1alpha1.ClientCredential) {
	return func(c *v1alpha1.ClientCredential) {
		meta.FindStatusCondition(c.Status.Conditions, condition).Status = now
	}
}

func TestAPairIsInspectedWhereItDiffers(t *testing.T) {
	known := pair{secret: &corev1.Secret{Data: map[string][]byte{"tls.crt": []byte("c"), "tls.key": []byte("k"), "ca.crt": []byte("a")}}, err: errors.New("known")}
	for name, row := range map[string]struct {
		data  map[string][]byte
		known bool
	}{
		"the same, and a CA":  {map[string][]byte{"tls.crt": []byte("c"), "tls.key": []byte("k")}, true},
		"another certificate": {map[string][]byte{"tls.crt": []byte("d"), "tls.key": []byte("k")}, false},
		"another key":         {map[string][]byte{"tls.crt": []byte("c"), "tls.key": []byte("l")}, false},
		"nothing":             {nil, false},
	} {
		g, secret := NewWithT(t), &corev1.Secret{Data: row.data}
		found := known.in(secret)
		g.Expect(found.secret).To(BeIdenticalTo(secret), name)
		g.Expect(errors.Is(found.err, known.err)).To(Equal(row.known), name)
	}
}
