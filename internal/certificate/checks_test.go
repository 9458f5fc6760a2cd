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

package certificate_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/certbound/certbound/internal/certificate"
)

func TestCheckValidity(t *testing.T) {
	facts := certificate.Facts{NotBefore: notBefore, NotAfter: notAfter}
	tooEarly := certificate.Problem{Reason: certificate.CertificateNotYetValid,
		Message: "the certificate is not valid before 2026-01-01T00:00:00Z: waiting until then"}
	tooLate := certificate.Problem{Reason: certificate.CertificateExpired,
		Message: "the certificate expired at 2026-04-01T00:00:00Z: renew it"}

	for sentence, test := range map[string]struct {
		now  time.Time
		want certificate.Problem
	}{
		"a nanosecond before notBefore": {notBefore.Add(-1), tooEarly},
		"at notBefore":                  {notBefore, certificate.Problem{}},
		"between":                       {notBefore.Add(time.Hour), certificate.Problem{}},
		"at notAfter":                   {notAfter, certificate.Problem{}},
		"a nanosecond after notAfter":   {notAfter.Add(1), tooLate},
		"at notAfter in another zone":   {notAfter.In(time.FixedZone("", 3600)), certificate.Problem{}},
	} {
		t.Run(sentence, func(t *testing.T) {
			checkProblem(t, facts.CheckValidity(test.now), test.want)
		})
	}
}

func TestCheckFor(t *testing.T) {
	facts := func(pemLength int, subject string) certificate.Facts {
		return certificate.Facts{PEM: strings.Repeat("p", pemLength), SubjectDN: subject}
	}
	ok := certificate.Problem{}
	tooLong := certificate.Problem{Reason: certificate.CertificateTooLong,
		Message: "the certificate is 4097 characters long in PEM, and the tenant accepts at most 4096: " +
			"issue it with an ECDSA key, or with fewer names and extensions"}
	subjectTooLong := certificate.Problem{Reason: certificate.SubjectDNTooLong,
		Message: "the certificate's subject is 257 characters long, and the tenant accepts at most 256: " +
			"issue the certificate with a shorter subject, or use x509_cert"}
	subjectEmpty := certificate.Problem{Reason: certificate.SubjectDNEmpty,
		Message: "the certificate's subject is empty, and cert_subject_dn identifies a client by its subject: " +
			"issue the certificate with a subject, or use x509_cert"}

	for sentence, test := range map[string]struct {
		facts                   certificate.Facts
		asX509Cert, asSubjectDN certificate.Problem
	}{
		"an ordinary certificate":               {facts(1200, "CN=client"), ok, ok},
		"a PEM of 4096 characters":              {facts(4096, "CN=client"), ok, ok},
		"a PEM of 4097 characters":              {facts(4097, "CN=client"), tooLong, tooLong},
		"an empty subject":                      {facts(1200, ""), ok, subjectEmpty},
		"a subject of 256 characters":           {facts(1200, "CN="+strings.Repeat("c", 253)), ok, ok},
		"a subject of 257 characters":           {facts(1200, "CN="+strings.Repeat("c", 254)), ok, subjectTooLong},
		"256 characters of more bytes than one": {facts(1200, "CN="+strings.Repeat("ü", 253)), ok, ok},
		"both too long":                         {facts(4097, "CN="+strings.Repeat("c", 254)), tooLong, tooLong},
	} {
		t.Run(sentence, func(t *testing.T) {
			checkProblem(t, test.facts.CheckFor("x509_cert"), test.asX509Cert)
			checkProblem(t, test.facts.CheckFor("cert_subject_dn"), test.asSubjectDN)
		})
	}
}

func TestCheckForKnowsNoOtherCredentialType(t *testing.T) {
	err := certificate.Facts{PEM: "p", SubjectDN: "CN=client"}.CheckFor("public_key")
	var problem *certificate.Problem
	if err == nil || errors.As(err, &problem) {
		t.Fatalf("CheckFor = %v, want an error that is no Problem", err)
	}
	if want := `no certificate credential has the type "public_key"`; err.Error() != want {
		t.Errorf("message %q, want %q", err, want)
	}
}

// The limit counts what is registered: the leaf as Inspect writes it, and nothing of its chain.
func TestCheckForCountsTheLeafAlone(t *testing.T) {
	key := newECDSAKey(t)
	long := template()
	for i := range 200 {
		long.DNSNames = append(long.DNSNames, fmt.Sprintf("client-%03d.example.com", i))
	}
	leaf, longLeaf := selfSign(t, template(), key), selfSign(t, long, key)

	facts, err := certificate.Inspect(join(leaf, longLeaf))
	if err != nil {
		t.Fatal(err)
	}
	checkProblem(t, facts.CheckFor("x509_cert"), certificate.Problem{})

	facts, err = certificate.Inspect(join(longLeaf, leaf))
	if err != nil {
		t.Fatal(err)
	}
	if got := problemOf(t, facts.CheckFor("x509_cert")).Reason; got != certificate.CertificateTooLong {
		t.Errorf("reason %q, want %q", got, certificate.CertificateTooLong)
	}
}
