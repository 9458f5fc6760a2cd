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
	"encoding/json"
	"errors"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var errModified = errors.New("the object has been modified; please apply your changes to the latest version and try again")

// create stores a new object and returns it.
func (s *Store) create(c *collection, namespace string, body []byte) (*object, error) {
	typed, err := s.decode(c, body)
	if err != nil {
		return nil, err
	}
	if err := settle(typed, namespace, ""); err != nil {
		return nil, err
	}
	if typed.GetName() == "" && typed.GetGenerateName() != "" {
		typed.SetName(typed.GetGenerateName() + rand.String(5))
	}
	if typed.GetResourceVersion() != "" {
		return nil, apierrors.NewBadRequest("resourceVersion should not be set on objects to be created")
	}
	if err := s.admit(c, namespace); err != nil {
		return nil, err
	}
	typed.SetUID(uuid.NewUUID())
	typed.SetCreationTimestamp(s.now())
	typed.SetDeletionTimestamp(nil)
	typed.SetDeletionGracePeriodSeconds(nil)
	typed.SetManagedFields(nil)
	if c.custom {
		typed.SetGeneration(1)
	}
	if err := c.check(typed, nil); err != nil {
		return nil, err
	}
	o, err := objectOf(typed, *metaOf(typed))
	if err != nil {
		return nil, err
	}
	if c.custom {
		delete(o.fields, statusField)
	}
	if c.objects[o.key()] != nil {
		return nil, apierrors.NewAlreadyExists(c.gr(), o.meta.Name)
	}
	return o, s.commit(c, nil, o)
}

// admit refuses what is created in a namespace that is not there or is going away.
func (s *Store) admit(c *collection, namespace string) error {
	if !c.namespaced {
		return nil
	}
	n := s.kinds[namespaces].objects[types.NamespacedName{Name: namespace}]
	switch {
	case n == nil:
		return apierrors.NewNotFound(s.kinds[namespaces].gr(), namespace)
	case n.meta.DeletionTimestamp != nil:
		return apierrors.NewForbidden(c.gr(), "", fmt.Errorf("unable to create new content in namespace %s because it is being terminated", namespace))
	}
	return nil
}

// update makes what was sent the state of an object, or of its status, and returns it.
func (s *Store) update(c *collection, key types.NamespacedName, subresource string, body []byte) (*object, error) {
	before := c.objects[key]
	typed, err := s.decode(c, body)
	if err != nil {
		return nil, err
	}
	if err := settle(typed, key.Namespace, key.Name); err != nil {
		return nil, err
	}
	if before == nil {
		return nil, apierrors.NewNotFound(c.gr(), key.Name)
	}
	if uid := typed.GetUID(); uid != "" && uid != before.meta.UID {
		return nil, apierrors.NewConflict(c.gr(), key.Name,
			fmt.Errorf("Precondition failed: UID in precondition: %v, UID in object meta: %v", uid, before.meta.UID)) //nolint:staticcheck // the API server's words
	}
	version := typed.GetResourceVersion()
	switch {
	case version == "" && c.custom:
		return nil, apierrors.NewInvalid(c.gvk.GroupKind(), key.Name, field.ErrorList{
			field.Invalid(field.NewPath("metadata", "resourceVersion"), 0, "must be specified for an update"),
		})
	case version != "" && version != before.meta.ResourceVersion:
		return nil, apierrors.NewConflict(c.gr(), key.Name, errModified)
	}
	now, err := s.prepare(c, before, typed, subresource)
	if err != nil {
		return nil, err
	}
	return s.replace(c, before, now)
}

// prepare is the next state of an object, made of what was sent.
func (s *Store) prepare(c *collection, before *object, typed client.Object, subresource string) (*object, error) {
	old := &before.meta
	typed.SetUID(old.UID)
	typed.SetCreationTimestamp(old.CreationTimestamp)
	typed.SetResourceVersion(old.ResourceVersion)
	typed.SetGeneration(old.Generation)
	typed.SetManagedFields(nil)
	if old.DeletionTimestamp != nil {
		typed.SetDeletionTimestamp(old.DeletionTimestamp)
		typed.SetDeletionGracePeriodSeconds(old.DeletionGracePeriodSeconds)
	}
	if subresource == statusField {
		now, err := objectOf(typed, *old.DeepCopy())
		if err != nil {
			return nil, err
		}
		now.fields = withStatus(before.fields, now.fields)
		return now, nil
	}
	if errs := validation.ValidateObjectMetaAccessorUpdate(typed, old, field.NewPath("metadata")); len(errs) > 0 {
		return nil, apierrors.NewInvalid(c.gvk.GroupKind(), old.Name, errs)
	}
	previous, err := s.api.read(c.kind, before.text)
	if err != nil {
		return nil, err
	}
	if err := c.check(typed, previous); err != nil {
		return nil, err
	}
	now, err := objectOf(typed, *metaOf(typed))
	if err != nil {
		return nil, err
	}
	if c.custom {
		now.fields = withStatus(now.fields, before.fields)
		if !now.sameBut(before, statusField) {
			now.meta.Generation++
		}
	}
	return now, nil
}

// replace stores the next state, unless it is the same or was the last that a deleted object waited for.
func (s *Store) replace(c *collection, before, now *object) (*object, error) {
	same, err := equalMeta(&before.meta, &now.meta)
	switch {
	case err != nil:
		return nil, err
	case same && now.sameBut(before):
		return before, nil
	case now.meta.DeletionTimestamp != nil && len(now.meta.Finalizers) == 0 && c.gvr() != namespaces:
		// The answer is what was sent; the event tells what was stored before.
		if err := now.seal(c.kind, before.revision); err != nil {
			return nil, err
		}
		s.remove(c, before)
		return now, nil
	}
	return now, s.commit(c, before, now)
}

// delete takes an object away, or marks it as going away as long as it has finalizers.
func (s *Store) delete(c *collection, key types.NamespacedName, options metav1.DeleteOptions) (*object, error) {
	before := c.objects[key]
	if before == nil {
		return nil, apierrors.NewNotFound(c.gr(), key.Name)
	}
	if p := options.PropagationPolicy; p != nil && *p != metav1.DeletePropagationBackground {
		return nil, apierrors.NewBadRequest("the store in memory knows no propagation of a deletion but Background")
	}
	if p := options.Preconditions; p != nil {
		if p.UID != nil && *p.UID != before.meta.UID || p.ResourceVersion != nil && *p.ResourceVersion != before.meta.ResourceVersion {
			return nil, apierrors.NewConflict(c.gr(), key.Name, errors.New("the precondition does not match the record: the object might have been modified, or deleted and then recreated"))
		}
	}
	now := before.next()
	switch stays := len(before.meta.Finalizers) > 0 || c.gvr() == namespaces; {
	case !stays:
		s.remove(c, before)
		return before, nil
	case before.meta.DeletionTimestamp != nil:
		return before, nil
	}
	stamp := s.now()
	now.meta.DeletionTimestamp, now.meta.DeletionGracePeriodSeconds = &stamp, new(int64(0))
	if c.gvr() == namespaces {
		now.meta.DeletionGracePeriodSeconds = nil
		now.fields = withStatus(before.fields, map[string]json.RawMessage{statusField: json.RawMessage(`{"phase":"Terminating"}`)})
	}
	if now.meta.Generation > 0 {
		now.meta.Generation++
	}
	return now, s.commit(c, before, now)
}
