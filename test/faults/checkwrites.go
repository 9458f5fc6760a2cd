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

package faults

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/controller/oauthclient"
)

// written takes a write to the cluster that has just taken place. Its operator waits meanwhile.
func (c *checker) written(ctx context.Context, w Write) {
	switch w.Kind {
	case "Secret":
		c.publishedIn(ctx, w.Name)
	case "OAuthClient":
		c.reportedOn(ctx, w.Name)
	}
}

func (c *checker) get(ctx context.Context, name string, o client.Object) bool {
	return c.world.Client().Get(ctx, client.ObjectKey{Namespace: c.world.Namespace(), Name: name}, o) == nil
}

// publishedIn looks at what workloads are handed from now on: the tenant must accept it.
func (c *checker) publishedIn(ctx context.Context, name string) {
	var secret corev1.Secret
	if !c.get(ctx, name, &secret) {
		return
	}
	block, _ := pem.Decode(secret.Data[corev1.TLSCertKey])
	if block == nil {
		return
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	all := c.presented[name]
	if len(all) > 0 && all[len(all)-1].certificate.Equal(certificate) {
		return
	}
	if len(all) > 0 {
		all[len(all)-1].replaced = c.world.Sim().Now()
	}
	c.presented[name] = append(all, presentation{certificate: certificate})
	if !c.accepted(certificate) && !c.onPurpose.staged && !c.onPurpose.secret {
		c.violatedf("I1", "the Secret %s holds a certificate that does not sign in", name)
	}
}

// accepted tells whether a client of the run accepts a certificate. The checker is locked.
func (c *checker) accepted(certificate *x509.Certificate) bool {
	for _, k := range c.clients {
		if !k.Deleted && k.Accepts(certificate) {
			return true
		}
	}
	return false
}

// reportedOn compares what an OAuthClient says with the tenant, and whether it may have gone already.
func (c *checker) reportedOn(ctx context.Context, name string) {
	var o v1alpha1.OAuthClient
	exists := c.get(ctx, name, &o)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if !exists || (!o.DeletionTimestamp.IsZero() && !slices.Contains(o.Finalizers, oauthclient.Finalizer)) {
		if left := c.left(name); left != "" && c.onPurpose.deleted {
			c.violatedf("I10", "the OAuthClient %s went although its client %s is still there", name, left)
		}
		return
	}
	registered := meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionRegistered)
	if registered && o.DeletionTimestamp.IsZero() && !slices.Contains(o.Finalizers, oauthclient.Finalizer) {
		c.violatedf("I10", "the OAuthClient %s calls its client registered and has no finalizer", name)
	}
	c.checkReport(&o, c.clients[o.Status.ClientID])
}

// checkReport compares a status with the tenant. The checker is locked.
func (c *checker) checkReport(o *v1alpha1.OAuthClient, present auth0sim.Client) {
	for _, credential := range o.Status.Credentials {
		if credential.State == v1alpha1.CredentialAttached && !slices.Contains(present.Attached, credential.ID) {
			c.violatedf("I12", "the status calls %s attached, and the tenant lists %v", credential.ID, present.Attached)
		}
	}
	stages := c.onPurpose.staged && present.AuthenticationMethod == ""
	if c.onPurpose.secret || stages || !meta.IsStatusConditionTrue(o.Status.Conditions, v1alpha1.ConditionReady) {
		return
	}
	for secret, presentations := range c.presented {
		if last := presentations[len(presentations)-1]; !present.Accepts(last.certificate) {
			c.violatedf("I12", "the OAuthClient is Ready, and what a workload of %s presents does not sign in", secret)
		}
	}
}

// left is the id of the client that was made for an OAuthClient and is still there.
func (c *checker) left(name string) string {
	for id, k := range c.clients {
		if !k.Deleted && k.Name == c.world.Namespace()+"/"+name {
			return id
		}
	}
	return ""
}
