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
	"reflect"
	"runtime"
	"strings"
	"sync"
	"testing"
	"unsafe"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
)

func TestWhatIsCompactSaysTheSame(t *testing.T) {
	for text, o := range map[string]client.Object{
		oauthClientText(1): &v1alpha1.OAuthClient{}, credentialText(1): &v1alpha1.ClientCredential{}, secretText(1): &metav1.PartialObjectMetadata{},
		`{"spec":{"settings":{"description":"","callbacks":[],"grantTypes":["a","b","c"],"metadata":{"team":"a"}}},"status":{"credentials":[]}}`: &v1alpha1.OAuthClient{},
	} {
		g := NewWithT(t)
		g.Expect(json.Unmarshal([]byte(text), o)).To(Succeed())
		said := o.DeepCopyObject()
		compact(reflect.ValueOf(o))
		g.Expect(o).To(Equal(said))
	}
}

func TestListsHaveNoRoomToGrow(t *testing.T) {
	g := NewWithT(t)
	c := &v1alpha1.OAuthClient{Status: v1alpha1.OAuthClientStatus{Conditions: make([]metav1.Condition, 5, 8), Credentials: make([]v1alpha1.CredentialStatus, 0, 4)}}
	compact(reflect.ValueOf(c))
	g.Expect(c.Status.Conditions).To(HaveCap(5))
	g.Expect(c.Status.Conditions).To(HaveLen(5))
	g.Expect(c.Status.Credentials).To(HaveCap(0))
	g.Expect(c.Status.Credentials).NotTo(BeNil())
}

// Objects change one by one, with many collections between them.
func TestObjectsThatSayTheSameShareTheirTexts(t *testing.T) {
	g := NewWithT(t)
	said := func() *v1alpha1.OAuthClient {
		var c v1alpha1.OAuthClient
		g.Expect(json.Unmarshal([]byte(`{"spec":{"managementPolicy":"CredentialsOnly"},"status":{"conditions":[{"message":"All is well."}]}}`), &c)).To(Succeed())
		kept, err := keepSmall(&c)
		g.Expect(err).NotTo(HaveOccurred())
		runtime.GC()
		runtime.GC()
		return kept.(*v1alpha1.OAuthClient)
	}
	one, other := said(), said()
	g.Expect(unsafe.StringData(one.Status.Conditions[0].Message)).To(BeIdenticalTo(unsafe.StringData(other.Status.Conditions[0].Message)))
	g.Expect(unsafe.StringData(string(one.Spec.ManagementPolicy))).To(BeIdenticalTo(unsafe.StringData(string(other.Spec.ManagementPolicy))))
}

// Whatever it has seen, a vocabulary gives back what it is given, to several at a time, and it holds no more than it has room for.
func TestAVocabularyIsBounded(t *testing.T) {
	g := NewWithT(t)
	v := &vocabulary{seed: texts.seed}
	long := strings.Repeat("x", 1000)
	before := heap()
	var all sync.WaitGroup
	wrong := make([]int, 4)
	for worker := range wrong {
		all.Go(func() {
			for i := range 10 * len(v.words) {
				text := fmt.Sprint(long, i)
				if v.same(text) != text {
					wrong[worker]++
				}
			}
		})
	}
	all.Wait()
	g.Expect(wrong).To(HaveEach(0))
	g.Expect(heap() - before).To(BeNumerically("<", 2*len(v.words)*len(long)))
	runtime.KeepAlive(v)
}
