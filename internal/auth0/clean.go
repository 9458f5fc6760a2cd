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

package auth0

import (
	"regexp"
	"strings"
	"unicode"
)

const (
	maxMessage = 256
	redacted   = "[redacted]"
)

var (
	// secretForms are texts that look like a key, a certificate, a JWT or an Authorization header.
	secretForms = regexp.MustCompile(
		`-----BEGIN(?s:.*?)(-----END[^-]*-----|$)|eyJ[\w-]{6,}(\.[\w-]*)*|(?i:\b(bearer|basic))\s+\S+`)
	// longRuns may be opaque tokens; see isOpaque.
	longRuns = regexp.MustCompile(`[A-Za-z0-9+/_=-]{40,}`)

	codeForm = regexp.MustCompile(`^[a-z_]{1,64}$`)
)

// clean makes one bounded line of a text from outside.
func clean(text string, secrets []string) string {
	text = scrub(text, secrets)
	if runes := []rune(text); len(runes) > maxMessage {
		return string(runes[:maxMessage-1]) + "…"
	}
	return text
}

// scrub makes one line of a text from outside and takes out what must not be seen: the secrets that were sent, in case
// the other side repeats them, and whatever looks like one.
func scrub(text string, secrets []string) string {
	for _, secret := range secrets {
		if secret != "" {
			text = strings.ReplaceAll(text, secret, redacted)
		}
	}
	text = secretForms.ReplaceAllString(strings.ToValidUTF8(text, " "), redacted)
	text = longRuns.ReplaceAllStringFunc(text, func(run string) string {
		if isOpaque(run) {
			return redacted
		}
		return run
	})
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
	return strings.Join(strings.Fields(text), " ")
}

// isOpaque tells a token from a long name: names of fields and scopes have neither digits nor capitals.
func isOpaque(run string) bool {
	return strings.ContainsFunc(run, func(r rune) bool { return unicode.IsDigit(r) || unicode.IsUpper(r) })
}

// cleanCode returns a machine-readable code, or nothing when it does not look like one.
func cleanCode(code string) string {
	if codeForm.MatchString(code) {
		return code
	}
	return ""
}
