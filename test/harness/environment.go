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
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/internal/controller"
	"github.com/certbound/certbound/test/cluster"
)

// SystemNamespace is where the operator would run, and where the Secrets of ClusterTenants are.
const SystemNamespace = "certbound-system"

// Options say what the environment consists of.
type Options struct {
	// CertManager adds cert-manager's kinds and controllers.
	CertManager bool
	// ControllerManager adds garbage collection and the deletion of namespaces.
	ControllerManager bool
	// Log gets the operator's log; nil for none.
	Log io.Writer
	// Progress gets what the cluster does while it starts; nil for none.
	Progress io.Writer
	// Unwatched leaves the statuses unwatched: to watch them is work for the processors and the API server.
	Unwatched bool
}

// Environment is a cluster that is ready for the operator.
type Environment struct {
	Cluster *cluster.Cluster
	// Client has the rights of an administrator and reads no cache.
	Client client.Client

	scheme   *runtime.Scheme
	operator *rest.Config
	probe    *rest.Config // of a program that runs the probe side alone
	journal  *journal
	stop     context.CancelFunc
}

// Start starts the cluster, installs the kinds of config/crd and the rights of config/rbac and config/probe, and, unless told
// otherwise, begins to watch every status.
func Start(ctx context.Context, o Options) (*Environment, error) {
	root, err := moduleRoot()
	if err != nil {
		return nil, err
	}
	c, err := cluster.Start(ctx, cluster.Options{
		CRDPaths: []string{filepath.Join(root, "config", "crd", "bases")}, CertManager: o.CertManager,
		ControllerManager: o.ControllerManager, Progress: o.Progress,
	})
	if err != nil {
		return nil, err
	}
	e := &Environment{Cluster: c, journal: &journal{log: o.Log}}
	if err := e.prepare(ctx, filepath.Join(root, "config")); err != nil {
		return nil, errors.Join(err, e.Stop())
	}
	if o.Unwatched {
		return e, nil
	}
	if err := e.watch(ctx); err != nil {
		return nil, errors.Join(err, e.Stop())
	}
	return e, nil
}

func (e *Environment) prepare(ctx context.Context, manifests string) (err error) {
	if e.scheme, err = controller.NewScheme(); err != nil {
		return err
	}
	config := e.Cluster.Config()
	config.QPS = -1 // the API server bounds what it gets by itself
	if e.Client, err = client.New(config, client.Options{Scheme: e.scheme}); err != nil {
		return fmt.Errorf("connect to the cluster: %w", err)
	}
	if e.operator, err = e.install(ctx, filepath.Join(manifests, "rbac")); err != nil {
		return err
	}
	e.probe, err = e.install(ctx, filepath.Join(manifests, "probe"))
	return err
}

// watch begins to watch every status, until e.stop is called.
func (e *Environment) watch(ctx context.Context) error {
	watching, stop := context.WithCancel(context.WithoutCancel(ctx))
	e.stop = stop
	config := e.Cluster.Config()
	config.QPS = -1
	return e.watchStatuses(watching, config)
}

// Unwatched runs what stops the cluster or takes it back in time, while nobody here watches it.
func (e *Environment) Unwatched(ctx context.Context, run func() error) error {
	e.stop()
	if err := run(); err != nil {
		return err
	}
	return e.watch(ctx)
}

// Stop stops the cluster.
func (e *Environment) Stop() error {
	if e.stop != nil {
		e.stop()
	}
	return e.Cluster.Stop()
}
