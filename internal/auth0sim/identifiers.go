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
	"crypto/rand"
	"math/big"
)

// The alphabets of Auth0's identifiers, as recorded: client ids are 32 alphanumerics, credential ids "cred_" and 22
// characters of base58, resource server ids 24 hexadecimal digits.
const (
	alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	base58       = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
	hexadecimal  = "0123456789abcdef"
)

func randomText(alphabet string, length int) string {
	text := make([]byte, length)
	for i := range text {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(len(alphabet))))
		if err != nil {
			panic("auth0sim: the system has no randomness: " + err.Error())
		}
		text[i] = alphabet[n.Int64()]
	}
	return string(text)
}

func newClientID() string         { return randomText(alphanumeric, 32) }
func newSecret() string           { return randomText(alphanumeric, 64) }
func newCredentialID() string     { return "cred_" + randomText(base58, 22) }
func newGrantID() string          { return "cgr_" + randomText(alphanumeric, 16) }
func newDomainID() string         { return "cd_" + randomText(alphanumeric, 16) }
func newResourceServerID() string { return randomText(hexadecimal, 24) }
