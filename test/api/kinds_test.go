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

package api

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var update = flag.Bool("update", false, "write what kubectl prints to testdata instead of comparing it")

// kubectl runs kubectl and returns what it prints.
func kubectl(t *testing.T, args ...string) string {
	t.Helper()
	out, err := env.Cluster.KubectlCommand(t.Context(), args...).CombinedOutput()
	NewWithT(t).Expect(err).NotTo(HaveOccurred(), string(out))
	return string(out)
}

// age is the last column, which changes while the test runs.
var age = regexp.MustCompile(`(?m)[0-9]+m?[0-9]*s$`)

// golden compares a text with a file of testdata.
func golden(t *testing.T, file, text string) {
	t.Helper()
	g := NewWithT(t)
	path := filepath.Join("testdata", file)
	if *update {
		g.Expect(os.WriteFile(path, []byte(text), 0o600)).To(Succeed())
	}
	want, err := os.ReadFile(path)
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(text).To(Equal(string(want)), "go test ./test/api -update writes %s anew", path)
}

func TestNamesOfTheKinds(t *testing.T) {
	want := map[string]struct{ plural, short string }{
		"Tenant": {"tenants", "ten"}, "ClusterTenant": {"clustertenants", "cten"},
		"OAuthClient": {"oauthclients", "oac"}, "ClientCredential": {"clientcredentials", "cc"},
	}
	resources := kubectl(t, "api-resources", "--api-group=certbound.dev", "--categories=certbound", "--no-headers")
	NewWithT(t).Expect(strings.Count(resources, "\n")).To(Equal(len(want)))
	for kind, names := range want {
		line := regexp.MustCompile(`(?m)^` + names.plural + `\s+` + names.short + `\s+certbound.dev/v1alpha1\s+(true|false)\s+` + kind + `$`)
		NewWithT(t).Expect(resources).To(MatchRegexp(line.String()))
	}
}

func TestKubectlGet(t *testing.T) {
	namespace := newNamespace(t)
	for short, table := range map[string]table{"ten": tenants, "cten": clusterTenants, "oac": clients, "cc": clientCredentials} {
		t.Run(short, func(t *testing.T) {
			o := table.created(t, namespace, nil)
			shown := o.GetName()
			fresh := table.created(t, namespace, values{"status": nil}).GetName()
			for _, format := range []string{"", "wide"} {
				out := kubectl(t, "get", short, shown, fresh, "--namespace", namespace, "--output", format)
				out = strings.NewReplacer(shown, "example   ", fresh, "fresh     ").Replace(age.ReplaceAllString(out, "1m"))
				golden(t, strings.TrimSuffix(short+"-"+format, "-")+".txt", out)
			}
		})
	}
	t.Run("all of them by their category", func(t *testing.T) {
		tenants.created(t, namespace, nil)
		clients.created(t, namespace, nil)
		out := kubectl(t, "get", "certbound", "--namespace", namespace, "--output", "name")
		NewWithT(t).Expect(out).To(And(ContainSubstring("tenant.certbound.dev/"), ContainSubstring("oauthclient.certbound.dev/")))
	})
	t.Run("those of one client by a field", func(t *testing.T) {
		mine := clientCredentials.created(t, namespace, values{"spec.clientRef.name": "mine"})
		clientCredentials.created(t, namespace, nil)
		out := kubectl(t, "get", "cc", "--namespace", namespace, "--field-selector", "spec.clientRef.name=mine", "--output", "name")
		NewWithT(t).Expect(out).To(Equal("clientcredential.certbound.dev/" + mine.GetName() + "\n"))
	})
}

// The explanation of every field stands in the schema; that each has one, and begins with its name, is asked of the files.
func TestEveryFieldIsExplained(t *testing.T) {
	for kind, d := range definitions(t) {
		d.walk(func(path string, s schema) {
			name := path[strings.LastIndex(path, ".")+1:]
			if strings.HasSuffix(name, "[]") || name == "*" {
				return // explained by the list or map
			}
			if !strings.HasPrefix(s.Description, name+" ") || !strings.HasSuffix(s.Description, ".") {
				t.Errorf("%s: the explanation of %s is no sentence about it: %q", kind, path, s.Description)
			}
		})
	}
}

func TestKubectlExplain(t *testing.T) {
	g := NewWithT(t)
	recursive := kubectl(t, "explain", "oauthclient.spec", "--recursive")
	definitions(t)["OAuthClient"].walk(func(path string, _ schema) {
		name := path[strings.LastIndex(path, ".")+1:]
		if strings.HasPrefix(path, "spec.") && name != "*" {
			g.Expect(recursive).To(MatchRegexp(`(?m)^\s+` + strings.TrimSuffix(name, "[]") + `\t<`))
		}
	})
	g.Expect(recursive).To(ContainSubstring("enum: self_signed_tls_client_auth, tls_client_auth, client_secret_post, client_secret_basic"))

	flat := func(text string) string { return strings.Join(strings.Fields(text), " ") }
	publish := flat(kubectl(t, "explain", "clientcredential.spec.publish"))
	g.Expect(publish).To(ContainSubstring("publish names the Secret that workloads mount. It receives a new certificate and key only after the tenant accepted the certificate"))
	g.Expect(publish).To(ContainSubstring("secretRef <Object> -required- secretRef names the Secret to write, of type kubernetes.io/tls."))
}

func TestStatusIsASubresource(t *testing.T) {
	namespace := newNamespace(t)
	for kind, table := range tables {
		t.Run(kind, func(t *testing.T) {
			g := NewWithT(t)
			o := table.created(t, namespace, nil)
			g.Expect(o.GetGeneration()).To(BeEquivalentTo(1), "a status is no new generation")

			g.Expect(env.Client.Update(t.Context(), changed(t, o, values{"status": nil, "metadata.labels": values{"kept": "true"}}))).To(Succeed())
			live := reread(t, o)
			g.Expect(live.Object["status"]).To(Equal(o.Object["status"]), "who writes the object does not write the status")
			g.Expect(live.GetLabels()).To(HaveKey("kept"))

			spec := changed(t, live, values{"status.observedGeneration": 7, "spec": parse(t, clients.object, "").Object["spec"]})
			g.Expect(env.Client.Status().Update(t.Context(), spec)).To(Succeed())
			after := reread(t, o)
			g.Expect(after.Object["spec"]).To(Equal(live.Object["spec"]), "who writes the status does not write the object")
			g.Expect(after.Object["status"]).To(HaveKeyWithValue("observedGeneration", BeEquivalentTo(7)))
			g.Expect(after.GetGeneration()).To(BeEquivalentTo(1))
		})
	}
}

func reread(t *testing.T, o *unstructured.Unstructured) *unstructured.Unstructured {
	t.Helper()
	live := &unstructured.Unstructured{}
	live.SetGroupVersionKind(o.GroupVersionKind())
	NewWithT(t).Expect(env.Client.Get(t.Context(), client.ObjectKeyFromObject(o), live)).To(Succeed())
	return live
}

// A misspelt field is a wish that nobody would ever read.
func TestUnknownFieldsAreRefused(t *testing.T) {
	namespace := newNamespace(t)
	for kind, table := range tables {
		t.Run(kind, func(t *testing.T) {
			o := changed(t, parse(t, table.object, namespace), values{"spec.clientId": "x"})
			err := env.Client.Create(t.Context(), o, client.DryRunAll, client.FieldValidation("Strict"))
			NewWithT(t).Expect(err).To(MatchError(ContainSubstring(`unknown field "spec.clientId"`)))
		})
	}
}
