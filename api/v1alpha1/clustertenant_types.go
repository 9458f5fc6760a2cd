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

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ClusterTenantSpec is a TenantSpec and the namespaces that may use it.
type ClusterTenantSpec struct {
	TenantSpec `json:",inline"`

	// allowedNamespaces are the namespaces whose OAuthClients may refer to this tenant. No namespace may when it is
	// unset.
	//
	// +optional
	AllowedNamespaces *AllowedNamespaces `json:"allowedNamespaces,omitempty"`
}

// AllowedNamespaces selects namespaces.
//
// +kubebuilder:validation:MinProperties=1
// +kubebuilder:validation:XValidation:rule="[has(self.names), has(self.selector)].filter(x, x).size() == 1",message="write exactly one of names and selector"
type AllowedNamespaces struct {
	// names of the namespaces.
	//
	// +optional
	// +listType=set
	// +kubebuilder:validation:MinItems=1
	// +kubebuilder:validation:MaxItems=256
	// +kubebuilder:validation:items:MinLength=1
	// +kubebuilder:validation:items:MaxLength=63
	// +kubebuilder:validation:XValidation:rule="self.all(name, name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$'))",message="write each namespace by its whole name; for all of them write selector: {} instead of names"
	Names []string `json:"names,omitempty"`

	// selector selects namespaces by their labels; an empty selector selects all.
	//
	// +optional
	Selector *metav1.LabelSelector `json:"selector,omitempty"`
}

// ClusterTenant is an Auth0 tenant that OAuthClients of the allowed namespaces may refer to. Its Secrets are read from
// the operator's cluster resource namespace.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,categories=certbound,shortName=cten
// +kubebuilder:printcolumn:name="Ready",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].status`
// +kubebuilder:printcolumn:name="Domain",type=string,JSONPath=`.spec.domain`
// +kubebuilder:printcolumn:name="Clients",type=integer,JSONPath=`.status.clients`
// +kubebuilder:printcolumn:name="mTLS endpoint",type=string,JSONPath=`.status.mtlsTokenEndpoint`,priority=1
// +kubebuilder:printcolumn:name="Status",type=string,JSONPath=`.status.conditions[?(@.type=="Ready")].message`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
type ClusterTenant struct {
	metav1.TypeMeta `json:",inline"`

	// metadata is standard object metadata.
	//
	// +optional
	metav1.ObjectMeta `json:"metadata,omitzero"`

	// spec says where the tenant is, how to sign in, and who may use it.
	//
	// +required
	Spec ClusterTenantSpec `json:"spec,omitzero"`

	// status is what the operator saw.
	//
	// +optional
	Status TenantStatus `json:"status,omitzero"`
}

// ClusterTenantList is a list of ClusterTenants.
//
// +kubebuilder:object:root=true
type ClusterTenantList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []ClusterTenant `json:"items"`
}
