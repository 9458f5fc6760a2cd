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
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0"
)

// pages are the kinds' pages.
var pages = map[string]string{
	"Tenant": "tenant.md", "ClusterTenant": "tenant.md", "OAuthClient": "oauthclient.md", "ClientCredential": "clientcredential.md",
}

// kindPages are the same, each once.
var kindPages = []string{"tenant.md", "oauthclient.md", "clientcredential.md"}

func page(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(root, "docs", name))
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return string(content)
}

// names are the code words of a page, in parts: `spec.signIn` is spec and signIn.
func names(text string) []string {
	var all []string
	for _, code := range regexp.MustCompile("`[^`\n]+`").FindAllString(text, -1) {
		all = append(all, regexp.MustCompile(`\w+`).FindAllString(code, -1)...)
	}
	return all
}

func TestEveryFieldIsDocumented(t *testing.T) {
	for kind, d := range definitions(t) {
		documented := names(page(t, pages[kind]))
		d.walk(func(path string, _ schema) {
			name := strings.TrimSuffix(path[strings.LastIndex(path, ".")+1:], "[]")
			if name != "*" && strings.Contains(path, ".") && !slices.Contains(documented, name) {
				t.Errorf("docs/%s does not tell of %s", pages[kind], path)
			}
		})
	}
}

// constants are the values of a file's constants with a prefix, by the block that they stand in.
func constants(t *testing.T, file string) (blocks [][]string) {
	t.Helper()
	g := NewWithT(t)
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.SkipObjectResolution)
	g.Expect(err).NotTo(HaveOccurred())
	for _, declaration := range parsed.Decls {
		block, ok := declaration.(*ast.GenDecl)
		if !ok || block.Tok != token.CONST {
			continue
		}
		var values []string
		for _, spec := range block.Specs {
			literal, ok := spec.(*ast.ValueSpec).Values[0].(*ast.BasicLit)
			g.Expect(ok).To(BeTrue(), "a constant of %s is no literal", file)
			value, err := strconv.Unquote(literal.Value)
			g.Expect(err).NotTo(HaveOccurred())
			values = append(values, value)
		}
		blocks = append(blocks, values)
	}
	return blocks
}

// conditionsFile has one block of constants for each condition: its type, then its reasons.
const conditionsFile = "api/v1alpha1/conditions.go"

// Every reason is in the table of conditions of each kind that has its condition; what all kinds share is on every page.
func TestEveryReasonIsDocumented(t *testing.T) {
	for _, block := range constants(t, conditionsFile) {
		condition, found := block[0], false
		for _, file := range kindPages {
			table := conditionTable(t, file)
			if condition == v1alpha1.ConditionReady {
				table = page(t, file)
			} else if !strings.Contains(table, "\n| `"+condition+"` |") {
				continue
			}
			found = true
			documented := names(table)
			for _, name := range block {
				if !slices.Contains(documented, name) {
					t.Errorf("docs/%s does not tell of %s %s", file, condition, name)
				}
			}
		}
		if !found {
			t.Errorf("no page tells of the condition %s", condition)
		}
	}
	documented := names(conditionTable(t, "clientcredential.md"))
	for _, reason := range certificateReasons(t) {
		if !slices.Contains(documented, reason) {
			t.Errorf("docs/clientcredential.md does not tell of %s", reason)
		}
	}
}

// conditionTable is the page's table of conditions and their reasons.
func conditionTable(t *testing.T, file string) string {
	t.Helper()
	_, table, found := strings.Cut(page(t, file), "| condition | reason |")
	NewWithT(t).Expect(found).To(BeTrue())
	table, _, _ = strings.Cut(table, "\n\n")
	return table
}

// certificateReasons are those of the package certificate, of the type Reason.
func certificateReasons(t *testing.T) []string {
	t.Helper()
	blocks := constants(t, "internal/certificate/problem.go")
	NewWithT(t).Expect(blocks).To(HaveLen(1))
	return blocks[0]
}

// What the tables of conditions name exists.
func TestNoReasonIsMadeUp(t *testing.T) {
	known := append(slices.Concat(constants(t, conditionsFile)...), certificateReasons(t)...)
	row := regexp.MustCompile("(?m)^\\| (?:`(\\w+)`)? ?\\| ((?:`[A-Z]\\w+`(?:, )?)+) \\|")
	for _, file := range kindPages {
		rows := row.FindAllStringSubmatch(conditionTable(t, file), -1)
		NewWithT(t).Expect(len(rows)).To(BeNumerically(">", 10))
		for _, r := range rows {
			for _, name := range names(strings.Join(r[1:2], "") + r[2]) {
				if !slices.Contains(known, name) {
					t.Errorf("docs/%s tells of %s, which does not exist", file, name)
				}
			}
		}
	}
}

// Every example of a kind is a sample, word for word, so that what is shown is what was tried.
func TestExamplesAreSamples(t *testing.T) {
	g := NewWithT(t)
	files, err := filepath.Glob(filepath.Join(root, "config", "samples", "*.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	var samples strings.Builder
	for _, file := range files {
		content, err := os.ReadFile(file)
		g.Expect(err).NotTo(HaveOccurred())
		samples.Write(content)
	}
	block := regexp.MustCompile("(?s)```yaml\n(apiVersion: certbound.dev.*?)```")
	for _, file := range kindPages {
		examples := block.FindAllStringSubmatch(page(t, file), -1)
		g.Expect(examples).NotTo(BeEmpty(), file)
		for _, example := range examples {
			g.Expect(samples.String()).To(ContainSubstring(example[1]), file)
		}
	}
}

// What kubectl get shows in a page has the columns that it has.
func TestPrintedColumnsAreThoseOfKubectl(t *testing.T) {
	columns := regexp.MustCompile(` {2,}`)
	for short, file := range map[string]string{"ten": "tenant.md", "oac": "oauthclient.md", "cc": "clientcredential.md"} {
		g := NewWithT(t)
		printed, err := os.ReadFile(filepath.Join("testdata", short+".txt"))
		g.Expect(err).NotTo(HaveOccurred())
		header, _, _ := strings.Cut(string(printed), "\n")
		_, console, found := strings.Cut(page(t, file), "$ kubectl get ")
		g.Expect(found).To(BeTrue())
		g.Expect(columns.Split(strings.Split(console, "\n")[1], -1)).To(Equal(columns.Split(header, -1)), file)
	}
}

func TestScopesPage(t *testing.T) {
	var features, requests strings.Builder
	features.WriteString("| to use | scopes |\n|---|---|\n")
	requests.WriteString("| request | for | scopes |\n|---|---|---|\n")
	var seen []auth0.Feature
	for _, r := range auth0.Requirements {
		if !slices.Contains(seen, r.Feature) {
			seen = append(seen, r.Feature)
			fmt.Fprintf(&features, "| %s | %s |\n", r.Feature, codes(auth0.FeatureScopes(r.Feature)))
		}
		// What is asked for two reasons is one request.
		if row := fmt.Sprintf("| %s | %s | %s |\n", codes([]string{r.Call}), r.Feature, codes(r.Scopes)); !strings.Contains(requests.String(), row) {
			requests.WriteString(row)
		}
	}
	fmt.Fprintf(&features, "| all of them | %s |\n", codes(auth0.FeatureScopes(seen...)))

	text := page(t, "scopes.md")
	wanted := replaceBetween(t, replaceBetween(t, text, "features", features.String()), "requests", requests.String())
	if *update {
		NewWithT(t).Expect(os.WriteFile(filepath.Join(root, "docs", "scopes.md"), []byte(wanted), 0o600)).To(Succeed())
		return
	}
	NewWithT(t).Expect(text).To(Equal(wanted), "go test ./test/api -run TestScopesPage -update writes it anew")
	for _, feature := range seen {
		NewWithT(t).Expect(text).To(ContainSubstring("**"+string(feature)+"**"), "what needs the scopes")
	}
}

func codes(words []string) string {
	if len(words) == 0 {
		return "none"
	}
	return "`" + strings.Join(words, "` `") + "`"
}

// replaceBetween puts a text between the marks of a name.
func replaceBetween(t *testing.T, page, name, text string) string {
	t.Helper()
	before, rest, opened := strings.Cut(page, "<!-- "+name+" -->\n")
	_, after, closed := strings.Cut(rest, "<!-- /"+name+" -->")
	NewWithT(t).Expect(opened && closed).To(BeTrue(), "the page has the marks of %s", name)
	return before + "<!-- " + name + " -->\n" + text + "<!-- /" + name + " -->" + after
}
