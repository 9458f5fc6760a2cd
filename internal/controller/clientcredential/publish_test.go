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
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
)

// What workloads may still present is counted from the right moment and until the last of it expires (I1), and a subject that
// nobody presents any more does not stay for ever (I3).
func TestFollow(t *testing.T) {
	day := func(n int) *metav1.Time {
		return &metav1.Time{Time: time.Date(2026, 3, n, 12, 0, 0, 0, time.UTC)}
	}
	published := func(fingerprint, subject string, at, notAfter *metav1.Time) v1alpha1.PublishedStatus {
		return v1alpha1.PublishedStatus{Fingerprint: fingerprint, SubjectDN: subject, PublishedAt: *at, NotAfter: notAfter}
	}
	with := func(p v1alpha1.PublishedStatus, subjectPublishedAt, previousNotAfter *metav1.Time) *v1alpha1.PublishedStatus {
		p.SubjectPublishedAt, p.PreviousNotAfter = subjectPublishedAt, previousNotAfter
		return &p
	}
	first, second := published("1", "CN=a", day(1), day(10)), published("2", "CN=a", day(5), day(14))
	other := published("3", "CN=b", day(9), day(11))
	literal := published("", "CN=c", day(9), nil)
	tests := map[string]struct {
		before    *v1alpha1.PublishedStatus
		now       v1alpha1.PublishedStatus
		bySubject bool
		want      *v1alpha1.PublishedStatus
	}{
		"the first":                             {nil, first, false, with(first, nil, nil)},
		"the same, seen later":                  {with(first, nil, day(3)), published("1", "CN=a", day(2), day(10)), false, with(first, nil, day(3))},
		"the same, by its subject":              {with(second, day(1), day(3)), published("2", "CN=a", day(6), day(14)), true, with(second, day(1), day(3))},
		"another":                               {&first, second, false, with(second, nil, day(10))},
		"another with the same subject":         {with(first, nil, day(3)), second, true, with(second, day(1), day(3))},
		"a third with the same subject":         {with(second, day(1), day(3)), published("4", "CN=a", day(9), day(20)), true, with(published("4", "CN=a", day(9), day(20)), day(1), day(3))},
		"another subject":                       {with(second, day(1), nil), other, true, with(other, nil, day(14))},
		"another, and one before lives long":    {with(other, nil, day(14)), published("5", "CN=d", day(10), day(20)), true, with(published("5", "CN=d", day(10), day(20)), nil, day(14))},
		"after one of which nobody knows":       {with(literal, nil, day(14)), first, true, with(first, nil, nil)},
		"a literal subject after a certificate": {&first, literal, true, with(literal, nil, day(10))},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			follow(&test.now, test.before, test.bySubject)
			if !equality.Semantic.DeepEqual(&test.now, test.want) {
				t.Errorf("got %+v\nwant %+v", test.now, *test.want)
			}
		})
	}
}
