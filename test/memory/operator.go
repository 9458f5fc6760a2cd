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

package memory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller"
	"github.com/certbound/certbound/internal/controller/oauthclient"
	"github.com/certbound/certbound/internal/controller/shard"
	"github.com/certbound/certbound/test/apistore"
)

// OperatorOptions are what differs from operator to operator.
type OperatorOptions struct {
	// Name tells this operator from its predecessors. It is the User-Agent of its requests to the tenant; default "certbound".
	Name string
	// Sides are the sides to run; both when empty.
	Sides []string
	// Fence is how long a client is left alone after a request without an answer; default as in production.
	Fence time.Duration
	// Timeout is the limit of one request to the tenant; default 10 s, as in production.
	Timeout time.Duration
	// Workers is how many clients are reconciled at a time; default one, so that runs are alike.
	Workers int
	// Observe is told of each request to the tenant; may be nil.
	Observe func(op string, status int, took time.Duration)
	// Metrics is where the metrics of tenants are registered; nil: nowhere.
	Metrics prometheus.Registerer
	// SessionOptions are what stands between the operator and the API server.
	apistore.SessionOptions
	// Shard is what the operator looks after, and Secrets those whose changes it sees; all by default.
	Shard, Secrets shard.Shard
	// Log gets what the operator says; the zero value for nobody.
	Log logr.Logger
}

// Operator is an operator that runs, or ran.
type Operator struct {
	// Session is its connection to the API server: what its caches see can be held back there.
	Session *apistore.Session

	kill, leave context.CancelFunc
	ended       chan error
}

// StartOperator starts an operator and returns when it has read the cluster.
func (w *World) StartOperator(o OperatorOptions) (*Operator, error) {
	running, leave := context.WithCancel(context.Background())
	life, kill := context.WithCancel(running)
	o.Hook = w.count(o.Hook)
	operator := &Operator{Session: w.Store.Session(life, o.SessionOptions), kill: kill, leave: leave, ended: make(chan error, 1)}
	mgr, err := ctrl.NewManager(operator.Session.Config(), ctrl.Options{
		Scheme: w.Store.Scheme(), MapperProvider: func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return w.Store.Mapper(), nil },
		Cache: controller.CacheOptions(o.Shard, o.Secrets), Client: controller.ClientOptions(), Logger: o.Log,
		Metrics: server.Options{BindAddress: "0"}, HealthProbeBindAddress: "0",
		GracefulShutdownTimeout: new(shutdown),
		Controller:              config.Controller{SkipNameValidation: new(true)},
	})
	if err != nil {
		leave()
		return nil, fmt.Errorf("set up the operator: %w", err)
	}
	err = controller.Setup(running, mgr, controller.Options{
		Sides: o.Sides, ClusterResourceNamespace: SystemNamespace, Workers: cmp.Or(o.Workers, 1), Clock: clock.RealClock{},
		Fence: cmp.Or(o.Fence, oauthclient.DefaultFence), Metrics: o.Metrics, Shard: o.Shard, Secrets: o.Secrets,
		Connect: auth0.Config{
			AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, Timeout: o.Timeout,
			UserAgent: cmp.Or(o.Name, "certbound"), Dial: w.network.dialer(life), Observe: o.Observe,
		},
	})
	if err != nil {
		leave()
		return nil, fmt.Errorf("set up the controllers: %w", err)
	}
	w.operators = append(w.operators, operator)
	go func() { operator.ended <- mgr.Start(running) }()
	if !mgr.GetCache().WaitForCacheSync(running) {
		return nil, errors.Join(errors.New("the operator cannot read the cluster"), operator.Stop())
	}
	// Whoever ends a manager (controller-runtime v0.25) before it has noticed that its caches are full makes it wait for them for ever,
	// busily, and time in a bubble stands still.
	<-mgr.Elected()
	return operator, nil
}

// shutdown is more than an operator takes to end that reaches nothing any more.
const shutdown = time.Minute

// Kill ends the operator wherever it stands, as a power cut would: from now on nothing that it does has an effect. It does not wait, so
// that a hook of its own may call it.
func (o *Operator) Kill() { o.kill() }

// Stop kills the operator and returns when nothing of it runs any more. It is for the goroutine of the run, as all that waits.
func (o *Operator) Stop() error {
	o.kill()
	// What caches were told is taken in before they end: who handed it on would wait for ever for somebody to take it (controller-runtime
	// v0.25 filters the watches of metadata so), and a bubble ends with its last goroutine.
	synctest.Wait()
	o.leave()
	err := <-o.ended
	o.ended <- nil // for the next who asks
	return err
}
