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
	"crypto/x509"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/certbound/certbound/internal/auth0sim"
)

// Most credentials that a client of the simulated tenant may hold and list: Auth0's numbers, and the simulator's default.
const (
	mostStored   = 4
	mostAttached = 2
)

// World looks at every change at a simulated tenant, the moment it takes place, and notes what the operator must never do:
//
//   - take the last certificate of a client away, or let it fall back to a secret, unless that is what its OAuthClient asks
//     for (OnPurpose);
//   - take away what accepts the certificate that workloads are handed at this moment;
//   - detach or delete a credential that it did not make;
//   - hold more credentials than the tenant allows.
//
// Changes that a test makes itself, as a person at the dashboard would, go through ByHand.
type World struct {
	// presented are the certificates that workloads are handed now.
	presented func() []*x509.Certificate

	mutex      sync.Mutex
	byHand     bool
	clients    map[string]*clientHistory
	violations []string
}

// clientHistory is what matters of a client's past.
type clientHistory struct {
	last      auth0sim.Client
	foreign   map[string]bool // ids of credentials that were made by hand
	onPurpose bool
}

// OnPurpose tells that the client's authentication method, or the client itself, is about to be given up by declaration.
func (w *World) OnPurpose(clientID string) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.history(clientID).onPurpose = true
}

// ByHand makes a change as somebody else would. What it creates is not the operator's, and what it breaks is not either.
func (w *World) ByHand(edit func() error) error {
	w.setByHand(true)
	defer w.setByHand(false)
	return edit()
}

func (w *World) setByHand(is bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.byHand = is
}

// Violations are what was noted so far.
func (w *World) Violations() []string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return slices.Clone(w.violations)
}

func (w *World) history(clientID string) *clientHistory {
	if w.clients == nil {
		w.clients = map[string]*clientHistory{}
	}
	h, known := w.clients[clientID]
	if !known {
		h = &clientHistory{foreign: map[string]bool{}}
		w.clients[clientID] = h
	}
	return h
}

// commit takes a change. The simulator calls it before anybody gets an answer, so what workloads are handed is read at the
// very moment of the change.
func (w *World) commit(now auth0sim.Client) {
	presented := w.presented()
	w.mutex.Lock()
	defer w.mutex.Unlock()
	h := w.history(now.ID)
	before := h.last
	h.last = now
	if w.byHand {
		for _, c := range now.Credentials {
			if !slices.ContainsFunc(before.Credentials, func(b auth0sim.Credential) bool { return b.ID == c.ID }) {
				h.foreign[c.ID] = true
			}
		}
		return
	}
	for _, problem := range slices.Concat(outage(before, now, presented), trespass(before, now, h.foreign)) {
		if !h.onPurpose {
			w.violations = append(w.violations, fmt.Sprintf("client %s (%s): %s", now.ID, now.Name, problem))
		}
	}
	if len(now.Attached) > mostAttached || len(now.Credentials) > mostStored {
		w.violations = append(w.violations, fmt.Sprintf("client %s holds %d credentials and lists %d", now.ID, len(now.Credentials), len(now.Attached)))
	}
}

// outage tells what could sign in before and cannot now.
func outage(before, now auth0sim.Client, presented []*x509.Certificate) (problems []string) {
	if now.Deleted {
		return []string{"was deleted"}
	}
	if len(before.Attached) > 0 && len(now.Attached) == 0 {
		problems = append(problems, "its last credential was taken away")
	}
	if before.AuthenticationMethod != "" && now.TokenEndpointAuthMethod != "" {
		problems = append(problems, "fell back from "+before.AuthenticationMethod+" to "+now.TokenEndpointAuthMethod)
	}
	for _, certificate := range presented {
		if before.Accepts(certificate) && !now.Accepts(certificate) {
			problems = append(problems, "no longer accepts a certificate that is published, of serial number "+certificate.SerialNumber.String())
		}
	}
	return problems
}

// trespass tells which credentials of others were touched.
func trespass(before, now auth0sim.Client, foreign map[string]bool) (problems []string) {
	for _, c := range before.Credentials {
		if !foreign[c.ID] {
			continue
		}
		kept := slices.ContainsFunc(now.Credentials, func(n auth0sim.Credential) bool { return n.ID == c.ID })
		detached := slices.Contains(before.Attached, c.ID) && !slices.Contains(now.Attached, c.ID)
		if !kept || detached {
			problems = append(problems, "the credential "+c.ID+" of somebody else was taken away")
		}
	}
	return problems
}

// overfull are the refusals of a tenant whose limits a request would have broken (auth0/terraform-provider-auth0
// internal/auth0/client/resource_credentials.go quotes them).
var overfull = []string{"A client can have a maximum of 4 credentials", "Array is too long"}

// checkRequests tells what no request to a tenant may be. excused are refusals that the test brought about.
func checkRequests(requests []auth0sim.Request, excused []string) (problems []string) {
	for _, r := range requests {
		if r.CarriedPrivateKey {
			problems = append(problems, "a private key was sent with "+r.Route)
		}
		for _, refusal := range overfull {
			if strings.Contains(r.ResponseBody, refusal) && !slices.Contains(excused, refusal) {
				problems = append(problems, fmt.Sprintf("%s would have held more than the tenant allows: %s", r.Route, r.ResponseBody))
			}
		}
	}
	return problems
}
