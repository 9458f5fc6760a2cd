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
	"maps"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// completeSecret does what the API server does with stringData and type.
func completeSecret(o, before client.Object) error {
	s := o.(*corev1.Secret)
	if len(s.StringData) > 0 && s.Data == nil {
		s.Data = map[string][]byte{}
	}
	for key, value := range s.StringData {
		s.Data[key] = []byte(value)
	}
	s.StringData = nil
	for key, value := range s.Data {
		if value == nil {
			s.Data[key] = []byte{}
		}
	}
	if s.Type == "" {
		s.Type = corev1.SecretTypeOpaque
	}
	if old, _ := before.(*corev1.Secret); old != nil && old.Type != s.Type {
		return field.Invalid(field.NewPath("type"), s.Type, "field is immutable")
	}
	if s.Type == corev1.SecretTypeTLS {
		for _, key := range []string{corev1.TLSCertKey, corev1.TLSPrivateKeyKey} {
			if _, present := s.Data[key]; !present {
				return field.Required(field.NewPath("data").Key(key), "")
			}
		}
	}
	return nil
}

func completeNamespace(o, before client.Object) error {
	n := o.(*corev1.Namespace)
	labels := maps.Clone(n.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	labels[corev1.LabelMetadataName] = n.Name
	n.Labels = labels
	if before == nil {
		n.Status.Phase = corev1.NamespaceActive
		n.Spec.Finalizers = []corev1.FinalizerName{corev1.FinalizerKubernetes}
	}
	return nil
}
