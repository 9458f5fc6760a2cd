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
	"fmt"
	"strings"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/certificate"
)

func TestReturned(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }
	facts := func(name string, from, until int) certificate.Facts {
		return certificate.Facts{Fingerprint: certificate.Fingerprint(name), NotBefore: day(from), NotAfter: day(until)}
	}
	published := facts("B", 10, 20)
	for name, row := range map[string]struct {
		source certificate.Facts
		want   bool
	}{
		"the one before":                        {facts("A", 5, 15), true},
		"two before":                            {facts("0", 1, 9), true},
		"one that ends with it":                 {facts("A", 5, 20), true},
		"one that outlives it":                  {facts("A", 5, 21), false},
		"one of the same second":                {facts("A", 10, 20), true},
		"one that begins later and ends sooner": {facts("A", 11, 19), false},
		"a renewal":                             {facts("C", 15, 25), false},
		"one that was never seen, however old":  {facts("X", 5, 15), false},
		"itself":                                {published, false},
		"the one before, as if issued anew":     {facts("A", 12, 15), false},
		"one of nobody: an older, shorter life": {facts("", 1, 2), false},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(returned(row.source, published, []string{"A", "0"})).To(Equal(row.want))
		})
	}
}

func TestAPublishedSecretRemembersWhatItHeldOfOneSource(t *testing.T) {
	g := NewWithT(t)
	var secret corev1.Secret
	publish := func(source, before, now string) []string {
		var replaced *v1alpha1.PublishedStatus
		if before != "" {
			replaced = &v1alpha1.PublishedStatus{Fingerprint: before}
		}
		remember(&secret, source, replaced, now)
		return replacedBy(&secret, source)
	}
	g.Expect(publish("one", "", "A")).To(BeEmpty())
	g.Expect(publish("one", "A", "B")).To(Equal([]string{"A"}))
	g.Expect(publish("one", "B", "C")).To(Equal([]string{"B", "A"}))
	g.Expect(publish("one", "C", "A")).To(Equal([]string{"C", "B"}), "what is published was not replaced")
	g.Expect(publish("two", "A", "D")).To(BeEmpty(), "another source is a person's choice")
	g.Expect(publish("one", "D", "B")).To(BeEmpty())
	g.Expect(replacedBy(&secret, "two")).To(BeEmpty())

	for n := range 20 {
		publish("one", fmt.Sprint(n), fmt.Sprint(n+1))
	}
	g.Expect(strings.Fields(secret.Annotations[AnnotationReplaced])).To(Equal([]string{"19", "18", "17", "16", "15", "14", "13", "12"}))
}
