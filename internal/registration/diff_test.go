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

package registration

import (
	"reflect"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// whole is a client with every setting set, so that a new field cannot be forgotten here.
func whole() Settings {
	return Settings{
		Name: new("ledger"), Description: new("books"), AppType: new("non_interactive"),
		GrantTypes: &[]string{"client_credentials"}, Callbacks: &[]string{"https://a/"}, AllowedLogoutURLs: &[]string{"https://b/"},
		WebOrigins: &[]string{"https://c"}, AllowedOrigins: &[]string{"https://d"},
		JWTConfiguration: &JWTConfiguration{Alg: new("RS256"), LifetimeInSeconds: new(int32(3600))},
		OIDCConformant:   new(true), RequireProofOfPossession: new(true), RequirePushedAuthorizationRequests: new(true),
		IsTokenEndpointIPHeaderTrusted: new(true), ClientMetadata: map[string]string{"team": "a"},
	}
}

func TestEveryFieldOfSettingsIsCompared(t *testing.T) {
	g := NewWithT(t)
	all := reflect.ValueOf(whole())
	for i := range all.NumField() {
		g.Expect(all.Field(i).IsZero()).To(BeFalse(), "whole() leaves out "+all.Type().Field(i).Name)
	}
	patch, fields := Diff(whole(), Settings{})
	g.Expect(patch).To(Equal(whole()))
	g.Expect(fields).To(HaveLen(all.NumField()))

	patch, fields = Diff(whole(), whole())
	g.Expect(patch.IsZero()).To(BeTrue())
	g.Expect(fields).To(BeEmpty())
}

func TestDiff(t *testing.T) {
	for name, row := range map[string]struct {
		wanted, observed, patch Settings
		fields                  []string
	}{
		"what is unset is unmanaged": {
			wanted: Settings{}, observed: whole(),
		},
		"only what differs is sent": {
			wanted: Settings{Name: new("new"), Description: new("books")}, observed: whole(),
			patch: Settings{Name: new("new")}, fields: []string{"name"},
		},
		"an empty description is a wish": {
			wanted: Settings{Description: new("")}, observed: whole(),
			patch: Settings{Description: new("")}, fields: []string{"description"},
		},
		"what is off and what the tenant leaves out are the same": {
			wanted: Settings{RequireProofOfPossession: new(false), Description: new(""), Callbacks: &[]string{}},
		},
		"lists are sets": {
			wanted:   Settings{GrantTypes: &[]string{"b", "a", "a"}},
			observed: Settings{GrantTypes: &[]string{"a", "b"}},
		},
		"a list is sent whole": {
			wanted: Settings{GrantTypes: &[]string{"a", "b"}}, observed: Settings{GrantTypes: &[]string{"a"}},
			patch: Settings{GrantTypes: &[]string{"a", "b"}}, fields: []string{"grant_types"},
		},
		"a list can be emptied": {
			wanted: Settings{Callbacks: &[]string{}}, observed: whole(),
			patch: Settings{Callbacks: &[]string{}}, fields: []string{"callbacks"},
		},
		"of the JWT configuration only what differs is sent": {
			wanted:   Settings{JWTConfiguration: &JWTConfiguration{Alg: new("PS256"), LifetimeInSeconds: new(int32(3600))}},
			observed: whole(),
			patch:    Settings{JWTConfiguration: &JWTConfiguration{Alg: new("PS256")}}, fields: []string{"jwt_configuration"},
		},
		"metadata is merged by key": {
			wanted:   Settings{ClientMetadata: map[string]string{"team": "b", "tier": "gold"}},
			observed: Settings{ClientMetadata: map[string]string{"team": "b", "else": "stays"}},
			patch:    Settings{ClientMetadata: map[string]string{"tier": "gold"}}, fields: []string{"client_metadata"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			patch, fields := Diff(row.wanted, row.observed)
			g.Expect(patch).To(Equal(row.patch))
			g.Expect(fields).To(Equal(row.fields))
		})
	}
}

func TestRequire(t *testing.T) {
	for name, row := range map[string]struct {
		method           Method
		wanted, observed Settings
		result           Settings
	}{
		"a secret client may sign with its secret": {method: ClientSecretPost},
		"an mTLS client that signs with its secret is changed to RS256": {
			method: TLSClientAuth, observed: Settings{JWTConfiguration: &JWTConfiguration{Alg: new("HS256")}},
			result: Settings{JWTConfiguration: &JWTConfiguration{Alg: new("RS256")}},
		},
		"HS256 is the tenant's default": {
			method: SelfSignedTLSClientAuth, result: Settings{JWTConfiguration: &JWTConfiguration{Alg: new("RS256")}},
		},
		"PS256 is left as it is": {
			method: SelfSignedTLSClientAuth, observed: Settings{JWTConfiguration: &JWTConfiguration{Alg: new("PS256")}},
		},
		"what is asked for is kept": {
			method: SelfSignedTLSClientAuth,
			wanted: Settings{JWTConfiguration: &JWTConfiguration{Alg: new("RS512"), LifetimeInSeconds: new(int32(60))}},
			result: Settings{JWTConfiguration: &JWTConfiguration{Alg: new("RS512"), LifetimeInSeconds: new(int32(60))}},
		},
		"the IP header is trusted only with a secret": {
			method:   TLSClientAuth,
			observed: Settings{IsTokenEndpointIPHeaderTrusted: new(true), JWTConfiguration: &JWTConfiguration{Alg: new("RS256")}},
			result:   Settings{IsTokenEndpointIPHeaderTrusted: new(false)},
		},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(Require(row.wanted, row.method, row.observed)).To(Equal(row.result))
		})
	}
}

func TestRequireLeavesItsInputAlone(t *testing.T) {
	g := NewWithT(t)
	wanted := Settings{JWTConfiguration: &JWTConfiguration{LifetimeInSeconds: new(int32(60))}}
	g.Expect(*Require(wanted, TLSClientAuth, Settings{}).JWTConfiguration.Alg).To(Equal("RS256"))
	g.Expect(wanted.JWTConfiguration.Alg).To(BeNil())
}

func TestMethodsAndTypes(t *testing.T) {
	g := NewWithT(t)
	g.Expect(SelfSignedTLSClientAuth.Accepts()).To(Equal(X509Cert))
	g.Expect(TLSClientAuth.Accepts()).To(Equal(CertSubjectDN))
	g.Expect(ClientSecretPost.Accepts()).To(BeEmpty())
	g.Expect(ClientSecretBasic.UsesCertificates()).To(BeFalse())
	g.Expect(TLSClientAuth.UsesCertificates()).To(BeTrue())
}

const uid = "6ac27a8a-9631-49c5-9572-ca1600b268f7"

func TestCredentialNames(t *testing.T) {
	g := NewWithT(t)
	for _, owner := range []string{"ledger", strings.Repeat("x", 253)} {
		name := CredentialName(uid, owner)
		g.Expect(len(name)).To(BeNumerically("<=", 128))
		gotUID, gotOwner, marked := CredentialOwner(name)
		g.Expect(marked).To(BeTrue())
		g.Expect(gotUID).To(Equal(uid))
		g.Expect(gotOwner).To(Equal(OwnerInName(uid, owner)))
		g.Expect(owner).To(HavePrefix(gotOwner))
	}
	for _, foreign := range []string{"", "prod key", "certbound", "certbound-" + uid, "Certbound " + uid + " ledger"} {
		_, _, marked := CredentialOwner(foreign)
		g.Expect(marked).To(BeFalse(), foreign)
	}
}

func TestOwnerMarks(t *testing.T) {
	g := NewWithT(t)
	mark := OwnerMark(uid, strings.Repeat("n", 63), strings.Repeat("x", 253))
	g.Expect(mark).To(HaveLen(255))
	gotUID, name := Client{Settings: Settings{ClientMetadata: map[string]string{OwnerKey: mark}}}.MarkedBy()
	g.Expect(gotUID).To(Equal(uid))
	g.Expect(name).To(HavePrefix(strings.Repeat("n", 63) + "/x"))
	gotUID, _ = Client{}.MarkedBy()
	g.Expect(gotUID).To(BeEmpty())
}
