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

package harness

import (
	"encoding/pem"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
)

// Names of what NewTenant and NewTenantInputs make.
const (
	TenantName    = "auth0"
	SignInSecret  = "management"
	SignInKey     = "credential"
	CABundleName  = "tenant-ca"
	CABundleKey   = "ca.crt"
	PublishSuffix = "-published"
)

func (w *Workspace) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: w.Namespace, Name: name}
}

// SignIn is the Secret that a Tenant of NewTenant signs in with.
func (w *Workspace) SignIn(value string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: w.meta(SignInSecret), StringData: map[string]string{SignInKey: value}}
}

// CABundle is the ConfigMap with the CA of the simulator's server certificate.
func (w *Workspace) CABundle() *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: w.meta(CABundleName), Data: map[string]string{CABundleKey: string(w.Sim.CABundle())}}
}

// NewTenant is a Tenant for the simulator, which signs in with a client secret; edit changes what it shall be.
func (w *Workspace) NewTenant(edit ...func(*v1alpha1.TenantSpec)) *v1alpha1.Tenant {
	t := &v1alpha1.Tenant{ObjectMeta: w.meta(TenantName), Spec: v1alpha1.TenantSpec{
		Domain: w.Sim.Domain(),
		SignIn: v1alpha1.TenantSignIn{ClientSecret: &v1alpha1.ClientSecretSignIn{
			ClientID: w.Sim.ManagementClientID(), SecretRef: v1alpha1.SecretKeyReference{Name: SignInSecret, Key: SignInKey},
		}},
		CABundleRef: &v1alpha1.CABundleReference{Kind: "ConfigMap", Name: CABundleName, Key: CABundleKey},
	}}
	for _, change := range edit {
		change(&t.Spec)
	}
	return t
}

// CreateTenant creates a Tenant of NewTenant with its Secret and CA bundle.
func (w *Workspace) CreateTenant(edit ...func(*v1alpha1.TenantSpec)) *v1alpha1.Tenant {
	w.t.Helper()
	t := w.NewTenant(edit...)
	w.Create(w.SignIn(w.Sim.ManagementClientSecret()), w.CABundle(), t)
	return t
}

// NewClient is an OAuthClient that authenticates by self-signed certificates.
func (w *Workspace) NewClient(name string, edit ...func(*v1alpha1.OAuthClientSpec)) *v1alpha1.OAuthClient {
	c := &v1alpha1.OAuthClient{ObjectMeta: w.meta(name), Spec: v1alpha1.OAuthClientSpec{
		TenantRef:            v1alpha1.TenantReference{Name: TenantName},
		AuthenticationMethod: v1alpha1.MethodSelfSignedTLSClientAuth,
	}}
	for _, change := range edit {
		change(&c.Spec)
	}
	return c
}

// NewCredential is a ClientCredential of type x509_cert for a client. It reads its certificate from the Secret of its own
// name and publishes it to the Secret of that name with PublishSuffix.
func (w *Workspace) NewCredential(name, clientName string, edit ...func(*v1alpha1.ClientCredentialSpec)) *v1alpha1.ClientCredential {
	c := &v1alpha1.ClientCredential{ObjectMeta: w.meta(name), Spec: v1alpha1.ClientCredentialSpec{
		ClientRef: v1alpha1.LocalReference{Name: clientName},
		Type:      v1alpha1.TypeX509Cert,
		SecretRef: &v1alpha1.LocalReference{Name: name},
		Publish:   &v1alpha1.Publication{SecretRef: v1alpha1.LocalReference{Name: name + PublishSuffix}},
	}}
	for _, change := range edit {
		change(&c.Spec)
	}
	return c
}

// TLSSecret is a Secret with a certificate and its key.
func (w *Workspace) TLSSecret(name string, pair KeyPair) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: w.meta(name), Type: corev1.SecretTypeTLS, Data: map[string][]byte{
		corev1.TLSCertKey: pair.Certificate, corev1.TLSPrivateKeyKey: pair.Key,
	}}
}

// Renew writes another certificate into a Secret of TLSSecret, with its key, in one request as cert-manager does.
func (w *Workspace) Renew(name string, pair KeyPair) {
	w.t.Helper()
	Edit(w, &corev1.Secret{ObjectMeta: w.meta(name)}, func(s *corev1.Secret) {
		s.Data[corev1.TLSCertKey], s.Data[corev1.TLSPrivateKeyKey] = pair.Certificate, pair.Key
	})
}

// Published is the thumbprint of what a ClientCredential of NewCredential hands to workloads; empty for nothing.
func (w *Workspace) Published(name string) func() (string, error) {
	return func() (string, error) {
		var secret corev1.Secret
		err := w.env.Client.Get(w.ctx(), client.ObjectKey{Namespace: w.Namespace, Name: name + PublishSuffix}, &secret)
		block, _ := pem.Decode(secret.Data[corev1.TLSCertKey])
		if block == nil {
			return "", client.IgnoreNotFound(err)
		}
		return thumbprint(block.Bytes), err
	}
}

// Named returns an object of this name in the namespace, to be read with Live.
func Named[T client.Object](w *Workspace, o T, name string) T {
	o.SetNamespace(w.Namespace)
	o.SetName(name)
	return o
}
