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
	"strconv"
	"strings"
	"testing"

	"github.com/certbound/certbound/internal/certificate"
)

func TestEqualDN(t *testing.T) {
	const dn = "C=DE\nO=Example\nCN=client"
	for sentence, test := range map[string]struct {
		a, b string
		want bool
	}{
		"the same": {dn, dn, true},
		"a line feed at the end, as YAML adds it":  {dn, dn + "\n", true},
		"empty lines around it":                    {dn, "\n\n" + dn + "\n\n", true},
		"lines that end as on Windows":             {dn, "C=DE\r\nO=Example\r\nCN=client\r\n", true},
		"lines that end in two carriage returns":   {dn, "C=DE\r\r\nO=Example\r\r\nCN=client\r", true},
		"a carriage return within a line":          {"CN=a\rb", "CN=a\nb", false},
		"a carriage return before a line":          {"CN=a", "\rCN=a", false},
		"both empty":                               {"", "\n", true},
		"another value":                            {dn, "C=DE\nO=Example\nCN=other", false},
		"an RDN more":                              {dn, dn + "\nOU=a", false},
		"another order of RDNs":                    {dn, "CN=client\nO=Example\nC=DE", false},
		"another order within an RDN":              {"CN=a + OU=b", "OU=b + CN=a", false},
		"another case of a value":                  {dn, "C=DE\nO=Example\nCN=Client", false},
		"another case of a name":                   {dn, "C=DE\nO=Example\ncn=client", false},
		"a space at the end of a line":             {dn, "C=DE\nO=Example \nCN=client", false},
		"an empty line within":                     {dn, "C=DE\n\nO=Example\nCN=client", false},
		"a character escaped in another way":       {`CN=a\,b`, `CN=a\2Cb`, false},
		"the same letter composed in another way":  {"CN=caf\u00e9", "CN=cafe\u0301", false},
		"one RDN of two attributes, or two of one": {"CN=a + OU=b", "CN=a\nOU=b", false},
	} {
		t.Run(sentence, func(t *testing.T) {
			if got := certificate.EqualDN(test.a, test.b); got != test.want {
				t.Errorf("EqualDN(%q, %q) = %t", test.a, test.b, got)
			}
			if got := certificate.EqualDN(test.b, test.a); got != test.want {
				t.Errorf("EqualDN(%q, %q) = %t", test.b, test.a, got)
			}
		})
	}
}

func TestCheckLiteralDNAccepts(t *testing.T) {
	for sentence, dn := range map[string]string{
		"one RDN per line":                      "C=DE\nO=Example\nCN=client.example.com",
		"a line feed at the end":                "C=DE\nCN=client\n",
		"lines that end as on Windows":          "C=DE\r\nCN=client\r\n",
		"one RDN":                               "CN=client",
		"a name that nobody knows":              "myAttribute=x\nCN=client",
		"an OID as a name":                      "1.3.6.1.4.1.55555.7=x",
		"an RDN of two attributes":              "C=DE\nCN=multi + OU=one",
		"an RDN of an escaped space at the end": "CN=a\\  + OU=b",
		"escaped special characters":            `CN=a\,b\+c\"d\\e\<f\>g\;h`,
		"an escaped space at either end":        `CN=\ a\ `,
		"an escaped number sign":                `CN=\#a`,
		"a number sign alone":                   "CN=#",
		"a control character in hexadecimal":    `CN=a\0Ab`,
		"an equals sign and slashes in a value": "CN=https://example.com/?a=b",
		"an empty value":                        "OU=\nCN=client",
		"letters beyond ASCII":                  "O=Grüße\nCN=東京",
		"256 characters":                        "CN=" + strings.Repeat("ü", 253),
	} {
		t.Run(sentence, func(t *testing.T) {
			checkProblem(t, certificate.CheckLiteralDN(dn), certificate.Problem{})
		})
	}
}

const (
	commas = "subjectDN separates attributes by commas, as RFC 4514 and nginx do, but the tenant compares them one per line in the order of " +
		"the certificate, mostly from country to common name: check that order and write "
	displayed = "subjectDN separates attributes by commas, as openssl x509 -subject does, but the tenant compares them one per line: write "
	slashes   = "subjectDN separates attributes by slashes, as OpenSSL's oneline form and HAProxy do, but the tenant compares them one per line: write "
	example   = `"C=DE\nO=Example\nCN=client.example.com"`

	isEmpty     = "is empty: write one attribute per line, such as " + example
	isNoPair    = "is not name=value: write one attribute per line, such as " + example
	hasSpace    = "has a space at an end of a value: remove it or, if the certificate has it, put a backslash before it"
	hasSpecials = `has one of , + " \ < > ; or a leading # without a backslash before it: put one there, or write attributes on lines of their own`
	hasControl  = "has a control character: write it as a backslash and two hexadecimal digits"
)

func TestCheckLiteralDNRefuses(t *testing.T) {
	for sentence, test := range map[string]struct{ dn, message string }{
		"the comma form of RFC 4514":                                          {"CN=client,O=Example,C=DE", commas + `"C=DE\nO=Example\nCN=client"`},
		"the comma form without a common name":                                {"OU=b,O=a", commas + `"O=a\nOU=b"`},
		"the comma form in certificate order":                                 {"C=DE, O=Example, CN=client", commas + `"C=DE\nO=Example\nCN=client"`},
		"what openssl shows":                                                  {"C = DE, O = Example, CN = client", displayed + `"C=DE\nO=Example\nCN=client"`},
		"what openssl shows of a name that begins with its common name":       {"CN = client, O = Example, C = DE", displayed + `"CN=client\nO=Example\nC=DE"`},
		"the line that openssl prints":                                        {"subject=C = DE, CN = client", displayed + `"C=DE\nCN=client"`},
		"the line that openssl prints of one attribute":                       {"subject=CN = client", displayed + `"CN=client"`},
		"the line that openssl prints since version 3.2":                      {"subject=C=DE, O=Example, CN=client", commas + `"C=DE\nO=Example\nCN=client"`},
		"the line that openssl prints in the slash form":                      {"subject=/C=DE/CN=client", slashes + `"C=DE\nCN=client"`},
		"quotation marks that openssl shows":                                  {`O = "Example, Inc. + Co", CN = client`, displayed + `"O=Example\\, Inc. \\+ Co\nCN=client"`},
		"what openssl shows of one attribute":                                 {"CN = client", "line 1 of subjectDN " + isNoPair},
		"one equals sign without a space":                                     {"CN = a, O=b", commas + `"O=b\nCN=a"`},
		"domain components after a common name":                               {"CN=client,DC=example,DC=com", commas + `"DC=com\nDC=example\nCN=client"`},
		"domain components before a user id":                                  {"DC=com,DC=example,UID=client", commas + `"DC=com\nDC=example\nUID=client"`},
		"the comma form with an escaped comma":                                {`CN=client,O=Example\, Inc.,C=DE`, commas + `"C=DE\nO=Example\\, Inc.\nCN=client"`},
		"the comma form with two in one RDN":                                  {"CN=a+OU=b,O=Example", commas + `"O=Example\nOU=b + CN=a"`},
		"the comma form with a value in hex":                                  {"CN=client,1.2.3=#0C024869", commas + `"1.2.3=Hi\nCN=client"`},
		"the comma form with a value in hex that is cut short":                {"CN=client,1.2.3=#0C0248", commas + `"1.2.3=\\#0C0248\nCN=client"`},
		"the comma form with a value in hex and bytes after it":               {"CN=client,1.2.3=#0C02486900", commas + `"1.2.3=\\#0C02486900\nCN=client"`},
		"the comma form with bytes beyond ASCII in hex":                       {`CN=K\C3\B6ln,O=Example`, commas + `"O=Example\nCN=Köln"`},
		"the comma form with bytes that are not UTF-8":                        {`CN=K\F6ln,O=Example`, commas + example},
		"the comma form with an escaped space at the end":                     {`CN=a\  ,O=b`, commas + `"O=b\nCN=a\\ "`},
		"the comma form with a backslash at the end":                          {`CN=a\\ ,O=b`, commas + `"O=b\nCN=a\\\\"`},
		"the comma form with a backslash and an escaped space at the end":     {`CN=a\\\ ,O=b`, commas + `"O=b\nCN=a\\\\\\ "`},
		"the comma form with names in other letters":                          {"cn=client,STREET=s,EMAILADDRESS=e,2.5.4.10=o", commas + `"O=o\nemailAddress=e\nstreet=s\nCN=client"`},
		"the comma form with a comma in quotation marks":                      {`CN="a,b=c",O=d`, commas + `"O=d\nCN=a\\,b=c"`},
		"the slash form of OpenSSL":                                           {"/C=DE/O=Example/CN=client", slashes + `"C=DE\nO=Example\nCN=client"`},
		"the slash form with a slash in a value":                              {"/O=a/b/CN=HTTP/c.example.com", slashes + `"O=a/b\nCN=HTTP/c.example.com"`},
		"the slash form with a comma in a value":                              {"/O=Example, Inc./CN=client", slashes + `"O=Example\\, Inc.\nCN=client"`},
		"the slash form with two in one RDN":                                  {"/O=a/CN=b+OU=c", slashes + `"O=a\nCN=b + OU=c"`},
		"the slash form of OpenSSL 3 with a slash and a plus sign in a value": {`/O=a\/CN=b\+C=d/CN=e`, slashes + `"O=a/CN=b\\+C=d\nCN=e"`},
		"the slash form with bytes beyond ASCII in hex":                       {`/O=K\xC3\xB6ln/CN=e`, slashes + `"O=Köln\nCN=e"`},
		"the slash form with bytes that are not UTF-8":                        {`/O=K\xF6ln/CN=e`, slashes + example},
		"the slash form that begins with a plus sign's":                       {"/+O=a", slashes + `"O=a"`},
		"the slash form with a name in other letters":                         {"/o=a/cn=e", slashes + `"O=a\nCN=e"`},
		"the comma form with a quotation mark alone":                          {`O=a,CN="`, commas + `"O=a\nCN=\\\""`},
		"the comma form with quotation marks around nothing":                  {`O=a,CN=""`, commas + `"O=a\nCN="`},
		"the comma form of values without names":                              {"client,example", "line 1 of subjectDN " + isNoPair},
		"the comma form with a name that cannot be one":                       {"C=DE,common name=client", "line 1 of subjectDN " + hasSpecials},
		"the slash form of what is 256 characters long":                       {"/O=,/CN=" + strings.Repeat("c", 248), slashes + `"O=\\,\nCN=` + strings.Repeat("c", 248) + `"`},
		"the slash form of what is 257 characters long":                       {"/O=,,/CN=" + strings.Repeat("c", 247), slashes + example},
		"a path":                                 {"/etc/tls/tls.crt", slashes + example},
		"a common name without its type":         {"client.example.com", "line 1 of subjectDN " + isNoPair},
		"a name that cannot be one":              {"C=DE\ncommon name=client", "line 2 of subjectDN " + isNoPair},
		"an empty name":                          {"=client", "line 1 of subjectDN " + isNoPair},
		"a space before a name":                  {"C=DE\n CN=client", "line 2 of subjectDN " + isNoPair},
		"a plus sign that joins nothing":         {"C=DE\nCN=a + b", "line 2 of subjectDN " + isNoPair},
		"an empty line within":                   {"C=DE\n\nCN=client", "line 2 of subjectDN " + isEmpty},
		"a space after the equals sign":          {"CN= client", "line 1 of subjectDN " + hasSpace},
		"a space at the end of a line":           {"C=DE \nCN=client", "line 1 of subjectDN " + hasSpace},
		"two spaces before a plus sign":          {"CN=a  + OU=b", "line 1 of subjectDN " + hasSpace},
		"a comma in a value":                     {"O=Example, Inc.\nCN=client", "line 1 of subjectDN " + hasSpecials},
		"a comma at the end of each line":        {"C=DE,\nCN=client", "line 1 of subjectDN " + hasSpecials},
		"quotation marks around a value":         {`O="Example, Inc."`, "line 1 of subjectDN " + hasSpecials},
		"a semicolon as a separator":             {"CN=client;O=Example", "line 1 of subjectDN " + hasSpecials},
		"a backslash before an ordinary letter":  {`CN=DOMAIN\client`, "line 1 of subjectDN " + hasSpecials},
		"a backslash at the end":                 {`CN=client\`, "line 1 of subjectDN " + hasSpecials},
		"a number sign first":                    {"CN=#client", "line 1 of subjectDN " + hasSpecials},
		"a tab within":                           {"CN=a\tb", "line 1 of subjectDN " + hasControl},
		"a carriage return that ends no line":    {"C=DE\rCN=client", "line 1 of subjectDN " + hasControl},
		"the slash form on one of several lines": {"/C=DE\nCN=client", "line 1 of subjectDN " + isNoPair},
		"the comma form on one of several lines": {"C=DE\nCN=client,O=Example", "line 2 of subjectDN " + hasSpecials},
		"a plus sign without spaces":             {"CN=a+OU=b", "line 1 of subjectDN " + hasSpecials},
		"a plus sign with a space before it":     {"CN=a +OU=b", "line 1 of subjectDN " + hasSpecials},
		"a plus sign with a space after it":      {"CN=a+ OU=b", "line 1 of subjectDN " + hasSpecials},
	} {
		t.Run(sentence, func(t *testing.T) {
			checkProblem(t, certificate.CheckLiteralDN(test.dn), certificate.Problem{Reason: certificate.SubjectDNMalformed, Message: test.message})
		})
	}
}

func TestCheckLiteralDNBoundsTheLength(t *testing.T) {
	empty := certificate.Problem{Reason: certificate.SubjectDNEmpty,
		Message: "subjectDN is empty: write the subject of the certificate, one attribute per line, such as " + example}
	tooLong := certificate.Problem{Reason: certificate.SubjectDNTooLong,
		Message: "subjectDN is 257 characters long, and the tenant accepts at most 256: issue the certificate with a shorter subject"}
	for sentence, test := range map[string]struct {
		dn   string
		want certificate.Problem
	}{
		"nothing":                    {"", empty},
		"white space":                {" \r\n\n\t", empty},
		"257 characters":             {"CN=" + strings.Repeat("c", 254), tooLong},
		"the line feed at the end":   {"CN=" + strings.Repeat("c", 253) + "\n", certificate.Problem{}},
		"257 characters in any form": {"CN=" + strings.Repeat("c", 252) + ",C", tooLong},
	} {
		t.Run(sentence, func(t *testing.T) {
			checkProblem(t, certificate.CheckLiteralDN(test.dn), test.want)
		})
	}
}

// A person can copy the subject from a certificate's status into subjectDN.
func TestCheckLiteralDNAcceptsEverySubjectThatInspectWrites(t *testing.T) {
	for _, entry := range readCorpus(t) {
		length := len([]rune(entry.Subject))
		if !entry.Parses || length == 0 || length > 256 {
			continue
		}
		t.Run(entry.Case, func(t *testing.T) {
			checkProblem(t, certificate.CheckLiteralDN(entry.Subject), certificate.Problem{})
		})
	}
}

// Of a name that somebody copied from openssl or from a proxy's log, CheckLiteralDN shows what Node.js, and so the tenant, makes of it.
func TestCheckLiteralDNSuggestsTheTenantsForm(t *testing.T) {
	lost := map[string]map[string]bool{
		// No name in the form of RFC 4514 tells that its certificate begins with the common name, or ends with a country.
		asRFC2253: {"a subject from common name to country": true, "an email address": true, "structure: an RDN of two attributes against DER's order": true},
	}
	for _, entry := range readCorpus(t) {
		// On one line and without a comma it is the tenant's form.
		if length := len([]rune(entry.Subject)); entry.Refusal != "" || length == 0 || length > 256 || !strings.Contains(entry.Subject, "\n") {
			continue
		}
		for _, option := range []string{asRFC2253, asOneline, asDisplayed} {
			printed := entry.Printed[option]
			if len([]rune(printed)) > 256 {
				continue
			}
			message := problemOf(t, certificate.CheckLiteralDN(printed)).Message
			suggests := strings.HasSuffix(message, " write "+strconv.Quote(entry.Subject))
			if suggests == lost[option][entry.Case] {
				t.Errorf("%s: of %q openssl prints by -nameopt %s %q, of which CheckLiteralDN says: %s", entry.Case, entry.Subject, option, printed, message)
			}
		}
	}
}
