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
	"encoding/asn1"
	"strings"
)

// Tags of string types that encoding/asn1 does not name.
const (
	tagVideotexString  = 21
	tagUniversalString = 28
)

var (
	commonName         = asn1.ObjectIdentifier{2, 5, 4, 3}
	country            = asn1.ObjectIdentifier{2, 5, 4, 6}
	locality           = asn1.ObjectIdentifier{2, 5, 4, 7}
	state              = asn1.ObjectIdentifier{2, 5, 4, 8}
	organization       = asn1.ObjectIdentifier{2, 5, 4, 10}
	organizationalUnit = asn1.ObjectIdentifier{2, 5, 4, 11}
	serialNumber       = asn1.ObjectIdentifier{2, 5, 4, 5}
	uniqueIdentifier   = asn1.ObjectIdentifier{2, 5, 4, 45}
	userID             = asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 1}
	domainComponent    = asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1, 25}
	emailAddress       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	unknown            = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 55555, 7}
)

type subjectCase struct {
	name    string
	subject []byte
}

// corpusCases are the subjects of the certificates in testdata/corpus.json.
func corpusCases() []subjectCase {
	var all []subjectCase
	for _, group := range [][]subjectCase{ordinary(), escapes(), encodings(), structures(), attributeTypes()} {
		all = append(all, group...)
	}
	return all
}

func utf8String(oid asn1.ObjectIdentifier, value string) []byte {
	return rdn(attribute(oid, asn1.TagUTF8String, []byte(value)))
}

func printable(oid asn1.ObjectIdentifier, value string) []byte {
	return rdn(attribute(oid, asn1.TagPrintableString, []byte(value)))
}

func ia5(oid asn1.ObjectIdentifier, value string) []byte {
	return rdn(attribute(oid, asn1.TagIA5String, []byte(value)))
}

func ordinary() []subjectCase {
	return []subjectCase{
		{"a common name alone", name(utf8String(commonName, "client"))},
		{"a subject from country to common name", name(printable(country, "DE"), utf8String(state, "Berlin"),
			utf8String(locality, "Berlin"), utf8String(organization, "Example GmbH"),
			utf8String(organizationalUnit, "Payments"), utf8String(commonName, "client.example.com"))},
		{"a subject from common name to country", name(utf8String(commonName, "client"), utf8String(organization, "Example"), printable(country, "DE"))},
		{"domain components and a user id", name(ia5(domainComponent, "com"), ia5(domainComponent, "example"), utf8String(userID, "client-1"))},
		{"organizational units repeated", name(utf8String(organizationalUnit, "b"), utf8String(organizationalUnit, "a"), utf8String(organizationalUnit, "b"))},
		{"an email address", name(utf8String(commonName, "client"), ia5(emailAddress, "client@example.com"))},
		{"a subject over 256 characters", name(utf8String(organization, strings.Repeat("o", 64)), utf8String(organizationalUnit, strings.Repeat("u", 64)),
			utf8String(organizationalUnit, strings.Repeat("v", 64)), utf8String(commonName, strings.Repeat("c", 64)))},
		{"an empty subject", name()},
	}
}

func escapes() []subjectCase {
	values := []struct{ name, value string }{
		{"a comma", "Example, Inc."},
		{"a plus sign", "a+b"},
		{"a quotation mark", `the "client"`},
		{"a backslash", `EXAMPLE\client`},
		{"angle brackets", "<client>"},
		{"a semicolon", "a;b"},
		{"an equals sign", "a=b"},
		{"a slash", "a/b"},
		{"apostrophe, colon, asterisk, percent, at, dollar", "a'b:c*d%e@f$g"},
		{"brackets and braces", "(a)[b]{c}|~`^!?&_"},
		{"a number sign first", "#1 client"},
		{"a number sign inside", "client #1"},
		{"a number sign alone", "#"},
		{"two number signs", "##"},
		{"a space first", " client"},
		{"a space last", "client "},
		{"spaces at both ends", "  client  "},
		{"a space alone", " "},
		{"two spaces alone", "  "},
		{"three spaces alone", "   "},
		{"a comma alone", ","},
		{"a plus sign between spaces", "a + CN=b"},
		{"an empty value", ""},
		{"a line feed", "a\nCN=b"},
		{"carriage return, tab, NUL, escape and delete", "a\r\t\x00\x1b\x7fb"},
		{"a control character first and last", "\x01a\x02"},
		{"a C1 control character", "a\u0085b"},
		{"all of printable ASCII", printableASCII()},
		{"a slash and a plus sign at either end", "/a+/b+"},
		{"what looks like DER in hexadecimal", "#0c0178"},
		{"a backslash before a space at the end", `a\ `},
		{"what looks like an escape in hexadecimal", `a\0Ab`},
		{"quotation marks around all of it", `"a, b"`},
	}
	var all []subjectCase
	for _, v := range values {
		all = append(all, subjectCase{"escape: " + v.name, name(utf8String(organization, "Example"), utf8String(commonName, v.value))})
	}
	return all
}

func encodings() []subjectCase {
	values := []struct {
		name string
		tag  int
		text string
	}{
		{"UTF8String with umlauts", asn1.TagUTF8String, "Grüße aus Köln"},
		{"UTF8String with a non-breaking space at both ends", asn1.TagUTF8String, "\u00a0a\u00a0"},
		{"UTF8String with Japanese", asn1.TagUTF8String, "東京都"},
		{"UTF8String beyond the basic plane", asn1.TagUTF8String, "key 🔑"},
		{"UTF8String with a byte order mark", asn1.TagUTF8String, "\ufeffclient"},
		{"UTF8String with a combining character", asn1.TagUTF8String, "Cafe\u0301"},
		{"UTF8String with a noncharacter", asn1.TagUTF8String, "a\uffffb"},
		{"UTF8String that is not UTF-8", asn1.TagUTF8String, "a\xffb"},
		{"PrintableString", asn1.TagPrintableString, "client '1' (a), b+c./:=?"},
		{"PrintableString with an underscore, which the type lacks", asn1.TagPrintableString, "my_client"},
		{"IA5String with an at sign", asn1.TagIA5String, "a@b"},
		{"IA5String with a byte above 127", asn1.TagIA5String, "K\xf6ln"},
		{"NumericString", asn1.TagNumericString, " 12 34 "},
		{"NumericString with a letter", asn1.TagNumericString, "12a"},
		{"T61String with Latin-1 bytes", asn1.TagT61String, "K\xf6ln, \xa4"},
		{"T61String with every byte from 128", asn1.TagT61String, upperHalf()},
		{"BMPString with ASCII", asn1.TagBMPString, "\x00a\x00,\x00b"},
		{"BMPString with Japanese and spaces at both ends", asn1.TagBMPString, "\x00 \x67\x71\x4e\xac\x00 "},
		{"BMPString with a number sign first", asn1.TagBMPString, "\x00#\x00a"},
		{"BMPString with a control character", asn1.TagBMPString, "\x00a\x00\n\x00b"},
		{"BMPString with a terminator", asn1.TagBMPString, "\x00a\x00b\x00\x00"},
		{"BMPString with a surrogate pair", asn1.TagBMPString, "\xd8\x3d\xdd\x11"},
		{"BMPString of odd length", asn1.TagBMPString, "\x00a\x00"},
		{"BMPString that is empty", asn1.TagBMPString, ""},
		{"UniversalString", tagUniversalString, "\x00\x00\x00a\x00\x01\xf5\x11\x00\x00\x00,"},
		{"VideotexString", tagVideotexString, "client"},
		{"VisibleString", asn1.TagGeneralString - 1, "client"},
		{"OCTET STRING", asn1.TagOctetString, "client"},
	}
	var all []subjectCase
	for _, v := range values {
		all = append(all, subjectCase{"encoding: " + v.name, name(rdn(attribute(commonName, v.tag, []byte(v.text))))})
	}
	return all
}

func upperHalf() string {
	var b strings.Builder
	for c := 128; c < 256; c++ {
		b.WriteByte(byte(c))
	}
	return b.String()
}

func printableASCII() string {
	var b strings.Builder
	for c := byte(' '); c <= '~'; c++ {
		b.WriteByte(c)
	}
	return b.String()
}

func structures() []subjectCase {
	text := func(oid asn1.ObjectIdentifier, value string) []byte {
		return attribute(oid, asn1.TagUTF8String, []byte(value))
	}
	return []subjectCase{
		{"structure: an RDN of two attributes", name(utf8String(country, "DE"), rdn(text(commonName, "multi"), text(organizationalUnit, "one")))},
		{"structure: an RDN of two attributes against DER's order", name(rdn(text(organizationalUnit, "one"), text(commonName, "multi")), utf8String(country, "DE"))},
		{"structure: an RDN of three attributes with escapes", name(rdn(text(commonName, "a+b"), text(serialNumber, " 1 "), text(userID, "#u")))},
		{"structure: an RDN of two values of one type", name(rdn(text(organizationalUnit, "a"), text(organizationalUnit, "b")))},
		{"structure: an RDN without attributes", name(utf8String(country, "DE"), rdn(), utf8String(commonName, "client"))},
		{"structure: an unknown type", name(utf8String(unknown, "some, value"), utf8String(commonName, "client"))},
		{"structure: an unknown type within an RDN of two", name(rdn(text(unknown, "x"), text(commonName, "client")))},
		{"structure: an unknown type with an IA5String", name(ia5(unknown, "client@example.com"))},
		{"structure: a type with a long arc", name(utf8String(asn1.ObjectIdentifier{2, 25, 2147483647, 1}, "x"))},
		{"structure: an unknown type with a BMPString", name(rdn(attribute(unknown, asn1.TagBMPString, []byte("\x67\x71"))))},
		{"structure: an unknown type with an empty value", name(utf8String(unknown, ""), utf8String(commonName, "client"))},
		{"structure: an RDN of two empty values", name(rdn(text(commonName, ""), text(organizationalUnit, "")))},
		{"structure: a value of 3000 characters", name(utf8String(commonName, strings.Repeat("c", 3000)))},
		{"structure: a unique identifier as a BIT STRING", name(rdn(attribute(uniqueIdentifier, asn1.TagBitString, []byte("\x00\x01\x02"))))},
	}
}

// attributeTypes has, arc by arc, every type of which OpenSSL might know a short name, each with its own OID as the value.
func attributeTypes() []subjectCase {
	arcs := []struct {
		name string
		arc  asn1.ObjectIdentifier
		last int
	}{
		{"X.520", asn1.ObjectIdentifier{2, 5, 4}, 110},
		{"RFC 4524 and RFC 4519", asn1.ObjectIdentifier{0, 9, 2342, 19200300, 100, 1}, 60},
		{"PKCS #9", asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9}, 27},
		{"jurisdiction of incorporation", asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 311, 60, 2, 1}, 4},
		{"personal data of RFC 3739", asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 9}, 6},
		{"Russian tax and company numbers", asn1.ObjectIdentifier{1, 2, 643, 100}, 5},
		{"Russian tax number of a person", asn1.ObjectIdentifier{1, 2, 643, 3, 131, 1}, 2},
	}
	var all []subjectCase
	for _, a := range arcs {
		var rdns [][]byte
		for i := range a.last {
			oid := append(append(asn1.ObjectIdentifier{}, a.arc...), i+1)
			rdns = append(rdns, printable(oid, oid.String()))
		}
		all = append(all, subjectCase{"types: " + a.name, name(rdns...)})
	}
	return all
}
