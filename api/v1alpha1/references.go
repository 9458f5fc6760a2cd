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

// SecretKeyReference names one key of a Secret. For a namespaced object the Secret is in the object's namespace; for a
// ClusterTenant it is in the operator's cluster resource namespace (by default the one that the operator runs in).
//
// +structType=atomic
type SecretKeyReference struct {
	// name of the Secret.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="a name has lower-case letters, digits, - and . only, and no namespace before it"
	Name string `json:"name,omitempty"`

	// key in the Secret's data that holds the value.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="a key has letters, digits, -, _ and . only, such as client-secret"
	Key string `json:"key,omitempty"`
}

// LocalReference names an object of a known kind in the same namespace.
//
// +structType=atomic
type LocalReference struct {
	// name of the object.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="a name has lower-case letters, digits, - and . only, and no namespace before it"
	Name string `json:"name,omitempty"`
}

// CABundleReference names one key of a ConfigMap or a Secret that holds CA certificates in PEM form.
//
// +structType=atomic
type CABundleReference struct {
	// kind of the object: ConfigMap or Secret.
	//
	// +required
	// +kubebuilder:validation:Enum=ConfigMap;Secret
	Kind string `json:"kind,omitempty"`

	// name of the ConfigMap or Secret, in the namespace that Secrets of this object are read from.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="a name has lower-case letters, digits, - and . only, and no namespace before it"
	Name string `json:"name,omitempty"`

	// key in the object's data that holds the PEM bundle.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[-._a-zA-Z0-9]+$')",message="a key has letters, digits, -, _ and . only, such as ca.crt"
	Key string `json:"key,omitempty"`
}

// TenantReference names the Tenant or ClusterTenant that a client belongs to.
//
// +structType=atomic
type TenantReference struct {
	// kind of the tenant object: Tenant (in the same namespace) or ClusterTenant. Tenant when unset.
	//
	// +optional
	// +kubebuilder:validation:Enum=Tenant;ClusterTenant
	Kind string `json:"kind,omitempty"`

	// name of the Tenant or ClusterTenant.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:XValidation:rule="self.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*$')",message="a name has lower-case letters, digits, - and . only, and no namespace before it"
	Name string `json:"name,omitempty"`
}
