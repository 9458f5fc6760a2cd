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
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/certificate"
	"github.com/certbound/certbound/internal/controller/clientcredential"
	"github.com/certbound/certbound/internal/registration"
	"github.com/certbound/certbound/internal/rotation"
)

// freshness is how far the ClientCredentials that were read can be relied on.
type freshness int

const (
	// ofTheCache may be behind what people have declared, and lack the PEM of certificates: enough to decide whether anything is to be sent.
	ofTheCache freshness = iota
	// byName are as they are now, and there may be more: enough for what takes nothing away, where one that the cache does not show yet may
	// come later.
	byName
	// all are as they are now, and there are no others. For such a list the API server looks at all ClientCredentials of the namespace.
	all
)

// readCredentials reads the client's ClientCredentials so that they can be relied on as far as is asked.
func (p *pass) readCredentials(ctx context.Context, how freshness) (err error) {
	switch how {
	case ofTheCache:
		err = p.listCredentials(ctx, p.Client)
	case byName:
		err = p.readEachCredential(ctx)
	default:
		err = p.listCredentials(ctx, p.Live)
	}
	p.fresh = how
	return err
}

func (p *pass) listCredentials(ctx context.Context, from client.Reader) error {
	credentials, err := clientcredential.OfClient(ctx, from, client.ObjectKeyFromObject(p.obj))
	if err != nil {
		return err
	}
	p.credentials = slices.DeleteFunc(credentials, func(c v1alpha1.ClientCredential) bool { return !c.DeletionTimestamp.IsZero() })
	return nil
}

func (p *pass) readEachCredential(ctx context.Context) error {
	var found []v1alpha1.ClientCredential
	for i := range p.credentials {
		var c v1alpha1.ClientCredential
		err := p.Live.Get(ctx, client.ObjectKeyFromObject(&p.credentials[i]), &c)
		switch {
		case apierrors.IsNotFound(err):
		case err != nil:
			return fmt.Errorf("read the client's ClientCredential %s: %w", p.credentials[i].Name, err)
		case c.DeletionTimestamp.IsZero() && c.Spec.ClientRef.Name == p.obj.Name:
			found = append(found, c)
		}
	}
	p.credentials = found
	return nil
}

// fitting are the ClientCredentials whose type goes with the method. Under a secret each is staged.
func (p *pass) fitting(method registration.Method) (fitting []*v1alpha1.ClientCredential) {
	for i := range p.credentials {
		if method.UsesSecret() || registration.CredentialType(p.credentials[i].Spec.Type) == method.Accepts() {
			fitting = append(fitting, &p.credentials[i])
		}
	}
	return fitting
}

// initialCredentials are the credentials to create the client with, or what has to be waited for.
func (p *pass) initialCredentials(method registration.Method) (credentials []auth0.NewCredential, waitingFor string) {
	if !method.UsesCertificates() {
		return nil, ""
	}
	fitting := p.fitting(method)
	if len(fitting) == 0 {
		return nil, fmt.Sprintf("Waiting for a ClientCredential of type %s that refers to this client; it is created together with its first "+
			"certificate, so that it never has a secret in force.", method.Accepts())
	}
	for _, c := range fitting {
		if c.Status.Certificate == nil {
			return nil, fmt.Sprintf("Waiting for a usable certificate of ClientCredential %s; the client is created together with it.", c.Name)
		}
		if len(credentials) < p.tenant.limits.Attached {
			credentials = append(credentials, p.newCredential(c))
		}
	}
	return credentials, ""
}

// newCredential is the credential to store for a ClientCredential. A subject is sent as the certificate that has it, so
// that the tenant derives it in its own form, except where it was given literally.
func (p *pass) newCredential(c *v1alpha1.ClientCredential) auth0.NewCredential {
	n := auth0.NewCredential{
		Name: registration.CredentialName(string(p.obj.UID), c.Name),
		Type: registration.CredentialType(c.Spec.Type),
		PEM:  c.Status.Certificate.PEM,
	}
	if n.PEM == "" && n.Type == registration.CertSubjectDN {
		n.SubjectDN = c.Status.Certificate.SubjectDN
	}
	return n
}

// observation is all that the planner may know, from the tenant's answers and the ClientCredentials' statuses.
func (p *pass) observation() rotation.Observation {
	method := registration.Method(p.obj.Spec.AuthenticationMethod)
	o := rotation.Observation{
		Secret: method.UsesSecret(), InForce: p.view.client.Method.InForceFor(method), Limits: p.tenant.limits, Now: p.now,
	}
	for _, c := range p.fitting(method) {
		cert := certificateOf(c)
		cert.PublishedNotAfter, cert.PreviousNotAfter = p.here(cert.PublishedNotAfter), p.here(cert.PreviousNotAfter)
		o.Certificates = append(o.Certificates, cert)
	}
	for _, c := range p.view.credentials {
		o.Credentials = append(o.Credentials, p.credential(c))
	}
	return o
}

// here is when the operator's clock shows what the tenant's shows at a time: a certificate expires by the tenant's, while an
// overlap is counted by the operator's. Where that is ahead, nothing may be taken for expired that the tenant still accepts.
func (p *pass) here(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	return at.Add(p.tenant.clockAhead)
}

func certificateOf(c *v1alpha1.ClientCredential) rotation.Certificate {
	cert := rotation.Certificate{Owner: c.Name, Handover: clientcredential.HandoverOf(c)}
	if newest := c.Status.Certificate; newest != nil {
		cert.Wanted = identity(registration.CredentialType(c.Spec.Type), newest.Fingerprint, newest.SubjectDN)
	}
	if published := c.Status.Published; published != nil {
		cert.Published = identity(registration.CredentialType(c.Spec.Type), published.Fingerprint, published.SubjectDN)
		cert.PublishedAt = published.PublishedAt.Time
		if since := published.SubjectPublishedAt; since != nil && cert.Published == rotation.Identity(published.SubjectDN) {
			cert.PublishedAt = since.Time
		}
		if published.NotAfter != nil {
			cert.PublishedNotAfter = published.NotAfter.Time
		}
		if published.PreviousNotAfter != nil {
			cert.PreviousNotAfter = published.PreviousNotAfter.Time
		}
	}
	if r := c.Spec.Rotation; r != nil && r.OverlapSeconds != nil {
		overlap := time.Duration(*r.OverlapSeconds) * time.Second
		cert.Overlap = &overlap
	}
	return cert
}

// credential is a stored credential as the planner sees it.
func (p *pass) credential(c auth0.Credential) rotation.Credential {
	owner, owned := p.owner(c.Name)
	if !p.isOf(owner, c.Type) {
		owner = "" // made for one of this name that is gone: types do not change
	}
	return rotation.Credential{
		ID: c.ID, Identity: identity(c.Type, c.Thumbprint, c.SubjectDN), Attached: p.view.attached(c.ID),
		Owned: owned, Owner: owner, NotAfter: p.here(c.ExpiresAt), CreatedAt: c.CreatedAt,
	}
}

func (v *view) attached(id string) bool {
	return slices.Contains(v.client.CredentialIDs, id)
}

// owner tells whether a credential was made for this object, and for which ClientCredential. A client that is adopted
// whatever its mark comes with all that Certbound made on it, as after the loss of a cluster.
func (p *pass) owner(name string) (owner string, owned bool) {
	uid, owner, marked := registration.CredentialOwner(name)
	if !marked || (uid != string(p.obj.UID) && p.obj.Spec.AdoptionPolicy != v1alpha1.AdoptAlways) {
		return "", false
	}
	for i := range p.credentials {
		if registration.OwnerInName(uid, p.credentials[i].Name) == owner {
			return p.credentials[i].Name, true
		}
	}
	return owner, true
}

// isOf tells whether there is a ClientCredential of this name and type.
func (p *pass) isOf(name string, t registration.CredentialType) bool {
	return slices.ContainsFunc(p.credentials, func(c v1alpha1.ClientCredential) bool {
		return c.Name == name && registration.CredentialType(c.Spec.Type) == t
	})
}

// identity is what the tenant matches a credential of this type by; empty for types that are not managed.
func identity(t registration.CredentialType, thumbprint, subjectDN string) rotation.Identity {
	switch t {
	case registration.X509Cert:
		return rotation.Identity(thumbprint)
	case registration.CertSubjectDN:
		return rotation.Identity(certificate.NormalizeDN(subjectDN))
	}
	return ""
}
