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
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// exampleDN shows the tenant's form, quoted as suggestDN quotes.
const exampleDN = `"C=DE\nO=Example\nCN=client.example.com"`

// suggestDN quotes the name of the given RDNs in the tenant's form, or exampleDN if they do not make a good one.
func suggestDN(rdns []string) string {
	dn := strings.Join(rdns, "\n")
	if _, fault := checkLines(dn); fault != "" || utf8.RuneCountInString(dn) > maxSubjectDNCharacters {
		return exampleDN
	}
	return strconv.Quote(dn)
}

// splitCommas returns the RDNs of a name in the comma form, in the order of the certificate; one or none if it is in another form.
//
// RFC 4514 puts the last RDN first. OpenSSL and others print the same form in the order of the certificate, and no name tells which
// it is, so a name that begins with a country or a domain, or ends with a common name, is taken for one of those.
func splitCommas(dn string) []string {
	rdns := splitUnescaped(dn, ',')
	for i, rdn := range rdns {
		attributes := splitUnescaped(rdn, '+')
		for j, pair := range attributes {
			name, value, found := strings.Cut(pair, "=")
			name = strings.TrimSpace(name)
			if !found || !attributeNamePattern.MatchString(name) {
				return nil
			}
			attributes[j] = name + "=" + strings.TrimSpace(value)
		}
		rdns[i] = strings.Join(attributes, " + ")
	}
	first, last := nameOf(rdns[0]), nameOf(rdns[len(rdns)-1])
	if first != "C" && first != "DC" && last != "CN" {
		slices.Reverse(rdns)
	}
	return rdns
}

func nameOf(rdn string) string {
	name, _, _ := strings.Cut(rdn, "=")
	return strings.ToUpper(name)
}

// slashPattern is where OpenSSL's oneline form begins an attribute. A slash within a value is not escaped there.
var slashPattern = regexp.MustCompile(`/[A-Za-z0-9.-]+=`)

// splitSlashes returns the RDNs of a name in the slash form, whose values are plain text.
func splitSlashes(dn string) []string {
	var rdns []string
	starts := slashPattern.FindAllStringIndex(dn, -1)
	for i, start := range starts {
		end := len(dn)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		name := dn[start[0]+1 : start[1]]
		rdns = append(rdns, name+escapeValue(dn[start[1]:end]))
	}
	return rdns
}
