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
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

// CertManagerNamespace is where cert-manager looks for the Secrets of ClusterIssuers.
const CertManagerNamespace = "cert-manager"

// enabledControllers are those of kube-controller-manager that mean something without nodes: removing what is to be removed,
// ServiceAccounts with their tokens and CA bundle, and ClusterRoles made of others.
const enabledControllers = "garbage-collector-controller,namespace-controller,serviceaccount-controller," +
	"serviceaccount-token-controller,root-ca-certificate-publisher-controller,clusterrole-aggregation-controller"

// startControlPlane starts etcd and kube-apiserver and sets c.config.
func (c *Cluster) startControlPlane(paths map[string]string, withControllers bool) error {
	etcdLauncher, err := launcher(c.dir, paths[etcd])
	if err != nil {
		return err
	}
	apiServerLauncher, err := launcher(c.dir, paths[apiServer])
	if err != nil {
		return err
	}
	etcdLog, err := os.Create(c.log(etcd))
	if err != nil {
		return fmt.Errorf("creating the log of %s: %w", etcd, err)
	}
	defer func() { _ = etcdLog.Close() }()
	apiServerLog, err := os.Create(c.log(apiServer))
	if err != nil {
		return fmt.Errorf("creating the log of %s: %w", apiServer, err)
	}
	defer func() { _ = apiServerLog.Close() }()

	c.controlPlane = &envtest.ControlPlane{
		Etcd: &envtest.Etcd{
			Path: etcdLauncher, DataDir: filepath.Join(c.dir, "etcd"), Out: etcdLog, Err: etcdLog,
			StartTimeout: startTimeout, StopTimeout: stopTimeout,
		},
		APIServer: &envtest.APIServer{
			Path: apiServerLauncher, CertDir: c.pki(), Out: apiServerLog, Err: apiServerLog,
			StartTimeout: startTimeout, StopTimeout: stopTimeout,
		},
		KubectlPath: c.kubectl,
	}
	if withControllers {
		// envtest turns the ServiceAccount admission plugin off, because nobody makes the ServiceAccounts it asks for. Here
		// somebody does.
		c.controlPlane.APIServer.Configure().Disable("disable-admission-plugins")
	}
	if err := c.controlPlane.Start(); err != nil {
		// etcd starts first: as long as it is not ready, kube-apiserver has printed nothing.
		if info, statErr := apiServerLog.Stat(); statErr == nil && info.Size() > 0 {
			return startError(apiServer, c.log(apiServer), err)
		}
		return startError(etcd, c.log(etcd), err)
	}
	// The API server limits its clients by priority and fairness; a second limit in the client would only slow tests down.
	admin, err := c.controlPlane.AddUser(envtest.User{Name: "admin", Groups: []string{"system:masters"}}, &rest.Config{QPS: -1})
	if err != nil {
		return fmt.Errorf("making the administrator of the cluster: %w", err)
	}
	c.config = admin.Config()
	return nil
}

// startControllerManager starts kube-controller-manager. It is not ready when this returns.
func (c *Cluster) startControllerManager(ctx context.Context, path string) error {
	ca := filepath.Join(c.pki(), "root-ca.crt")
	if err := os.WriteFile(ca, c.config.CAData, 0o600); err != nil {
		return fmt.Errorf("writing the CA of the cluster: %w", err)
	}
	return c.run(ctx, path,
		"--kubeconfig="+c.kubeconfig,
		"--controllers="+enabledControllers,
		"--leader-elect=false",
		// It serves nobody here, so it needs no port.
		"--secure-port=0",
		// envtest's name for the key that signs the tokens of ServiceAccounts.
		"--service-account-private-key-file="+filepath.Join(c.pki(), "sa-signer.key"),
		"--root-ca-file="+ca,
	)
}

// controllersWork tells whether kube-controller-manager did what it does first: give a namespace its ServiceAccount.
func (c *Cluster) controllersWork(ctx context.Context) bool {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceDefault, Name: "default"}}
	return c.client.Get(ctx, client.ObjectKeyFromObject(account), account) == nil
}

// startCertManager creates cert-manager's namespace and starts its controllers. They are not ready when this returns.
func (c *Cluster) startCertManager(ctx context.Context, path string) error {
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: CertManagerNamespace}}
	if err := c.client.Create(ctx, namespace); err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("creating the namespace %s: %w", CertManagerNamespace, err)
	}
	return c.run(ctx, path,
		"--kubeconfig="+c.kubeconfig,
		"--cluster-resource-namespace="+CertManagerNamespace,
		"--ready-file="+c.certManagerReady(),
	)
}

// certManagerWorks tells whether cert-manager's controllers have read the cluster.
func (c *Cluster) certManagerWorks(context.Context) bool {
	_, err := os.Stat(c.certManagerReady())
	return err == nil
}

func (c *Cluster) certManagerReady() string { return filepath.Join(c.dir, "cert-manager.ready") }

func (c *Cluster) pki() string { return filepath.Join(c.dir, "pki") }

// run starts a program whose log and lifeline are the cluster's.
func (c *Cluster) run(ctx context.Context, path string, args ...string) error {
	p, err := startProcess(ctx, c.dir, path, c.log(filepath.Base(path)), args...)
	if err != nil {
		return err
	}
	c.processes = append(c.processes, p)
	return nil
}
