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

package handover

import (
	"fmt"
	"os"
	"time"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/utils/clock"
	ctrl "sigs.k8s.io/controller-runtime"
)

// Terms are those of an election.
type Terms struct {
	// Duration is how long a lease lasts that is not renewed.
	Duration time.Duration
	// RenewDeadline is how long a leader tries to renew before it ends.
	RenewDeadline time.Duration
	// RetryPeriod is between two attempts.
	RetryPeriod time.Duration
}

// DefaultTerms are controller-runtime's. A request to a tenant takes at most 10 s of the 15 s, and is begun at most 5 s
// after a renewal, of which one is due every 2 s.
var DefaultTerms = Terms{Duration: 15 * time.Second, RenewDeadline: 10 * time.Second, RetryPeriod: 2 * time.Second}

// Elect lets a manager with these options work only while it holds the Lease of this name, and returns that Lease. The
// lease is given up when the manager ends, for a quick successor.
func Elect(options *ctrl.Options, config *rest.Config, name types.NamespacedName, terms Terms) (*Lease, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("set up the leader election: %w", err)
	}
	identity := host + "_" + string(uuid.NewUUID()) // a restart in the same pod is another operator
	binary := rest.CopyConfig(config)
	binary.ContentType = runtime.ContentTypeProtobuf // as the manager does for what else is built in
	binary.AcceptContentTypes = runtime.ContentTypeProtobuf + "," + runtime.ContentTypeJSON
	lock, err := resourcelock.NewFromKubeconfig(resourcelock.LeasesResourceLock, name.Namespace, name.Name,
		resourcelock.ResourceLockConfig{Identity: identity}, binary, terms.RenewDeadline)
	if err != nil {
		return nil, fmt.Errorf("set up the leader election: %w", err)
	}
	lease := NewLease(lock, clock.RealClock{}, terms.Duration)
	options.LeaderElection, options.LeaderElectionReleaseOnCancel = true, true
	options.LeaderElectionResourceLockInterface = lease
	options.Controller.EnableWarmup = new(true) // whoever stands by has read the cluster, and can go on at once
	options.LeaseDuration, options.RenewDeadline, options.RetryPeriod = &terms.Duration, &terms.RenewDeadline, &terms.RetryPeriod
	return lease, nil
}
