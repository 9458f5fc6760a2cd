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
	"bytes"
	"context"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	. "github.com/onsi/gomega"
)

func TestCacheKey(t *testing.T) {
	g := NewWithT(t)
	source := fstest.MapFS{
		"etcd/go.mod":  {Data: []byte("module etcd")},
		"etcd/main.go": {Data: []byte("package main")},
	}
	base, err := cacheKey(source, "go1.26", "linux", "amd64")
	g.Expect(err).NotTo(HaveOccurred())
	with := func(path, content string) fstest.MapFS {
		changed := maps.Clone(source)
		changed[path] = &fstest.MapFile{Data: []byte(content)}
		return changed
	}

	g.Expect(cacheKey(source, "go1.26", "linux", "amd64")).To(Equal(base))
	g.Expect(cacheKey(with("etcd/.main.go.swp", "x"), "go1.26", "linux", "amd64")).To(Equal(base), "not a source")
	g.Expect(cacheKey(with("etcd/go.mod", "module other"), "go1.26", "linux", "amd64")).NotTo(Equal(base))
	g.Expect(cacheKey(with("etcd/go.sum", ""), "go1.26", "linux", "amd64")).NotTo(Equal(base))
	g.Expect(cacheKey(source, "go1.27", "linux", "amd64")).NotTo(Equal(base))
	g.Expect(cacheKey(source, "go1.26", "darwin", "amd64")).NotTo(Equal(base))
	g.Expect(cacheKey(source, "go1.26", "linux", "arm64")).NotTo(Equal(base))
}

func TestLinkerFlags(t *testing.T) {
	g := NewWithT(t)
	g.Expect(program{name: etcd}.ldflags("")).To(Equal("-s -w"))
	g.Expect(program{stamps: []string{"p.a={version}", "p.b={major}", "p.c={minor}"}}.ldflags("v1.37.2")).
		To(Equal("-s -w -X p.a=v1.37.2 -X p.b=1 -X p.c=37"))
}

// A module that is quick to build stands for etcd's.
func newCache(t *testing.T, source string) *cache {
	t.Helper()
	g := NewWithT(t)
	c := &cache{source: t.TempDir(), root: t.TempDir()}
	c.dir = filepath.Join(c.root, "key")
	g.Expect(os.Mkdir(c.module("etcd"), 0o700)).To(Succeed())
	g.Expect(os.WriteFile(filepath.Join(c.module("etcd"), "go.mod"), []byte("module example.com/etcd\n\ngo 1.26.0\n"), 0o600)).To(Succeed())
	g.Expect(os.WriteFile(filepath.Join(c.module("etcd"), "main.go"), []byte(source), 0o600)).To(Succeed())
	return c
}

func TestBuildOnceForAll(t *testing.T) {
	g := NewWithT(t)
	c := newCache(t, `package main; func main() { print("built") }`)
	var said [3]bytes.Buffer
	var builds sync.WaitGroup
	for i := range said {
		builds.Go(func() { g.Expect(c.build(t.Context(), &said[i], []string{etcd})).To(Succeed()) })
	}
	builds.Wait()

	all := said[0].String() + said[1].String() + said[2].String()
	g.Expect(strings.Count(all, "cluster: etcd (1 of 1): built in ")).To(Equal(1), all)
	out, err := exec.CommandContext(t.Context(), c.path(etcd)).CombinedOutput()
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(string(out)).To(Equal("built"))
	g.Expect(os.ReadDir(c.dir)).To(HaveLen(1), "nothing unfinished")
}

func TestBuildThatFails(t *testing.T) {
	g := NewWithT(t)
	c := newCache(t, `package main; func main() { undefinedName() }`)
	g.Expect(c.build(t.Context(), nil, []string{etcd})).To(MatchError(And(
		ContainSubstring("building etcd in "+c.module("etcd")), ContainSubstring("undefined: undefinedName"))))
	g.Expect(os.ReadDir(c.dir)).To(BeEmpty())
}

func TestCertManagerCRDs(t *testing.T) {
	g := NewWithT(t)
	t.Setenv("CERTBOUND_CLUSTER_CACHE", t.TempDir())
	c, err := openCache(t.Context())
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(c.root).To(Equal(os.Getenv("CERTBOUND_CLUSTER_CACHE")))
	g.Expect(c.build(t.Context(), nil, []string{certManagerCRDs})).To(Succeed())
	for _, kind := range []string{"certificates", "certificaterequests", "issuers", "clusterissuers"} {
		content, err := os.ReadFile(filepath.Join(c.path(certManagerCRDs), "cert-manager.io_"+kind+".yaml"))
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(string(content)).To(ContainSubstring("name: " + kind + ".cert-manager.io"))
		g.Expect(string(content)).NotTo(ContainSubstring("{{"), "a template of Helm would have to be rendered first")
	}
}

func TestNarrateBreaksTheSilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := NewWithT(t)
		var said bytes.Buffer
		stop := narrate(&said, func(elapsed time.Duration) string { return "working for " + elapsed.String() })
		<-time.After(2*reportInterval + time.Second)
		stop()
		g.Expect(said.String()).To(Equal("cluster: working for 10s\ncluster: working for 20s\n"))
	})
}

func TestBuildLog(t *testing.T) {
	g := NewWithT(t)
	log := &buildLog{}
	g.Expect(log.String()).To(Equal("building"))
	_, _ = log.Write([]byte("go: downloading example.com/a v1.0.0\ngo: down"))
	_, _ = log.Write([]byte("loading example.com/b v1.0.0\n"))
	g.Expect(log.String()).To(Equal("2 modules downloaded"))
	_, _ = log.Write([]byte("example.com/a\nexample.com/b\nexample.com/c\n"))
	g.Expect(log.String()).To(Equal("3 packages compiled"))
	g.Expect(log.tail()).To(HaveSuffix("example.com/b\nexample.com/c"))
}

func TestTail(t *testing.T) {
	for name, test := range map[string]struct{ log, want string }{
		"empty":              {"", ""},
		"short":              {"one\ntwo\n", "one\ntwo"},
		"control characters": {"a\x1b[31mred\x00\r\n\tb", "a[31mred\n\tb"},
		"a long line":        {strings.Repeat("ä", tailLineRunes+1), strings.Repeat("ä", tailLineRunes) + "…"},
		"many lines":         {"first\n" + strings.Repeat("next\n", tailLines), strings.TrimSuffix(strings.Repeat("next\n", tailLines), "\n")},
	} {
		t.Run(name, func(t *testing.T) {
			NewWithT(t).Expect(tail([]byte(test.log))).To(Equal(test.want))
		})
	}
}

func TestFindAssets(t *testing.T) {
	g := NewWithT(t)
	folder := t.TempDir()
	for _, name := range []string{etcd, apiServer, kubectl} {
		g.Expect(os.WriteFile(filepath.Join(folder, name), nil, 0o600)).To(Succeed())
	}
	all := Options{ControllerManager: true, CertManager: true}.names()

	paths, missing, err := findAssets("", all)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(paths).To(BeEmpty())
	g.Expect(missing).To(ConsistOf(etcd, apiServer, kubectl, controllerManager, certManager, certManagerCRDs))

	paths, missing, err = findAssets(folder, all)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(paths).To(HaveKeyWithValue(apiServer, filepath.Join(folder, apiServer)))
	g.Expect(missing).To(ConsistOf(controllerManager, certManager, certManagerCRDs))

	g.Expect(os.WriteFile(filepath.Join(folder, certManager), nil, 0o600)).To(Succeed())
	paths, missing, err = findAssets(folder, all)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(paths).To(HaveKeyWithValue(certManager, filepath.Join(folder, certManager)))
	g.Expect(missing).To(ConsistOf(controllerManager, certManagerCRDs))

	g.Expect(os.Remove(filepath.Join(folder, etcd))).To(Succeed())
	_, _, err = findAssets(folder, all)
	g.Expect(err).To(MatchError(ContainSubstring("KUBEBUILDER_ASSETS=" + folder + " has no etcd")))
}

func TestProcessThatEndsTellsWhy(t *testing.T) {
	g := NewWithT(t)
	log := filepath.Join(t.TempDir(), "sh.log")
	p, err := startProcess(t.Context(), t.TempDir(), "/bin/sh", log, "-c", "echo no room; exit 1")
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(p.stop)
	err = p.await(t.Context(), func(context.Context) bool { return false })
	g.Expect(err).To(MatchError("sh did not become ready: it ended\nthe end of " + log + ":\nno room"))
}

func TestQuote(t *testing.T) {
	g := NewWithT(t)
	g.Expect(quote("/tmp/a-b_c.1/etcd")).To(Equal("/tmp/a-b_c.1/etcd"))
	for _, word := range []string{"", "a b", "it's", "$HOME", "`id`"} {
		out, err := exec.CommandContext(t.Context(), "/bin/sh", "-c", "printf %s "+quote(word)).Output()
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(string(out)).To(Equal(word))
	}
}
