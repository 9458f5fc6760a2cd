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
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// NormalizeDN returns a distinguished name that a person wrote as it is sent to the tenant: lines end in a line feed alone, and no
// empty lines stand before or after it. Nothing else is changed. What comes out is left as it is the second time.
func NormalizeDN(dn string) string {
	lines := strings.Split(dn, "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], "\r")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// EqualDN tells whether two distinguished names in the tenant's form are the same, RDN by RDN. Only what NormalizeDN takes away is
// overlooked: order (also within an RDN), the case of letters, spaces, the way of escaping and the form of Unicode all count, since
// nothing tells that the tenant overlooks any of them when a client authenticates.
func EqualDN(a, b string) bool {
	return NormalizeDN(a) == NormalizeDN(b)
}

// CheckLiteralDN returns a *Problem if a distinguished name that a person wrote cannot be one in the tenant's form: 1 to 256
// characters, one RDN per line, name=value. The names are not looked up. A name in the comma form of RFC 4514 or the slash form of
// OpenSSL is refused with the form to write instead, quoted as YAML understands. Every SubjectDN of Facts passes if its length does.
func CheckLiteralDN(dn string) error {
	dn = NormalizeDN(dn)
	characters := utf8.RuneCountInString(dn)
	switch {
	case strings.TrimSpace(dn) == "":
		return errLiteralEmpty
	case characters > maxSubjectDNCharacters:
		return literalTooLong(characters)
	}
	if !strings.Contains(dn, "\n") {
		if problem := checkOneLineForms(dn); problem != nil {
			return problem
		}
	}
	if line, fault := checkLines(dn); fault != "" {
		return malformedLine(line, fault)
	}
	return nil
}

// checkOneLineForms returns nil if the line is in neither of the forms that put a whole name on one.
func checkOneLineForms(line string) *Problem {
	line, printed := strings.CutPrefix(line, "subject=") // as openssl x509 -subject begins its line
	if strings.HasPrefix(line, "/") {
		return slashForm(suggestDN(readSlashes(line)))
	}
	rdns, displayed := readCommas(line)
	switch {
	case len(rdns) > 1 && !displayed:
		return commaForm(suggestDN(rdns))
	case len(rdns) > 1, len(rdns) == 1 && printed:
		return displayedForm(suggestDN(rdns))
	}
	return nil
}

// Faults of one line, as the end of a sentence.
const (
	faultEmpty   = `is empty: write one attribute per line, such as ` + exampleDN
	faultNoPair  = `is not name=value: write one attribute per line, such as ` + exampleDN
	faultSpace   = `has a space at an end of a value: remove it or, if the certificate has it, put a backslash before it`
	faultSpecial = `has one of , + " \ < > ; or a leading # without a backslash before it: put one there, or write attributes on lines of their own`
	faultControl = `has a control character: write it as a backslash and two hexadecimal digits`
)

// checkLines returns the number of the first line that has a fault, and the fault; none if all are well.
func checkLines(dn string) (line int, fault string) {
	for i, rdn := range strings.Split(dn, "\n") {
		if rdn == "" {
			return i + 1, faultEmpty
		}
		for _, pair := range splitAttributes(rdn) {
			if fault := checkAttribute(pair); fault != "" {
				return i + 1, fault
			}
		}
	}
	return 0, ""
}

var attributeNamePattern = regexp.MustCompile(`^([A-Za-z][A-Za-z0-9-]*|[0-9]+(\.[0-9]+)+)$`)

func checkAttribute(pair string) (fault string) {
	name, value, found := strings.Cut(pair, "=")
	if !found || !attributeNamePattern.MatchString(name) {
		return faultNoPair
	}
	if len(value) > 1 && value[0] == '#' {
		return faultSpecial
	}
	for i := 0; i < len(value); {
		c, width := value[i], escapeWidth(value[i:])
		switch {
		case isControl(c):
			return faultControl
		case width == 0 && strings.IndexByte(specials, c) >= 0:
			return faultSpecial
		case c == ' ' && (i == 0 || i == len(value)-1):
			return faultSpace
		}
		i += max(width, 1)
	}
	return ""
}

// escapeWidth is how many bytes the escape takes with which a text begins: 2 or 3, or 0 if it begins with none.
func escapeWidth(text string) int {
	if len(text) < 2 || text[0] != '\\' {
		return 0
	}
	if strings.IndexByte(specials+" #", text[1]) >= 0 {
		return 2
	}
	if len(text) >= 3 {
		if _, err := hex.DecodeString(text[1:3]); err == nil {
			return 3
		}
	}
	return 0
}

// splitAttributes parts an RDN at each " + ". Any other plus sign stays where it is, and needs a backslash there.
func splitAttributes(rdn string) []string {
	parts := splitUnescaped(rdn, '+')
	pairs := []string{parts[0]}
	for _, part := range parts[1:] {
		last := &pairs[len(pairs)-1]
		before, spaced := strings.CutSuffix(*last, " ")
		if spaced && strings.HasPrefix(part, " ") {
			*last = before
			pairs = append(pairs, part[1:])
		} else {
			*last += "+" + part
		}
	}
	return pairs
}

// splitUnescaped parts a text at each separator that has no backslash before it.
func splitUnescaped(text string, separator byte) []string {
	var parts []string
	start := 0
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case separator:
			parts = append(parts, text[start:i])
			start = i + 1
		}
	}
	return append(parts, text[start:])
}

func malformedLine(line int, fault string) *Problem {
	return &Problem{SubjectDNMalformed, fmt.Sprintf("line %d of subjectDN %s", line, fault)}
}

func commaForm(suggestion string) *Problem {
	return &Problem{SubjectDNMalformed,
		"subjectDN separates attributes by commas, as RFC 4514 and nginx do, but the tenant compares them one per line in the order of the " +
			"certificate, mostly from country to common name: check that order and write " + suggestion}
}

func displayedForm(suggestion string) *Problem {
	return &Problem{SubjectDNMalformed,
		"subjectDN separates attributes by commas, as openssl x509 -subject does, but the tenant compares them one per line: " +
			"write " + suggestion}
}

func slashForm(suggestion string) *Problem {
	return &Problem{SubjectDNMalformed,
		"subjectDN separates attributes by slashes, as OpenSSL's oneline form and HAProxy do, but the tenant compares them one per line: " +
			"write " + suggestion}
}
