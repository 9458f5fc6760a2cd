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

package harness

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// programRights are the files of config/rbac that concern the operator itself, and those of config/probe that concern the
// probe, which has no lease role of its own.
var programRights = []string{"service_account.yaml", "role.yaml", "role_binding.yaml",
	"leader_election_role.yaml", "leader_election_role_binding.yaml", "lease_role_binding.yaml",
	"metrics_auth_role.yaml", "metrics_auth_role_binding.yaml", "metrics_reader_role.yaml"}

// install gives a program its ServiceAccount and what a folder of manifests grants it, and returns its connection. config/default
// puts them into SystemNamespace and prefixes the names; the names make no difference here.
func (e *Environment) install(ctx context.Context, rbac string) (*rest.Config, error) {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: SystemNamespace}}
	if err := client.IgnoreAlreadyExists(e.Client.Create(ctx, namespace)); err != nil {
		return nil, fmt.Errorf("create the namespace of the operator: %w", err)
	}
	account := ""
	for _, name := range programRights {
		objects, err := readObjects(filepath.Join(rbac, name))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for _, o := range objects {
			if o.GetKind() == "ServiceAccount" {
				account = o.GetName()
			}
			if err := e.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(o), client.FieldOwner("harness"), client.ForceOwnership); err != nil {
				return nil, fmt.Errorf("install %s: %w", name, err)
			}
		}
	}
	return e.Cluster.ServiceAccountConfig(ctx, SystemNamespace, account)
}

// readObjects reads a file of manifests and moves them, and the ServiceAccounts that they name, into SystemNamespace.
func readObjects(path string) (objects []*unstructured.Unstructured, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the operator's rights (make manifests writes them): %w", err)
	}
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), len(content)); ; {
		o := &unstructured.Unstructured{}
		if err := decoder.Decode(o); errors.Is(err, io.EOF) {
			return objects, nil
		} else if err != nil {
			return nil, fmt.Errorf("read %s: %w", path, err)
		}
		if o.GetNamespace() != "" {
			o.SetNamespace(SystemNamespace)
		}
		subjects, _, _ := unstructured.NestedSlice(o.Object, "subjects")
		for _, s := range subjects {
			s.(map[string]any)["namespace"] = SystemNamespace
		}
		if len(subjects) > 0 {
			_ = unstructured.SetNestedSlice(o.Object, subjects, "subjects")
		}
		objects = append(objects, o)
	}
}

// moduleRoot is the folder of go.mod, above the folder of the test.
func moduleRoot() (string, error) {
	folder, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the module: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder, nil
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return "", errors.New("find the module: no go.mod above the working directory")
		}
		folder = parent
	}
}
