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
	"crypto/x509/pkix"
	"testing"
	"time"

	"k8s.io/client-go/util/retry"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/test/harness"
)

// Scenario is something that users and cert-manager do, and what must come of it whatever goes wrong on the way.
type Scenario struct {
	Name string
	// Setup makes the world in which it begins, which Before describes. Nothing goes wrong until then.
	Setup  func(*Play)
	Before func(*Play) Want
	// Steps follow each other: the next is taken when the world is as the last one wants it.
	Steps []Step
	// Crowded tells that somebody else stores a credential with the client before the first step.
	Crowded bool
	// Held is how long a workload may present a certificate that was replaced.
	Held time.Duration
	// Stages tells that certificates are published while the client authenticates by a secret.
	Stages bool
	// GivesUpCertificates tells that certificates are given up on purpose, Deletes that the client is.
	GivesUpCertificates, Deletes bool
}

// Step is one thing that is done, and what comes of it; nil where that depends on what went wrong.
type Step struct {
	Do   func(*Play)
	Want func(*Play) Want
}

// Play is a scenario while it runs.
type Play struct {
	World

	t       testing.TB
	objects *harness.Workspace // of which only the constructors of objects are used
	checker *checker

	// What the scenario made.
	ClientID string
	Others   []string
	Pairs    []harness.KeyPair
	ca       harness.Authority
}

// Names of the objects of every scenario.
const (
	shop  = "shop"
	cert  = "cert"
	other = "other"
)

// What the ClientCredentials of every scenario say of rotation, in seconds.
const (
	overlapSeconds  = 7200
	handoverSeconds = 600
)

func (p *Play) must(doing string, err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatalf("%s: %v", doing, err)
	}
}

func (p *Play) create(objects ...client.Object) {
	p.t.Helper()
	for _, o := range objects {
		p.must("create "+o.GetName(), p.Client().Create(context.Background(), o))
	}
}

func (p *Play) delete(o client.Object, name string) {
	p.t.Helper()
	o.SetNamespace(p.Namespace())
	o.SetName(name)
	p.must("delete "+name, p.Client().Delete(context.Background(), o))
}

// edit changes an object as it is now, whoever else writes it meanwhile.
func edit[T client.Object](p *Play, o T, name string, change func(T)) {
	p.t.Helper()
	p.must("edit "+name, retry.OnError(retry.DefaultBackoff, func(error) bool { return true }, func() error {
		if err := p.Client().Get(context.Background(), client.ObjectKey{Namespace: p.Namespace(), Name: name}, o); err != nil {
			return err
		}
		change(o)
		return p.Client().Update(context.Background(), o)
	}))
}

// tenant creates the Tenant with what it refers to.
func (p *Play) tenant() {
	p.t.Helper()
	p.create(p.objects.SignIn(p.Sim().ManagementClientSecret()), p.objects.CABundle(), p.objects.NewTenant())
}

// credential is a ClientCredential that publishes, with an overlap.
func (p *Play) credential(name string, edit ...func(*v1alpha1.ClientCredentialSpec)) *v1alpha1.ClientCredential {
	return p.objects.NewCredential(name, shop, append(edit, func(s *v1alpha1.ClientCredentialSpec) {
		s.Rotation = &v1alpha1.Rotation{OverlapSeconds: new(int32(overlapSeconds)), HandoverSeconds: new(int32(handoverSeconds))}
	})...)
}

func byDN(s *v1alpha1.ClientCredentialSpec) { s.Type = v1alpha1.TypeCertSubjectDN }

// client is the OAuthClient of every scenario.
func (p *Play) client(edit ...func(*v1alpha1.OAuthClientSpec)) *v1alpha1.OAuthClient {
	return p.objects.NewClient(shop, edit...)
}

// adopting makes the OAuthClient take over the client that the scenario made.
func (p *Play) adopting(s *v1alpha1.OAuthClientSpec) {
	s.ClientID, s.AdoptionPolicy = p.ClientID, v1alpha1.AdoptIfUnowned
}

// pair makes a key pair that is valid for a week by the world's clock.
func (p *Play) pair() harness.KeyPair {
	p.t.Helper()
	return p.note(harness.SelfSigned(p.t, shop, p.valid))
}

// issued is pair, from a CA.
func (p *Play) issued(commonName string) harness.KeyPair {
	p.t.Helper()
	if p.ca.Leaf == nil {
		p.ca = harness.NewAuthority(p.t, "CA", p.valid)
	}
	return p.note(p.ca.Issue(p.t, commonName, p.valid, func(c *x509.Certificate) {
		c.Subject = pkix.Name{Organization: []string{"Shop"}, CommonName: commonName}
	}))
}

func (p *Play) valid(c *x509.Certificate) {
	now := p.Sim().Now()
	c.NotBefore, c.NotAfter = now.Add(-time.Hour), now.Add(7*24*time.Hour)
}

func (p *Play) note(pair harness.KeyPair) harness.KeyPair {
	p.Pairs = append(p.Pairs, pair)
	return pair
}

// renew writes a pair into the Secret of cert, as cert-manager does.
func (p *Play) renew(pair harness.KeyPair) {
	p.t.Helper()
	fresh := p.objects.TLSSecret(cert, pair)
	edit(p, p.objects.TLSSecret(cert, pair), cert, func(s *secret) { s.Data = fresh.Data })
}

// foreign stores a credential of somebody else's with the client.
func (p *Play) foreign() string {
	p.t.Helper()
	theirs := harness.SelfSigned(p.t, "theirs", p.valid)
	id, err := p.Sim().AddCredential(p.ClientID, map[string]any{"credential_type": "x509_cert", "name": "theirs", "pem": string(theirs.Certificate)})
	p.must("store a foreign credential", err)
	p.Others = append(p.Others, id)
	return id
}

// legacy makes a client that authenticates by a secret, as somebody else did long ago.
func (p *Play) legacy() {
	p.t.Helper()
	id, err := p.Sim().AddClient(map[string]any{"name": "legacy", "app_type": "non_interactive",
		"token_endpoint_auth_method": "client_secret_post", "grant_types": []any{"client_credentials"}})
	p.must("make a client", err)
	p.ClientID = id
}

// pause lets the operator work for a moment, not for as long as any fence.
func (p *Play) pause() { <-time.After(100 * time.Millisecond) }

// registered notes the id of the client that the operator made.
func (p *Play) registered() {
	p.t.Helper()
	var o v1alpha1.OAuthClient
	p.must("read the OAuthClient", p.Client().Get(context.Background(), client.ObjectKey{Namespace: p.Namespace(), Name: shop}, &o))
	p.ClientID = o.Status.ClientID
}
