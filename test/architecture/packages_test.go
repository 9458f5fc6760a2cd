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

package architecture

import (
	"bytes"
	"encoding/json"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A goPackage is what `go list` tells of one package.
type goPackage struct {
	ImportPath, Dir                    string
	Imports                            []string
	GoFiles, TestGoFiles, XTestGoFiles []string
}

// files are all Go files of the package, its tests among them.
func (p goPackage) files() []string {
	return slices.Concat(p.GoFiles, p.TestGoFiles, p.XTestGoFiles)
}

// list returns every package of this module.
func list(t *testing.T) []goPackage {
	t.Helper()
	root := filepath.Join("..", "..")
	lookAt(t, root)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Dir,Imports,GoFiles,TestGoFiles,XTestGoFiles", "./...")
	cmd.Dir = root
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	var packages []goPackage
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatalf("go list printed what is no package: %v", err)
		}
		packages = append(packages, p)
	}
	if len(packages) < 2 {
		t.Fatalf("go list found %d packages: this test looks at the wrong place", len(packages))
	}
	return packages
}

// lookAt reads the folders that packages can be in: `go test` takes an old result for good until something that the test itself
// looked at has changed, and what its child process looked at does not count.
func lookAt(t *testing.T, root string) {
	t.Helper()
	for _, folder := range []string{"api", "cmd", "internal", "test"} {
		err := filepath.WalkDir(filepath.Join(root, folder), func(path string, _ fs.DirEntry, err error) error {
			if err == nil {
				_, err = os.Stat(path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// A package that says what it is for can be found, and what it is not for kept out of it.
func TestEveryPackageHasADocComment(t *testing.T) {
	for _, pkg := range list(t) {
		generated, documented := true, false
		for _, name := range pkg.files() {
			file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(pkg.Dir, name), nil, parser.PackageClauseOnly|parser.ParseComments)
			if err != nil {
				t.Fatal(err)
			}
			generated = generated && ast.IsGenerated(file)
			documented = documented || documents(file)
		}
		if !generated && !documented {
			t.Errorf("%s has no doc comment: one file of it needs, right above its package clause, what it is for", pkg.ImportPath)
		}
	}
}

// documents says whether the comment above the package clause speaks of the package. A licence that has slipped down there
// does not.
func documents(file *ast.File) bool {
	doc := file.Doc.Text()
	if file.Name.Name == "main" {
		return doc != "" && !strings.HasPrefix(doc, "Copyright")
	}
	return strings.HasPrefix(doc, "Package "+file.Name.Name+" ")
}

// Such names tell nobody what belongs there, so everything ends up there.
func TestNoPackageIsNamedForNothing(t *testing.T) {
	empty := []string{"base", "common", "helper", "helpers", "lib", "misc", "shared", "util", "utils"}
	for _, pkg := range list(t) {
		if slices.Contains(empty, filepath.Base(pkg.ImportPath)) {
			t.Errorf("%s: name it for what it knows", pkg.ImportPath)
		}
		if strings.Contains(pkg.ImportPath, "/applyconfiguration") {
			continue // The generator has its own names.
		}
		for _, name := range pkg.files() {
			stem := strings.TrimSuffix(strings.TrimSuffix(name, ".go"), "_test")
			if slices.Contains(empty, stem) {
				t.Errorf("%s/%s: name it for what it knows", pkg.ImportPath, name)
			}
		}
	}
}
