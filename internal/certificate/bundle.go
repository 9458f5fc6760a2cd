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
	"bytes"
	"crypto/x509"
	"encoding/pem"
)

// Bounds on what is decoded at all, since the time that encoding/pem takes grows with the square of a hostile input
// (CVE-2024-12401). A chain of ten certificates with 4096-bit RSA keys stays well below them.
const (
	maxBundleBytes  = 64 * 1024
	maxBundleBlocks = 10
)

const blockCertificate = "CERTIFICATE"

var blockBegin = []byte("-----BEGIN")

// readBundle returns the leaf certificate of a bundle and what follows it, undecoded. The leaf is the first PEM block, as
// cert-manager and every TLS server have it; text before it is ignored.
func readBundle(tlsCrt []byte) (leaf *x509.Certificate, chain []byte, err error) {
	switch {
	case len(bytes.TrimSpace(tlsCrt)) == 0:
		return nil, nil, errCertificateMissing
	case len(tlsCrt) > maxBundleBytes:
		return nil, nil, errBundleTooLong
	case bytes.Count(tlsCrt, blockBegin) > maxBundleBlocks:
		return nil, nil, errBundleTooManyBlocks
	case !bytes.Contains(tlsCrt, blockBegin):
		return nil, nil, errNotPEM
	}
	block, rest := pem.Decode(tlsCrt)
	// Decode skips a block that it cannot read. Taking the next one instead would make a certificate of the chain the leaf.
	if block == nil || bytes.Count(tlsCrt[:len(tlsCrt)-len(rest)], blockBegin) > 1 {
		return nil, nil, errLeafDamaged
	}
	if block.Type != blockCertificate {
		return nil, nil, errLeafNotCertificate
	}
	leaf, err = x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, nil, errLeafUnparsable
	}
	return leaf, rest, nil
}
