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

package api

import (
	"slices"
	"strings"
	"testing"
)

const aClientCredential = `
apiVersion: certbound.dev/v1alpha1
kind: ClientCredential
metadata:
  name: credential
spec:
  clientRef:
    name: client
  type: x509_cert
  certificateRef:
    name: payments
  rotation:
    overlapSeconds: 86400
    handoverSeconds: 600
  publish:
    secretRef:
      name: payments-client
  verification:
    mode: Hold
    audience: https://api.example.com/
    holdSeconds: 3600
status:
  conditions:
  - type: Ready
    status: "True"
    reason: Ready
    message: Everything is in place.
    lastTransitionTime: "2026-01-01T00:00:00Z"
  observedGeneration: 1
  certificate:
    fingerprint: bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2
    secretName: payments-certificate
    subjectDN: CN=payments
    subjectForms: {rfc2253: CN=payments, oneline: /CN=payments}
    serialNumber: 5f1c
    notBefore: "2026-01-01T00:00:00Z"
    notAfter: "2026-03-01T00:00:00Z"
    pem: A certificate.
  published:
    fingerprint: bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2
    subjectDN: CN=payments
    publishedAt: "2026-01-01T00:00:05Z"
    notAfter: "2026-03-01T00:00:00Z"
    previousNotAfter: "2026-01-20T00:00:00Z"
  observed:
  - fingerprint: bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2
    writer: cert-manager for Certificate payments
    since: "2026-01-01T00:00:00Z"
  verification:
    fingerprint: bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2
    clientID: vYwxFh4BfMlQ3zZ0LxP1gVb2sTqKJr5n
    audience: https://api.example.com/
    tokenEndpoint: https://mtls.example.com/oauth/token
    result: Succeeded
    reason: LoginSucceeded
    message: A token was issued.
    attempts: 1
    attemptedAt: "2026-01-01T00:00:04Z"
    retryAt: "2026-01-01T00:00:09Z"
    tokens: 1
`

// literal is a credential that names no certificate.
var literal = values{"spec.type": "cert_subject_dn", "spec.certificateRef": nil, "spec.publish": nil, "spec.verification": nil, "spec.subjectDN": "C=DE\nO=Example\nCN=payments"}

const oneCertificate = "name the certificate in exactly one way: certificateRef (a cert-manager Certificate), secretRef (a TLS Secret) or, for cert_subject_dn, subjectDN"

var clientCredentials = table{
	object: aClientCredential,
	cases: slices.Concat(
		required("spec"),
		required("spec.clientRef"), name("spec.clientRef.name"),
		required("spec.type"), choice("spec.type", "x509_cert", "cert_subject_dn"),
		sourceCases,
		subjectDNCases,
		optional("spec.rotation"), rotationCases,
		under(values{"spec.verification": nil}, optional("spec.publish")), required("spec.publish.secretRef"), name("spec.publish.secretRef.name"),
		verificationCases,
		credentialStatusCases,
	),
	transitions: []transition{
		{after: values{"spec.clientRef.name": "other"}, field: "spec.clientRef",
			message: "a credential cannot move to another client: create another ClientCredential"},
		{after: values{"spec.type": "cert_subject_dn"}, field: "spec.type",
			message: "the type cannot be changed: create another ClientCredential, and change the OAuthClient's authenticationMethod"},
		{after: values{"spec.certificateRef": nil, "spec.secretRef": values{"name": "by-hand"}}},
		{before: literal, after: values{"spec.subjectDN": "CN=other"}},
		{before: values{"spec.publish": nil, "spec.verification": nil}, after: values{"spec.publish": values{"secretRef": values{"name": "payments-client"}}}},
		{after: values{"spec.rotation.overlapSeconds": 0}},
	},
}

var sourceCases = slices.Concat(
	name("spec.certificateRef.name")[1:], // without a name there is no way named: see below
	under(values{"spec.certificateRef": nil, "spec.secretRef": values{"name": "by-hand"}}, name("spec.secretRef.name")[1:]),
	[]testCase{
		refused(values{"spec.certificateRef.name": nil}, "spec.certificateRef.name", "Required value"),
		refused(values{"spec.certificateRef": nil, "spec.secretRef": values{}}, "spec.secretRef.name", "Required value"),
		accepted(values{"spec.certificateRef": nil, "spec.secretRef": values{"name": "by-hand"}}),
		refused(values{"spec.certificateRef": nil}, "spec", oneCertificate),
		refused(values{"spec.secretRef": values{"name": "by-hand"}}, "spec", oneCertificate),
		refused(values{"spec.type": "cert_subject_dn", "spec.subjectDN": "CN=payments", "spec.publish": nil, "spec.verification": nil}, "spec", oneCertificate),
		refused(merged(literal, values{"spec.type": "x509_cert"}), "spec.subjectDN",
			"a literal subjectDN goes with type cert_subject_dn: for x509_cert name a certificate with certificateRef or secretRef"),
		refused(merged(literal, values{"spec.publish": values{"secretRef": values{"name": "payments-client"}}}), "spec.publish",
			"a literal subjectDN has no certificate that could be published: leave publish out, or name a certificate with certificateRef or secretRef"),
		refused(values{"spec.certificateRef": nil, "spec.secretRef": values{"name": "payments-client"}}, "spec.publish.secretRef.name",
			"publish into a Secret of its own: this is the Secret that the certificate is read from"),
	},
)

const (
	noCommas  = `write one attribute a line in the certificate's order (C=XX, then O=Company, then CN=name), not the list with commas of RFC 4514, which nginx shows from its end; a comma within a value is written \,`
	noSlashes = "write one attribute a line (C=XX, then O=Company, then CN=name), not the form with slashes of OpenSSL and HAProxy"
	onePair   = "each line is one attribute: C=XX, then O=Company, then CN=name"
)

var subjectDNCases = under(literal, []testCase{
	accepted(values{}),
	accepted(values{"spec.subjectDN": "C=DE\nO=Example\nCN=payments\n"}), // as a YAML block writes it
	accepted(values{"spec.subjectDN": "C=DE\r\nCN=payments"}),
	accepted(values{"spec.subjectDN": `O=Example\, Inc.`}),
	accepted(values{"spec.subjectDN": "CN=payments + UID=7\n2.5.4.97=PSDDE-BAFIN-123456"}),
	accepted(values{"spec.subjectDN": "CN=" + strings.Repeat("x", 253)}),
	refused(values{"spec.subjectDN": "CN=" + strings.Repeat("x", 254)}, "spec.subjectDN", "may not be more than 256 bytes"),
	refused(values{"spec.subjectDN": ""}, "spec.subjectDN", "should be at least 1 chars long"),
	refused(values{"spec.subjectDN": "/C=DE/O=Example/CN=payments"}, "spec.subjectDN", noSlashes),
	refused(values{"spec.subjectDN": "CN=payments,O=Example,C=DE"}, "spec.subjectDN", noCommas),
	refused(values{"spec.subjectDN": "O=Example, Inc.\nCN=payments"}, "spec.subjectDN", noCommas),
	refused(values{"spec.subjectDN": "payments"}, "spec.subjectDN", onePair),
	refused(values{"spec.subjectDN": "O=Example\nInc."}, "spec.subjectDN", onePair),
})

var rotationCases = slices.Concat(
	optional("spec.rotation.overlapSeconds"), number("spec.rotation.overlapSeconds", 0, 31536000),
	optional("spec.rotation.handoverSeconds"), number("spec.rotation.handoverSeconds", 0, 604800),
	[]testCase{refused(values{"spec.rotation": values{}}, "spec.rotation", "should have at least 1 properties")},
)

const holdPublishes = "Hold holds back what is published: add publish, or use mode Report"

var verificationCases = slices.Concat(
	optional("spec.verification"), required("spec.verification.mode"),
	under(values{"spec.verification.holdSeconds": nil}, choice("spec.verification.mode", "Report", "Hold")),
	optional("spec.verification.audience"), text("spec.verification.audience", 1, 600),
	optional("spec.verification.holdSeconds"), number("spec.verification.holdSeconds", 1, 31536000),
	[]testCase{
		refused(values{"spec.publish": nil}, "spec.verification.mode", holdPublishes),
		accepted(values{"spec.publish": nil, "spec.verification": values{"mode": "Report"}}),
		refused(values{"spec.verification.mode": "Report"}, "spec.verification.holdSeconds",
			"holdSeconds bounds what mode Hold holds back: use Hold, or leave it out"),
		refused(merged(literal, values{"spec.verification": values{"mode": "Report"}}), "spec.verification",
			"a literal subjectDN has no certificate and key to log in with: leave verification out, or name a certificate with certificateRef or secretRef"),
	},
)

var credentialStatusCases = slices.Concat(
	[]testCase{
		refused(values{"status.observedGeneration": -1}, "status.observedGeneration", "should be greater than or equal to 0"),
		refused(values{"status.conditions": manyConditions(17)}, "status.conditions", "must have at most 16 items"),
	},
	text("status.certificate.fingerprint", 0, 64), text("status.certificate.subjectDN", 0, 16384),
	text("status.certificate.subjectForms.rfc2253", 1, 4096), text("status.certificate.subjectForms.oneline", 1, 4096),
	text("status.certificate.serialNumber", 0, 128), text("status.certificate.pem", 0, 65536),
	text("status.observedInputs", 0, 64),
	text("status.published.fingerprint", 0, 64), text("status.published.subjectDN", 0, 16384),
	required("status.published.publishedAt"),
	text("status.certificate.secretName", 0, 253),
	[]testCase{refused(values{"status.observed": slices.Repeat([]any{values{"since": "2026-01-01T00:00:00Z"}}, 13)},
		"status.observed", "must have at most 12 items")},
	text("status.observed[0].fingerprint", 0, 64), text("status.observed[0].writer", 0, 400), required("status.observed[0].since"),
	text("status.verification.fingerprint", 0, 64), text("status.verification.clientID", 0, 128), text("status.verification.audience", 0, 600),
	text("status.verification.tokenEndpoint", 0, 2048), text("status.verification.reason", 0, 128), text("status.verification.message", 0, 1024),
	required("status.verification.result"), choice("status.verification.result", "Pending", "Succeeded", "Failed"),
	[]testCase{
		refused(values{"status.verification.attempts": -1}, "status.verification.attempts", "should be greater than or equal to 0"),
		refused(values{"status.verification.tokens": -1}, "status.verification.tokens", "should be greater than or equal to 0"),
	},
)

func TestClientCredential(t *testing.T) { clientCredentials.run(t) }
