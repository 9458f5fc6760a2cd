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

// Program certbound is the operator. It has flags and wiring; everything else is in internal.
package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller"
	"github.com/certbound/certbound/internal/controller/handover"
	"github.com/certbound/certbound/internal/controller/oauthclient"
	"github.com/certbound/certbound/internal/controller/shard"
	"github.com/certbound/certbound/internal/guard"
)

// version is set at build time.
var version = "dev"

type flags struct {
	metricsAddress, probeAddress, pprofAddress string
	metricsSecure, leaderElect                 bool
	clusterResourceNamespace                   string
	controllers, tenantNetworks                string
	watch, watchSecrets                        string
	tenantTimeout, fence                       time.Duration
	workers                                    int
	log                                        zap.Options
}

// gcPercent is how much the heap grows before it is collected, unless GOGC says otherwise: most of it is the cache, which stays, and half as
// much room above it costs next to no time.
const gcPercent = 50

func main() {
	f := parse()
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	ctrl.SetLogger(zap.New(zap.UseFlagOptions(&f.log)))
	if err := run(f); err != nil {
		ctrl.Log.Error(err, "certbound ends")
		os.Exit(1)
	}
}

func parse() *flags {
	f := &flags{}
	flag.StringVar(&f.metricsAddress, "metrics-bind-address", ":8443", "where metrics are served; 0 for nowhere")
	flag.BoolVar(&f.metricsSecure, "metrics-secure", true, "serve metrics by HTTPS to those who may read them")
	flag.StringVar(&f.probeAddress, "health-probe-bind-address", ":8081", "where /healthz and /readyz are served; 0 for nowhere")
	flag.StringVar(&f.pprofAddress, "pprof-bind-address", "0",
		"where profiles of memory and processor time are served to whoever asks, such as 127.0.0.1:6060; 0 for nowhere")
	flag.BoolVar(&f.leaderElect, "leader-elect", false, "let one of several replicas act at a time")
	flag.StringVar(&f.clusterResourceNamespace, "cluster-resource-namespace", ownNamespace(),
		"the namespace of the Secrets and ConfigMaps that ClusterTenants name")
	flag.StringVar(&f.controllers, "controllers", "",
		"which sides to run, of tenant (speaks to tenants, needs no workload Secrets), cluster (certificates and their publication) and "+
			"probe (logs in with certificates where spec.verification asks for it); tenant,cluster when empty")
	flag.StringVar(&f.tenantNetworks, "allow-tenant-networks", "",
		"networks beside the public Internet that tenants' domains may lead to, as a comma-separated list of CIDRs such as 10.0.0.0/8")
	flag.StringVar(&f.watch, "watch-label-selector", "",
		"look after the objects of these labels alone: Tenants, ClusterTenants, OAuthClients and ClientCredentials, such as certbound.dev/shard=a, where "+
			"other operators look after the others; no object may be matched by two of them")
	flag.StringVar(&f.watchSecrets, "watch-secret-label-selector", "",
		"be told of changes of the Secrets of these labels alone, in a cluster with very many; others are read now and then")
	flag.DurationVar(&f.tenantTimeout, "tenant-timeout", 10*time.Second, "the time limit of one request to a tenant")
	flag.DurationVar(&f.fence, "fence", oauthclient.DefaultFence,
		"how long a client is left alone after a request whose answer was lost; longer than any request lives")
	flag.IntVar(&f.workers, "workers", 8, "how many OAuthClients are reconciled at a time")
	f.log.BindFlags(flag.CommandLine)
	flag.Parse()
	return f
}

func run(f *flags) error {
	networks, err := parseNetworks(f.tenantNetworks)
	if err != nil {
		return err
	}
	if err := checkTimes(f); err != nil {
		return err
	}
	sides, err := controller.ParseSides(f.controllers)
	if err != nil {
		return fmt.Errorf("flag --controllers: %w", err)
	}
	of, err := shard.Parse(f.watch)
	if err != nil {
		return fmt.Errorf("flag --watch-label-selector: %w", err)
	}
	secrets, err := shard.Parse(f.watchSecrets)
	if err != nil {
		return fmt.Errorf("flag --watch-secret-label-selector: %w", err)
	}
	scheme, err := controller.NewScheme()
	if err != nil {
		return err
	}
	config, err := ctrl.GetConfig()
	if err != nil {
		return fmt.Errorf("find the cluster: %w", err)
	}
	config.QPS = -1 // the API server's own priority and fairness bounds the requests
	config.UserAgent = rest.DefaultKubernetesUserAgent()
	options := ctrl.Options{
		Scheme: scheme, Cache: controller.CacheOptions(of, secrets), Client: controller.ClientOptions(),
		Metrics: metrics(f), HealthProbeBindAddress: f.probeAddress, PprofBindAddress: f.pprofAddress,
	}
	var lease *handover.Lease
	if f.leaderElect {
		name := types.NamespacedName{Namespace: ownNamespace(), Name: controller.LeaseName(sides, of)}
		if lease, err = handover.Elect(&options, config, name, handover.DefaultTerms); err != nil {
			return err
		}
	}
	mgr, err := ctrl.NewManager(config, options)
	if err != nil {
		return fmt.Errorf("set up the manager: %w", err)
	}
	ctx := ctrl.SetupSignalHandler()
	controllers := controller.Options{
		Sides: sides, ClusterResourceNamespace: f.clusterResourceNamespace, Workers: f.workers, Fence: f.fence, Clock: clock.RealClock{}, Lease: lease,
		Program: program(), Metrics: ctrlmetrics.Registry, Shard: of, Secrets: secrets,
		Connect: auth0.Config{AllowedNetworks: networks, Timeout: f.tenantTimeout, Grace: grace, UserAgent: "certbound/" + version},
	}
	if err := controller.Setup(ctx, mgr, controllers); err != nil {
		return err
	}
	if err := errors.Join(mgr.AddHealthzCheck("healthz", healthz.Ping), mgr.AddReadyzCheck("readyz", warm(mgr, lease))); err != nil {
		return fmt.Errorf("set up the probes: %w", err)
	}
	go giveBack(ctx)
	ctrl.Log.Info("certbound starts", "version", version)
	return mgr.Start(ctx)
}

// idle is how often memory is given back to the system; the runtime collects as often by itself where there is nothing to do.
const idle = 2 * time.Minute

// giveBack gives the memory back that a start or a burst of work left free: the runtime keeps it for the next one, and thousands of
// clients leave as much as they take.
func giveBack(ctx context.Context) {
	ticker := time.NewTicker(idle)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			debug.FreeOSMemory()
		}
	}
}

// warm tells whether the operator works, or could at once: a replica that stands by is ready when it has read the cluster.
func warm(mgr ctrl.Manager, lease *handover.Lease) healthz.Checker {
	return func(*http.Request) error {
		select {
		case <-mgr.Elected():
			return nil
		default:
		}
		if lease != nil && lease.Stands() {
			return nil
		}
		return errors.New("the cluster is still being read")
	}
}

// grace is how long the operator waits for the answers that it is owed when it is asked to end: a Pod is given 30 s, of which others
// need some.
const grace = 5 * time.Second

// checkTimes refuses limits by which a request could outlast what waits for its end.
func checkTimes(f *flags) error {
	room := handover.DefaultTerms.Duration - 2*handover.DefaultTerms.RetryPeriod
	switch {
	case f.fence <= f.tenantTimeout:
		return fmt.Errorf("flag --fence: %s is not longer than a request may take (--tenant-timeout, %s)", f.fence, f.tenantTimeout)
	case f.leaderElect && f.tenantTimeout > room:
		return fmt.Errorf("flag --tenant-timeout: %s does not fit into a lease of %s with --leader-elect; at most %s does", f.tenantTimeout, handover.DefaultTerms.Duration, room)
	}
	return nil
}

func metrics(f *flags) server.Options {
	o := server.Options{BindAddress: f.metricsAddress, SecureServing: f.metricsSecure}
	if f.metricsSecure {
		o.FilterProvider = guard.Readers
		o.TLSOpts = []func(*tls.Config){func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }}
	}
	return o
}

func parseNetworks(list string) (networks []netip.Prefix, err error) {
	for _, cidr := range strings.FieldsFunc(list, func(r rune) bool { return r == ',' }) {
		network, err := netip.ParsePrefix(strings.TrimSpace(cidr))
		if err != nil {
			return nil, fmt.Errorf("flag --allow-tenant-networks: %q is no network in CIDR form, such as 10.0.0.0/8", cidr)
		}
		networks = append(networks, network)
	}
	return networks, nil
}

// ownNamespace is the namespace that the operator runs in, as its Deployment tells it.
func ownNamespace() string {
	if namespace := os.Getenv("POD_NAMESPACE"); namespace != "" {
		return namespace
	}
	return "certbound-system"
}
