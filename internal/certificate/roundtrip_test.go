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
	"strings"
	"testing"
	"unicode/utf8"
)

// A name that proxies show is read back as the tenant has it: nothing is lost between the forms. The name begins and ends with
// types from which readCommas tells the order.
func FuzzFormsRoundTrip(f *testing.F) {
	for _, seed := range [][3]string{
		{"Example", "client", "one"}, {"Example, Inc.", "a+b", `the "client"`}, {" ", "#", ""}, {"#a", " b ", `c\ `},
		{`a\`, `\2C`, "a=b"}, {"a/CN=b", "+OU=c", "/"}, {"Grüße", "東京", "\u0085\x00\n"}, {`"a"`, `"`, `"a, b" + "c"`}, {"  ", "\t", "\u00a0"},
	} {
		f.Add(seed[0], seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, organization, commonName, unit string) {
		if !utf8.ValidString(organization + "|" + commonName + "|" + unit) {
			return
		}
		n := name{{utf8Attribute(10, organization)}, {utf8Attribute(3, commonName), utf8Attribute(11, unit)}, {utf8Attribute(8, "x")}}
		want := n.tenantForm()

		rdns, displayed := readCommas(n.rfc2253())
		if got := strings.Join(rdns, "\n"); got != want || displayed {
			t.Errorf("%q is written %q and read %q (displayed: %t)", want, n.rfc2253(), got, displayed)
		}
		if _, fault := checkLines(want); fault != "" {
			t.Errorf("%q %s", want, fault)
		}
		// The oneline form has no escape for the backslash of its own escapes.
		if strings.Contains(organization+commonName+unit, `\`) {
			return
		}
		if got := strings.Join(readSlashes(n.oneline()), "\n"); got != want {
			t.Errorf("%q is written %q and read %q", want, n.oneline(), got)
		}
	})
}

// utf8Attribute is one of X.520, with the last arc of its type.
func utf8Attribute(arc int, value string) attribute {
	return attribute{Type: asn1.ObjectIdentifier{2, 5, 4, arc}, Value: asn1.RawValue{Tag: asn1.TagUTF8String, Bytes: []byte(value)}}
}
