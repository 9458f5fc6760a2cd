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
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// least is how many bugs there are at the least.
const least = 25

var caught = flag.Bool("caught", false, "put each bug back and see its test fail; without it, each patch is only seen to apply")

func module(t *testing.T) string {
	t.Helper()
	folder, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	return folder
}

// Each bug can be put back into the code as it is now and, with -caught, is caught by its test, for the right reason.
func TestKnownBugs(t *testing.T) {
	bugs, err := Read("bugs")
	if err != nil {
		t.Fatal(err)
	}
	if len(bugs) < least {
		t.Errorf("there are %d bugs, fewer than %d", len(bugs), least)
	}
	for _, b := range bugs {
		t.Run(b.Name, func(t *testing.T) {
			overlay, err := b.Overlay(t.Context(), module(t), t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			if *caught {
				b.mustBeCaught(t, overlay)
			}
		})
	}
}

func (b Bug) mustBeCaught(t *testing.T, overlay string) {
	t.Helper()
	output, err := run(t.Context(), module(t), append([]string{"test", "-count=1", "-overlay", overlay}, b.Test...)...)
	switch {
	case err == nil:
		t.Errorf("nobody notices: %s\n%s", b.Story, output)
	case strings.Contains(output, "[build failed]"):
		t.Errorf("the test does not compile with the bug:\n%s", output)
	case !b.Says.MatchString(output):
		t.Errorf("the test fails without saying %q:\n%s", b.Says, output)
	default:
		t.Logf("%s is seen broken by %s", b.Breaks, strings.Join(failed(output), ", "))
	}
}

var (
	failedTest = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)|\[FAIL\]\s(.*)$`)
	colours    = regexp.MustCompile("\x1b\\[[0-9;]*m")
)

// failed are the names of the tests that failed.
func failed(output string) (names []string) {
	for _, match := range failedTest.FindAllStringSubmatch(colours.ReplaceAllString(output, ""), -1) {
		if name := match[1] + match[2]; !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

func run(ctx context.Context, folder string, args ...string) (string, error) {
	command := exec.CommandContext(ctx, "go", args...)
	command.Dir, command.Env = folder, os.Environ()
	output, err := command.CombinedOutput()
	return string(output), err
}
