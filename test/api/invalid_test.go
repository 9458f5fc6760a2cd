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
	"os"
	"path/filepath"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
)

// Each file of config/samples/invalid says in its first line what the API server answers to it.
func TestInvalidSamples(t *testing.T) {
	g := NewWithT(t)
	namespace := newNamespace(t)
	files, err := filepath.Glob(filepath.Join(root, "config", "samples", "invalid", "*.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(len(files)).To(BeNumerically(">=", 15))
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			g := NewWithT(t)
			content, err := os.ReadFile(file)
			g.Expect(err).NotTo(HaveOccurred())
			first, _, _ := strings.Cut(string(content), "\n")
			message, told := strings.CutPrefix(first, "# refused: ")
			g.Expect(told).To(BeTrue(), "the first line is # refused: and the message")

			out, err := env.Cluster.KubectlCommand(t.Context(), "apply", "--namespace", namespace, "--filename", file).CombinedOutput()
			g.Expect(err).To(HaveOccurred(), string(out))
			g.Expect(string(out)).To(And(ContainSubstring("is invalid"), ContainSubstring(message)))
		})
	}
}
