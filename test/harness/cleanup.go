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
	"errors"
	"slices"
	"strings"

	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
)

var errStillThere = errors.New("the object is still there")

// end checks what must hold at the end, and leaves nothing behind that an operator would go on with.
func (w *Workspace) end() {
	var problems []string
	note := func(message string, _ ...int) { problems = append(problems, message) }
	NewGomega(note).Eventually(w.misreported).WithTimeout(Patience).Should(BeEmpty())
	w.Sim.ClearFaults()
	w.empty()
	problems = slices.Concat(problems, checkRequests(w.Sim.Requests(), w.excused), w.World.Violations(), w.env.journal.take(w.Namespace))
	w.Sim.Close()
	if len(problems) > 0 {
		w.t.Errorf("what must never be, was:\n  %s", strings.Join(problems, "\n  "))
	}
}

// empty deletes the objects of the namespace. Whether finalizers end by themselves is for the tests of deletion to show:
// here they are taken off.
func (w *Workspace) empty() {
	for _, list := range []client.ObjectList{&v1alpha1.OAuthClientList{}, &v1alpha1.ClientCredentialList{}, &v1alpha1.TenantList{}} {
		w.Expect(w.env.Client.List(w.ctx(), list, client.InNamespace(w.Namespace))).To(Succeed())
		w.Expect(meta.EachListItem(list, func(o runtime.Object) error {
			w.World.OnPurpose(clientIDOf(o))
			w.remove(o.(client.Object))
			return nil
		})).To(Succeed())
	}
}

func clientIDOf(o runtime.Object) string {
	if c, ok := o.(*v1alpha1.OAuthClient); ok {
		return c.Status.ClientID
	}
	return ""
}

// remove deletes an object whatever holds it.
func (w *Workspace) remove(o client.Object) {
	w.Eventually(func() error {
		err := w.env.Client.Get(w.ctx(), client.ObjectKeyFromObject(o), o)
		if apierrors.IsNotFound(err) {
			return nil
		}
		if err == nil && o.GetDeletionTimestamp().IsZero() {
			err = w.env.Client.Delete(w.ctx(), o)
		}
		if err == nil && len(o.GetFinalizers()) > 0 {
			before := o.DeepCopyObject().(client.Object)
			o.SetFinalizers(nil)
			err = w.env.Client.Patch(w.ctx(), o, client.MergeFrom(before))
		}
		if err == nil {
			return errStillThere
		}
		return client.IgnoreNotFound(err)
	}).Should(Succeed())
}
