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

package auth0sim

import (
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// selfManaged is the type of custom domain that a customer edge serves; only it gets a cname_api_key.
const selfManaged = "self_managed_certs"

// customDomain is a domain of the tenant. It is ready once it was verified.
type customDomain struct {
	id       string
	domain   string
	kind     string
	ready    bool
	record   string
	settings map[string]any
	// edgeKey is the cname_api_key, told once, that proves a request came through the customer's edge.
	edgeKey string
	origin  string
}

// document keeps the recorded order (auth0/terraform-provider-auth0
// test/data/recordings/TestAccCustomDomainVerificationWithSelfManagedCerts.yaml).
func (d *customDomain) document(key string) document {
	status := "pending_verification"
	if d.ready {
		status = "ready"
	}
	answer := document{{"custom_domain_id", d.id}, {"domain", d.domain}, {"primary", true}, {"status", status},
		{"type", d.kind}}
	answer.addIf(d.origin != "", "origin_domain_name", d.origin)
	answer.addIf(key != "", "cname_api_key", key)
	answer.add("verification", document{{"methods", []document{
		{{"name", "txt"}, {"record", d.record}, {"domain", "_cf-custom-hostname." + d.domain}},
	}}})
	return append(answer, ordered(d.settings, []string{"tls_policy", "custom_client_ip_header"})...)
}

func (s *Simulator) domainOf(c *call) (*customDomain, *failure) {
	id := c.path("id")
	at := slices.IndexFunc(s.world.domains, func(d *customDomain) bool { return d.id == id })
	if at < 0 {
		return nil, notFound("inexistent_custom_domain", "The custom domain "+id+" does not exist")
	}
	return s.world.domains[at], nil
}

func (s *Simulator) listDomains(*call) (int, any, *failure) {
	answers := make([]document, len(s.world.domains))
	for i, d := range s.world.domains {
		answers[i] = d.document("")
	}
	return http.StatusOK, answers, nil
}

func (s *Simulator) getDomain(c *call) (int, any, *failure) {
	found, fail := s.domainOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	return http.StatusOK, found.document(""), nil
}

func (s *Simulator) createDomain(c *call) (int, any, *failure) {
	if fail := s.bodies.createDomain.check(c.body); fail != nil {
		return 0, nil, fail
	}
	name := stringOf(c.body, "domain")
	if slices.ContainsFunc(s.world.domains, func(d *customDomain) bool { return d.domain == name }) {
		return 0, nil, conflict("custom_domain_conflict", "The custom domain "+name+" already exists")
	}
	created := &customDomain{id: newDomainID(), domain: name, kind: stringOf(c.body, "type"), record: uuid.NewString(),
		settings: map[string]any{"tls_policy": "recommended"}}
	created.apply(c.body)
	s.world.domains = append(s.world.domains, created)
	c.committed = true
	return http.StatusCreated, created.document(""), nil
}

// updateDomain cannot change the type: the schema has no such member.
func (s *Simulator) updateDomain(c *call) (int, any, *failure) {
	found, fail := s.domainOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	if fail := s.bodies.updateDomain.check(c.body); fail != nil {
		return 0, nil, fail
	}
	found.apply(c.body)
	c.committed = true
	return http.StatusOK, found.document(""), nil
}

// verifyDomain succeeds at once: the simulator asks no DNS. The key is in the first answer only.
func (s *Simulator) verifyDomain(c *call) (int, any, *failure) {
	found, fail := s.domainOf(c)
	if fail != nil {
		return 0, nil, fail
	}
	if found.ready {
		return http.StatusCreated, found.document(""), nil
	}
	found.ready = true
	c.committed = true
	if found.kind != selfManaged {
		return http.StatusCreated, found.document(""), nil
	}
	found.edgeKey = randomText(hexadecimal, 128)
	found.origin = s.options.TenantName + "-" + strings.ToLower(strings.ReplaceAll(found.id, "_", "-")) +
		".edge.tenants.auth0.com"
	return http.StatusCreated, found.document(found.edgeKey), nil
}

func (s *Simulator) deleteDomain(c *call) (int, any, *failure) {
	before := len(s.world.domains)
	s.world.domains = slices.DeleteFunc(s.world.domains, func(d *customDomain) bool { return d.id == c.path("id") })
	c.committed = len(s.world.domains) < before
	return http.StatusNoContent, nil, nil
}

func (d *customDomain) apply(body map[string]any) {
	for key, value := range body {
		switch {
		case key == "domain" || key == "type" || key == "verification_method":
		case value == nil:
			delete(d.settings, key)
		default:
			d.settings[key] = value
		}
	}
}

// edge returns the ready custom domain whose key a request carries.
func (w *world) edge(key string) (*customDomain, bool) {
	at := slices.IndexFunc(w.domains, func(d *customDomain) bool { return d.ready && d.edgeKey != "" && d.edgeKey == key })
	if at < 0 {
		return nil, false
	}
	return w.domains[at], true
}

// site returns the ready custom domain that a request names as its host.
func (w *world) site(host string) (*customDomain, bool) {
	at := slices.IndexFunc(w.domains, func(d *customDomain) bool { return d.ready && d.domain == host })
	if at < 0 {
		return nil, false
	}
	return w.domains[at], true
}
