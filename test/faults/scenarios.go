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
	"bytes"
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/test/harness"
)

type secret = corev1.Secret

const (
	selfSigned = string(v1alpha1.MethodSelfSignedTLSClientAuth)
	byCA       = string(v1alpha1.MethodTLSClientAuth)
	bySecret   = string(v1alpha1.MethodClientSecretPost)

	overlap  = overlapSeconds * time.Second
	handover = handoverSeconds * time.Second
)

// Scenarios are all that are known.
var Scenarios = []Scenario{
	{
		Name: "create", Held: overlap,
		Setup:  (*Play).tenant,
		Before: func(*Play) Want { return Want{} },
		Steps: []Step{{
			Do:   func(p *Play) { p.create(p.objects.TLSSecret(cert, p.pair()), p.client(), p.credential(cert)) },
			Want: func(p *Play) Want { return p.signsIn(selfSigned, p.Pairs[0]) },
		}},
	},
	{
		Name: "adopt", Held: overlap,
		Setup: func(p *Play) {
			p.legacy()
			p.must("attach", p.Sim().Attach(p.ClientID, selfSigned, p.foreign()))
			p.tenant()
		},
		Steps: []Step{{
			Do:   func(p *Play) { p.create(p.objects.TLSSecret(cert, p.pair()), p.client(p.adopting), p.credential(cert)) },
			Want: func(p *Play) Want { return p.signsIn(selfSigned, p.Pairs[0]) },
		}},
	},
	{
		Name: "migrate", Held: overlap,
		Setup: func(p *Play) { p.legacy(); p.tenant() },
		Steps: []Step{{
			Do:   func(p *Play) { p.create(p.objects.TLSSecret(cert, p.pair()), p.client(p.adopting), p.credential(cert)) },
			Want: func(p *Play) Want { return p.signsIn(selfSigned, p.Pairs[0]) },
		}},
	},
	{
		Name: "migrate in stages", Held: overlap, Stages: true,
		Setup: func(p *Play) { p.legacy(); p.tenant() },
		Steps: []Step{
			{
				Do: func(p *Play) {
					p.create(p.objects.TLSSecret(cert, p.pair()), p.client(p.adopting, withSecret), p.credential(cert))
				},
				Want: (*Play).staged,
			},
			{
				Do: func(p *Play) {
					edit(p, &v1alpha1.OAuthClient{}, shop, func(o *v1alpha1.OAuthClient) {
						o.Spec.AuthenticationMethod = v1alpha1.MethodSelfSignedTLSClientAuth
					})
				},
				Want: (*Play).first,
			},
		},
	},
	{
		Name: "rotate x509_cert", Crowded: true, Held: overlap,
		Setup:  (*Play).bound,
		Before: (*Play).first,
		Steps: []Step{
			{
				Do:   func(p *Play) { p.renew(p.pair()) },
				Want: func(p *Play) Want { return p.publishes(p.signsIn(selfSigned, p.Pairs[0], p.Pairs[1]), p.Pairs[1]) },
			},
			{
				Do:   func(p *Play) { p.Advance(overlap + time.Minute) },
				Want: func(p *Play) Want { return p.signsIn(selfSigned, p.Pairs[1]) },
			},
		},
	},
	{
		Name: "rotate cert_subject_dn", Held: overlap,
		Setup: func(p *Play) {
			p.tenant()
			p.create(p.objects.TLSSecret(cert, p.issued("one")), p.client(byTLS), p.credential(cert, byDN))
		},
		Before: func(p *Play) Want { return p.signsIn(byCA, p.Pairs[0]) },
		Steps: []Step{
			{
				Do:   func(p *Play) { p.renew(p.issued("two")) },
				Want: func(p *Play) Want { return p.publishes(p.signsIn(byCA, p.Pairs[0], p.Pairs[1]), p.Pairs[1]) },
			},
			{
				Do:   func(p *Play) { p.Advance(overlap + time.Minute) },
				Want: func(p *Play) Want { return p.signsIn(byCA, p.Pairs[1]) },
			},
		},
	},
	{
		Name: "third certificate", Crowded: true, Held: handover,
		Setup:  (*Play).bound,
		Before: (*Play).first,
		Steps: []Step{
			{
				Do:   func(p *Play) { p.renew(p.pair()) },
				Want: func(p *Play) Want { return p.publishes(p.signsIn(selfSigned, p.Pairs[0], p.Pairs[1]), p.Pairs[1]) },
			},
			{
				Do: func(p *Play) { p.renew(p.pair()) },
				Want: func(p *Play) Want {
					w := p.publishes(p.signsIn(selfSigned, p.Pairs[0], p.Pairs[1]), p.Pairs[1])
					w.Stored = 1
					w.Says = map[string]string{shop: v1alpha1.ReasonHandover, cert: v1alpha1.ReasonWaitingForClient}
					return w
				},
			},
			{
				Do:   func(p *Play) { p.Advance(handover + time.Minute) },
				Want: func(p *Play) Want { return p.publishes(p.signsIn(selfSigned, p.Pairs[1], p.Pairs[2]), p.Pairs[2]) },
			},
			{
				Do:   func(p *Play) { p.Advance(overlap + time.Minute) },
				Want: func(p *Play) Want { return p.signsIn(selfSigned, p.Pairs[2]) },
			},
		},
	},
	{
		// The second comes while the first is under way, or is in doubt.
		Name: "two renewals at once", Crowded: true, Held: handover,
		Setup:  (*Play).bound,
		Before: (*Play).first,
		Steps: []Step{
			{Do: func(p *Play) {
				p.renew(p.pair())
				p.pause()
				p.renew(p.pair())
			}},
			{
				Do: func(p *Play) { p.Advance(handover + time.Minute) },
			},
			{
				Do:   func(p *Play) { p.Advance(overlap + time.Minute) },
				Want: func(p *Play) Want { return p.signsIn(selfSigned, p.Pairs[2]) },
			},
		},
	},
	{
		// Before workloads have it, if a fault leaves the time for that; nothing is to be kept of it then.
		Name: "a renewal that is taken back",
		Setup: func(p *Play) {
			p.tenant()
			c := p.credential(cert)
			c.Spec.Rotation.OverlapSeconds = new(int32(0))
			p.create(p.objects.TLSSecret(cert, p.pair()), p.client(), c)
		},
		Before: (*Play).first,
		Steps: []Step{
			{Do: func(p *Play) { p.renew(p.pair()); p.pause() }},
			{
				Do: func(p *Play) {
					if p.isPublished(p.Pairs[0]) {
						p.renew(p.Pairs[0])
						p.Pairs = p.Pairs[:1]
					}
				},
				Want: func(p *Play) Want {
					last := p.Pairs[len(p.Pairs)-1]
					return p.publishes(p.signsIn(selfSigned, last), last)
				},
			},
		},
	},
	{
		Name: "switch the method", Crowded: true, Held: overlap,
		Setup:  (*Play).bound,
		Before: (*Play).first,
		Steps: []Step{{
			Do: func(p *Play) {
				p.giveUp(cert)
				p.create(p.objects.TLSSecret(other, p.issued(shop)), p.credential(other, byDN))
				edit(p, &v1alpha1.OAuthClient{}, shop, func(o *v1alpha1.OAuthClient) { byTLS(&o.Spec) })
			},
			Want: func(p *Play) Want {
				w := p.signsIn(byCA, p.Pairs[1])
				w.Published = map[string]harness.KeyPair{cert: p.Pairs[0], other: p.Pairs[1]}
				w.Says = map[string]string{cert: v1alpha1.ReasonMethodMismatch}
				return w
			},
		}},
	},
	{
		Name: "revert to a secret", Crowded: true, Held: overlap, GivesUpCertificates: true,
		Setup:  (*Play).bound,
		Before: (*Play).first,
		Steps: []Step{{
			Do: func(p *Play) {
				edit(p, &v1alpha1.OAuthClient{}, shop, func(o *v1alpha1.OAuthClient) { withSecret(&o.Spec) })
			},
			Want: func(p *Play) Want {
				return p.staged() // what was detached stays, for the way back
			},
		}},
	},
	{
		Name: "delete the OAuthClient", Crowded: true, Held: overlap, Deletes: true,
		Setup: func(p *Play) {
			p.bindWith(func(s *v1alpha1.OAuthClientSpec) { s.DeletionPolicy = v1alpha1.DeletionDelete })
		},
		Before: (*Play).first,
		Steps: []Step{{
			Do:   func(p *Play) { p.delete(&v1alpha1.OAuthClient{}, shop) },
			Want: func(*Play) Want { return Want{Says: map[string]string{cert: v1alpha1.ReasonOAuthClientNotFound}} },
		}},
	},
	{
		Name: "delete one of two ClientCredentials", Crowded: true, Held: overlap,
		Setup: func(p *Play) {
			p.bound()
			p.create(p.objects.TLSSecret(other, p.pair()), p.credential(other))
		},
		Before: func(p *Play) Want {
			w := p.signsIn(selfSigned, p.Pairs[0], p.Pairs[1])
			w.Published = map[string]harness.KeyPair{cert: p.Pairs[0], other: p.Pairs[1]}
			return w
		},
		Steps: []Step{{
			Do: func(p *Play) {
				p.giveUp(cert)
				p.delete(&v1alpha1.ClientCredential{}, cert)
			},
			Want: func(p *Play) Want {
				w := p.signsIn(selfSigned, p.Pairs[1])
				w.Published = map[string]harness.KeyPair{other: p.Pairs[1]}
				return w
			},
		}},
	},
}

func byTLS(s *v1alpha1.OAuthClientSpec) { s.AuthenticationMethod = v1alpha1.MethodTLSClientAuth }

func withSecret(s *v1alpha1.OAuthClientSpec) {
	s.AuthenticationMethod = v1alpha1.MethodClientSecretPost
}

// staged wants the client to authenticate by its secret, and the certificate to be there for the day when it does not.
func (p *Play) staged() Want {
	w := Want{Client: shop, Method: bySecret, Stored: 1, Others: p.Others, Says: map[string]string{cert: v1alpha1.ReasonStaged}}
	return p.publishes(w, p.Pairs[0])
}

// bound makes a client with one certificate.
func (p *Play) bound() { p.bindWith() }

func (p *Play) bindWith(edit ...func(*v1alpha1.OAuthClientSpec)) {
	p.tenant()
	p.create(p.objects.TLSSecret(cert, p.pair()), p.client(edit...), p.credential(cert))
}

// first wants what bound makes.
func (p *Play) first() Want { return p.signsIn(selfSigned, p.Pairs[0]) }

// signsIn wants the client to accept these certificates, of which cert publishes the last, and what others stored.
func (p *Play) signsIn(method string, pairs ...harness.KeyPair) Want {
	return p.publishes(Want{Client: shop, Method: method, Attached: pairs, Others: p.Others}, pairs[len(pairs)-1])
}

// publishes wants cert to hand a certificate to workloads.
func (p *Play) publishes(w Want, pair harness.KeyPair) Want {
	w.Published = map[string]harness.KeyPair{cert: pair}
	return w
}

// isPublished tells whether workloads are handed a pair.
func (p *Play) isPublished(pair harness.KeyPair) bool {
	p.t.Helper()
	published := &corev1.Secret{}
	p.must("read the published Secret", p.Client().Get(context.Background(), client.ObjectKey{Namespace: p.Namespace(), Name: cert + harness.PublishSuffix}, published))
	return bytes.Equal(published.Data[corev1.TLSCertKey], pair.Certificate)
}

// giveUp tells that the workloads of a ClientCredential are gone.
func (p *Play) giveUp(name string) { p.checker.giveUp(name + harness.PublishSuffix) }
