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

package v1alpha1

// The kinds of TenantReference.
const (
	KindTenant        = "Tenant"
	KindClusterTenant = "ClusterTenant"
)

// GetTenantSpec returns the part of the spec that Tenant and ClusterTenant share.
func (t *Tenant) GetTenantSpec() *TenantSpec { return &t.Spec }

// GetTenantSpec returns the part of the spec that Tenant and ClusterTenant share.
func (t *ClusterTenant) GetTenantSpec() *TenantSpec { return &t.Spec.TenantSpec }

// GetTenantStatus returns the status, which Tenant and ClusterTenant share.
func (t *Tenant) GetTenantStatus() *TenantStatus { return &t.Status }

// GetTenantStatus returns the status, which Tenant and ClusterTenant share.
func (t *ClusterTenant) GetTenantStatus() *TenantStatus { return &t.Status }

// KindOrDefault is the kind that the reference means.
func (r TenantReference) KindOrDefault() string {
	if r.Kind == "" {
		return KindTenant
	}
	return r.Kind
}
