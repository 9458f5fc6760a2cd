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
	"encoding/pem"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/certbound/certbound/internal/certificate"
)

// FuzzInspect holds for every pair of inputs that no error says anything but a sentence known beforehand, so that no byte of a
// Secret can be in it, and that facts are consistent and Inspect finds the same in the PEM that it gives.
func FuzzInspect(f *testing.F) {
	key, other := newECDSAKey(f), newECDSAKey(f)
	crt, otherCrt := selfSign(f, template(), key), selfSign(f, template(), other)
	for _, seed := range [][2][]byte{
		{crt, sec1(f, key)},
		{join([]byte("text\n"), crt, otherCrt), pkcs8(f, key)},
		{join(otherCrt, crt), join(curveParameters, sec1(f, key))},
		{crt[:len(crt)/2], sec1(f, key)},
		{join(sec1(f, key), crt), crt},
		{[]byte("-----BEGIN CERTIFICATE-----\nc3VwZXJzZWNyZXQ=\n-----END CERTIFICATE-----\n"), nil},
		{nil, nil},
	} {
		f.Add(seed[0], seed[1])
	}
	for _, entry := range readCorpus(f) {
		f.Add([]byte(entry.PEM), sec1(f, key))
	}

	f.Fuzz(func(t *testing.T, tlsCrt, tlsKey []byte) {
		facts, err := inspectConsistently(t, tlsCrt)
		ofPair, pairErr := certificate.InspectPair(tlsCrt, tlsKey)
		checkKnown(t, pairErr)
		switch {
		case err != nil && (pairErr == nil || pairErr.Error() != err.Error()):
			t.Errorf("InspectPair says %v where Inspect says %v", pairErr, err)
		case pairErr == nil && ofPair != facts:
			t.Errorf("InspectPair = %+v, Inspect = %+v", ofPair, facts)
		}
	})
}

// FuzzInspectDER holds the same of what is within the PEM, which changes to a text in base64 seldom reach.
func FuzzInspectDER(f *testing.F) {
	for _, entry := range readCorpus(f) {
		decoded, _ := pem.Decode([]byte(entry.PEM))
		f.Add(decoded.Bytes)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		_, _ = inspectConsistently(t, block("CERTIFICATE", der))
	})
}

// inspectConsistently returns what Inspect does, once it has passed every check that holds for all input.
func inspectConsistently(t *testing.T, tlsCrt []byte) (certificate.Facts, error) {
	t.Helper()
	facts, err := certificate.Inspect(tlsCrt)
	checkKnown(t, err)
	if err != nil {
		return facts, err
	}
	if again, err := certificate.Inspect([]byte(facts.PEM)); err != nil || again != facts {
		t.Errorf("Inspect of its own PEM = %+v, %v; want %+v", again, err, facts)
	}
	checkWellFormed(t, facts)
	for _, credentialType := range []string{"x509_cert", "cert_subject_dn"} {
		checkSaysNothingOfTheInput(t, facts.CheckFor(credentialType))
	}
	for _, now := range []time.Time{notBefore, notAfter} {
		checkSaysNothingOfTheInput(t, facts.CheckValidity(now))
	}
	return facts, nil
}

func checkKnown(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if problem := problemOf(t, err); !slices.Contains(problemsOfASecret, problem) {
		t.Errorf("unknown problem %s: %q", problem.Reason, problem.Message)
	}
}

// checkSaysNothingOfTheInput holds a problem against what is said of a certificate that parses, numbers and times aside.
func checkSaysNothingOfTheInput(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	message := regexp.MustCompile(`\d+`).ReplaceAllString(problemOf(t, err).Message, "#")
	if !slices.Contains([]string{
		"the certificate is # characters long in PEM, and the tenant accepts at most #: issue it with an ECDSA key, or with fewer names and extensions",
		"the certificate's subject is # characters long, and the tenant accepts at most #: issue the certificate with a shorter subject, or use x#_cert",
		"the certificate's subject is empty, and cert_subject_dn identifies a client by its subject: issue the certificate with a subject, or use x#_cert",
		"the certificate expired at #-#-#T#:#:#Z: renew it",
		"the certificate is not valid before #-#-#T#:#:#Z: waiting until then",
	}, message) {
		t.Errorf("unknown message %q", message)
	}
}

func checkWellFormed(t *testing.T, facts certificate.Facts) {
	t.Helper()
	if len(facts.Fingerprint) != 43 || facts.SerialNumber != strings.ToUpper(facts.SerialNumber) {
		t.Errorf("fingerprint %q, serial number %q", facts.Fingerprint, facts.SerialNumber)
	}
	for _, form := range []string{facts.SubjectRFC2253, facts.SubjectOneline} {
		if strings.ContainsFunc(form, func(r rune) bool { return r < ' ' || r > '~' }) || (form == "") != (facts.SubjectDN == "") {
			t.Errorf("form %q of %q", form, facts.SubjectDN)
		}
		checkSuggestionOf(t, form)
	}
	for _, dn := range []string{facts.SubjectDN, facts.IssuerDN} {
		if !utf8.ValidString(dn) {
			t.Errorf("distinguished name %q is not UTF-8", dn)
		}
		if length := utf8.RuneCountInString(dn); length > 0 && length <= 256 {
			if err := certificate.CheckLiteralDN(dn); err != nil {
				t.Errorf("CheckLiteralDN(%q): %v", dn, err)
			}
		}
	}
}

// FuzzCheckLiteralDN holds for every text that what is accepted has one attribute at least per line, and that a suggestion to write
// something else instead is itself accepted.
func FuzzCheckLiteralDN(f *testing.F) {
	for _, entry := range readCorpus(f) {
		f.Add(entry.Subject)
		f.Add(strings.ReplaceAll(entry.Subject, "\n", ","))
		f.Add("/" + strings.ReplaceAll(entry.Subject, "\n", "/"))
		for _, printed := range entry.Printed {
			f.Add(printed)
		}
	}
	f.Fuzz(func(t *testing.T, dn string) {
		err := certificate.CheckLiteralDN(dn)
		if err == nil {
			for line := range strings.SplitSeq(certificate.NormalizeDN(dn), "\n") {
				if !strings.Contains(line, "=") {
					t.Errorf("accepted %q, of which %q is no attribute", dn, line)
				}
			}
			return
		}
		checkSuggestionOf(t, dn)
	})
}

// checkSuggestionOf holds what CheckLiteralDN says of a name in another form against CheckLiteralDN.
func checkSuggestionOf(t *testing.T, dn string) {
	t.Helper()
	problem := problemOf(t, certificate.CheckLiteralDN(dn))
	for _, form := range []string{commas, displayed, slashes} {
		if quoted, found := strings.CutPrefix(problem.Message, form); found {
			checkSuggestion(t, dn, quoted)
		}
	}
}

func checkSuggestion(t *testing.T, dn, quoted string) {
	t.Helper()
	suggested, err := strconv.Unquote(quoted)
	if err != nil {
		t.Fatalf("CheckLiteralDN(%q) suggests %s: %v", dn, quoted, err)
	}
	if err := certificate.CheckLiteralDN(suggested); err != nil {
		t.Errorf("CheckLiteralDN(%q) suggests %q, of which it says: %v", dn, suggested, err)
	}
}

// EqualDN is an equivalence, and what it overlooks is what NormalizeDN takes away.
func FuzzEqualDN(f *testing.F) {
	f.Add("C=DE\nCN=client", "C=DE\r\nCN=client\r\n", "\n\nC=DE\nCN=client")
	f.Add("", "\n", "\r\n")
	f.Add("CN=a\r", "\rCN=a\n", "CN=a\n\r\n")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if normal := certificate.NormalizeDN(a); certificate.NormalizeDN(normal) != normal || !certificate.EqualDN(a, normal) {
			t.Errorf("NormalizeDN(%q) = %q, and of that %q", a, normal, certificate.NormalizeDN(normal))
		}
		if !certificate.EqualDN(a, a) {
			t.Errorf("%q is not equal to itself", a)
		}
		if certificate.EqualDN(a, b) != certificate.EqualDN(b, a) {
			t.Errorf("%q and %q are equal one way only", a, b)
		}
		if certificate.EqualDN(a, b) && certificate.EqualDN(b, c) != certificate.EqualDN(a, c) {
			t.Errorf("%q and %q are equal, and only one of them to %q", a, b, c)
		}
		if (certificate.CheckLiteralDN(a) == nil) != (certificate.CheckLiteralDN(a+"\n") == nil) {
			t.Errorf("CheckLiteralDN minds a line feed at the end of %q", a)
		}
	})
}
