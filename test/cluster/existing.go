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
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// existingEnv is envtest's variable for a cluster that the user has already.
const existingEnv = "USE_EXISTING_CLUSTER"

func existingCluster() bool { return strings.EqualFold(os.Getenv(existingEnv), "true") }

// useExisting connects to the cluster that the user's kubeconfig names. It installs the CustomResourceDefinitions of o, which
// stay when the caller is done: with them would go every object of theirs.
func useExisting(ctx context.Context, o Options) (*Cluster, error) {
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), nil)
	config, err := loader.ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("%s is true, but KUBECONFIG names no cluster: %w", existingEnv, err)
	}
	kubectlPath, err := existingKubectl(ctx, o.Progress)
	if err != nil {
		return nil, err
	}
	c, err := newCluster(o.Dir, kubectlPath)
	if err != nil {
		return nil, err
	}
	c.config = config
	if err := c.adopt(o, loader); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	sayf(o.Progress, "using the existing cluster at %s", config.Host)
	return c, nil
}

func (c *Cluster) adopt(o Options, loader clientcmd.ClientConfig) error {
	if err := c.connect(); err != nil {
		return err
	}
	// The user's own way to sign in (an exec plugin, for one) is in no rest.Config: this kubeconfig is a copy of theirs.
	raw, err := loader.RawConfig()
	if err != nil {
		return fmt.Errorf("reading the kubeconfig: %w", err)
	}
	if err := writeCopy(raw, c.kubeconfig); err != nil {
		return err
	}
	if o.CertManager {
		if err := c.checkCertManager(); err != nil {
			return err
		}
	}
	return c.installCRDs(o.CRDPaths)
}

func writeCopy(config clientcmdapi.Config, path string) error {
	if err := clientcmdapi.MinifyConfig(&config); err != nil {
		return fmt.Errorf("reading the kubeconfig: %w", err)
	}
	if err := clientcmdapi.FlattenConfig(&config); err != nil {
		return fmt.Errorf("reading the kubeconfig: %w", err)
	}
	if err := clientcmd.WriteToFile(config, path); err != nil {
		return fmt.Errorf("copying the kubeconfig: %w", err)
	}
	return nil
}

// checkCertManager looks for cert-manager's kinds; whether its controllers run, the first Certificate shows.
func (c *Cluster) checkCertManager() error {
	for _, kind := range []string{"Certificate", "CertificateRequest", "Issuer", "ClusterIssuer"} {
		_, err := c.client.RESTMapper().RESTMapping(schema.GroupKind{Group: "cert-manager.io", Kind: kind}, "v1")
		switch {
		case meta.IsNoMatchError(err) || apierrors.IsNotFound(err):
			return fmt.Errorf("the cluster at %s has no kind %s of cert-manager.io/v1: install cert-manager there first, see "+
				"https://cert-manager.io/docs/installation/ (or unset %s to use the embedded cluster)", c.config.Host, kind, existingEnv)
		case err != nil:
			return fmt.Errorf("looking for cert-manager in the cluster at %s: %w", c.config.Host, err)
		}
	}
	return nil
}

// existingKubectl is the user's kubectl, which fits their cluster better than one of ours; ours if they have none.
func existingKubectl(ctx context.Context, progress io.Writer) (string, error) {
	if path, err := exec.LookPath(kubectl); err == nil {
		return filepath.Abs(path)
	}
	paths, err := locate(ctx, progress, kubectl)
	return paths[kubectl], err
}
