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

package apistore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/certbound/certbound/internal/controller"
)

// A kind is what the store knows of a resource.
type kind struct {
	gvk        schema.GroupVersionKind
	resource   string
	namespaced bool
	// custom resources have a generation, and a status of their own endpoint; they are updated with a resourceVersion only.
	custom bool
	// selectable are the paths of the fields, beside name and namespace, that lists can be filtered by.
	selectable map[string][]string
	// complete fills in what the API server does, and refuses what it refuses; before is nil for a new object.
	complete func(o, before client.Object) error
}

func (k *kind) gvr() schema.GroupVersionResource {
	return k.gvk.GroupVersion().WithResource(k.resource)
}
func (k *kind) gr() schema.GroupResource { return k.gvr().GroupResource() }

// builtIn are the kinds that no CustomResourceDefinition of ours defines. cert-manager's has one, elsewhere.
func builtIn() []*kind {
	return []*kind{
		{gvk: corev1.SchemeGroupVersion.WithKind("Namespace"), resource: "namespaces", complete: completeNamespace},
		{gvk: corev1.SchemeGroupVersion.WithKind("Secret"), resource: "secrets", namespaced: true, complete: completeSecret,
			selectable: map[string][]string{"type": {"type"}}},
		{gvk: corev1.SchemeGroupVersion.WithKind("ConfigMap"), resource: "configmaps", namespaced: true},
		{gvk: eventsv1.SchemeGroupVersion.WithKind("Event"), resource: "events", namespaced: true},
		{gvk: cmapi.SchemeGroupVersion.WithKind(cmapi.CertificateKind), resource: "certificates", namespaced: true, custom: true},
	}
}

// definition is what is read of a CustomResourceDefinition.
type definition struct {
	Spec struct {
		Group string
		Names struct{ Kind, Plural string }
		Scope string

		Versions []struct {
			Name             string
			SelectableFields []struct{ JSONPath string }
			Subresources     struct{ Status *struct{} }
		}
	}
}

func (d definition) kind() (*kind, error) {
	if len(d.Spec.Versions) != 1 || d.Spec.Versions[0].Subresources.Status == nil {
		return nil, fmt.Errorf("the definition of %s has several versions, or no endpoint for its status: the store knows neither", d.Spec.Names.Kind)
	}
	v := d.Spec.Versions[0]
	k := &kind{
		gvk:      schema.GroupVersionKind{Group: d.Spec.Group, Version: v.Name, Kind: d.Spec.Names.Kind},
		resource: d.Spec.Names.Plural, namespaced: d.Spec.Scope == "Namespaced", custom: true, selectable: map[string][]string{},
	}
	for _, field := range v.SelectableFields {
		label := strings.TrimPrefix(field.JSONPath, ".")
		k.selectable[label] = strings.Split(label, ".")
	}
	return k, nil
}

// An api is the kinds that there are. It does not change, and all stores share one.
type api struct {
	scheme *runtime.Scheme
	kinds  []*kind
	mapper meta.RESTMapper
}

var loadAPI = sync.OnceValues(func() (*api, error) {
	scheme, err := controller.NewScheme()
	if err != nil {
		return nil, err
	}
	kinds, err := defined()
	if err != nil {
		return nil, err
	}
	a := &api{scheme: scheme, kinds: append(kinds, builtIn()...)}
	mapper := meta.NewDefaultRESTMapper(scheme.PrioritizedVersionsAllGroups())
	for _, k := range a.kinds {
		scope := meta.RESTScopeRoot
		if k.namespaced {
			scope = meta.RESTScopeNamespace
		}
		mapper.AddSpecific(k.gvk, k.gvr(), k.gvr(), scope)
	}
	a.mapper = mapper
	return a, nil
})

// defined are the kinds of config/crd/bases.
func defined() (kinds []*kind, err error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(root, "config", "crd", "bases", "*.yaml"))
	if err == nil && len(files) == 0 {
		err = errors.New("there are none (make manifests writes them)")
	}
	if err != nil {
		return nil, fmt.Errorf("find the CustomResourceDefinitions: %w", err)
	}
	for _, file := range files {
		var d definition
		content, err := os.ReadFile(file)
		if err == nil {
			err = yaml.Unmarshal(content, &d)
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		k, err := d.kind()
		if err != nil {
			return nil, err
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

// moduleRoot is the folder of go.mod; tests run in the folder of their package.
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
