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

package answer

import (
	"testing"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/event"

	"github.com/certbound/certbound/api/v1alpha1"
)

func at(version string) *v1alpha1.OAuthClient {
	return &v1alpha1.OAuthClient{ObjectMeta: metav1.ObjectMeta{UID: "a", ResourceVersion: version}}
}

func TestWhatIsOlderThanWhatWasWrittenIsAwaited(t *testing.T) {
	for name, c := range map[string]struct {
		shown string
		older bool
	}{
		"as before":                        {"99", true},
		"a version in between":             {"100", true},
		"as it was written":                {"101", false},
		"newer, by somebody else":          {"1000", false},
		"a version that says nothing here": {"", false},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			var w Written
			_, awaits := w.Await(at(c.shown))
			g.Expect(awaits).To(BeFalse(), "nothing was written")
			w.Note(at("98"))
			w.Note(at("101"))
			again, awaits := w.Await(at(c.shown))
			g.Expect(awaits).To(Equal(c.older))
			if c.older {
				g.Expect(again).To(Equal(ctrl.Result{RequeueAfter: behind}))
				return
			}
			g.Expect(w.versions).To(BeEmpty(), "nothing is kept of what is shown")
		})
	}
}

func TestEventsPassAndShowWhatIsThere(t *testing.T) {
	g := NewWithT(t)
	var w Written
	w.Note(at("101"))
	g.Expect(w.Passing().Update(event.UpdateEvent{ObjectOld: at("98"), ObjectNew: at("99")})).To(BeTrue())
	g.Expect(w.versions).To(HaveLen(1))
	g.Expect(w.Passing().Update(event.UpdateEvent{ObjectOld: at("99"), ObjectNew: at("101")})).To(BeTrue())
	g.Expect(w.versions).To(BeEmpty())
	w.Note(at("105"))
	g.Expect(w.Passing().Delete(event.DeleteEvent{Object: at("102")})).To(BeTrue())
	g.Expect(w.versions).To(BeEmpty())
	g.Expect(w.Passing().Create(event.CreateEvent{Object: at("98")})).To(BeTrue())
}
