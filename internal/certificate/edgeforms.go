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
	"slices"
	"strings"
	"unicode/utf8"
)

// The forms in which those who terminate TLS in front of a tenant show a subject. Nothing is decided by them: a person compares
// them with what a proxy logs, or copies them into its rules.

// rfc2253 writes the name as OpenSSL's X509_NAME_print_ex does with XN_FLAG_RFC2253, and with it nginx's $ssl_client_s_dn since
// 1.11.6 (src/event/ngx_event_openssl.c), the Subject of Envoy's x-forwarded-client-cert and Apache's SSL_CLIENT_S_DN: the last
// attribute first, also within an RDN; bytes beyond ASCII in hexadecimal; the DER of the value where OpenSSL has no name for the
// type.
func (n name) rfc2253() string {
	reversed := slices.Clone(n)
	slices.Reverse(reversed)
	for i, rdn := range reversed {
		reversed[i] = slices.Clone(rdn)
		slices.Reverse(reversed[i])
	}
	return reversed.join(",", "+", func(a attribute) string {
		if !hasShortName(a.Type) {
			return a.Type.String() + "=#" + strings.ToUpper(hex.EncodeToString(a.Value.FullBytes))
		}
		value := escapeValue(decodeString(a.Value))
		return attributeName(a.Type) + "=" + escapeBytes(value, `\%02X`, func(c byte) bool { return c >= utf8.RuneSelf })
	})
}

// oneline writes the name as OpenSSL 3's X509_NAME_oneline does, and with it nginx's $ssl_client_s_dn_legacy and, but for the
// escapes, HAProxy's ssl_c_s_dn: in the order of the certificate, the bytes of a value as they are, whatever the type of string.
func (n name) oneline() string {
	if len(n) == 0 {
		return ""
	}
	return "/" + n.join("/", "+", func(a attribute) string {
		value := strings.NewReplacer("/", `\/`, "+", `\+`).Replace(string(a.Value.Bytes))
		return attributeName(a.Type) + "=" + escapeBytes(value, `\x%02X`, func(c byte) bool { return c < ' ' || c > '~' })
	})
}

// escapeBytes writes the bytes that need it in the format.
func escapeBytes(text, format string, needs func(byte) bool) string {
	var escaped strings.Builder
	for i := range len(text) {
		if c := text[i]; needs(c) {
			fmt.Fprintf(&escaped, format, c)
		} else {
			escaped.WriteByte(c)
		}
	}
	return escaped.String()
}
