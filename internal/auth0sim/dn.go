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
	"encoding/asn1"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// subjectDN renders a DER-encoded name in the form in which Auth0 stores and compares subject_dn: one relative
// distinguished name a line, in certificate order, with OpenSSL's short names. The recorded values are those of Node.js
// (X509Certificate.subject), so its rules of escaping are taken over: OpenSSL's X509_NAME_print_ex with
// ASN1_STRFLGS_ESC_2253, ASN1_STRFLGS_ESC_CTRL, ASN1_STRFLGS_UTF8_CONVERT, XN_FLAG_SEP_MULTILINE and XN_FLAG_FN_SN.
// A name that does not parse renders as "".
func subjectDN(rawName []byte) string {
	var name []rdnSET
	if rest, err := asn1.Unmarshal(rawName, &name); err != nil || len(rest) > 0 {
		return ""
	}
	name = slices.DeleteFunc(name, func(rdn rdnSET) bool { return len(rdn) == 0 }) // as OpenSSL leaves them out
	lines := make([]string, len(name))
	for i, rdn := range name {
		parts := make([]string, len(rdn))
		for j, attribute := range rdn {
			parts[j] = shortName(attribute.Type) + "=" + escapeValue(utf8Value(attribute.Value))
		}
		lines[i] = strings.Join(parts, " + ")
	}
	return strings.Join(lines, "\n")
}

// rdnSET is a relative distinguished name; the suffix of its name tells encoding/asn1 to expect a SET.
type rdnSET []nameAttribute

type nameAttribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// shortNames are OpenSSL's short names of the attribute types that certificates carry (crypto/objects/objects.txt).
var shortNames = map[string]string{
	"2.5.4.3":   "CN",
	"2.5.4.4":   "SN",
	"2.5.4.5":   "serialNumber",
	"2.5.4.6":   "C",
	"2.5.4.7":   "L",
	"2.5.4.8":   "ST",
	"2.5.4.9":   "street",
	"2.5.4.10":  "O",
	"2.5.4.11":  "OU",
	"2.5.4.12":  "title",
	"2.5.4.13":  "description",
	"2.5.4.14":  "searchGuide",
	"2.5.4.15":  "businessCategory",
	"2.5.4.16":  "postalAddress",
	"2.5.4.17":  "postalCode",
	"2.5.4.18":  "postOfficeBox",
	"2.5.4.19":  "physicalDeliveryOfficeName",
	"2.5.4.20":  "telephoneNumber",
	"2.5.4.21":  "telexNumber",
	"2.5.4.23":  "facsimileTelephoneNumber",
	"2.5.4.25":  "internationaliSDNNumber",
	"2.5.4.26":  "registeredAddress",
	"2.5.4.27":  "destinationIndicator",
	"2.5.4.28":  "preferredDeliveryMethod",
	"2.5.4.29":  "presentationAddress",
	"2.5.4.30":  "supportedApplicationContext",
	"2.5.4.31":  "member",
	"2.5.4.32":  "owner",
	"2.5.4.33":  "roleOccupant",
	"2.5.4.34":  "seeAlso",
	"2.5.4.35":  "userPassword",
	"2.5.4.36":  "userCertificate",
	"2.5.4.41":  "name",
	"2.5.4.42":  "GN",
	"2.5.4.43":  "initials",
	"2.5.4.44":  "generationQualifier",
	"2.5.4.45":  "x500UniqueIdentifier",
	"2.5.4.46":  "dnQualifier",
	"2.5.4.47":  "enhancedSearchGuide",
	"2.5.4.48":  "protocolInformation",
	"2.5.4.49":  "distinguishedName",
	"2.5.4.50":  "uniqueMember",
	"2.5.4.51":  "houseIdentifier",
	"2.5.4.52":  "supportedAlgorithms",
	"2.5.4.53":  "deltaRevocationList",
	"2.5.4.54":  "dmdName",
	"2.5.4.65":  "pseudonym",
	"2.5.4.72":  "role",
	"2.5.4.97":  "organizationIdentifier",
	"2.5.4.98":  "c3",
	"2.5.4.99":  "n3",
	"2.5.4.100": "dnsName",

	"0.9.2342.19200300.100.1.1":  "UID",
	"0.9.2342.19200300.100.1.2":  "textEncodedORAddress",
	"0.9.2342.19200300.100.1.3":  "mail",
	"0.9.2342.19200300.100.1.4":  "info",
	"0.9.2342.19200300.100.1.5":  "favouriteDrink",
	"0.9.2342.19200300.100.1.25": "DC",
	"0.9.2342.19200300.100.1.41": "mobileTelephoneNumber",
	"0.9.2342.19200300.100.1.43": "friendlyCountryName",
	"0.9.2342.19200300.100.1.44": "uid",

	"1.2.840.113549.1.9.1": "emailAddress",
	"1.2.840.113549.1.9.2": "unstructuredName",
	"1.2.840.113549.1.9.7": "challengePassword",
	"1.2.840.113549.1.9.8": "unstructuredAddress",

	"1.3.6.1.4.1.311.17.1":     "CSPName",
	"1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL",
	"1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
	"1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",

	"1.2.643.100.1":     "OGRN",
	"1.2.643.100.3":     "SNILS",
	"1.2.643.3.131.1.1": "INN",
}

// shortName falls back to the dotted form, as OpenSSL does for types it has no name for.
func shortName(oid asn1.ObjectIdentifier) string {
	if name, known := shortNames[oid.String()]; known {
		return name
	}
	return oid.String()
}

// utf8Value converts an attribute value to UTF-8. OpenSSL reads every type but UTF8String, BMPString and UniversalString
// as one byte a character; of a certificate with the last, crypto/x509 refuses to know anything.
func utf8Value(value asn1.RawValue) string {
	switch value.Tag {
	case asn1.TagUTF8String:
		return string(value.Bytes)
	case asn1.TagBMPString:
		units := make([]uint16, len(value.Bytes)/2)
		for i := range units {
			units[i] = uint16(value.Bytes[2*i])<<8 | uint16(value.Bytes[2*i+1])
		}
		return string(utf16.Decode(units))
	default:
		return latin1(value.Bytes)
	}
}

func latin1(data []byte) string {
	runes := make([]rune, len(data))
	for i, b := range data {
		runes[i] = rune(b)
	}
	return string(runes)
}

// escapeValue escapes as RFC 2253 asks, but for a number sign that is all there is, and control characters in hexadecimal.
func escapeValue(value string) string {
	var out strings.Builder
	for i := range len(value) {
		c := value[i]
		first, last := i == 0, i == len(value)-1
		switch {
		case c < 0x20 || c == 0x7f:
			fmt.Fprintf(&out, `\%02X`, c)
		case strings.IndexByte(`,+"\<>;`, c) >= 0, c == ' ' && (first || last), c == '#' && first && !last:
			out.WriteByte('\\')
			out.WriteByte(c)
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}
