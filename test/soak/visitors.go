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
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/certbound/certbound/api/v1alpha1"
)

// visitors are the credentials of somebody else that are at the tenant, one a client at most.
type visitors struct {
	mu   sync.Mutex
	here map[string]*visitor // by client
	past []*visitor
}

// visitor is a credential that somebody else stored with a client, and attached or not.
type visitor struct {
	client   string // its name here
	clientID string
	id       string
	attached time.Time // on the tenant's clock; zero for never
}

// release gives back the room of a visitor that did not come.
func (v *visitors) release(client string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.here, client)
}

// reserve makes room for a visitor; false where there is one.
func (v *visitors) reserve(client string) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.here == nil {
		v.here = map[string]*visitor{}
	}
	if _, taken := v.here[client]; taken {
		return false
	}
	v.here[client] = nil
	return true
}

func (v *visitors) arrive(one *visitor) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.here[one.client] = one
	v.past = append(v.past, one)
}

// depart tells whether the visitor was still there. It is not from now on.
func (v *visitors) depart(one *visitor) bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.here[one.client] != one {
		return false
	}
	delete(v.here, one.client)
	return true
}

// all are the visitors that there ever were.
func (v *visitors) all() []*visitor {
	v.mu.Lock()
	defer v.mu.Unlock()
	return append([]*visitor(nil), v.past...)
}

// visit stores a credential of somebody else with a client, attaches it where asked for and possible, and takes it away after more
// than a drift interval, so that the operator comes to see it.
func (r *run) visit(ctx context.Context, m member, a action) bool {
	if !r.visitors.reserve(m.name) {
		return false
	}
	one, err := r.arrive(ctx, m)
	if err == nil && a.kind == attach {
		if err = r.tenant.AttachAlso(one.clientID, one.id); err == nil {
			one.attached = r.tenant.Now()
			r.notef(m.name, "somebody attached %s", one.id)
		}
	}
	if one == nil {
		r.visitors.release(m.name)
		return r.done(m.name, a.kind, err)
	}
	r.visitors.arrive(one)
	pause(ctx, r.drift*3/2)
	r.leave(one)
	return r.done(m.name, a.kind, err)
}

func (r *run) arrive(ctx context.Context, m member) (*visitor, error) {
	present, exists := r.atTenant(ctx, m)
	if !exists {
		return nil, fmt.Errorf("the tenant has no client %s", m.name)
	}
	definition := map[string]any{"credential_type": string(m.kind), "name": foreignName}
	if m.kind == v1alpha1.TypeCertSubjectDN {
		definition["subject_dn"] = "O=Somebody Else\nCN=" + m.name
	} else {
		certificate, err := foreignCertificate()
		if err != nil {
			return nil, err
		}
		definition["pem"] = certificate
	}
	id, err := r.tenant.AddCredential(present.ID, definition)
	if err != nil {
		return nil, err
	}
	return &visitor{client: m.name, clientID: present.ID, id: id}, nil
}

// leave takes a visitor away.
func (r *run) leave(one *visitor) {
	if !r.visitors.depart(one) {
		return
	}
	r.ledger.handOver(one.id)
	if c, _ := r.tenant.Client(one.clientID); holds(c, one.id) {
		_ = r.tenant.Detach(one.clientID, one.id)
		if err := r.tenant.DeleteCredential(one.clientID, one.id); err != nil {
			r.violatedf("run", one.client, "the credential %s of somebody else cannot be taken away: %v", one.id, err)
		}
	}
}

// foreignCertificate is a certificate of somebody else, in PEM.
func foreignCertificate() (string, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", fmt.Errorf("make a certificate of somebody else: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "somebody else"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return "", fmt.Errorf("make a certificate of somebody else: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})), nil
}
