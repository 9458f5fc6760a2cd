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
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	cmapi "github.com/cert-manager/cert-manager/pkg/apis/certmanager/v1"
	cmmeta "github.com/cert-manager/cert-manager/pkg/apis/meta/v1"
	"github.com/go-logr/logr"
	. "github.com/onsi/gomega"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// patience is for a machine that compiles something else meanwhile; a renewal alone takes 20 seconds.
const patience = 90 * time.Second

var scheme = runtime.NewScheme()

func init() {
	utilruntime.Must(clientgoscheme.AddToScheme(scheme))
	utilruntime.Must(cmapi.AddToScheme(scheme))
}

// TestMain is also the process that holds the cluster of testResident.
func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard())
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		os.Exit(serve(os.Args[2], os.Args[3]))
	}
	os.Exit(m.Run())
}

// One cluster for all, because starting one is what takes time.
func TestCluster(t *testing.T) {
	g := NewWithT(t)
	c, err := Start(t.Context(), Options{ControllerManager: true, CertManager: true, Progress: t.Output()})
	g.Expect(err).NotTo(HaveOccurred())
	t.Cleanup(func() { _ = c.Stop() })

	t.Run("is used as an existing one", testExisting(c))
	t.Run("does", func(t *testing.T) {
		t.Run("issue and renew certificates", testRenewal(c))
		t.Run("issue from a CA of cert-manager's namespace", testCA(c))
		t.Run("delete a namespace with its content", testNamespaceDeletion(c))
		t.Run("collect what a deleted owner owned", testGarbageCollection(c))
		t.Run("allow a ServiceAccount what its roles grant", testServiceAccount(c))
		t.Run("obey kubectl", testKubectl(c))
		t.Run("not mind a resident one beside", testResident())
	})

	server, err := url.Parse(c.Config().Host)
	g.Expect(err).NotTo(HaveOccurred())
	addresses := []string{server.Host, c.controlPlane.Etcd.URL.Host}
	for _, address := range addresses {
		g.Expect(dial(t, address)).To(Succeed())
	}
	g.Expect(processesOf(t, c.dir)).To(HaveLen(4))

	g.Expect(c.Stop()).To(Succeed())
	g.Expect(processesOf(t, c.dir)).To(BeEmpty())
	for _, address := range addresses {
		g.Expect(dial(t, address)).NotTo(Succeed())
	}
	g.Expect(c.dir).NotTo(BeAnExistingFile())
}

func testRenewal(c *Cluster) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		g := NewWithT(t)
		k, namespace := newClient(t, c.Config()), newNamespace(t, c)
		newSelfSigned(t, k, "renewal")
		g.Expect(k.Create(t.Context(), newCertificate(namespace, "renewed", "renewal", func(spec *cmapi.CertificateSpec) {
			spec.Duration = &metav1.Duration{Duration: time.Hour}
			spec.RenewBefore = &metav1.Duration{Duration: 59*time.Minute + 40*time.Second}
		}))).To(Succeed())

		first := awaitKeyPair(t, k, namespace, "renewed", nil)
		second := awaitKeyPair(t, k, namespace, "renewed", first)
		g.Expect(second.Leaf.Subject.CommonName).To(Equal("renewed"))
		g.Expect(second.Leaf.NotAfter).To(BeTemporally(">", first.Leaf.NotAfter))
		g.Expect(second.PrivateKey).NotTo(Equal(first.PrivateKey))
	}
}

func testCA(c *Cluster) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		g := NewWithT(t)
		k, namespace := newClient(t, c.Config()), newNamespace(t, c)
		newSelfSigned(t, k, "root")
		g.Expect(k.Create(t.Context(), newCertificate(CertManagerNamespace, "ca", "root", func(spec *cmapi.CertificateSpec) {
			spec.IsCA = true
		}))).To(Succeed())
		issuer := &cmapi.ClusterIssuer{ObjectMeta: metav1.ObjectMeta{Name: "ca"}}
		issuer.Spec.CA = &cmapi.CAIssuer{SecretName: "ca"}
		g.Expect(k.Create(t.Context(), issuer)).To(Succeed())
		g.Expect(k.Create(t.Context(), newCertificate(namespace, "leaf", "ca", nil))).To(Succeed())

		ca := awaitKeyPair(t, k, CertManagerNamespace, "ca", nil)
		leaf := awaitKeyPair(t, k, namespace, "leaf", nil)
		g.Expect(leaf.Leaf.CheckSignatureFrom(ca.Leaf)).To(Succeed())
	}
}

func testNamespaceDeletion(c *Cluster) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		g := NewWithT(t)
		k, namespace := newClient(t, c.Config()), newNamespace(t, c)
		content := []client.Object{
			&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "content"}},
			newCertificate(namespace, "content", "none", nil),
		}
		for _, object := range content {
			g.Expect(k.Create(t.Context(), object)).To(Succeed())
		}

		g.Expect(k.Delete(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})).To(Succeed())
		awaitGone(t, k, append(content, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: namespace}})...)
	}
}

func testGarbageCollection(c *Cluster) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		g := NewWithT(t)
		k, namespace := newClient(t, c.Config()), newNamespace(t, c)
		owner := newCertificate(namespace, "owner", "none", nil)
		g.Expect(k.Create(t.Context(), owner)).To(Succeed())
		owned := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: "owned",
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(owner, cmapi.SchemeGroupVersion.WithKind("Certificate"))},
		}}
		g.Expect(k.Create(t.Context(), owned)).To(Succeed())

		g.Expect(k.Delete(t.Context(), owner)).To(Succeed())
		awaitGone(t, k, owned)
	}
}

func testServiceAccount(c *Cluster) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		g := NewWithT(t)
		k, namespace := newClient(t, c.Config()), newNamespace(t, c)
		meta := metav1.ObjectMeta{Namespace: namespace, Name: "reader"}
		for _, object := range []client.Object{
			&corev1.ServiceAccount{ObjectMeta: meta},
			&rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{Verbs: []string{"list"}, APIGroups: []string{""}, Resources: []string{"configmaps"}}}},
			&rbacv1.RoleBinding{
				ObjectMeta: meta,
				RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
				Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: meta.Name}},
			},
		} {
			g.Expect(k.Create(t.Context(), object)).To(Succeed())
		}

		config, err := c.ServiceAccountConfig(t.Context(), namespace, meta.Name)
		g.Expect(err).NotTo(HaveOccurred())
		reader := newClient(t, config)
		review := &authenticationv1.SelfSubjectReview{}
		g.Expect(reader.Create(t.Context(), review)).To(Succeed())
		g.Expect(review.Status.UserInfo.Username).To(Equal("system:serviceaccount:" + namespace + ":reader"))
		g.Eventually(func() error {
			return reader.List(t.Context(), &corev1.ConfigMapList{}, client.InNamespace(namespace))
		}, patience).Should(Succeed())
		g.Expect(reader.List(t.Context(), &corev1.SecretList{}, client.InNamespace(namespace))).To(Satisfy(apierrors.IsForbidden))
		g.Expect(reader.List(t.Context(), &corev1.ConfigMapList{})).To(Satisfy(apierrors.IsForbidden))

		kubeconfig, err := c.ServiceAccountKubeconfig(t.Context(), namespace, meta.Name)
		g.Expect(err).NotTo(HaveOccurred())
		out, err := c.KubectlCommand(t.Context(), "--kubeconfig", kubeconfig, "auth", "whoami").CombinedOutput()
		g.Expect(err).NotTo(HaveOccurred(), string(out))
		g.Expect(string(out)).To(ContainSubstring(review.Status.UserInfo.Username))

		_, err = c.ServiceAccountConfig(t.Context(), namespace, "nobody")
		g.Expect(err).To(Satisfy(apierrors.IsNotFound))
	}
}

func testKubectl(c *Cluster) func(*testing.T) {
	return func(t *testing.T) {
		t.Parallel()
		g := NewWithT(t)
		out, err := c.KubectlCommand(t.Context(), "version").CombinedOutput()
		g.Expect(err).NotTo(HaveOccurred(), string(out))
		// A version that does not fit would be followed by a warning.
		g.Expect(string(out)).To(MatchRegexp(`(?s)Client Version: (v1\.\d+\.\d+)\n.*Server Version: v1\.\d+\.\d+\n$`))
	}
}

func testExisting(c *Cluster) func(*testing.T) {
	return func(t *testing.T) {
		g := NewWithT(t)
		t.Setenv(existingEnv, "true")
		t.Setenv("KUBECONFIG", c.Kubeconfig())
		existing, err := Start(t.Context(), Options{CertManager: true})
		g.Expect(err).NotTo(HaveOccurred())
		g.Expect(existing.Config().Host).To(Equal(c.Config().Host))
		out, err := existing.KubectlCommand(t.Context(), "get", "namespaces").CombinedOutput()
		g.Expect(err).NotTo(HaveOccurred(), string(out))
		g.Expect(string(out)).To(ContainSubstring(CertManagerNamespace))

		g.Expect(existing.Stop()).To(Succeed())
		g.Expect(existing.dir).NotTo(BeAnExistingFile())
		g.Expect(newClient(t, c.Config()).List(t.Context(), &corev1.NamespaceList{})).To(Succeed())
	}
}

func TestExistingClusterWithoutCertManager(t *testing.T) {
	g := NewWithT(t)
	server := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	g.Expect(writeKubeconfig(&rest.Config{Host: server.URL}, kubeconfig)).To(Succeed())
	t.Setenv(existingEnv, "true")
	t.Setenv("KUBECONFIG", kubeconfig)
	dir := filepath.Join(t.TempDir(), "cluster")

	_, err := Start(t.Context(), Options{CertManager: true, Dir: dir})
	g.Expect(err).To(MatchError(And(ContainSubstring("no kind Certificate"), ContainSubstring("install cert-manager"))))
	g.Expect(dir).NotTo(BeAnExistingFile())

	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	_, err = Start(t.Context(), Options{})
	g.Expect(err).To(MatchError(ContainSubstring("KUBECONFIG names no cluster")))
}

func TestStartTellsWhatFailed(t *testing.T) {
	g := NewWithT(t)
	assets, dir := t.TempDir(), filepath.Join(t.TempDir(), "cluster")
	for _, name := range []string{etcd, apiServer, kubectl} {
		script := "#!/bin/sh\necho " + name + " has no room\nexit 1\n"
		g.Expect(writeScript(filepath.Join(assets, name), script)).To(Succeed())
	}
	t.Setenv(assetsEnv, assets)

	_, err := Start(t.Context(), Options{Dir: dir})
	log := filepath.Join(dir, "logs", "etcd.log")
	g.Expect(err).To(MatchError(And(ContainSubstring("etcd did not become ready"), ContainSubstring("the end of "+log+":\netcd has no room"))))
	g.Expect(log).To(BeARegularFile())
	g.Expect(filepath.Glob(filepath.Join(dir, "*"))).To(ConsistOf(filepath.Join(dir, "logs")))

	_, err = Start(t.Context(), Options{Dir: dir})
	g.Expect(err).To(MatchError(ContainSubstring("is not empty")))
}

func newClient(t *testing.T, config *rest.Config) client.Client {
	t.Helper()
	k, err := client.New(config, client.Options{Scheme: scheme})
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	return k
}

func newNamespace(t *testing.T, c *Cluster) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "test-"}}
	NewWithT(t).Expect(newClient(t, c.Config()).Create(t.Context(), namespace)).To(Succeed())
	return namespace.Name
}

func newSelfSigned(t *testing.T, k client.Client, name string) {
	t.Helper()
	issuer := &cmapi.ClusterIssuer{ObjectMeta: metav1.ObjectMeta{Name: name}}
	issuer.Spec.SelfSigned = &cmapi.SelfSignedIssuer{}
	NewWithT(t).Expect(k.Create(t.Context(), issuer)).To(Succeed())
}

func newCertificate(namespace, name, issuer string, change func(*cmapi.CertificateSpec)) *cmapi.Certificate {
	certificate := &cmapi.Certificate{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: cmapi.CertificateSpec{
			SecretName: name, CommonName: name,
			PrivateKey: &cmapi.CertificatePrivateKey{Algorithm: cmapi.ECDSAKeyAlgorithm},
			IssuerRef:  cmmeta.IssuerReference{Name: issuer, Kind: cmapi.ClusterIssuerKind},
		},
	}
	if change != nil {
		change(&certificate.Spec)
	}
	return certificate
}

// awaitKeyPair waits until the Secret holds a certificate with its key, other than the one before.
func awaitKeyPair(t *testing.T, k client.Client, namespace, name string, before *tls.Certificate) *tls.Certificate {
	t.Helper()
	var pair tls.Certificate
	NewWithT(t).Eventually(func() error {
		secret := &corev1.Secret{}
		if err := k.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, secret); err != nil {
			return err
		}
		var err error
		pair, err = tls.X509KeyPair(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
		if err == nil && before != nil && bytes.Equal(pair.Leaf.Raw, before.Leaf.Raw) {
			return fmt.Errorf("the Secret %s/%s holds the same certificate", namespace, name)
		}
		return err
	}, patience).Should(Succeed())
	return &pair
}

func awaitGone(t *testing.T, k client.Client, objects ...client.Object) {
	t.Helper()
	for _, object := range objects {
		NewWithT(t).Eventually(func() error {
			return k.Get(t.Context(), client.ObjectKeyFromObject(object), object)
		}, patience).Should(Satisfy(apierrors.IsNotFound))
	}
}

func dial(t *testing.T, address string) error {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return err
	}
	return connection.Close()
}

// processesOf are the command lines of the running processes that name dir.
func processesOf(t *testing.T, dir string) []string {
	t.Helper()
	return slices.DeleteFunc(commandLines(t), func(line string) bool { return !strings.Contains(line, dir) })
}

// commandLines are those of all processes: from /proc, or where there is none from ps, which a small Linux may lack.
func commandLines(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	NewWithT(t).Expect(err).NotTo(HaveOccurred())
	if len(files) == 0 {
		out, err := exec.CommandContext(t.Context(), "ps", "-A", "-o", "args=").Output()
		NewWithT(t).Expect(err).NotTo(HaveOccurred())
		return strings.Split(string(out), "\n")
	}
	var lines []string
	for _, file := range files {
		// A process that has ended since the listing has no command line any more.
		if line, err := os.ReadFile(file); err == nil {
			lines = append(lines, string(line))
		}
	}
	return lines
}
