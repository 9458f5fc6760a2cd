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
	"bytes"
	"regexp"
	"strings"
)

// redacted is what the log shows in the place of a secret.
const redacted = "[REDACTED]"

var (
	secretMember = regexp.MustCompile(
		`("(?:client_secret|access_token|client_assertion|cname_api_key|signing_secret)"\s*:\s*)"(?:[^"\\]|\\.)*"`)
	// privateKey also matches a block whose end is missing.
	privateKey = regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY-----.*?(?:-----END [A-Z0-9 ]*PRIVATE KEY-----|$)`)
)

// maxLogged bounds what the log keeps of one body.
const maxLogged = 64 << 10

// redact returns a body without secrets and private keys, and whether it held a private key.
func redact(body []byte) (text string, carriedKey bool) {
	carriedKey = privateKey.Match(body)
	if len(body) > maxLogged {
		body = append(bytes.Clone(body[:maxLogged]), " [cut]"...)
	}
	body = privateKey.ReplaceAll(body, []byte(redacted))
	body = secretMember.ReplaceAll(body, []byte(`${1}"`+redacted+`"`))
	return strings.ToValidUTF8(string(body), "\uFFFD"), carriedKey
}
