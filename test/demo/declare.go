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
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/test/workload"
)

// every is the time between two token requests of a workload.
const every = 100 * time.Millisecond

// declare applies the samples, starts the workloads, and waits until everything is in place.
func (s *stage) declare(ctx context.Context) error {
	s.screen.heading("Declare the clients and certificates of config/samples")
	if err := s.furnish(); err != nil {
		return err
	}
	objects, err := s.readSamples(ctx)
	if err != nil {
		return err
	}
	s.adapt(objects)
	s.applications = applications(objects)
	observing, cancel := context.WithCancel(context.WithoutCancel(ctx))
	s.observer = newObserver(s.tenant, s.client, s.applications, cancel)
	if err := s.observer.start(observing, s.cluster.Config(), namespace); err != nil {
		return err
	}
	begun := time.Now()
	applied, err := s.apply(ctx, objects)
	if err != nil {
		return err
	}
	s.screen.command("kubectl apply --kustomize="+samples, applied)
	s.screen.sayf("(with this tenant's address, and with certificates of %s and %s that are renewed every 20 s)", hurried[0], hurried[1])
	s.screen.heading("What happens, as the tenant's log, the Secrets and the workloads tell it")
	s.narrate(observing, begun)
	if err := s.startWorkloads(ctx); err != nil {
		return err
	}
	if err := s.trustCA(ctx, objects); err != nil {
		return err
	}
	kinds := "clustertenants,tenants,oauthclients,clientcredentials"
	if _, err := s.kubectl(ctx, nil, "wait", "--for=condition=Ready", kinds, "--all", "--timeout=90s", "--namespace="+namespace); err != nil {
		return err
	}
	return s.show(ctx, "get", kinds)
}

// furnish makes what the samples need of a tenant: the API that tokens are asked for, which wants them bound to certificates, and a
// client with a secret, which is to be adopted.
func (s *stage) furnish() error {
	offered := make([]map[string]any, 0, len(scopes))
	for _, scope := range scopes {
		offered = append(offered, map[string]any{"value": scope})
	}
	_, err := s.tenant.AddResourceServer(map[string]any{
		"identifier": audience, "scopes": offered, "proof_of_possession": map[string]any{"mechanism": "mtls", "required": true},
	})
	if err == nil {
		s.adopted, err = s.tenant.AddClient(map[string]any{
			"name": adopted, "app_type": "non_interactive", "token_endpoint_auth_method": "client_secret_post",
			"grant_types": []string{"client_credentials"},
		})
	}
	if err == nil {
		_, err = s.tenant.AddGrant(s.adopted, audience, scopes...)
	}
	if err != nil {
		return fmt.Errorf("furnish the tenant: %w", err)
	}
	return nil
}

// startWorkloads starts the workload of each application. They wait for their Secrets.
func (s *stage) startWorkloads(ctx context.Context) error {
	tenant, err := workload.NewTenant(s.tenant.CABundle())
	if err != nil {
		return err
	}
	for _, a := range s.applications {
		s.workloads = append(s.workloads, workload.Start(context.WithoutCancel(ctx), workload.Options{
			Cluster: s.client, Namespace: namespace, Secret: a.published, ConfigMap: a.connection,
			Tenant: tenant, Audience: audience, Every: every,
			OnRequest: func(r workload.Request) { s.observer.token(a.name, r) },
		}))
	}
	return nil
}

// trustCA tells the simulated tenant which CAs vouch for certificates, as a tenant's edge is told: those of the issuers.
func (s *stage) trustCA(ctx context.Context, objects []*unstructured.Unstructured) error {
	var bundle []byte
	for _, o := range objects {
		name := text(o, "spec", "ca", "secretName")
		if name == "" {
			continue
		}
		err := s.await(ctx, "the CA's certificate in the Secret "+name, func(ctx context.Context) (bool, error) {
			var secret corev1.Secret
			err := s.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &secret)
			bundle = append(bundle, secret.Data[corev1.TLSCertKey]...)
			return len(secret.Data[corev1.TLSCertKey]) > 0, client.IgnoreNotFound(err)
		})
		if err != nil {
			return err
		}
	}
	return s.tenant.SetClientCAs(bundle)
}
