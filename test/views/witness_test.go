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

package views

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/views/proxy"
)

// witness looks at every write of a published Secret before the operator learns that it succeeded.
type witness struct {
	scene *scene

	mutex  sync.Mutex
	newest int // the newest generation that was published; one that is not of the scene has none
	noted  []string
	goBack bool // an older certificate may be published: a person asked for it
}

// see takes a write.
func (w *witness) see(r proxy.Request, stored []byte) {
	var secret corev1.Secret
	if r.Resource != "secrets" || r.Namespace != w.scene.Namespace || json.Unmarshal(stored, &secret) != nil {
		return
	}
	owner := metav1.GetControllerOf(&secret)
	if owner == nil || owner.Kind != "ClientCredential" {
		return
	}
	block, _ := pem.Decode(secret.Data[corev1.TLSCertKey])
	if block == nil {
		return
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return
	}
	accepted := slices.ContainsFunc(w.scene.Sim.Clients(), func(c auth0sim.Client) bool { return c.Accepts(certificate) })
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if !accepted {
		w.noted = append(w.noted, describe(&secret, "the tenant does not accept the certificate that was published (I1)"))
	}
	generation := w.scene.generation(certificate)
	if generation >= 0 && generation < w.newest && !w.goBack {
		w.noted = append(w.noted, describe(&secret, "generation %d was published over generation %d (I1)", generation, w.newest))
	}
	w.newest = max(w.newest, generation)
}

// expect changes what is right, between two writes.
func (w *witness) expect(change func()) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	change()
}

func (w *witness) problems() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return slices.Clone(w.noted)
}
