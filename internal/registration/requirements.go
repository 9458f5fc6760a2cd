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

package registration

// Require adds to wanted what the method needs and the user left open: an mTLS client signs its tokens with a key pair,
// since it has no secret for HS256, and may not have its token endpoint IP header trusted, which needs a secret.
func Require(wanted Settings, method Method, observed Settings) Settings {
	if !method.UsesCertificates() {
		return wanted
	}
	jwt := JWTConfiguration{}
	if wanted.JWTConfiguration != nil {
		jwt = *wanted.JWTConfiguration
	}
	if jwt.Alg == nil && signsWithSecret(observed.JWTConfiguration) {
		rs256 := "RS256"
		jwt.Alg = &rs256
		wanted.JWTConfiguration = &jwt
	}
	trusted := observed.IsTokenEndpointIPHeaderTrusted
	if wanted.IsTokenEndpointIPHeaderTrusted == nil && trusted != nil && *trusted {
		off := false
		wanted.IsTokenEndpointIPHeaderTrusted = &off
	}
	return wanted
}

// signsWithSecret tells whether tokens are signed by HS256, which is the tenant's default where it names none.
func signsWithSecret(c *JWTConfiguration) bool {
	return c == nil || c.Alg == nil || *c.Alg == "HS256"
}
