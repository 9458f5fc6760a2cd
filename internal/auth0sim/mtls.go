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

package auth0sim

import (
	"crypto/x509"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// How a request reached the token endpoint.
const (
	viaDirect = "direct"
	viaAlias  = "alias"
	viaEdge   = "edge"
)

// The headers by which a customer edge forwards a certificate (auth0.com/docs, "Set up the customer edge").
const (
	headerEdgeKey     = "cname-api-key"
	headerCertificate = "client-certificate"
	headerVerified    = "client-certificate-ca-verified"

	// maxCertificateHeader is the bound on the encoded certificate, in bytes.
	maxCertificateHeader = 4096
)

// presentation is the certificate that a request presents, if one counts, and where it came from.
type presentation struct {
	via string
	// issuer is who issues the token: the custom domain behind an edge, otherwise the tenant.
	issuer      string
	certificate *x509.Certificate
	// verified says whether a CA vouches for the certificate, which decides between the two mTLS methods.
	verified bool
	// ignored is why a certificate that was sent does not count.
	ignored string
}

// presentationOf reads the certificate of a request. The caller holds the lock.
func (s *Simulator) presentationOf(r *http.Request, alias bool, now time.Time) presentation {
	p := presentation{via: viaDirect, issuer: s.issuerFor(r.Host)}
	switch {
	case r.Header.Get(headerEdgeKey) != "":
		p.via = viaEdge
		s.readEdge(&p, r.Header)
	case r.Header.Get(headerCertificate) != "":
		p.ignored = "the request has a " + headerCertificate + " header and no " + headerEdgeKey
	case alias:
		p.via = viaAlias
		if r.TLS != nil && len(r.TLS.PeerCertificates) > 0 {
			p.certificate = r.TLS.PeerCertificates[0]
			p.verified = s.vouched(r.TLS.PeerCertificates, now)
		}
	}
	if p.certificate != nil && !s.world.endpointAliases() {
		p.certificate = nil
		p.ignored = "the tenant's mTLS endpoint aliases are switched off"
	}
	return p
}

// readEdge trusts the headers only with the key of a ready custom domain.
func (s *Simulator) readEdge(p *presentation, header http.Header) {
	domain, known := s.world.edge(header.Get(headerEdgeKey))
	if !known {
		p.ignored = "the " + headerEdgeKey + " belongs to no custom domain that is ready"
		return
	}
	p.issuer = "https://" + domain.domain + "/"
	encoded := header.Get(headerCertificate)
	if encoded == "" {
		return
	}
	if len(encoded) > maxCertificateHeader {
		p.ignored = "the " + headerCertificate + " header is longer than 4096 bytes"
		return
	}
	text, err := url.PathUnescape(encoded)
	certificate, ok := parseCertificate(text)
	if err != nil || !ok {
		p.ignored = "the " + headerCertificate + " header holds no URL-encoded PEM certificate"
		return
	}
	// nginx sends SUCCESS, FAILED:reason or NONE, others "FAILED: reason".
	switch verdict := header.Get(headerVerified); {
	case verdict == "SUCCESS":
		p.certificate, p.verified = certificate, true
	case strings.HasPrefix(verdict, "FAILED"):
		p.certificate = certificate
	default:
		p.ignored = "the " + headerVerified + " header is neither SUCCESS nor FAILED"
	}
}

// vouched verifies a chain against the CAs of the options, at the simulator's time, as an edge would.
func (s *Simulator) vouched(chain []*x509.Certificate, now time.Time) bool {
	intermediates := x509.NewCertPool()
	for _, certificate := range chain[1:] {
		intermediates.AddCert(certificate)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: s.clientCAs, Intermediates: intermediates, CurrentTime: now,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return err == nil
}

// triedMethod is the method that Auth0 tries for a certificate: CA-signed where a CA vouches for it, else self-signed.
func (p presentation) triedMethod() slot {
	if p.verified {
		return slotTLS
	}
	return slotSelfSignedTLS
}

// matches compares the certificate with an attached credential: by subject DN, or by thumbprint.
func (p presentation) matches(cred credential) bool {
	switch cred.kind {
	case kindSubjectDN:
		return cred.subjectDN != "" && cred.subjectDN == subjectDN(p.certificate.RawSubject)
	case kindX509:
		return cred.thumbprint == thumbprint(p.certificate)
	default:
		return false
	}
}

// issuerFor is the issuer of a host: a ready custom domain's own, otherwise the tenant's.
func (s *Simulator) issuerFor(host string) string {
	if domain, known := s.world.site(host); known {
		return "https://" + domain.domain + "/"
	}
	return s.issuer()
}
