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

package cluster

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
)

// Build builds every program of the cluster that the cache lacks, and says on progress what it does. The first time it compiles
// all of Kubernetes: about ten minutes on two cores, with nothing needed but the go command and its module proxy.
func Build(ctx context.Context, progress io.Writer) error {
	c, err := openCache(ctx)
	if err != nil {
		return err
	}
	names := []string{certManagerCRDs}
	for _, p := range programs {
		names = append(names, p.name)
	}
	return c.build(ctx, progress, names)
}

// build makes the programs and folders of these names, as far as they are missing. Of several processes one builds; the others
// wait for it and find everything there.
func (c *cache) build(ctx context.Context, progress io.Writer, names []string) error {
	if len(c.missing(names)) == 0 {
		return nil
	}
	if err := os.MkdirAll(c.dir, 0o750); err != nil {
		return fmt.Errorf("creating the cache of the embedded cluster: %w", err)
	}
	unlock, err := c.lock(ctx, progress)
	if err != nil {
		return err
	}
	defer unlock()

	missing := c.missing(names)
	if slices.Contains(missing, certManagerCRDs) {
		if err := c.copyCertManagerCRDs(ctx); err != nil {
			return err
		}
	}
	todo := slices.DeleteFunc(slices.Clone(programs), func(p program) bool { return !slices.Contains(missing, p.name) })
	if len(todo) > 0 {
		sayf(progress, "building %d programs into %s, once; the first time takes about ten minutes on two cores", len(todo), c.dir)
	}
	for i, p := range todo {
		if err := c.buildProgram(ctx, p, progress, fmt.Sprintf("%s (%d of %d)", p.name, i+1, len(todo))); err != nil {
			return err
		}
	}
	return nil
}

func (c *cache) missing(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), c.has)
}

// lock takes the one lock for building, so that two builds never compete for the same cores.
func (c *cache) lock(ctx context.Context, progress io.Writer) (unlock func(), err error) {
	lock := flock.New(filepath.Join(c.root, "build.lock"))
	stop := narrate(progress, func(elapsed time.Duration) string {
		return fmt.Sprintf("another process is building the cluster's programs; waiting for it since %s", elapsed)
	})
	defer stop()
	if _, err := lock.TryLockContext(ctx, 200*time.Millisecond); err != nil {
		return nil, fmt.Errorf("waiting for another build of the embedded cluster (%s): %w", lock.Path(), err)
	}
	return func() { _ = lock.Close() }, nil
}

// buildProgram compiles p. The program appears in the cache whole or not at all.
func (c *cache) buildProgram(ctx context.Context, p program, progress io.Writer, label string) error {
	start := time.Now()
	version := ""
	if p.release != "" {
		var err error
		if version, err = goTool(ctx, c.module(p.module), "list", "-m", "-f", "{{.Version}}", p.release); err != nil {
			return fmt.Errorf("finding the version of %s: %w", p.name, err)
		}
	}
	unfinished := c.path("." + p.name + ".unfinished")
	defer func() { _ = os.Remove(unfinished) }()

	log := &buildLog{}
	stop := narrate(progress, func(elapsed time.Duration) string { return fmt.Sprintf("%s: %s, %s", label, log, elapsed) })
	defer stop()
	cmd := exec.CommandContext(ctx, "go", "build", "-v", "-trimpath", "-buildvcs=false", "-ldflags", p.ldflags(version), "-o", unfinished, p.dir)
	cmd.Dir = c.module(p.module)
	cmd.Env = buildEnv()
	cmd.Stdout, cmd.Stderr = log, log
	// The go command removes its temporary files when it is interrupted, but not when it is killed.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("building %s in %s: %w\n%s", p.name, cmd.Dir, err, log.tail())
	}
	if err := os.Rename(unfinished, c.path(p.name)); err != nil {
		return fmt.Errorf("putting %s into the cache: %w", p.name, err)
	}
	sayf(progress, "%s: built in %s", label, time.Since(start).Round(time.Second))
	return nil
}

// copyCertManagerCRDs takes the CustomResourceDefinitions from the very module that the controllers are built from.
func (c *cache) copyCertManagerCRDs(ctx context.Context) error {
	module := c.module("certmanager")
	if _, err := goTool(ctx, module, "mod", "download", "github.com/cert-manager/cert-manager"); err != nil {
		return fmt.Errorf("downloading cert-manager: %w", err)
	}
	source, err := goTool(ctx, module, "list", "-m", "-f", "{{.Dir}}", "github.com/cert-manager/cert-manager")
	if err != nil {
		return fmt.Errorf("finding cert-manager's CustomResourceDefinitions: %w", err)
	}
	unfinished := c.path(".crds.unfinished")
	if err := os.RemoveAll(unfinished); err != nil {
		return fmt.Errorf("removing what an interrupted copy left: %w", err)
	}
	if err := os.CopyFS(unfinished, os.DirFS(filepath.Join(source, "deploy", "crds"))); err != nil {
		return fmt.Errorf("copying cert-manager's CustomResourceDefinitions: %w", err)
	}
	if err := os.Rename(unfinished, c.path(certManagerCRDs)); err != nil {
		return fmt.Errorf("putting cert-manager's CustomResourceDefinitions into the cache: %w", err)
	}
	return nil
}

func (c *cache) module(name string) string { return filepath.Join(c.source, name) }
