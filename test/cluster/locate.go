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
	"path/filepath"
)

// assetsEnv is envtest's variable for a folder of programs that the user has already.
const assetsEnv = "KUBEBUILDER_ASSETS"

// names are the programs and folders that a cluster of these options needs.
func (o Options) names() []string {
	names := []string{etcd, apiServer, kubectl}
	if o.ControllerManager {
		names = append(names, controllerManager)
	}
	if o.CertManager {
		names = append(names, certManager, certManagerCRDs)
	}
	return names
}

// locate finds the paths of names: the user's, then those of the cache, where it builds what is missing.
func locate(ctx context.Context, progress io.Writer, names ...string) (map[string]string, error) {
	paths, missing, err := findAssets(os.Getenv(assetsEnv), names)
	if err != nil || len(missing) == 0 {
		return paths, err
	}
	c, err := openCache(ctx)
	if err != nil {
		return nil, err
	}
	if err := c.build(ctx, progress, missing); err != nil {
		return nil, err
	}
	for _, name := range missing {
		paths[name] = c.path(name)
	}
	return paths, nil
}

// findAssets tells which of names are in the user's folder, if there is one. What envtest itself needs must be there: programs
// of two releases are not mixed unasked.
func findAssets(folder string, names []string) (paths map[string]string, missing []string, err error) {
	paths = map[string]string{}
	for _, name := range names {
		path := filepath.Join(folder, name)
		switch _, statErr := os.Stat(path); {
		case folder == "":
			missing = append(missing, name)
		case statErr == nil:
			paths[name] = path
		case name == etcd || name == apiServer || name == kubectl:
			return nil, nil, fmt.Errorf("%s=%s has no %s: complete that folder, or unset the variable to use the embedded cluster: %w",
				assetsEnv, folder, name, statErr)
		default:
			missing = append(missing, name)
		}
	}
	return paths, missing, nil
}
