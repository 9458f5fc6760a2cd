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
	"net/netip"
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller"
	"github.com/certbound/certbound/internal/controller/handover"
	"github.com/certbound/certbound/internal/controller/shard"
)

// OperatorOptions are what differs from the operator that cmd/certbound starts. The zero value suits most tests.
type OperatorOptions struct {
	// Sides are the sides to run; those that run by default when empty. The probe side alone runs with rights of its own.
	Sides []string
	// Fence is how long a client is left alone after a request without an answer; default a second.
	Fence time.Duration
	// Timeout is the limit of one request to a tenant; default 10 s, more than the simulator takes on a busy machine.
	Timeout time.Duration
	// Grace is how long a write that is under way may still take when the operator is ended; default none, as in a power cut.
	Grace time.Duration
	// Lease is the name of the Lease by which it is elected; none when empty. Timeout is to be
	// LeaderTimeout then.
	Lease string
	// Clock is the operator's time; default the real one. A clock.Clock is that of its requests as well.
	Clock clock.PassiveClock
	// Through is the way to the cluster where it is not the direct one: through a proxy, for one.
	Through func(*rest.Config) *rest.Config
	// Namespace is the only one that the operator looks at; all when empty. Operators of different namespaces run side by side.
	Namespace string
	// UserAgent is the name that the operator gives itself at a tenant.
	UserAgent string
}

func (o OperatorOptions) withDefaults() OperatorOptions {
	if o.Fence == 0 {
		o.Fence = time.Second
	}
	if o.Timeout == 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Clock == nil {
		o.Clock = clock.RealClock{}
	}
	if o.Through == nil {
		o.Through = rest.CopyConfig
	}
	if o.UserAgent == "" {
		o.UserAgent = "certbound/test"
	}
	return o
}

// terms are shorter than the usual ones, and leave room for requests of LeaderTimeout.
var terms = handover.Terms{Duration: 6 * time.Second, RenewDeadline: 4 * time.Second, RetryPeriod: 500 * time.Millisecond}

// LeaderTimeout is a limit of requests that suits an operator with a Lease.
const LeaderTimeout = 2 * time.Second

func (o OperatorOptions) elect(options *ctrl.Options, connection *rest.Config) (*handover.Lease, error) {
	if o.Lease == "" {
		return nil, nil
	}
	return handover.Elect(options, connection, types.NamespacedName{Namespace: SystemNamespace, Name: o.Lease}, terms)
}

// shutdown is how long an operator may take to end.
const shutdown = 20 * time.Second

// Operator is an operator that runs inside the test process.
type Operator struct {
	cancel context.CancelFunc
	ended  chan error
}

// StartOperator starts the operator as cmd/certbound sets it up, with the token of its ServiceAccount, and returns when it has
// read the cluster.
func (e *Environment) StartOperator(o OperatorOptions) (*Operator, error) {
	o = o.withDefaults()
	restConfig := o.Through(e.account(o.Sides))
	restConfig.QPS = -1
	options := ctrl.Options{
		Scheme: e.scheme, Cache: controller.CacheOptions(shard.Shard{}, shard.Shard{}), Client: controller.ClientOptions(),
		Metrics: server.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
		Logger:                  zap.New(zap.UseDevMode(false), zap.WriteTo(e.journal)),
		GracefulShutdownTimeout: new(shutdown),
		Controller:              config.Controller{SkipNameValidation: new(true)},
	}
	if o.Namespace != "" {
		options.Cache.DefaultNamespaces = map[string]cache.Config{o.Namespace: {}}
	}
	lease, err := o.elect(&options, restConfig)
	if err != nil {
		return nil, err
	}
	mgr, err := ctrl.NewManager(restConfig, options)
	if err != nil {
		return nil, fmt.Errorf("set up the operator: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	requests, _ := o.Clock.(clock.Clock)
	loopback := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	err = controller.Setup(ctx, mgr, controller.Options{
		Sides: o.Sides, ClusterResourceNamespace: SystemNamespace, Workers: 8, Fence: o.Fence, Clock: o.Clock, Lease: lease,
		Connect: auth0.Config{
			AllowedNetworks: loopback, Timeout: o.Timeout, Grace: o.Grace, UserAgent: o.UserAgent, Resolver: noNames(), Clock: requests,
		},
	})
	if err != nil {
		cancel()
		return nil, fmt.Errorf("set up the controllers: %w", err)
	}
	operator := &Operator{cancel: cancel, ended: make(chan error, 1)}
	go func() { operator.ended <- mgr.Start(ctx) }()
	if !mgr.GetCache().WaitForCacheSync(ctx) {
		return nil, errors.Join(errors.New("the operator cannot read the cluster"), operator.Stop())
	}
	return operator, nil
}

// account is whose rights a program with these sides has.
func (e *Environment) account(sides []string) *rest.Config {
	if slices.Equal(sides, []string{controller.ProbeSide}) {
		return e.probe
	}
	return e.operator
}

// Stop ends the operator wherever it stands: requests under way are given up, nothing is finished first. It returns when
// nothing of it runs any more, so that a second one never meets the first.
func (o *Operator) Stop() error {
	o.cancel()
	select {
	case err := <-o.ended:
		return err
	case <-time.After(shutdown):
		return errors.New("the operator does not end")
	}
}
