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
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What people copy from tools and paste as a subjectDN. It is read only to show how to write it in the tenant's form.

// exampleDN shows the tenant's form, quoted as suggestDN quotes.
const exampleDN = `"C=DE\nO=Example\nCN=client.example.com"`

// suggestDN quotes the name of the given RDNs in the tenant's form, or exampleDN if they do not make a good one.
func suggestDN(rdns []string) string {
	dn := strings.Join(rdns, "\n")
	if _, fault := checkLines(dn); fault != "" || utf8.RuneCountInString(dn) > maxSubjectDNCharacters || !utf8.ValidString(dn) {
		return exampleDN
	}
	return strconv.Quote(dn)
}

// readCommas returns the RDNs of a name on one line with commas, in the tenant's form and the order of the certificate; one or
// none if it is in another form. displayed tells that it is what openssl shows by itself, and not RFC 4514.
//
// RFC 4514 puts the last RDN first, and openssl shows the first one first: with spaces around equals signs until version 3.1, and
// since then like many that write RFC 4514 with a space after each comma. So of a name without these spaces, one that begins with a
// country or a domain, or ends with a common name, is taken for one in the order of the certificate. Any other is turned round
// throughout, as OpenSSL turns the attributes of an RDN round too.
func readCommas(dn string) (rdns []string, displayed bool) {
	displayed = true
	var read [][]string
	for _, rdn := range splitUnquoted(dn, ',') {
		var attributes []string
		for _, pair := range splitUnquoted(rdn, '+') {
			key, value, found := strings.Cut(pair, "=")
			displayed = displayed && strings.HasSuffix(key, " ")
			if key = strings.TrimSpace(key); !found || !attributeNamePattern.MatchString(key) {
				return nil, false
			}
			attributes = append(attributes, tenantName(key)+"="+escapeValue(readValue(value)))
		}
		read = append(read, attributes)
	}
	first, last := nameOf(read[0]), nameOf(read[len(read)-1])
	if !displayed && first != "C" && first != "DC" && last != "CN" {
		slices.Reverse(read)
		for _, attributes := range read {
			slices.Reverse(attributes)
		}
	}
	for _, attributes := range read {
		rdns = append(rdns, strings.Join(attributes, " + "))
	}
	return rdns, displayed
}

func nameOf(attributes []string) string {
	key, _, _ := strings.Cut(attributes[0], "=")
	return key
}

// splitUnquoted parts a text at each separator that has no backslash before it and stands in no quotation marks.
func splitUnquoted(text string, separator byte) []string {
	var parts []string
	start, quoted := 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case c == separator && !quoted:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

// readValue returns the text of a value in the form of RFC 4514, or in quotation marks as RFC 2253 still has them and openssl
// shows them: without escapes, and of a value in hexadecimal what is in its DER.
func readValue(value string) string {
	value = trimUnescaped(value)
	if digits, found := strings.CutPrefix(value, "#"); found {
		der, err := hex.DecodeString(digits)
		var decoded asn1.RawValue
		if rest, parseErr := asn1.Unmarshal(der, &decoded); err == nil && parseErr == nil && len(rest) == 0 {
			return decodeString(decoded)
		}
	}
	if len(value) > 1 && value[0] == '"' && value[len(value)-1] == '"' {
		value = value[1 : len(value)-1]
	}
	var text strings.Builder
	for i := 0; i < len(value); {
		switch width := escapeWidth(value[i:]); width {
		case 0:
			text.WriteByte(value[i])
			i++
		case 2:
			text.WriteByte(value[i+1])
			i += width
		default:
			digits, _ := hex.DecodeString(value[i+1 : i+width]) // escapeWidth has tried
			text.Write(digits)
			i += width
		}
	}
	return text.String()
}

// trimUnescaped takes away the spaces around a value, but for one at its end that has a backslash before it.
func trimUnescaped(value string) string {
	trimmed := strings.TrimSpace(value)
	backslashes := trimmed[len(strings.TrimRight(trimmed, `\`)):]
	if len(backslashes)%2 == 1 && strings.HasPrefix(value[strings.Index(value, trimmed)+len(trimmed):], " ") {
		return trimmed + " "
	}
	return trimmed
}

// slashPattern is where OpenSSL's oneline form begins an attribute: another RDN, or another attribute of the same.
var slashPattern = regexp.MustCompile(`[/+][A-Za-z0-9.-]+=`)

// readSlashes returns the RDNs of a name in OpenSSL's oneline form, in the tenant's form. Its values are plain text, in which
// OpenSSL 3 puts a backslash before slashes and plus signs, and all versions write bytes beyond printable ASCII as \x and two
// hexadecimal digits.
func readSlashes(dn string) []string {
	var rdns []string
	starts := slices.DeleteFunc(slashPattern.FindAllStringIndex(dn, -1), func(at []int) bool {
		return at[0] > 0 && dn[at[0]-1] == '\\'
	})
	for i, start := range starts {
		end := len(dn)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		key := tenantName(strings.TrimSuffix(dn[start[0]+1:start[1]], "="))
		pair := key + "=" + escapeValue(readOnelineValue(dn[start[1]:end]))
		if dn[start[0]] == '+' && len(rdns) > 0 {
			rdns[len(rdns)-1] += " + " + pair
		} else {
			rdns = append(rdns, pair)
		}
	}
	return rdns
}

var onelineEscape = regexp.MustCompile(`\\([/+]|x[0-9A-F]{2})`)

func readOnelineValue(value string) string {
	return onelineEscape.ReplaceAllStringFunc(value, func(escape string) string {
		if digits, err := hex.DecodeString(escape[2:]); err == nil && len(digits) == 1 {
			return string(digits)
		}
		return escape[1:]
	})
}

// tenantName is a type of attribute as the tenant names it: some tools write names in capitals, or the OID of a type that has a
// name.
func tenantName(key string) string {
	if name, ok := shortNames[key]; ok {
		return name
	}
	for _, name := range commonNames {
		if strings.EqualFold(name, key) {
			return name
		}
	}
	return key
}

// commonNames are what tools write in another case. RFC 4514 has them all in capitals.
var commonNames = []string{"CN", "L", "ST", "O", "OU", "C", "street", "DC", "UID", "emailAddress", "serialNumber"}
