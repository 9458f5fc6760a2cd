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

// Package rotation decides the next step that keeps a client's credentials at the tenant in step with the certificates
// that workloads hold. It holds no state, reads no clock and calls nothing: the same Observation always yields the same
// Step, so a crash after any step costs nothing but a new Observation.
//
// A renewal from certificate A to B, when nothing else happens, with A attached and published:
//
//	stored  attached  published  wanted | step
//	A       A         A          B      | Create B
//	A B     A         A          B      | Attach [A B]
//	A B     A B       A          B      | Publish B        (the other controller's work)
//	A B     A B       B          B      | Wait             (the overlap)
//	A B     A B       B          B      | Attach [B]       (the overlap is over)
//	A B     B         B          B      | Delete A
//	B       B         B          B      | Done
//
// And what else the table has to say:
//
//	A B     A B       B          C      | Create C         (a third certificate inside the overlap)
//	A B C   A B       B          C      | Wait             (workloads get the least time to take up B)
//	A B C   A B       B          C      | Attach [B C]     (then the oldest leaves early)
//	A x     A x       A          B      | Create B, then Blocked: x is another's, and no place is left
//	A B     A         A          A      | Delete B         (stored by a lost answer, wanted no more)
//	A       -         A          A      | Attach [A]       (detached by hand)
//	A       A         A          -      | Done             (no usable certificate: what is attached stays)
//
// Under a secret the same certificates are stored and published, and none is attached. That is what a change to
// certificates starts from, and what the way back leaves:
//
//	stored  attached  published  wanted | step
//	-       secret    -          A      | Create A, then Publish A   (workloads must have it before the change)
//	A       secret    A          B      | Create B, then Publish B
//	A B     secret    B          B      | Wait                       (the overlap)
//	A B     secret    B          B      | Delete A                   (the overlap is over)
//	A B     secret    B          B      | Attach [B A]               (certificates are wanted)
//	A B     A B       B          B      | Revert, then Wait          (a secret is wanted)
package rotation

import (
	"slices"
	"time"
)

// Identity is what the tenant matches a credential by: the certificate's thumbprint (x509_cert) or its subject
// (cert_subject_dn). It names a credential before and after the credential exists.
type Identity string

// Credential is one record that the client holds at the tenant.
type Credential struct {
	ID        string
	Identity  Identity  // empty for types that this operator does not manage
	Attached  bool      // the authentication method in force lists it; only then can it sign in
	Owned     bool      // this operator made it; records of others are never detached or deleted
	Owner     string    // for an owned one, the ClientCredential that it was made for
	CreatedAt time.Time // the oldest makes room first
	NotAfter  time.Time // zero where the tenant does not tell it, as for cert_subject_dn
}

// Certificate is what one ClientCredential wants and what it has handed to workloads.
type Certificate struct {
	Owner     string   // name of the ClientCredential
	Wanted    Identity // of the newest usable certificate; empty when there was none yet
	Published Identity // of the certificate that workloads are handed; empty when none is

	PublishedAt       time.Time // since when workloads are handed Published: overlap and handover count from then
	PublishedNotAfter time.Time // zero when unknown
	PreviousNotAfter  time.Time // when the one that Published replaced expires; zero when unknown

	Overlap  *time.Duration // how long the old one stays attached after PublishedAt; nil: as long as it is valid
	Handover time.Duration  // the least time that workloads get to take up a published certificate
}

// Limits are the numbers of credentials that the tenant allows.
type Limits struct {
	Stored   int // per client, attached or not
	Attached int // per authentication method
}

// Observation is all that a decision may depend on.
type Observation struct {
	// Secret tells that the client is to authenticate by a secret, hence by no certificate; what it would need for a change
	// to certificates is staged.
	Secret bool
	// InForce tells that the client's method at the tenant is the wanted one. When it is not, nothing is Attached that could
	// stay so: the tenant keeps one method at a time, and the change ends the old one at once.
	InForce bool

	Certificates []Certificate
	Credentials  []Credential
	Limits       Limits
	Now          time.Time
}

// expiryMargin is how long after its notAfter a certificate counts as possibly in use: clocks differ.
const expiryMargin = time.Minute

// find returns the credential that stands for an identity.
func (o Observation) find(id Identity) (found Credential, ok bool) {
	for _, c := range o.Credentials {
		if id != "" && c.Identity == id && (!ok || c.standsBefore(found)) {
			found, ok = c, true
		}
	}
	return found, ok
}

// standsBefore tells which of two credentials for the same certificate stands for it: one that can sign in; of two that
// can, the one that others made, since it stays in any case; of two that cannot, ours, since it can be taken away again.
func (c Credential) standsBefore(other Credential) bool {
	switch {
	case c.Attached != other.Attached:
		return c.Attached
	case c.Owned != other.Owned:
		return c.Owned != c.Attached
	default:
		return c.ID < other.ID
	}
}

func (o Observation) certificate(owner string) (Certificate, bool) {
	for _, c := range o.Certificates {
		if c.Owner == owner {
			return c, true
		}
	}
	return Certificate{}, false
}

func (o Observation) attached() (ids []string) {
	for _, c := range o.Credentials {
		if c.Attached && o.InForce {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// stands tells whether c is the credential that stands for its identity, and not a second one beside it.
func (o Observation) stands(c Credential) bool {
	chosen, ok := o.find(c.Identity)
	return ok && chosen.ID == c.ID
}

// wanted tells whether c stands for a certificate that is to sign in.
func (o Observation) wanted(c Credential) bool {
	return o.stands(c) && slices.ContainsFunc(o.Certificates, func(cert Certificate) bool { return cert.Wanted == c.Identity })
}

// inUse tells whether a workload may hold the certificate that c stands for and nothing else does: it is valid, and it
// is published or nothing is known of what replaces it.
func (o Observation) inUse(c Credential) bool {
	return o.stands(c) && !o.expired(c.NotAfter) && slices.ContainsFunc(o.Certificates, func(cert Certificate) bool {
		published := cert.Published == c.Identity && !o.expired(cert.PublishedNotAfter)
		return published || (cert.Wanted == "" && cert.Owner == c.Owner)
	})
}

// expired tells whether no workload can use a certificate any more.
func (o Observation) expired(notAfter time.Time) bool {
	return !notAfter.IsZero() && !o.Now.Before(notAfter.Add(expiryMargin))
}
