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

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// OwnerKey is the key of client_metadata under which a client names the OAuthClient that manages it. The tenant has no
// search by metadata, but a listing shows it, so that a client whose creation was never answered is found again.
const OwnerKey = "certbound_owner"

const (
	maxMetadataValue  = 255 // Auth0's bound on a metadata value
	maxCredentialName = 128 // Auth0's bound on a credential's name
	credentialMark    = "certbound"
)

// OwnerMark is the value under OwnerKey: the OAuthClient's UID, which no other object ever has, and for people its
// namespace and name.
func OwnerMark(uid, namespace, name string) string {
	return shorten(uid+" "+namespace+"/"+name, maxMetadataValue)
}

// MarkedBy returns the UID and the readable name in a client's mark; both are empty when it has none.
func (c Client) MarkedBy() (uid, name string) {
	uid, name, _ = strings.Cut(c.Settings.ClientMetadata[OwnerKey], " ")
	return uid, name
}

// CredentialName is the name of a credential that is made for a ClientCredential of the OAuthClient with this UID. A
// cert_subject_dn has no thumbprint, and the listing of credentials tells nothing of who made them: the name does.
func CredentialName(uid, owner string) string {
	return shorten(credentialMark+" "+uid+" "+owner, maxCredentialName)
}

// CredentialOwner reads a name made by CredentialName. marked is false for credentials that this operator did not make.
// The owner of a name that was too long is not whole: compare it with OwnerInName.
func CredentialOwner(name string) (uid, owner string, marked bool) {
	mark, rest, _ := strings.Cut(name, " ")
	uid, owner, _ = strings.Cut(rest, " ")
	if mark != credentialMark || uid == "" || owner == "" {
		return "", "", false
	}
	return uid, owner, true
}

// OwnerInName is how CredentialOwner reports the ClientCredential owner.
func OwnerInName(uid, owner string) string {
	_, inName, _ := CredentialOwner(CredentialName(uid, owner))
	return inName
}

// shorten keeps a text within its bound; one that is too long ends with its own checksum, so that two that begin alike
// stay apart: the certificates of one ClientCredential must never be taken for those of another.
func shorten(s string, most int) string {
	if len(s) <= most {
		return s
	}
	sum := sha256.Sum256([]byte(s))
	end := "-" + hex.EncodeToString(sum[:4])
	return s[:most-len(end)] + end
}
