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
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/test/harness"
)

// observe watches the Secrets, as kubelets do, and every status that an object has. It asks the operator nothing.
func (r *run) observe(ctx context.Context) error {
	watched, err := cache.New(r.environment.Cluster.Config(), cache.Options{
		Scheme: r.client.Scheme(), DefaultNamespaces: map[string]cache.Config{namespace: {}},
	})
	if err != nil {
		return fmt.Errorf("watch the cluster: %w", err)
	}
	for kind, see := range map[client.Object]func(any){
		&corev1.Secret{}: r.seeSecret, &v1alpha1.Tenant{}: r.seeStatus, &v1alpha1.OAuthClient{}: r.seeStatus, &v1alpha1.ClientCredential{}: r.seeStatus,
	} {
		informer, err := watched.GetInformer(ctx, kind, cache.BlockUntilSynced(false))
		if err != nil {
			return fmt.Errorf("watch the cluster: %w", err)
		}
		handler := toolscache.ResourceEventHandlerFuncs{AddFunc: see, UpdateFunc: func(_, updated any) { see(updated) }}
		if _, err := informer.AddEventHandler(handler); err != nil {
			return fmt.Errorf("watch the cluster: %w", err)
		}
	}
	observing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	r.cancel = cancel
	r.running.Go(func() { _ = watched.Start(observing) })
	return nil
}

// seeSecret tells the mounts of a changed Secret, and the ledger of a new certificate. The ledger comes first: from then on the
// workload may present it.
func (r *run) seeSecret(o any) {
	secret, isSecret := o.(*corev1.Secret)
	if !isSecret {
		return
	}
	leaf := leafOf(secret)
	for _, a := range r.ledger.all() {
		if leaf != nil && secret.Name == a.name {
			r.ledger.issue(a, leaf)
		}
		if leaf != nil && secret.Name == a.mounted() {
			if a.gated {
				r.notef(a.name, "published is %s", short(thumbprint(leaf)))
			}
			a.mount.changed(secret)
		}
	}
}

// seeStatus checks that a status is well formed and does not contradict itself.
func (r *run) seeStatus(o any) {
	var observed int64
	var conditions []metav1.Condition
	switch o := o.(type) {
	case *v1alpha1.Tenant:
		observed, conditions = o.Status.ObservedGeneration, o.Status.Conditions
	case *v1alpha1.OAuthClient:
		observed, conditions = o.Status.ObservedGeneration, o.Status.Conditions
	case *v1alpha1.ClientCredential:
		observed, conditions = o.Status.ObservedGeneration, o.Status.Conditions
	}
	object := o.(client.Object)
	for _, problem := range harness.CheckConditions(object.GetGeneration(), observed, conditions) {
		r.violatedf("I12", object.GetName(), "the status of %T: %s", o, problem)
	}
}
