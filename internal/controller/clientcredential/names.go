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
	"hash/fnv"
	"slices"
	"strconv"

	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/certbound/certbound/api/v1alpha1"
)

const (
	// namedIndex is the field index of ClientCredentials by the drawers of what they name: a Certificate, or Secrets to read and to write.
	namedIndex = "certbound.dev/named"
	// drawers is how many values it has at most. The cache keeps a set for each value, of some 350 bytes, so names share some.
	drawers = 4096
)

// naming are the ClientCredentials that name something. One that is not in the cache yet comes by itself when it is.
func (r *Reconciler) naming(ctx context.Context, name string) []reconcile.Request {
	var list v1alpha1.ClientCredentialList
	if err := r.Client.List(ctx, &list, client.MatchingFields{namedIndex: drawer(name)}, client.UnsafeDisableDeepCopy); err != nil {
		ctrl.LoggerFrom(ctx).Error(err, "look up ClientCredentials by what they name")
	}
	return of(list.Items, name)
}

// of are those that name something, of all in its drawer.
func of(drawn []v1alpha1.ClientCredential, name string) (requests []reconcile.Request) {
	for i := range drawn {
		if c := &drawn[i]; slices.Contains(namedBy(c), name) {
			requests = append(requests, request(c.Namespace, c.Name))
		}
	}
	return requests
}

func drawersOf(o client.Object) (all []string) {
	for _, name := range namedBy(o.(*v1alpha1.ClientCredential)) {
		all = append(all, drawer(name))
	}
	return all
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
