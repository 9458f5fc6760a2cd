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
	"strconv"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/certbound/certbound/api/v1alpha1"
)

var readAtRest = reading{
	credential: version{"a", "1"}, client: version{"b", "2"}, certificate: version{"c", "3"}, source: version{"d", "4"}, published: version{"e", "5"},
}

// otherReadings are those in each of which one thing is new.
func otherReadings() map[string]reading {
	all := map[string]reading{}
	for name, of := range map[string]func(*reading) *version{
		"credential": func(r *reading) *version { return &r.credential }, "client": func(r *reading) *version { return &r.client },
		"certificate": func(r *reading) *version { return &r.certificate }, "source": func(r *reading) *version { return &r.source },
		"published": func(r *reading) *version { return &r.published },
	} {
		changed, replaced, gone := readAtRest, readAtRest, readAtRest
		of(&changed).resourceVersion, of(&replaced).uid, *of(&gone) = "9", "z", version{}
		all[name+" changed"], all[name+" replaced"], all[name+" gone"] = changed, replaced, gone
	}
	swapped := readAtRest
	swapped.source, swapped.published = readAtRest.published, readAtRest.source
	all["versions of two changed places"] = swapped
	return all
}

func TestOnlyWhatIsNotNewIsLeftOut(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	g := NewWithT(t)
	var r rests
	_, resting := r.still("uid", readAtRest, now)
	g.Expect(resting).To(BeFalse(), "nothing is known yet")

	r.note("uid", readAtRest, now, time.Hour)
	again, resting := r.still("uid", readAtRest, now.Add(20*time.Minute))
	g.Expect(resting).To(BeTrue())
	g.Expect(again).To(Equal(40 * time.Minute))
	for name, shown := range otherReadings() {
		_, resting := r.still("uid", shown, now)
		g.Expect(resting).To(BeFalse(), name)
	}
	_, resting = r.still("another", readAtRest, now)
	g.Expect(resting).To(BeFalse(), "another object")
	_, resting = r.still("uid", readAtRest, now.Add(time.Hour))
	g.Expect(resting).To(BeFalse(), "there is something to look at")

	r.note("uid", readAtRest, now, 0)
	again, resting = r.still("uid", readAtRest, now.Add(1000*time.Hour))
	g.Expect(resting).To(BeTrue(), "there is no time to wait for")
	g.Expect(again).To(BeZero())

	r.forget("uid")
	_, resting = r.still("uid", readAtRest, now)
	g.Expect(resting).To(BeFalse(), "it found something to do since")
}

// What was read past a cache that is behind is not what the cache shows, and to remember it would let a version count that nobody read.
func TestAPassIsAtRestInWhatTheCachesShowed(t *testing.T) {
	withReady := func(is metav1.ConditionStatus) *v1alpha1.ClientCredentialStatus {
		return &v1alpha1.ClientCredentialStatus{Conditions: []metav1.Condition{{Type: v1alpha1.ConditionReady, Status: is}}}
	}
	ready, waiting := withReady(metav1.ConditionTrue), withReady(metav1.ConditionUnknown)
	g := NewWithT(t)
	g.Expect(atRest(readAtRest, readAtRest, ready, ready)).To(BeTrue())
	g.Expect(atRest(readAtRest, readAtRest, waiting, waiting)).To(BeFalse(), "it waits for something")
	g.Expect(atRest(readAtRest, readAtRest, waiting, ready)).To(BeFalse(), "the status is new")
	for name, read := range otherReadings() {
		g.Expect(atRest(readAtRest, read, ready, ready)).To(BeFalse(), name)
	}

	read := readAtRest
	read.take(source{secret: secretOf(version{"d", "6"})}, secretOf(readAtRest.published))
	g.Expect(atRest(readAtRest, read, ready, ready)).To(BeFalse(), "the source was read newer")
	read.take(source{secret: secretOf(readAtRest.source)}, secretOf(version{"e", "6"}))
	g.Expect(atRest(readAtRest, read, ready, ready)).To(BeFalse(), "the published Secret was read newer")
	read.take(source{secret: secretOf(readAtRest.source)}, secretOf(readAtRest.published))
	g.Expect(atRest(readAtRest, read, ready, ready)).To(BeTrue())
}

func secretOf(v version) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{UID: v.uid, ResourceVersion: v.resourceVersion}}
}

func TestObjectsThatAreGoneAreNotRememberedForEver(t *testing.T) {
	var r rests
	for i := range 2 * mostRests {
		r.note(types.UID(strconv.Itoa(i)), readAtRest, time.Time{}, 0)
	}
	NewWithT(t).Expect(len(r.byUID)).To(BeNumerically("<=", mostRests))
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
