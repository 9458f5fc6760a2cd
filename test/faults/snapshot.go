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
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/internal/controller/oauthclient"
	"github.com/certbound/certbound/test/harness"
)

// Snapshot is a world at one moment.
type Snapshot struct {
	// Tenant are the clients of the tenant but for those that it has of itself, the deleted ones not among them.
	Tenant      []auth0sim.Client
	Clients     map[string]*v1alpha1.OAuthClient
	Credentials map[string]*v1alpha1.ClientCredential
	Tenants     []v1alpha1.Tenant
	// Published are the certificates in Secrets, by the names of the Secrets.
	Published map[string]*x509.Certificate
}

// Look takes a snapshot.
func Look(ctx context.Context, w World) (Snapshot, error) {
	s := Snapshot{Clients: map[string]*v1alpha1.OAuthClient{}, Credentials: map[string]*v1alpha1.ClientCredential{},
		Published: map[string]*x509.Certificate{}}
	var clients v1alpha1.OAuthClientList
	var credentials v1alpha1.ClientCredentialList
	var secrets corev1.SecretList
	var tenants v1alpha1.TenantList
	for _, list := range []client.ObjectList{&clients, &credentials, &secrets, &tenants} {
		if err := w.Client().List(ctx, list, client.InNamespace(w.Namespace())); err != nil {
			return s, fmt.Errorf("look at the objects: %w", err)
		}
	}
	s.Tenants = tenants.Items
	for i := range clients.Items {
		s.Clients[clients.Items[i].Name] = &clients.Items[i]
	}
	for i := range credentials.Items {
		s.Credentials[credentials.Items[i].Name] = &credentials.Items[i]
	}
	for _, secret := range secrets.Items {
		if block, _ := pem.Decode(secret.Data[corev1.TLSCertKey]); block != nil {
			if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
				s.Published[secret.Name] = certificate
			}
		}
	}
	for _, k := range w.Sim().Clients() {
		if !k.Global && !k.Deleted && k.ID != w.Sim().ManagementClientID() {
			s.Tenant = append(s.Tenant, k)
		}
	}
	return s, nil
}

// Want is what a world must come to be. It says nothing of how.
type Want struct {
	// Client is the OAuthClient; there must be none, and no client at the tenant, when it is empty.
	Client string
	// Method is how the client authenticates, by certificates or by a secret.
	Method string
	// Attached are the certificates that sign in. Each is one credential.
	Attached []harness.KeyPair
	// Stored is how many more are stored of ours that do not sign in yet.
	Stored int
	// Others are ids of credentials of others that are there.
	Others []string
	// Published is what each ClientCredential hands to workloads.
	Published map[string]harness.KeyPair
	// Says are the reasons of Ready for objects that are not ready.
	Says map[string]string
}

// Missing tells what is not as it must be.
func (want Want) Missing(s Snapshot) []string {
	m := &missing{Snapshot: s, want: want}
	m.tenant()
	m.objects()
	for name, pair := range want.Published {
		if held := s.Published[name+harness.PublishSuffix]; held == nil || !held.Equal(pair.Leaf) {
			m.addf("the published Secret of %s does not hold what it should", name)
		}
	}
	return m.problems
}

// missing collects what is missing.
type missing struct {
	Snapshot

	want     Want
	problems []string
}

func (m *missing) addf(format string, args ...any) {
	m.problems = append(m.problems, fmt.Sprintf(format, args...))
}

func (m *missing) tenant() {
	switch {
	case m.want.Client == "" && len(m.Tenant) > 0:
		m.addf("there are still %d clients at the tenant", len(m.Tenant))
	case m.want.Client != "" && len(m.Tenant) != 1:
		m.addf("there are %d clients at the tenant", len(m.Tenant))
	case m.want.Client != "":
		m.client(m.Tenant[0])
	}
}

func (m *missing) client(k auth0sim.Client) {
	if method := k.AuthenticationMethod + k.TokenEndpointAuthMethod; method != m.want.Method {
		m.addf("the client authenticates by %s", method)
	}
	ours := 0
	for _, credential := range k.Credentials {
		if !slices.Contains(m.want.Others, credential.ID) {
			ours++
		}
	}
	theirs := len(k.Credentials) - ours
	if ours != len(m.want.Attached)+m.want.Stored || theirs != len(m.want.Others) {
		m.addf("the client holds %d credentials of ours and %d of others", ours, theirs)
	}
	for i, pair := range m.want.Attached {
		if !k.Accepts(pair.Leaf) {
			m.addf("certificate %d of those that should sign in does not", i+1)
		}
	}
	attached := 0
	for _, id := range k.Attached {
		if !slices.Contains(m.want.Others, id) {
			attached++
		}
	}
	if attached != len(m.want.Attached) {
		m.addf("%d credentials of ours sign in, not %d", attached, len(m.want.Attached))
	}
	m.reported(k)
}

// reported compares what the OAuthClient says with the tenant.
func (m *missing) reported(k auth0sim.Client) {
	o := m.Clients[m.want.Client]
	if o == nil {
		return
	}
	if o.Status.ClientID != k.ID || o.Status.AuthenticationMethod != k.AuthenticationMethod+k.TokenEndpointAuthMethod {
		m.addf("the OAuthClient reports the client %s by %s", o.Status.ClientID, o.Status.AuthenticationMethod)
	}
	if !slices.Contains(o.Finalizers, oauthclient.Finalizer) {
		m.addf("the OAuthClient has no finalizer")
	}
	reported := map[string]bool{} // whether attached, by id
	for _, c := range o.Status.Credentials {
		reported[c.ID] = c.State == v1alpha1.CredentialAttached
	}
	for _, c := range k.Credentials {
		attached, told := reported[c.ID]
		unseen := !told && slices.Contains(m.want.Others, c.ID) // stored by somebody after the last look
		if !unseen && (!told || attached != slices.Contains(k.Attached, c.ID)) {
			m.addf("the OAuthClient does not report %s as it is", c.ID)
		}
		delete(reported, c.ID)
	}
	if len(reported) > 0 {
		m.addf("the OAuthClient reports credentials that are not there: %v", reported)
	}
}

// signedIn tells which Tenants are not signed in to.
func (s Snapshot) signedIn() []string {
	m := &missing{Snapshot: s}
	m.tenants()
	return m.problems
}

func (m *missing) tenants() {
	for _, t := range m.Tenants {
		m.ready("Tenant "+t.Name, "", t.Generation, t.Status.ObservedGeneration, t.Status.Conditions)
	}
}

func (m *missing) objects() {
	m.tenants()
	if _, exists := m.Clients[m.want.Client]; !exists && m.want.Client != "" {
		m.addf("there is no OAuthClient %s", m.want.Client)
	}
	for name, o := range m.Clients {
		if m.want.Client == "" {
			m.addf("the OAuthClient %s is still there", name)
			continue
		}
		m.ready("OAuthClient "+name, m.want.Says[name], o.Generation, o.Status.ObservedGeneration, o.Status.Conditions)
	}
	for name, o := range m.Credentials {
		m.ready("ClientCredential "+name, m.want.Says[name], o.Generation, o.Status.ObservedGeneration, o.Status.Conditions)
		published, wanted := o.Status.Published, m.want.Published[name]
		if wanted.Leaf != nil && (published == nil || published.Fingerprint != wanted.Thumbprint()) {
			m.addf("ClientCredential %s does not report that it published what it should", name)
		}
	}
}

// ready compares an object's Ready with what it must say: the reason, or Ready itself.
func (m *missing) ready(object, reason string, generation, observed int64, conditions []metav1.Condition) {
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if reason == "" {
		reason = v1alpha1.ReasonReady
	}
	if ready == nil || ready.Reason != reason || observed != generation || ready.ObservedGeneration != generation {
		m.addf("%s does not say %s of its generation %d: %+v", object, reason, generation, ready)
	}
}
