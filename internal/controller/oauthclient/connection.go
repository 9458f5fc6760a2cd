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

package oauthclient

import (
	"context"
	"fmt"
	"maps"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/status"
)

// publishConnection writes what a workload needs to know to ask for tokens into the ConfigMap of spec.connection.
func (p *pass) publishConnection(ctx context.Context) status.Outcome {
	if p.obj.Spec.Connection == nil {
		return status.Done(v1alpha1.ReasonNotRequested, "No ConfigMap is asked for.")
	}
	name := p.obj.Spec.Connection.ConfigMapRef.Name
	if p.tenant.status.TokenEndpoint == "" {
		return status.Waiting(v1alpha1.ReasonTenantNotReady, fmt.Sprintf(
			"Waiting for the tenant object to report what discovery says; the ConfigMap %s stays as it is.", name))
	}
	done := status.Done(v1alpha1.ReasonPublished, fmt.Sprintf("The ConfigMap %s holds the connection facts.", name))
	var configMap corev1.ConfigMap
	err := p.Live.Get(ctx, types.NamespacedName{Namespace: p.obj.Namespace, Name: name}, &configMap)
	facts := p.connection()
	switch {
	case err == nil && !metav1.IsControlledBy(&configMap, p.obj):
		return status.Blocked(v1alpha1.ReasonNameTaken, fmt.Sprintf(
			"The ConfigMap %s exists and is not this OAuthClient's; it is left as it is; choose another name in spec.connection, or delete it.", name))
	case err == nil && maps.Equal(configMap.Data, facts):
		return done
	case err == nil:
		configMap.Data = facts
		err = p.Client.Update(ctx, &configMap)
	case apierrors.IsNotFound(err):
		configMap = corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: p.obj.Namespace}, Data: facts}
		if err = controllerutil.SetControllerReference(p.obj, &configMap, p.Client.Scheme()); err == nil {
			err = p.Client.Create(ctx, &configMap)
		}
	}
	if err != nil {
		return status.Failed(v1alpha1.ReasonNotRequested, fmt.Sprintf("The ConfigMap %s cannot be written; it stays as it is.", name), err)
	}
	return done
}

// connection are the facts, under the names of RFC 8414 and RFC 8705 where they have one.
func (p *pass) connection() map[string]string {
	facts := map[string]string{
		"client_id":      p.view.client.ID,
		"issuer":         p.tenant.status.Issuer,
		"token_endpoint": p.tenant.status.TokenEndpoint,
	}
	if method := p.methodInForce(); method != "" {
		facts["token_endpoint_auth_method"] = string(method) // not the one asked for: workloads go by what works
	}
	if alias := p.tenant.status.MTLSTokenEndpoint; alias != "" {
		facts["mtls_token_endpoint"] = alias
	}
	var audiences []string
	for _, g := range p.obj.Spec.Grants {
		audiences = append(audiences, g.Audience)
	}
	if len(audiences) > 0 {
		facts["audiences"] = strings.Join(audiences, " ")
	}
	return facts
}
