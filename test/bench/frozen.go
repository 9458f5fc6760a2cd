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

package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
)

// frozen reads what is in memory, copied as a cache copies it. Whoever writes by it ends in a panic: at rest, nobody does.
type frozen struct {
	client.Client
	objects map[types.NamespacedName][]client.Object
}

// Get copies an object.
func (f *frozen) Get(_ context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	for _, o := range f.objects[key] {
		if copyTo(o, into) {
			return nil
		}
	}
	return apierrors.NewNotFound(schema.GroupResource{Resource: fmt.Sprintf("%T", into)}, key.Name)
}

// List copies the ClientCredentials: those that are there are one client's.
func (f *frozen) List(_ context.Context, into client.ObjectList, _ ...client.ListOption) error {
	list, ok := into.(*v1alpha1.ClientCredentialList)
	if !ok {
		return fmt.Errorf("nobody lists %T at rest", into)
	}
	for _, objects := range f.objects {
		for _, o := range objects {
			if c, is := o.(*v1alpha1.ClientCredential); is {
				list.Items = append(list.Items, *c.DeepCopy())
			}
		}
	}
	return nil
}

// copyTo tells whether an object is of the kind that is asked for.
func copyTo(from runtime.Object, into client.Object) bool {
	switch into := into.(type) {
	case *v1alpha1.OAuthClient:
		return copied(from, into, (*v1alpha1.OAuthClient).DeepCopyInto)
	case *v1alpha1.ClientCredential:
		return copied(from, into, (*v1alpha1.ClientCredential).DeepCopyInto)
	case *v1alpha1.Tenant:
		return copied(from, into, (*v1alpha1.Tenant).DeepCopyInto)
	case *corev1.Secret:
		return copied(from, into, (*corev1.Secret).DeepCopyInto)
	}
	return false
}

func copied[T client.Object](from runtime.Object, into T, copyInto func(from, into T)) bool {
	source, is := from.(T)
	if is {
		copyInto(source, into)
	}
	return is
}

// silent records no Events.
type silent struct{}

// Eventf does nothing.
func (*silent) Eventf(runtime.Object, runtime.Object, string, string, string, string, ...any) {}
