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

package certificate

import (
	"encoding/asn1"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
)

// relativeDNSET is a relative distinguished name. The suffix makes encoding/asn1 read it as a SET.
type relativeDNSET []attribute

type attribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// name is a distinguished name in the order of the certificate.
type name []relativeDNSET

// parseName reads the DER of a distinguished name. RDNs without attributes are left out, as OpenSSL leaves them out.
func parseName(der []byte) (name, error) {
	var rdns name
	rest, err := asn1.Unmarshal(der, &rdns)
	if err != nil || len(rest) > 0 {
		return nil, errNameUnparsable
	}
	return slices.DeleteFunc(rdns, func(rdn relativeDNSET) bool { return len(rdn) == 0 }), nil
}

// errNameUnparsable holds nothing of the parsers' text, which quotes what it read.
var errNameUnparsable = errors.New("this is not the DER of a distinguished name")

// FormatDN writes the DER of a distinguished name, such as the RawSubject of a certificate or of a request for one, as Auth0
// writes a subject_dn.
func FormatDN(der []byte) (string, error) {
	n, err := parseName(der)
	return n.tenantForm(), err
}

// tenantForm is one RDN per line in the order of the certificate, which is the reverse of RFC 4514's, the attributes of one RDN
// joined by " + ".
//
// What Auth0 is recorded to have answered (auth0/go-auth0, test/data/recordings/TestClient_CreateAllCredential and others) is
// byte for byte what the subject property of Node.js's X509Certificate holds, so its rules are taken for all that no recording
// shows. They are those of OpenSSL's X509_NAME_print_ex with ASN1_STRFLGS_ESC_2253, ASN1_STRFLGS_ESC_CTRL,
// ASN1_STRFLGS_UTF8_CONVERT, XN_FLAG_SEP_MULTILINE and XN_FLAG_FN_SN.
func (n name) tenantForm() string {
	return n.join("\n", " + ", func(a attribute) string {
		return attributeName(a.Type) + "=" + escapeValue(decodeString(a.Value))
	})
}

// join writes every attribute, those of one RDN with one separator between them, and the RDNs with the other.
func (n name) join(betweenRDNs, withinRDN string, write func(attribute) string) string {
	rdns := make([]string, len(n))
	for i, rdn := range n {
		attributes := make([]string, len(rdn))
		for j, a := range rdn {
			attributes[j] = write(a)
		}
		rdns[i] = strings.Join(attributes, withinRDN)
	}
	return strings.Join(rdns, betweenRDNs)
}

// decodeString returns the text of an ASN.1 string. crypto/x509 has by then refused what its type does not allow, and all types but
// UTF8String, BMPString and those of one byte per character.
func decodeString(value asn1.RawValue) string {
	switch value.Tag {
	case asn1.TagUTF8String:
		return string(value.Bytes)
	case asn1.TagBMPString:
		var units []uint16
		for i := 0; i+1 < len(value.Bytes); i += 2 {
			units = append(units, uint16(value.Bytes[i])<<8|uint16(value.Bytes[i+1]))
		}
		return string(utf16.Decode(units))
	default:
		// OpenSSL takes T61String for Latin-1, of which the ASCII of the remaining types is a part.
		var runes []rune
		for _, b := range value.Bytes {
			runes = append(runes, rune(b))
		}
		return string(runes)
	}
}

// specials are the characters that stand for themselves only after a backslash, wherever they are (RFC 2253, section 2.4).
const specials = `,+"\<>;`

// escapeValue escapes the text of an attribute as OpenSSL does: a space at either end, the special characters and a leading number
// sign (unless it is all there is) by a backslash, control characters by a backslash and two hexadecimal digits.
func escapeValue(text string) string {
	var escaped strings.Builder
	last := len(text) - 1
	for i := range len(text) {
		c := text[i]
		switch {
		case isControl(c):
			fmt.Fprintf(&escaped, `\%02X`, c)
			continue
		case strings.IndexByte(specials, c) >= 0,
			c == ' ' && (i == 0 || i == last),
			c == '#' && i == 0 && i != last:
			escaped.WriteByte('\\')
		}
		escaped.WriteByte(c)
	}
	return escaped.String()
}

func isControl(c byte) bool { return c < ' ' || c == 0x7f }
