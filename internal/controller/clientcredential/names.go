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
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"

	toolscache "k8s.io/client-go/tools/cache"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/certbound/certbound/api/v1alpha1"
)

const (
	// namedIndex is the index of ClientCredentials by what they name: a Certificate, or Secrets to read and to write.
	namedIndex = "certbound.dev/named"
	// drawers is how many values it has at most. A value takes 350 bytes for itself, so names share some; and the manager's field index
	// would hold each twice.
	drawers = 4096
)

// indexNames adds namedIndex to the cache.
func (r *Reconciler) indexNames(ctx context.Context, mgr ctrl.Manager) error {
	informer, err := mgr.GetCache().GetInformer(ctx, &v1alpha1.ClientCredential{}, cache.BlockUntilSynced(false))
	if err != nil {
		return err
	}
	shared, ok := informer.(toolscache.SharedIndexInformer)
	if !ok {
		return fmt.Errorf("the cache of %T cannot be looked into", informer)
	}
	r.byName = shared.GetIndexer()
	return shared.AddIndexers(toolscache.Indexers{namedIndex: drawersOf})
}

// naming are the ClientCredentials that name something. One that is not in the cache yet comes by itself when it is.
func (r *Reconciler) naming(ctx context.Context, name string) (requests []reconcile.Request) {
	objects, err := r.byName.ByIndex(namedIndex, drawer(name))
	if err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "look up ClientCredentials by what they name")
	}
	for _, o := range objects {
		if c := o.(*v1alpha1.ClientCredential); slices.Contains(namedBy(c), name) {
			requests = append(requests, request(c.Namespace, c.Name))
		}
	}
	return requests
}

func drawersOf(o any) (all []string, err error) {
	c, ok := o.(*v1alpha1.ClientCredential)
	if !ok {
		return nil, fmt.Errorf("%T is no ClientCredential", o)
	}
	for _, name := range namedBy(c) {
		all = append(all, drawer(name))
	}
	return all, nil
}

func drawer(name string) string {
	hash := fnv.New32a()
	_, _ = hash.Write([]byte(name))
	return strconv.Itoa(int(hash.Sum32() % drawers))
}

func namedBy(c *v1alpha1.ClientCredential) (names []string) {
	if c.Spec.SecretRef != nil {
		names = append(names, secretNamed(c.Namespace, c.Spec.SecretRef.Name))
	}
	if c.Spec.CertificateRef != nil {
		names = append(names, certificateNamed(c.Namespace, c.Spec.CertificateRef.Name))
	}
	if c.Spec.Publish != nil {
		names = append(names, secretNamed(c.Namespace, c.Spec.Publish.SecretRef.Name))
	}
	return names
}

func secretNamed(namespace, name string) string      { return namespace + "/secret/" + name }
func certificateNamed(namespace, name string) string { return namespace + "/certificate/" + name }
