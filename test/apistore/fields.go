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

package apistore

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"maps"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// now is the time as objects carry it, in whole seconds.
func (s *Store) now() metav1.Time { return metav1.NewTime(s.clock.Now().Truncate(time.Second)) }

func (s *Store) decode(c *collection, body []byte) (client.Object, error) {
	typed, err := s.api.read(c.kind, body)
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return typed, nil
}

// settle makes the object's name and namespace those of the request; name is empty for a new one.
func settle(o client.Object, namespace, name string) error {
	switch {
	case o.GetNamespace() != "" && o.GetNamespace() != namespace:
		return apierrors.NewBadRequest("the namespace of the provided object does not match the namespace sent on the request")
	case name != "" && o.GetName() != "" && o.GetName() != name:
		return apierrors.NewBadRequest("the name of the object (" + o.GetName() + ") does not match the name on the URL (" + name + ")")
	}
	o.SetNamespace(namespace)
	o.SetName(cmp.Or(o.GetName(), name))
	return nil
}

// check completes the object and refuses what its kind does not allow; before is nil for a new one.
func (k *kind) check(o, before client.Object) error {
	errs := validation.ValidateObjectMetaAccessor(o, k.namespaced, validation.NameIsDNSSubdomain, field.NewPath("metadata"))
	var problem *field.Error
	if k.complete != nil && errors.As(k.complete(o, before), &problem) {
		errs = append(errs, problem)
	}
	if len(errs) > 0 {
		return apierrors.NewInvalid(k.gvk.GroupKind(), o.GetName(), errs)
	}
	return nil
}

// metaOf copies the metadata of an object.
func metaOf(o client.Object) *metav1.ObjectMeta {
	return (&metav1.ObjectMeta{
		Name: o.GetName(), GenerateName: o.GetGenerateName(), Namespace: o.GetNamespace(), UID: o.GetUID(),
		ResourceVersion: o.GetResourceVersion(), Generation: o.GetGeneration(), CreationTimestamp: o.GetCreationTimestamp(),
		DeletionTimestamp: o.GetDeletionTimestamp(), DeletionGracePeriodSeconds: o.GetDeletionGracePeriodSeconds(),
		Labels: o.GetLabels(), Annotations: o.GetAnnotations(), OwnerReferences: o.GetOwnerReferences(), Finalizers: o.GetFinalizers(),
	}).DeepCopy()
}

// withStatus are the fields of one with the status of the other.
func withStatus(fields, status map[string]json.RawMessage) map[string]json.RawMessage {
	merged := maps.Clone(fields)
	delete(merged, statusField)
	if s, present := status[statusField]; present {
		merged[statusField] = s
	}
	return merged
}

func equalMeta(a, b *metav1.ObjectMeta) (bool, error) {
	x, err := json.Marshal(a)
	if err != nil {
		return false, err
	}
	y, err := json.Marshal(b)
	return bytes.Equal(x, y), err
}

func compareNames(a, b types.NamespacedName) int {
	return cmp.Or(cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
}
