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
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// mount is a Secret as the Pod of a workload sees it: as the kubelet last copied it, which is some time after a change. What was
// changed meanwhile comes with the same copy. A Secret that is deleted stays mounted as it was.
type mount struct {
	longest time.Duration
	kubelet kubelet
	random  *rand.Rand

	mu             sync.Mutex
	shown, newest  *corev1.Secret
	leaf           *x509.Certificate
	pending        bool
	facts          *corev1.ConfigMap
	copied, closed bool
}

func newMount(m member, p pace, seed uint64) *mount {
	return &mount{longest: p.kubelet, kubelet: m.kubelet, random: stream(seed, "kubelet of "+m.name)}
}

// changed tells of the Secret as the API server has it now.
func (m *mount) changed(secret *corev1.Secret) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.newest = secret
	switch {
	case !m.copied || m.kubelet == immediate:
		m.copyNow()
	case m.pending:
	case m.kubelet == slowest:
		m.copyAfter(m.longest)
	default:
		m.copyAfter(between(m.random, span{0, m.longest}))
	}
}

func (m *mount) copyAfter(delay time.Duration) {
	m.pending = true
	time.AfterFunc(delay, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.pending = false
		if !m.closed {
			m.copyNow()
		}
	})
}

// copyNow shows the newest to the workload. The caller holds the lock.
func (m *mount) copyNow() {
	leaf := leafOf(m.newest)
	if leaf == nil {
		return // not written yet
	}
	m.shown, m.leaf, m.copied = m.newest, leaf, true
}

// held is the certificate that the workload presents now; nil for none.
func (m *mount) held() *x509.Certificate {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.leaf
}

func (m *mount) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
}

// volume is what a workload reads: the mounted Secret, and the connection ConfigMap as it was at its start.
type volume struct {
	*mount
	cluster client.Reader
}

// Get reads as a file system does.
func (v volume) Get(ctx context.Context, key client.ObjectKey, into client.Object, _ ...client.GetOption) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	switch into := into.(type) {
	case *corev1.Secret:
		if v.shown == nil {
			return apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, key.Name)
		}
		v.shown.DeepCopyInto(into)
	case *corev1.ConfigMap:
		if v.facts == nil {
			if err := v.cluster.Get(ctx, key, into); err != nil {
				return err
			}
			v.facts = into.DeepCopy()
		}
		v.facts.DeepCopyInto(into)
	default:
		return fmt.Errorf("a workload mounts no %T", into)
	}
	return nil
}

// List finds nothing: a workload knows its own objects.
func (v volume) List(context.Context, client.ObjectList, ...client.ListOption) error {
	return fmt.Errorf("a workload lists nothing")
}

// leafOf is the certificate in a Secret; nil for none.
func leafOf(secret *corev1.Secret) *x509.Certificate {
	block, _ := pem.Decode(secret.Data[corev1.TLSCertKey])
	if block == nil || len(secret.Data[corev1.TLSPrivateKeyKey]) == 0 {
		return nil
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil
	}
	return leaf
}
