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
	"bytes"
	"encoding/pem"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func TestKubeletTakesItsTime(t *testing.T) {
	pairs := make([]*corev1.Secret, 3)
	for i := range pairs {
		text, err := foreignCertificate()
		if err != nil {
			t.Fatal(err)
		}
		pairs[i] = &corev1.Secret{Data: map[string][]byte{corev1.TLSCertKey: []byte(text), corev1.TLSPrivateKeyKey: []byte("a key")}}
	}
	a, b, c := pairs[0], pairs[1], pairs[2]
	p := newPace(10)
	mounted := func(k kubelet) (*mount, func(*corev1.Secret) bool) {
		m := newMount(member{mode: gated, name: "it", kubelet: k}, p, 1)
		return m, func(s *corev1.Secret) bool {
			block, _ := pem.Decode(s.Data[corev1.TLSCertKey])
			held := m.held()
			return held != nil && bytes.Equal(held.Raw, block.Bytes)
		}
	}
	t.Run("slowest", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, shows := mounted(slowest)
			m.changed(a)
			if !shows(a) {
				t.Error("a Pod starts without its Secret")
			}
			m.changed(b)
			time.Sleep(p.kubelet - time.Second) //nolint:forbidigo // the time of the bubble
			if !shows(a) {
				t.Error("the change is seen too early")
			}
			m.changed(c)                               // comes with the copy that is due
			time.Sleep(time.Second + time.Millisecond) //nolint:forbidigo // the time of the bubble
			if !shows(c) {
				t.Error("the copy is not the newest")
			}
		})
	})
	t.Run("any time", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			m, shows := mounted(anyTime)
			m.changed(a)
			m.changed(b)
			time.Sleep(p.kubelet) //nolint:forbidigo // the time of the bubble
			synctest.Wait()
			if !shows(b) {
				t.Errorf("the change is not seen after %s", p.kubelet)
			}
		})
	})
	t.Run("immediate", func(t *testing.T) {
		m, shows := mounted(immediate)
		m.changed(a)
		m.changed(b)
		if !shows(b) {
			t.Error("the change is not seen at once")
		}
	})
	t.Run("a Secret that is being written", func(t *testing.T) {
		m, shows := mounted(immediate)
		m.changed(a)
		m.changed(&corev1.Secret{})
		if !shows(a) {
			t.Error("what is not there takes the place of what is")
		}
	})
}
