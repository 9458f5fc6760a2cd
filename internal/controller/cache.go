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
	"reflect"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/controller/shard"
)

// CacheOptions bound what the cache holds: of Secrets, ConfigMaps, Certificates and Namespaces only metadata and of that
// what decisions need, of ClientCredentials no PEM, and of either only what is of this shard. What is left out is read past the
// cache, by name, when it is needed.
func CacheOptions(of, secrets shard.Shard) cache.Options {
	ours := cache.ByObject{Label: of.Selector(), Transform: keepSmall}
	return cache.Options{
		DefaultTransform: keepWhatDecides,
		// What has to be looked at again is, at its own time: to be shown every object again besides would only cost.
		SyncPeriod: new(time.Duration(0)),
		ByObject: map[client.Object]cache.ByObject{
			&v1alpha1.Tenant{}: ours, &v1alpha1.ClusterTenant{}: ours, &v1alpha1.OAuthClient{}: ours, &v1alpha1.ClientCredential{}: ours,
			&corev1.Secret{}:    {Label: secrets.Selector(), Field: noise(selectType, noCertificates), Transform: keepWhatDecides},
			&corev1.ConfigMap{}: {Field: noise(selectName, ofTheCluster), Transform: keepWhatDecides},
		},
	}
}

const (
	selectType = "type"
	selectName = "metadata.name"
)

// noCertificates are the types of Secrets that hold no certificate and no sign-in, and are many in some clusters.
var noCertificates = []string{
	"helm.sh/release.v1", string(corev1.SecretTypeServiceAccountToken), string(corev1.SecretTypeDockercfg),
	string(corev1.SecretTypeDockerConfigJson), string(corev1.SecretTypeBootstrapToken),
}

// ofTheCluster are the names of ConfigMaps that a cluster has in every namespace.
var ofTheCluster = []string{"kube-root-ca.crt", "openshift-service-ca.crt"}

// noise selects the objects whose field has none of the values.
func noise(field string, values []string) fields.Selector {
	var none []fields.Selector
	for _, v := range values {
		none = append(none, fields.OneTermNotEqualSelector(field, v))
	}
	return fields.AndSelectors(none...)
}

// keepWhatDecides makes a new object of what decisions need of metadata, so that nothing else of the one that was received stays in
// memory: of a Secret who it is, whose it is, and which Certificate it is of; of a Certificate whether it asks for something else; of a
// Namespace its labels, which selectors match.
func keepWhatDecides(o any) (any, error) {
	whole, ok := o.(*metav1.PartialObjectMetadata)
	if !ok {
		return o, nil // a tombstone
	}
	kept := &metav1.PartialObjectMetadata{
		TypeMeta: whole.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{
			Name: whole.Name, Namespace: whole.Namespace, UID: whole.UID, ResourceVersion: whole.ResourceVersion, Generation: whole.Generation,
		},
	}
	if name, issued := whole.Annotations[cmapi.CertificateNameKey]; issued {
		kept.Annotations = map[string]string{cmapi.CertificateNameKey: name}
	}
	if owner := metav1.GetControllerOf(whole); owner != nil {
		kept.OwnerReferences = []metav1.OwnerReference{*owner}
	}
	if whole.Kind == "Namespace" {
		kept.Labels = whole.Labels
	}
	compact(reflect.ValueOf(kept))
	return kept, nil
}

// keepSmall drops from one of our own objects what no decision needs: who wrote which field, what kubectl applied last, and the PEM of a
// certificate. Everything else stays, since statuses are written from what the cache holds.
func keepSmall(o any) (any, error) {
	accessor, ok := o.(client.Object)
	if !ok {
		return o, nil // a tombstone
	}
	accessor.SetManagedFields(nil)
	annotations := accessor.GetAnnotations()
	delete(annotations, corev1.LastAppliedConfigAnnotation)
	if len(annotations) == 0 {
		accessor.SetAnnotations(nil)
	}
	if c, is := o.(*v1alpha1.ClientCredential); is && c.Status.Certificate != nil {
		c.Status.Certificate.PEM = ""
	}
	compact(reflect.ValueOf(o))
	return o, nil
}
