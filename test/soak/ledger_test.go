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
	"crypto/x509"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/workload"
)

// play is a ledger with one client, whose certificates are named.
type play struct {
	*ledger
	*account
	t     *testing.T
	names map[string]*x509.Certificate
}

func newPlay(t *testing.T, m *mode) *play {
	t.Helper()
	p := newPace(10)
	client := member{mode: m, name: "it", kubelet: immediate}
	l := newLedger(&journal{begun: time.Now()}, p)
	l.open(client, newMount(client, p, 1), "soak/it")
	return &play{ledger: l, account: l.accounts["soak/it"], t: t, names: map[string]*x509.Certificate{}}
}

func (p *play) leaf(name string) *x509.Certificate {
	p.t.Helper()
	if p.names[name] == nil {
		text, err := foreignCertificate()
		if err != nil {
			p.t.Fatal(err)
		}
		block, _ := pem.Decode([]byte(text))
		if p.names[name], err = x509.ParseCertificate(block.Bytes); err != nil {
			p.t.Fatal(err)
		}
	}
	return p.names[name]
}

// write writes a certificate into cert-manager's own Secret, and mount lets the workload see one.
func (p *play) write(name string) { p.issue(p.account, p.leaf(name)) }

func (p *play) show(name string) {
	p.mount.changed(&corev1.Secret{Data: map[string][]byte{
		corev1.TLSCertKey:       pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.leaf(name).Raw}),
		corev1.TLSPrivateKeyKey: []byte("a key"),
	}})
}

// tenant lets the tenant have these credentials, of which those before the bar are attached.
func (p *play) tenant(state string) {
	c := auth0sim.Client{Name: "soak/it", AuthenticationMethod: "self_signed_tls_client_auth"}
	attached, stored, _ := strings.Cut(state, "|")
	for i, names := range []string{attached, stored} {
		for name := range strings.FieldsSeq(names) {
			credential := auth0sim.Credential{ID: "cred_" + name, Name: "certbound", Type: "x509_cert", Thumbprint: thumbprint(p.leaf(name))}
			if name == "foreign" {
				credential.Name = foreignName
			}
			c.Credentials = append(c.Credentials, credential)
			if i == 0 {
				c.Attached = append(c.Attached, credential.ID)
			}
		}
	}
	p.commit(c)
}

// ask is a token request that the tenant refuses.
func (p *play) ask(name string) {
	p.request(p.account, workload.Request{At: time.Now(), Thumbprint: thumbprint(p.leaf(name)), Err: &workload.Refusal{Status: 401, Code: "invalid_client"}})
}

// expect checks the violations: each begins with the name of an invariant.
func (p *play) expect(invariants ...string) {
	p.t.Helper()
	var got []string
	for _, v := range p.violations {
		name, _, _ := strings.Cut(v.text, ":")
		got = append(got, name)
	}
	if strings.Join(got, " ") != strings.Join(invariants, " ") {
		p.t.Errorf("violated are %q, want %q:\n%s", got, invariants, p.explain())
	}
}

func TestLedgerOfGatedClient(t *testing.T) {
	t.Run("a renewal as it must be", func(t *testing.T) {
		p := newPlay(t, gated)
		p.write("a")
		p.tenant("a")
		p.show("a")
		p.write("b")
		p.tenant("a|b")
		p.tenant("a b")
		p.show("b")
		p.tenant("b|a")
		p.tenant("b")
		p.expect()
	})
	for name, c := range map[string]struct {
		do   func(p *play)
		want string
	}{
		"any refusal":                    {func(p *play) { p.ask("a") }, "I1"},
		"published before it signs in":   {func(p *play) { p.write("b"); p.show("b"); p.ask("b") }, "I1"},
		"detached while it is presented": {func(p *play) { p.tenant("b|a") }, "I1"},
		"nothing left":                   {func(p *play) { p.tenant("|a") }, "I1 I1"}, // the last, and the one presented
		"too many attached":              {func(p *play) { p.tenant("a b c") }, "I2"},
		"too many stored":                {func(p *play) { p.tenant("a|b c d e") }, "I2"},
		"somebody else's deleted":        {func(p *play) { p.tenant("a|foreign"); p.tenant("a") }, "I7"},
		"back to a secret": {func(p *play) {
			p.commit(auth0sim.Client{Name: "soak/it", TokenEndpointAuthMethod: "client_secret_post"})
		}, "I1 I1 I5"},
		"a token bound to another certificate": {func(p *play) {
			p.request(p.account, workload.Request{At: time.Now(), Thumbprint: thumbprint(p.leaf("a")), Err: errors.New("bound to another")})
		}, "I1"},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPlay(t, gated)
			p.write("a")
			p.tenant("a")
			p.show("a")
			c.do(p)
			p.expect(strings.Fields(c.want)...)
		})
	}
}

func TestLedgerOfUngatedClient(t *testing.T) {
	begin := func(t *testing.T) *play {
		t.Helper()
		p := newPlay(t, ungated)
		p.write("a")
		p.tenant("a")
		p.show("a")
		return p
	}
	t.Run("refusals in the window are counted", func(t *testing.T) {
		p := begin(t)
		p.write("b")
		p.show("b")
		p.ask("b")
		p.tenant("a|b")
		p.ask("b")
		p.tenant("a b")
		p.expect()
		if p.inWindow != 2 {
			t.Errorf("%d refusals in the window, want 2", p.inWindow)
		}
		times, never := windows([]*account{p.account}, false)
		if len(times) != 1 || never != 0 || times[0] <= 0 {
			t.Errorf("windows are %v, and %d without an end", times, never)
		}
		p.ask("b")
		p.expect("I1")
	})
	t.Run("a third certificate at once crowds out the first", func(t *testing.T) {
		p := begin(t)
		p.write("b")
		p.tenant("a b")
		p.write("c")
		p.tenant("b c")
		p.ask("a")
		p.expect()
		if p.crowdedOut != 1 {
			t.Errorf("%d refusals of a certificate that was crowded out, want 1", p.crowdedOut)
		}
	})
	t.Run("a third certificate after the overlap does not", func(t *testing.T) {
		p := begin(t)
		p.write("b")
		p.tenant("a b")
		p.issued[1].written = time.Now().Add(-p.overlap - time.Second)
		p.write("c")
		p.tenant("b c")
		p.expect("I1")
	})
}
