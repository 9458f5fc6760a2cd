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

package main

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"

	ctrl "sigs.k8s.io/controller-runtime"
)

// program stands for this very program, whatever its version is called: it is the digest of the file that runs. Where that cannot be read it
// is another one at each start, so that nothing is taken over from one that may have judged otherwise.
func program() string {
	digest, err := digestOfOwnFile()
	if err != nil {
		ctrl.Log.Error(err, "the program cannot read its own file; all Secrets are read once more at each start")
		return rand.Text()
	}
	return digest
}

func digestOfOwnFile() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }() // it was only read
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(digest.Sum(nil)), nil
}
