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

package knownbugs

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Overlay puts the bug into copies of the files that it touches, in folder, and returns the path of a file for go test's
// -overlay: the tree itself stays as it is.
func (b Bug) Overlay(ctx context.Context, module, folder string) (string, error) {
	replace := map[string]string{}
	for _, file := range b.Files {
		text, err := os.ReadFile(filepath.Join(module, file))
		if err != nil {
			return "", err
		}
		replaced := filepath.Join(folder, file)
		if err := os.MkdirAll(filepath.Dir(replaced), 0o750); err != nil {
			return "", err
		}
		if err := os.WriteFile(replaced, text, 0o600); err != nil {
			return "", err
		}
		replace[filepath.Join(module, file)] = replaced
	}
	apply := exec.CommandContext(ctx, "git", "apply", "--unidiff-zero", "-")
	apply.Dir, apply.Stdin = folder, strings.NewReader(b.Diff)
	apply.Env = append(os.Environ(), "GIT_CEILING_DIRECTORIES="+filepath.Dir(folder)) // no repository: the folder is the tree
	if output, err := apply.CombinedOutput(); err != nil {
		return "", fmt.Errorf("the patch does not apply any more (%w): write it anew: %s", err, output)
	}
	overlay := filepath.Join(folder, "overlay.json")
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	return overlay, os.WriteFile(overlay, text, 0o600)
}
