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
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// Options say what a cluster consists of besides etcd, kube-apiserver and kubectl.
type Options struct {
	// Dir is the folder for everything the cluster writes, empty or yet to be made. Stop removes it. The default is a new one
	// among the temporary files.
	Dir string
	// CRDPaths are files and folders of CustomResourceDefinitions to install.
	CRDPaths []string
	// ControllerManager adds kube-controller-manager: garbage collection, the deletion of namespaces, ServiceAccounts of new
	// namespaces, ClusterRoles aggregated from others.
	ControllerManager bool
	// CertManager adds cert-manager: its CustomResourceDefinitions, the namespace CertManagerNamespace and its controllers.
	CertManager bool
	// Progress gets a line for each step, and one every few seconds of a first build. The default is silence.
	Progress io.Writer
}

// Cluster is a running cluster.
type Cluster struct {
	dir        string
	config     *rest.Config
	client     client.Client
	kubeconfig string
	kubectl    string

	// controlPlane is nil for a cluster of the user's.
	controlPlane *envtest.ControlPlane
	processes    []*process
}

// Start builds what is missing, starts a cluster, and returns when all of it answers. If that fails, nothing is left running, and
// the error holds the end of the log of what failed and names the file, which stays.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	if existingCluster() {
		return useExisting(ctx, o)
	}
	paths, err := locate(ctx, o.Progress, o.names()...)
	if err != nil {
		return nil, err
	}
	c, err := newCluster(o.Dir, paths[kubectl])
	if err != nil {
		return nil, err
	}
	begun := time.Now()
	sayf(o.Progress, "starting in %s", c.dir)
	if err := c.start(ctx, o, paths); err != nil {
		return nil, errors.Join(err, c.abandon())
	}
	sayf(o.Progress, "ready after %s", time.Since(begun).Round(100*time.Millisecond))
	return c, nil
}

func (c *Cluster) start(ctx context.Context, o Options, paths map[string]string) error {
	if err := c.startControlPlane(paths, o.ControllerManager); err != nil {
		return err
	}
	if err := c.connect(); err != nil {
		return err
	}
	if err := writeKubeconfig(c.config, c.kubeconfig); err != nil {
		return err
	}
	crds := slices.Clone(o.CRDPaths)
	if o.CertManager {
		crds = append(crds, paths[certManagerCRDs])
	}
	if err := c.installCRDs(crds); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("starting the cluster: %w", err)
	}
	// After the CustomResourceDefinitions: the garbage collector looks for new kinds only every half a minute.
	if o.ControllerManager {
		if err := c.startControllerManager(ctx, paths[controllerManager]); err != nil {
			return err
		}
	}
	if o.CertManager {
		if err := c.startCertManager(ctx, paths[certManager]); err != nil {
			return err
		}
	}
	ready := map[string]func(context.Context) bool{controllerManager: c.controllersWork, certManager: c.certManagerWorks}
	for _, p := range c.processes {
		if err := p.await(ctx, ready[p.name]); err != nil {
			return err
		}
	}
	return nil
}

// newCluster prepares the folder of a cluster: logs, and kubectl alone in a folder that can go on the PATH.
func newCluster(dir, kubectlPath string) (*Cluster, error) {
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "certbound-cluster-"); err != nil {
			return nil, fmt.Errorf("creating a folder for the cluster: %w", err)
		}
	}
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("finding the folder for the cluster: %w", err)
	}
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return nil, fmt.Errorf("the folder %s is not empty: a cluster needs one to itself, because it removes it in the end", dir)
	}
	c := &Cluster{dir: dir, kubeconfig: filepath.Join(dir, "kubeconfig"), kubectl: filepath.Join(dir, "bin", kubectl)}
	for _, folder := range []string{c.Logs(), c.pki(), filepath.Dir(c.kubectl)} {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, fmt.Errorf("creating a folder for the cluster: %w", err)
		}
	}
	if err := os.Symlink(kubectlPath, c.kubectl); err != nil {
		return nil, fmt.Errorf("linking kubectl: %w", err)
	}
	return c, nil
}

// connect makes the client from c.config.
func (c *Cluster) connect() error {
	var err error
	if c.client, err = client.New(c.config, client.Options{}); err != nil {
		return fmt.Errorf("connecting to the cluster: %w", err)
	}
	return nil
}

func (c *Cluster) installCRDs(paths []string) error {
	if len(paths) == 0 {
		return nil
	}
	options := envtest.CRDInstallOptions{Paths: paths, ErrorIfPathMissing: true, MaxTime: startTimeout, PollInterval: pollInterval}
	if _, err := envtest.InstallCRDs(c.config, options); err != nil {
		return fmt.Errorf("installing the CustomResourceDefinitions of %s: %w", strings.Join(paths, ", "), err)
	}
	return nil
}

// Config is the connection of an administrator. The caller may change it.
func (c *Cluster) Config() *rest.Config { return rest.CopyConfig(c.config) }

// Kubeconfig is the path of the administrator's kubeconfig.
func (c *Cluster) Kubeconfig() string { return c.kubeconfig }

// Kubectl is the path of a kubectl that fits the cluster. Nothing else is in its folder, so that it can go on a PATH.
func (c *Cluster) Kubectl() string { return c.kubectl }

// KubectlCommand is kubectl with these arguments, as the administrator, independent of what the user's home configures.
func (c *Cluster) KubectlCommand(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.kubectl, args...)
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.kubeconfig, "KUBECACHEDIR="+filepath.Join(c.dir, "kubectl-cache"), "KUBERC=off")
	return cmd
}

// Logs is the folder of the programs' logs. It is empty for a cluster of the user's.
func (c *Cluster) Logs() string { return filepath.Join(c.dir, "logs") }

func (c *Cluster) log(name string) string { return filepath.Join(c.Logs(), name+".log") }

// Stop ends all programs of the cluster, in the order in which they depend on each other, and removes its folder. It returns when
// none of them is left. A cluster of the user's goes on, with what is in it.
func (c *Cluster) Stop() error {
	err := c.stopPrograms()
	if removeErr := os.RemoveAll(c.dir); removeErr != nil {
		return errors.Join(err, fmt.Errorf("removing the folder of the cluster: %w", removeErr))
	}
	return err
}

// abandon is Stop for a cluster that did not start: its logs stay.
func (c *Cluster) abandon() error {
	err := c.stopPrograms()
	entries, readErr := os.ReadDir(c.dir)
	if readErr != nil {
		return errors.Join(err, fmt.Errorf("reading the folder of the cluster: %w", readErr))
	}
	for _, entry := range entries {
		if path := filepath.Join(c.dir, entry.Name()); path != c.Logs() {
			err = errors.Join(err, os.RemoveAll(path))
		}
	}
	return err
}

func (c *Cluster) stopPrograms() error {
	for _, p := range slices.Backward(c.processes) {
		p.stop()
	}
	if c.controlPlane == nil {
		return nil
	}
	if err := c.controlPlane.Stop(); err != nil {
		return fmt.Errorf("stopping the cluster: %w", err)
	}
	return nil
}
