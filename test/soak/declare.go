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

package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/workload"
)

// Names of what all clients share.
const (
	tenantName = "auth0"
	signIn     = "management"
	selfSigned = "self-signed"
	authority  = "ca"
)

const (
	patience = 2 * time.Minute
	lookout  = 100 * time.Millisecond
)

// declare declares the tenant, the issuers and the clients, and waits until everything is in place.
func (r *run) declare(ctx context.Context) error {
	if err := r.furnish(ctx); err != nil {
		return err
	}
	for _, m := range r.crew {
		r.ledger.open(m, newMount(m, r.pace, r.seed), namespace+"/"+m.name)
	}
	if err := r.observe(ctx); err != nil {
		return err
	}
	for _, m := range r.crew {
		if err := r.create(ctx, issuedBy(issuerOf(m), m.name), oauthClient(m), r.clientCredential(m)); err != nil {
			return err
		}
	}
	for _, m := range r.crew {
		err := await(ctx, "the client "+m.name, func() (bool, error) {
			var c v1alpha1.OAuthClient
			err := r.client.Get(ctx, key(m.name), &c)
			if err == nil && r.deputy.ended() {
				err = errors.New("the operator ended by itself")
			}
			return meta.IsStatusConditionTrue(c.Status.Conditions, v1alpha1.ConditionReady), err
		})
		if err != nil {
			return fmt.Errorf("%w\nthe end of the operator's log:\n%s", err, r.deputy.process.Tail())
		}
	}
	return nil
}

// furnish makes what the clients need: an API at the tenant that binds tokens to certificates, the Tenant, and a CA.
func (r *run) furnish(ctx context.Context) error {
	_, err := r.tenant.AddResourceServer(map[string]any{
		"identifier": audience, "proof_of_possession": map[string]any{"mechanism": "mtls", "required": true},
	})
	if err != nil {
		return fmt.Errorf("furnish the tenant: %w", err)
	}
	ca := issuedBy(selfSigned, authority)
	ca.Spec.IsCA, ca.Spec.Usages = true, nil
	err = r.create(ctx,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}},
		&corev1.Secret{ObjectMeta: object(signIn), StringData: map[string]string{"secret": r.tenant.ManagementClientSecret()}},
		&corev1.ConfigMap{ObjectMeta: object(tenantName), Data: map[string]string{"ca.crt": string(r.tenant.CABundle())}},
		r.tenantObject(),
		&cmapi.Issuer{ObjectMeta: object(selfSigned), Spec: cmapi.IssuerSpec{IssuerConfig: cmapi.IssuerConfig{SelfSigned: &cmapi.SelfSignedIssuer{}}}},
		ca,
		&cmapi.Issuer{ObjectMeta: object(authority), Spec: cmapi.IssuerSpec{IssuerConfig: cmapi.IssuerConfig{CA: &cmapi.CAIssuer{SecretName: authority}}}},
	)
	if err != nil {
		return err
	}
	var secret corev1.Secret
	err = await(ctx, "the CA's certificate", func() (bool, error) {
		err := r.client.Get(ctx, key(authority), &secret)
		return leafOf(&secret) != nil, client.IgnoreNotFound(err)
	})
	if err != nil {
		return err
	}
	return r.tenant.SetClientCAs(secret.Data[corev1.TLSCertKey])
}

func (r *run) tenantObject() *v1alpha1.Tenant {
	return &v1alpha1.Tenant{ObjectMeta: object(tenantName), Spec: v1alpha1.TenantSpec{
		Domain: r.tenant.Domain(),
		SignIn: v1alpha1.TenantSignIn{ClientSecret: &v1alpha1.ClientSecretSignIn{
			ClientID: r.tenant.ManagementClientID(), SecretRef: v1alpha1.SecretKeyReference{Name: signIn, Key: "secret"},
		}},
		CABundleRef:          &v1alpha1.CABundleReference{Kind: "ConfigMap", Name: tenantName, Key: "ca.crt"},
		EndpointAliases:      v1alpha1.EndpointAliasesEnabled,
		DriftIntervalSeconds: int32(r.drift.Seconds()),
	}}
}

func oauthClient(m member) *v1alpha1.OAuthClient {
	method := v1alpha1.MethodSelfSignedTLSClientAuth
	if m.kind == v1alpha1.TypeCertSubjectDN {
		method = v1alpha1.MethodTLSClientAuth
	}
	return &v1alpha1.OAuthClient{ObjectMeta: object(m.name), Spec: v1alpha1.OAuthClientSpec{
		TenantRef: v1alpha1.TenantReference{Name: tenantName}, AuthenticationMethod: method,
		Grants:     []v1alpha1.ClientGrant{{Audience: audience}},
		Connection: &v1alpha1.Connection{ConfigMapRef: v1alpha1.LocalReference{Name: m.name + connectionSuffix}},
	}}
}

func (r *run) clientCredential(m member) *v1alpha1.ClientCredential {
	c := &v1alpha1.ClientCredential{ObjectMeta: object(m.name), Spec: v1alpha1.ClientCredentialSpec{
		ClientRef: v1alpha1.LocalReference{Name: m.name}, Type: m.kind,
		CertificateRef: &v1alpha1.LocalReference{Name: m.name},
		Rotation: &v1alpha1.Rotation{
			OverlapSeconds: new(int32(r.overlap.Seconds())), HandoverSeconds: new(int32(r.handover.Seconds())),
		},
	}}
	if m.gated {
		c.Spec.Publish = &v1alpha1.Publication{SecretRef: v1alpha1.LocalReference{Name: m.mounted()}}
	}
	return c
}

func issuerOf(m member) string {
	if m.kind == v1alpha1.TypeCertSubjectDN {
		return authority
	}
	return selfSigned
}

// issuedBy is a Certificate with a Secret of the same name.
func issuedBy(issuer, name string) *cmapi.Certificate {
	return &cmapi.Certificate{ObjectMeta: object(name), Spec: cmapi.CertificateSpec{
		SecretName: name, CommonName: name, Subject: &cmapi.X509Subject{Organizations: []string{"Example"}},
		IssuerRef: cmmeta.IssuerReference{Name: issuer}, Usages: []cmapi.KeyUsage{cmapi.UsageClientAuth, cmapi.UsageDigitalSignature},
		PrivateKey: &cmapi.CertificatePrivateKey{Algorithm: cmapi.ECDSAKeyAlgorithm, RotationPolicy: cmapi.RotationPolicyAlways},
	}}
}

// startWorkloads starts the workload of each client and waits for its first token.
func (r *run) startWorkloads(ctx context.Context) error {
	tenant, err := workload.NewTenant(r.tenant.CABundle())
	if err != nil {
		return err
	}
	for _, a := range r.ledger.all() {
		r.workloads = append(r.workloads, workload.Start(context.WithoutCancel(ctx), workload.Options{
			Cluster: volume{a.mount, r.client}, Namespace: namespace, Secret: a.mounted(), ConfigMap: a.name + connectionSuffix,
			Tenant: tenant, Audience: audience, Every: r.every, OnRequest: func(q workload.Request) { r.ledger.request(a, q) },
		}))
	}
	for i, w := range r.workloads {
		err := await(ctx, "the first token of "+r.crew[i].name, func() (bool, error) { return len(w.Requests()) > 0, nil })
		if err != nil {
			return err
		}
	}
	return nil
}

// atTenant is the client as the tenant has it now.
func (r *run) atTenant(ctx context.Context, m member) (auth0sim.Client, bool) {
	var c v1alpha1.OAuthClient
	if err := r.client.Get(ctx, key(m.name), &c); err != nil {
		return auth0sim.Client{}, false
	}
	return r.tenant.Client(c.Status.ClientID)
}

func (r *run) create(ctx context.Context, objects ...client.Object) error {
	for _, o := range objects {
		if err := r.client.Create(ctx, o); err != nil {
			return fmt.Errorf("create %T %s: %w", o, o.GetName(), err)
		}
	}
	return nil
}

func object(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: namespace, Name: name}
}

func key(name string) client.ObjectKey { return client.ObjectKey{Namespace: namespace, Name: name} }

// await waits for what must come.
func await(ctx context.Context, what string, condition func() (bool, error)) error {
	limited, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for limited.Err() == nil {
		if done, err := condition(); done || err != nil {
			return err
		}
		pause(limited, lookout)
	}
	return fmt.Errorf("waited in vain for %s: %w", what, limited.Err())
}
