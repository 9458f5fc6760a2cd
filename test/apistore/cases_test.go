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

package apistore_test

import (
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
)

var cases = map[string]func(*server){
	"create": func(s *server) {
		o := s.oauthClient("one")
		o.Status.ClientID, o.Generation, o.Finalizers = "dropped", 7, []string{"certbound.dev/test"}
		o.UID, o.DeletionTimestamp = "00000000-0000-0000-0000-000000000000", &metav1.Time{Time: metav1.Now().Time}
		s.answer("created", s.Create(s.ctx(), o), o)
		s.fresh("read", o)
		again := s.oauthClient("one")
		s.answer("once more", s.Create(s.ctx(), again), again)
		again.Name, again.Namespace = "two", "nowhere"
		s.answer("in no namespace", s.Create(s.ctx(), again), again)
		again.Name, again.Namespace = "Not A Name", s.namespace
		s.answer("with no name", s.Create(s.ctx(), again), again)
		again.Name = ""
		s.answer("without a name", s.Create(s.ctx(), again), again)
	},
	"create a Secret": func(s *server) {
		o := s.secret("one")
		o.StringData, o.Generation = map[string]string{"b": "text", "a": "wins"}, 4
		s.answer("created", s.Create(s.ctx(), o), o)
		s.fresh("read", o)
		o.Type = corev1.SecretTypeTLS
		s.answer("another type", s.Update(s.ctx(), o), o)
		tls := s.secret("two")
		tls.Type, tls.Data = corev1.SecretTypeTLS, map[string][]byte{"tls.crt": {}}
		s.answer("without a key", s.Create(s.ctx(), tls), tls)
		tls.Data["tls.key"] = nil
		s.answer("with an empty key", s.Create(s.ctx(), tls), tls)
	},
	"create an Event": func(s *server) {
		e := &eventsv1.Event{
			ObjectMeta: s.named("one"), EventTime: metav1.NowMicro(), Type: "Normal", Reason: "Because", Action: "Test",
			ReportingController: "certbound.dev/test", ReportingInstance: "one", Note: "words",
			Regarding: corev1.ObjectReference{Kind: "OAuthClient", Namespace: s.namespace, Name: "one"},
		}
		err := s.Create(s.ctx(), e)
		e.EventTime = metav1.MicroTime{}
		s.answer("created", err, e)
		patched := e.DeepCopy()
		patched.Series = &eventsv1.EventSeries{Count: 2, LastObservedTime: metav1.NowMicro()}
		err = s.Patch(s.ctx(), patched, client.StrategicMergeFrom(e))
		patched.EventTime, patched.Series.LastObservedTime = metav1.MicroTime{}, metav1.MicroTime{}
		s.answer("patched", err, patched)
		s.answer("deleted", s.Delete(s.ctx(), e), e)
	},
	"update": func(s *server) {
		o := s.oauthClient("one")
		s.mustCreate(o)
		stale := o.DeepCopy()
		o.Spec.DeletionPolicy = v1alpha1.DeletionDelete
		o.Status.ClientID = "ignored"
		s.answer("spec", s.Update(s.ctx(), o), o)
		o.Labels = map[string]string{"a": "b"}
		s.answer("labels", s.Update(s.ctx(), o), o)
		o.Labels["c"], o.Finalizers = "d", []string{"certbound.dev/test"}
		o.CreationTimestamp, o.Generation = metav1.Time{}, 99
		s.answer("what is not the client's to say", s.Update(s.ctx(), o), o)
		s.answer("nothing", s.Update(s.ctx(), o), o)
		s.answer("stale", s.Update(s.ctx(), stale), stale)
		stale.ResourceVersion = ""
		s.answer("without a version", s.Update(s.ctx(), stale), stale)
		o.UID = "00000000-0000-0000-0000-000000000000"
		s.answer("another uid", s.Update(s.ctx(), o), o)
		absent := s.oauthClient("absent")
		absent.ResourceVersion = "1"
		s.answer("absent", s.Update(s.ctx(), absent), absent)
		s.fresh("read", o)
	},
	"update a ConfigMap": func(s *server) {
		o := &corev1.ConfigMap{ObjectMeta: s.named("one"), Data: map[string]string{"a": "b"}}
		s.mustCreate(o)
		o.ResourceVersion, o.Data = "", map[string]string{"a": "c"}
		s.answer("without a version", s.Update(s.ctx(), o), o)
		o.Data = nil
		s.answer("emptied", s.Update(s.ctx(), o), o)
		o.Data = map[string]string{}
		s.answer("emptied otherwise", s.Update(s.ctx(), o), o)
		o.ResourceVersion = "1"
		s.answer("stale", s.Update(s.ctx(), o), o)
	},
	"status": func(s *server) {
		o := s.oauthClient("one")
		s.mustCreate(o)
		stale := o.DeepCopy()
		o.Status.ClientID, o.Spec.DeletionPolicy, o.Labels = "reported", v1alpha1.DeletionDelete, map[string]string{"ignored": "too"}
		s.answer("written", s.Status().Update(s.ctx(), o), o)
		s.answer("nothing", s.Status().Update(s.ctx(), o), o)
		s.answer("stale", s.Status().Update(s.ctx(), stale), stale)
		stale.ResourceVersion = ""
		s.answer("without a version", s.Status().Update(s.ctx(), stale), stale)
		o.Spec.DeletionPolicy = v1alpha1.DeletionDelete
		s.answer("spec leaves it alone", s.Update(s.ctx(), o), o)
		before := o.DeepCopy()
		o.Status.ClientID = "patched"
		s.answer("patched", s.Status().Patch(s.ctx(), o, client.MergeFrom(before)), o)
		s.answer("patched from a stale one", s.Status().Patch(s.ctx(), stale, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})), stale)
		o.Status = v1alpha1.OAuthClientStatus{}
		s.answer("emptied", s.Status().Update(s.ctx(), o), o)
	},
	"patch": func(s *server) {
		o := s.oauthClient("one")
		o.Labels = map[string]string{"a": "b", "c": "d"}
		s.mustCreate(o)
		before := o.DeepCopy()
		delete(o.Labels, "a")
		o.Spec.DeletionPolicy = v1alpha1.DeletionDelete
		s.answer("labels and spec", s.Patch(s.ctx(), o, client.MergeFrom(before)), o)
		s.answer("nothing", s.Patch(s.ctx(), o, client.RawPatch(types.MergePatchType, []byte(`{}`))), o)
		locked := client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})
		late := before.DeepCopy()
		late.Finalizers = []string{"certbound.dev/late"}
		s.answer("stale", s.Patch(s.ctx(), late, locked), late)
		before = o.DeepCopy()
		o.Finalizers = []string{"certbound.dev/test"}
		s.answer("fresh", s.Patch(s.ctx(), o, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})), o)
		s.answer("malformed", s.Patch(s.ctx(), o, client.RawPatch(types.MergePatchType, []byte(`{`))), o)
		absent := s.oauthClient("absent")
		s.answer("absent", s.Patch(s.ctx(), absent, client.RawPatch(types.MergePatchType, []byte(`{"metadata":{"labels":{"a":"b"}}}`))), absent)
	},
}
