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
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// modulePath is the module whose folder holds hack/cluster.
const modulePath = "github.com/certbound/certbound"

// The programs of a cluster, by file name. KUBEBUILDER_ASSETS uses the same names.
const (
	etcd              = "etcd"
	apiServer         = "kube-apiserver"
	controllerManager = "kube-controller-manager"
	kubectl           = "kubectl"
	certManager       = "cert-manager"
)

// certManagerCRDs is the folder of cert-manager's CustomResourceDefinitions in the cache.
const certManagerCRDs = "cert-manager-crds"

// program is how one program is built.
type program struct {
	name string
	// module is the folder under hack/cluster, dir the package in it.
	module, dir string
	// release is the module whose version the program reports, stamps the variables that take it, whole or in part. Clients
	// refuse an API server without a version that parses.
	release string
	stamps  []string
}

var kubernetesStamps = []string{
	"k8s.io/component-base/version.gitVersion={version}",
	"k8s.io/component-base/version.gitMajor={major}",
	"k8s.io/component-base/version.gitMinor={minor}",
	"k8s.io/client-go/pkg/version.gitVersion={version}",
	"k8s.io/client-go/pkg/version.gitMajor={major}",
	"k8s.io/client-go/pkg/version.gitMinor={minor}",
}

// programs is everything that can be built, in the order of building: modules one after the other.
var programs = []program{
	{name: etcd, module: "etcd", dir: "."},
	{name: apiServer, module: "kubernetes", dir: "./cmd/kube-apiserver", release: "k8s.io/kubernetes", stamps: kubernetesStamps},
	{name: controllerManager, module: "kubernetes", dir: "./cmd/kube-controller-manager", release: "k8s.io/kubernetes", stamps: kubernetesStamps},
	{name: kubectl, module: "kubernetes", dir: "./cmd/kubectl", release: "k8s.io/kubernetes", stamps: kubernetesStamps},
	{
		name: certManager, module: "certmanager", dir: ".", release: "github.com/cert-manager/cert-manager",
		stamps: []string{"github.com/cert-manager/cert-manager/pkg/util.AppVersion={version}"},
	},
}

// ldflags are the linker's flags that stamp version into p.
func (p program) ldflags(version string) string {
	flags := []string{"-s", "-w"}
	major, rest, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	values := strings.NewReplacer("{version}", version, "{major}", major, "{minor}", minor)
	for _, stamp := range p.stamps {
		flags = append(flags, "-X "+values.Replace(stamp))
	}
	return strings.Join(flags, " ")
}

// cache is the folder of programs for one set of versions, and where they are built from.
type cache struct {
	// source is the folder hack/cluster.
	source string
	// root is the folder of all sets, dir the one of this set.
	root, dir string
}

// openCache finds the sources and the folder that belongs to them. It creates nothing.
func openCache(ctx context.Context) (*cache, error) {
	root, err := cacheRoot()
	if err != nil {
		return nil, err
	}
	module, err := goTool(ctx, "", "list", "-m", "-f", "{{.Dir}}", modulePath)
	if err != nil {
		return nil, fmt.Errorf("finding the sources of the embedded cluster (run this inside a checkout of %s): %w", modulePath, err)
	}
	source := filepath.Join(module, "hack", "cluster")
	toolchain, err := goTool(ctx, filepath.Join(source, "kubernetes"), "env", "GOVERSION")
	if err != nil {
		return nil, err
	}
	key, err := cacheKey(os.DirFS(source), toolchain, runtime.GOOS, runtime.GOARCH)
	if err != nil {
		return nil, fmt.Errorf("reading the sources of the embedded cluster: %w", err)
	}
	return &cache{source: source, root: root, dir: filepath.Join(root, key)}, nil
}

func cacheRoot() (string, error) {
	if dir := os.Getenv("CERTBOUND_CLUSTER_CACHE"); dir != "" {
		return filepath.Abs(dir)
	}
	user, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("no folder for the programs of the embedded cluster (CERTBOUND_CLUSTER_CACHE can name one): %w", err)
	}
	return filepath.Join(user, "certbound", "cluster"), nil
}

// cacheKey changes whenever the programs would: with their sources, their recipe, and the platform given.
func cacheKey(source fs.FS, platform ...string) (string, error) {
	hash := sha256.New()
	_, _ = fmt.Fprintf(hash, "%q %+v\n", platform, programs)
	err := fs.WalkDir(source, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !isSource(path) {
			return err
		}
		content, err := fs.ReadFile(source, path)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(hash, "%q %x\n", path, sha256.Sum256(content))
		return err
	})
	return hex.EncodeToString(hash.Sum(nil))[:16], err
}

func isSource(path string) bool {
	switch filepath.Ext(path) {
	case ".go", ".mod", ".sum":
		return true
	default:
		return false
	}
}

// path is where the program or folder of that name is, once built.
func (c *cache) path(name string) string { return filepath.Join(c.dir, name) }

func (c *cache) has(name string) bool {
	_, err := os.Stat(c.path(name))
	return err == nil
}

// goTool runs the go command in dir and returns what it printed.
func goTool(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = dir
	cmd.Env = buildEnv()
	out, err := cmd.Output()
	if err != nil {
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			return "", fmt.Errorf("go %s: %w: %s", args[0], err, tail(exit.Stderr))
		}
		return "", fmt.Errorf("go %s: %w", args[0], err)
	}
	return strings.TrimSpace(string(out)), nil
}

// buildEnv makes a build independent of the user's settings: for this machine, without a C compiler, a workspace or own flags.
func buildEnv() []string {
	return append(os.Environ(), "GOFLAGS=", "GOWORK=off", "CGO_ENABLED=0", "GOOS="+runtime.GOOS, "GOARCH="+runtime.GOARCH)
}
