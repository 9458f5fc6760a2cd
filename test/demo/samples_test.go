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
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/certbound/certbound/internal/auth0sim"
)

// The demo plays on the samples as they are: it must find in them the clients that it shows.
func TestSamples(t *testing.T) {
	objects := readFiles(t)
	sim, err := auth0sim.Start(auth0sim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	(&stage{tenant: sim, adopted: "the-id"}).adapt(objects)

	want := []application{
		{name: "payments", method: "self_signed_tls_client_auth", kind: "x509_cert",
			source: "payments-certificate", published: "payments-tls", connection: "payments-connection"},
		{name: "reports", method: "tls_client_auth", kind: "cert_subject_dn",
			source: "reports-certificate", published: "reports-tls", connection: "reports-connection"},
		{name: "accounts", method: "self_signed_tls_client_auth", kind: "x509_cert",
			source: "accounts-certificate", published: "accounts-tls", connection: "accounts-connection"},
	}
	if got := applications(objects); !reflect.DeepEqual(got, want) {
		t.Errorf("applications: %+v, want %+v", got, want)
	}
	seen := map[string]string{}
	for _, o := range objects {
		switch o.GetKind() {
		case "Tenant", "ClusterTenant":
			seen[o.GetKind()] = text(o, "spec", "domain")
		case "OAuthClient":
			seen[o.GetName()] = text(o, "spec", "clientID")
		case "Certificate":
			seen["certificate "+o.GetName()] = text(o, "spec", "renewBefore")
		}
	}
	for what, value := range map[string]string{
		"Tenant": sim.Domain(), "ClusterTenant": sim.Domain(), "accounts": "the-id", "payments": "",
		"certificate payments": renewBefore, "certificate reports": renewBefore, "certificate accounts": "720h",
	} {
		if seen[what] != value {
			t.Errorf("%s has %q, want %q", what, seen[what], value)
		}
	}
}

// readFiles reads what kustomization.yaml lists.
func readFiles(t *testing.T) (objects []*unstructured.Unstructured) {
	t.Helper()
	folder := filepath.Join("..", "..", samples)
	list, err := os.ReadFile(filepath.Join(folder, "kustomization.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	kustomization, err := decode(list)
	if err != nil || len(kustomization) != 1 {
		t.Fatalf("kustomization.yaml: %v", err)
	}
	files, _, err := unstructured.NestedStringSlice(kustomization[0].Object, "resources")
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	for _, file := range files {
		content, err := os.ReadFile(filepath.Join(folder, file))
		if err != nil {
			t.Fatal(err)
		}
		some, err := decode(content)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		objects = append(objects, some...)
	}
	return objects
}
