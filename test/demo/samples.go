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

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// The samples, and what the demo knows of them.
const (
	namespace = "certbound-samples"
	// audience is the API that workloads ask tokens for, scopes what it can grant.
	audience = "https://api.example.com/"
	// adopted is the OAuthClient for a client that exists already, with a secret.
	adopted = "accounts"
	// managementClient and managementSecret are how the samples sign in.
	managementClient, managementSecret = "certbound", "replace-me"
)

var (
	samples = filepath.Join("config", "samples")
	scopes  = []string{"read:payments", "read:reports"}
	// hurried are the clients whose certificates are renewed all the time: one that the tenant knows by the certificate, and
	// one that it knows by the subject.
	hurried = []string{"payments", "reports"}
)

// The times of the demo. cert-manager issues no certificate for less than an hour, so one is renewed twenty seconds after it was
// issued; the old one stays attached for eight.
const (
	duration        = "1h"
	renewBefore     = "59m40s"
	overlapSeconds  = 8
	handoverSeconds = 5
)

// application is a client of the samples whose workload the demo plays.
type application struct {
	name                  string // of the OAuthClient and its ClientCredential
	method, kind          string
	source                string // the Secret that cert-manager writes
	published, connection string // what the workload is given
}

func (a application) hurried() bool { return slices.Contains(hurried, a.name) }

// readSamples reads the samples as `kubectl apply -k` would.
func (s *stage) readSamples(ctx context.Context) ([]*unstructured.Unstructured, error) {
	rendered, err := s.kubectl(ctx, nil, "kustomize", samples)
	if err != nil {
		return nil, err
	}
	objects, err := decode([]byte(rendered))
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", samples, err)
	}
	return objects, nil
}

// adapt makes the samples fit this run: the tenant's address and CA, the id of the client that exists already, and times that let
// one watch.
func (s *stage) adapt(objects []*unstructured.Unstructured) {
	for _, o := range objects {
		isHurried := slices.Contains(hurried, o.GetName())
		switch kind := o.GetKind(); {
		case kind == "Tenant" || kind == "ClusterTenant":
			set(o, s.tenant.Domain(), "spec", "domain")
		case kind == "ConfigMap":
			set(o, string(s.tenant.CABundle()), "data", "ca.crt")
		case kind == "OAuthClient" && o.GetName() == adopted:
			set(o, s.adopted, "spec", "clientID")
		case kind == "Certificate" && isHurried:
			set(o, duration, "spec", "duration")
			set(o, renewBefore, "spec", "renewBefore")
		case kind == "ClientCredential" && isHurried:
			set(o, int64(overlapSeconds), "spec", "rotation", "overlapSeconds")
			set(o, int64(handoverSeconds), "spec", "rotation", "handoverSeconds")
		}
	}
}

// applications are the clients among the objects that have a workload: those with a published Secret.
func applications(objects []*unstructured.Unstructured) (found []application) {
	named := func(kind, name string) *unstructured.Unstructured {
		i := slices.IndexFunc(objects, func(o *unstructured.Unstructured) bool { return o.GetKind() == kind && o.GetName() == name })
		if i < 0 {
			return &unstructured.Unstructured{}
		}
		return objects[i]
	}
	for _, o := range objects {
		if o.GetKind() != "ClientCredential" || text(o, "spec", "publish", "secretRef", "name") == "" {
			continue
		}
		client := named("OAuthClient", text(o, "spec", "clientRef", "name"))
		found = append(found, application{
			name: client.GetName(), method: text(client, "spec", "authenticationMethod"), kind: text(o, "spec", "type"),
			source:    text(named("Certificate", text(o, "spec", "certificateRef", "name")), "spec", "secretName"),
			published: text(o, "spec", "publish", "secretRef", "name"), connection: text(client, "spec", "connection", "configMapRef", "name"),
		})
	}
	// Those to watch come first.
	slices.SortStableFunc(found, func(a, b application) int { return place(a) - place(b) })
	return found
}

func place(a application) int {
	if i := slices.Index(hurried, a.name); i >= 0 {
		return i
	}
	return len(hurried)
}

// apply applies objects with kubectl and returns what it printed.
func (s *stage) apply(ctx context.Context, objects []*unstructured.Unstructured) (string, error) {
	items := make([]any, 0, len(objects))
	for _, o := range objects {
		items = append(items, o.Object)
	}
	list, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
	if err != nil {
		return "", fmt.Errorf("write the manifests: %w", err)
	}
	return s.kubectl(ctx, list, "apply", "--filename=-")
}

// decode reads the objects of a file of manifests.
func decode(content []byte) (objects []*unstructured.Unstructured, err error) {
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), len(content)); ; {
		o := &unstructured.Unstructured{}
		err := decoder.Decode(o)
		switch {
		case errors.Is(err, io.EOF):
			return objects, nil
		case err != nil:
			return nil, err
		case len(o.Object) > 0:
			objects = append(objects, o)
		}
	}
}

// text is a field of an object; empty where it is not there.
func text(o *unstructured.Unstructured, path ...string) string {
	value, _, _ := unstructured.NestedString(o.Object, path...)
	return value
}

// set sets a field of an object, whose parents are objects or not there.
func set(o *unstructured.Unstructured, value any, path ...string) {
	_ = unstructured.SetNestedField(o.Object, value, path...)
}
