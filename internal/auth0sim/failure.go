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
	"net/http"
	"strings"
)

// failure is an error answer of the Management API. The order of its members is the recorded one
// (auth0/terraform-provider-auth0 test/data/recordings/TestAccDataSourceClientNonexistentID.yaml).
type failure struct {
	status  int
	code    string
	message string
	// attributes repeats the message under attributes.error, as answers about the token do.
	attributes bool
}

func (f *failure) body() document {
	body := document{
		{"statusCode", f.status},
		{"error", http.StatusText(f.status)},
		{"message", f.message},
	}
	body.addIf(f.code != "", "errorCode", f.code)
	body.addIf(f.attributes, "attributes", document{{"error", f.message}})
	return body
}

func badRequest(message string) *failure {
	return &failure{status: http.StatusBadRequest, message: message}
}

// invalidBody is the failure for a body that the schema allows and a rule forbids.
func invalidBody(message string) *failure {
	return &failure{status: http.StatusBadRequest, code: "invalid_body", message: message}
}

func notFound(code, message string) *failure {
	return &failure{status: http.StatusNotFound, code: code, message: message}
}

func conflict(code, message string) *failure {
	return &failure{status: http.StatusConflict, code: code, message: message}
}

func invalidToken(message string) *failure {
	return &failure{status: http.StatusUnauthorized, message: message, attributes: true}
}

// insufficientScope is recorded in auth0/auth0-deploy-cli
// test/e2e/recordings/should-deploy-without-deleting-resources-if-AUTH0_ALLOW_DELETE-is-false.json.
func insufficientScope(expected ...string) *failure {
	return &failure{status: http.StatusForbidden, code: "insufficient_scope",
		message: "Insufficient scope, expected any of: " + strings.Join(expected, ",")}
}

func insufficientEntitlement(feature string) *failure {
	return &failure{status: http.StatusForbidden, code: "insufficient_entitlement",
		message: "Please upgrade your subscription to use " + feature}
}

func tooManyRequests() *failure {
	return &failure{status: http.StatusTooManyRequests, code: "too_many_requests", message: "Global limit has been reached"}
}

// notImplemented names what the simulator lacks, so that no test mistakes a gap for behaviour of Auth0.
func notImplemented(what string) *failure {
	return &failure{status: http.StatusNotImplemented, code: "not_implemented",
		message: "the simulator does not implement " + what}
}

var inexistentClient = notFound("inexistent_client", "The client does not exist")
