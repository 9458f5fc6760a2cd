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

package tenant

import (
	"context"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
)

// Object is a Tenant or a ClusterTenant: one spec, one status.
type Object interface {
	client.Object
	GetTenantSpec() *v1alpha1.TenantSpec
	GetTenantStatus() *v1alpha1.TenantStatus
}

// KeyOfObject is the key of a Tenant, or of a ClusterTenant, which is the one without a namespace.
func KeyOfObject(o client.Object) auth0.Key {
	key := auth0.Key{Kind: v1alpha1.KindTenant, Namespace: o.GetNamespace(), Name: o.GetName()}
	if key.Namespace == "" {
		key.Kind = v1alpha1.KindClusterTenant
	}
	return key
}

// Read reads the object of a key.
func Read(ctx context.Context, from client.Reader, key auth0.Key) (Object, error) {
	var o Object = &v1alpha1.ClusterTenant{}
	if key.Kind == v1alpha1.KindTenant {
		o = &v1alpha1.Tenant{}
	}
	return o, from.Get(ctx, types.NamespacedName{Namespace: key.Namespace, Name: key.Name}, o)
}
