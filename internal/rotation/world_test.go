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

package rotation_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/certbound/certbound/internal/rotation"
)

// method is what the tenant has in force for a client.
type method string

const (
	wantedMethod method = "the wanted method"
	otherMethod  method = "the other certificate method"
	secretMethod method = "a secret"
)

// world is the truth of which the planner is shown the Observation: a client at the tenant, its ClientCredentials and
// their workloads. Its methods change a copy, so that a world can be looked at before and after.
type world struct {
	rotation.Observation
	method    method
	workloads []workload // of the Certificate with the same index
	validity  validity
	bySubject bool // credentials are cert_subject_dn: the tenant tells nothing of their expiry

	renewals, accidents int // how many more may happen
}

// workload is who presents the certificates of one ClientCredential.
type workload struct {
	gated bool // what it is handed is published once the tenant lets it sign in, not when it is issued
	held  []holding
}

// holding is a certificate that a workload may still present after another one was published.
type holding struct {
	id       rotation.Identity
	replaced time.Time // zero while it is not known that anything replaced it
}

// validity is when certificates expire; one that is missing has an expiry that nobody knows.
type validity map[rotation.Identity]time.Time

// clockMargin is for how long after its expiry somebody whose clock is late may present a certificate.
const clockMargin = time.Minute

func (v validity) over(id rotation.Identity, now time.Time) bool {
	return !v[id].IsZero() && !now.Before(v[id].Add(clockMargin))
}

func (w world) clone() world {
	w.Certificates, w.Credentials, w.workloads =
		slices.Clone(w.Certificates), slices.Clone(w.Credentials), slices.Clone(w.workloads)
	return w
}

// look brings what the planner is shown in step with the truth.
func (w world) look() world {
	w.InForce = w.method == wantedMethod && !w.Secret || w.method == secretMethod && w.Secret
	return w
}

// apply does what the step says, or tells why the tenant refuses it.
func (w world) apply(s rotation.Step) (world, error) {
	w = w.clone()
	switch s.Verb {
	case rotation.Create:
		return w.create(s)
	case rotation.Attach:
		return w.attach(s.Attached)
	case rotation.Revert:
		w.method = secretMethod
		for i := range w.Credentials {
			w.Credentials[i].Attached = false
		}
	case rotation.Delete:
		i := w.index(s.ID)
		if i < 0 || w.Credentials[i].Attached {
			return w, fmt.Errorf("the tenant refuses to delete %q: it is attached or does not exist", s.ID)
		}
		w.Credentials = slices.Delete(w.Credentials, i, i+1)
	case rotation.Publish:
		k := w.owner(s.Owner)
		if k < 0 || w.Certificates[k].Wanted != s.Identity || !w.mayBePublished(s.Identity) {
			return w, fmt.Errorf("%q must not be published: it is not wanted, or neither signs in nor is staged", s.Identity)
		}
		return w.publish(k), nil
	case rotation.Wait:
		if !s.Until.IsZero() && !s.Until.After(w.Now) {
			return w, fmt.Errorf("a wait until %v, which has come already", s.Until)
		}
		if !s.Until.IsZero() {
			w.Now = s.Until
		}
	}
	return w.look(), nil
}

func (w world) create(s rotation.Step) (world, error) {
	switch {
	case len(w.Credentials) >= w.Limits.Stored:
		return w, fmt.Errorf("the tenant refuses to create %q: a client can have a maximum of %d credentials", s.Identity, w.Limits.Stored)
	case slices.ContainsFunc(w.Credentials, func(c rotation.Credential) bool { return c.Identity == s.Identity }):
		return w, fmt.Errorf("the tenant refuses to create %q: it exists already", s.Identity)
	case w.owner(s.Owner) < 0 || s.Identity == "":
		return w, fmt.Errorf("nobody wants %q", s.Identity)
	}
	c := w.credential(s.Identity, s.Owner, false)
	if len(s.Identity) == 1 {
		c.CreatedAt = w.Now // in tables and stories, what is created is created now
	}
	w.Credentials = append(w.Credentials, c)
	return w, nil
}

func (w world) attach(ids []string) (world, error) {
	if len(ids) > w.Limits.Attached && len(ids) >= len(w.attached()) {
		return w, fmt.Errorf("the tenant refuses %d credentials for a method that takes %d", len(ids), w.Limits.Attached)
	}
	for i, id := range ids {
		if w.index(id) < 0 || slices.Contains(ids[:i], id) {
			return w, fmt.Errorf("the tenant refuses %q: it does not exist or is listed twice", id)
		}
	}
	w.method = wantedMethod
	for i := range w.Credentials {
		w.Credentials[i].Attached = slices.Contains(ids, w.Credentials[i].ID)
	}
	return w.look(), nil
}

// credential is a new one, under the first id that is free.
func (w world) credential(id rotation.Identity, owner string, attached bool) rotation.Credential {
	c := rotation.Credential{Identity: id, Owner: owner, Owned: owner != "", Attached: attached, CreatedAt: created(id)}
	if !w.bySubject {
		c.NotAfter = w.validity[id]
	}
	if len(id) == 1 && w.index(string(id)) < 0 {
		c.ID = string(id) // tables and stories call a credential by its certificate
	}
	for n := 0; c.ID == ""; n++ {
		if w.index(credentialIDs[n]) < 0 {
			c.ID = credentialIDs[n]
		}
	}
	return c
}

var credentialIDs = []string{"c0", "c1", "c2", "c3", "c4", "c5", "c6", "c7"}

// created orders credentials by when their certificate was issued: by the letter, or by the word after the owner. No
// handover is over at noon.
func created(id rotation.Identity) time.Time {
	if len(id) == 1 {
		return noon.Add(time.Duration(int(id[0])-'Z') * time.Minute)
	}
	_, generation, _ := strings.Cut(string(id), ".")
	return noon.Add(time.Duration(slices.Index(generations, generation)-len(generations)) * time.Minute)
}

var generations = []string{"old", "published", "wanted", "third", "fourth"}

// publish hands the wanted certificate to the workload.
func (w world) publish(k int) world {
	cert, load := &w.Certificates[k], &w.workloads[k]
	load.held = slices.Clone(load.held)
	for i, h := range load.held {
		if h.replaced.IsZero() {
			load.held[i].replaced = w.Now
		}
	}
	if cert.Published != "" {
		load.held = append(load.held, holding{cert.Published, w.Now})
	}
	cert.PreviousNotAfter = w.validity[cert.Published]
	cert.Published, cert.PublishedAt, cert.PublishedNotAfter = cert.Wanted, w.Now, w.validity[cert.Wanted]
	return w
}

// renew issues a certificate to a ClientCredential.
func (w world) renew(k int, id rotation.Identity) world {
	w = w.clone()
	w.Certificates[k].Wanted = id
	if w.workloads[k].gated {
		return w
	}
	return w.publish(k)
}

// gateOpen tells whether the other controller publishes the wanted certificate, whatever the planner waits for.
func (w world) gateOpen(k int) bool {
	cert := w.Certificates[k]
	return cert.Wanted != "" && cert.Published != cert.Wanted && w.mayBePublished(cert.Wanted)
}

// mayBePublished tells whether a certificate is accepted at the tenant, or staged while workloads sign in by the secret.
func (w world) mayBePublished(id rotation.Identity) bool {
	return w.signsIn(id) || w.staging() && w.stored(id)
}

// staging tells whether the client authenticates by a secret, and is to.
func (w world) staging() bool { return w.Secret && w.method == secretMethod }

// signsIn tells whether a certificate is accepted at the tenant.
func (w world) signsIn(id rotation.Identity) bool {
	return w.method == wantedMethod && slices.ContainsFunc(w.Credentials, func(c rotation.Credential) bool {
		return id != "" && c.Identity == id && c.Attached
	})
}

func (w world) stored(id rotation.Identity) bool {
	return slices.ContainsFunc(w.Credentials, func(c rotation.Credential) bool { return id != "" && c.Identity == id })
}

func (w world) attached() (ids []string) {
	for _, c := range w.Credentials {
		if c.Attached {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

func (w world) index(id string) int {
	return slices.IndexFunc(w.Credentials, func(c rotation.Credential) bool { return c.ID == id })
}

// owner is the index of a ClientCredential; below zero when there is none of that name.
func (w world) owner(name string) int {
	return slices.IndexFunc(w.Certificates, func(c rotation.Certificate) bool { return c.Owner == name })
}

func (w world) wanted(id rotation.Identity) bool {
	return slices.ContainsFunc(w.Certificates, func(c rotation.Certificate) bool { return id != "" && c.Wanted == id })
}

func (w world) published(id rotation.Identity) bool {
	return slices.ContainsFunc(w.Certificates, func(c rotation.Certificate) bool { return id != "" && c.Published == id })
}
