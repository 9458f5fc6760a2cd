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
	"time"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
)

// perPage is how many clients the tenant lists at once.
const perPage = 100

// sweep is how many calls it takes to list the clients of a tenant, the one that the operator signs in with among them.
func sweep(clients int) int { return (clients + 1 + perPage - 1) / perPage }

// population creates the clients of the act. The measured part is createAll's.
func population(ctx context.Context, s *stage) (err error) {
	if s.tenant, err = s.addTenant(ctx, "bench", s.limits); err != nil {
		return err
	}
	s.members = members(s.clients)
	certificates, err := s.declare(ctx, s.tenant, s.members)
	if err != nil {
		return err
	}
	create := func(ctx context.Context) (outcome, error) {
		return s.createDeclared(ctx, s.tenant, certificates)
	}
	if s.wants("create") {
		err = s.measure(ctx, "create", create)
	} else {
		_, err = create(ctx)
	}
	s.tenant.identify(s.members, certificates)
	return err
}

// createAll has been measured when the act was prepared.
func createAll(context.Context, *stage) error { return nil }

// createDeclared declares the Tenant that all clients wait for, so that all are to be created at once.
func (s *stand) createDeclared(ctx context.Context, t *tenant, certificates []pair) (outcome, error) {
	there := t.expect(attached, thumbprints(certificates)...)
	if err := s.open(ctx, t); err != nil {
		return outcome{}, err
	}
	missing, err := there.await(ctx, s.limits.patience(len(certificates)))
	return outcome{least: len(certificates), ended: there.last(), missing: missing}, err
}

// adoptAll takes over clients that somebody else created.
func adoptAll(ctx context.Context, s *stage) (err error) {
	if s.tenant, err = s.addTenant(ctx, "adopt", s.limits); err != nil {
		return err
	}
	s.members = members(s.clients)
	for i := range s.members {
		m := &s.members[i]
		m.adopts, err = s.tenant.AddClient(map[string]any{
			"name": m.name, "app_type": "non_interactive", "grant_types": []any{"client_credentials"}, "description": "made by hand",
			"token_endpoint_auth_method": "client_secret_post",
		})
		if err != nil {
			return err
		}
	}
	certificates, err := s.declare(ctx, s.tenant, s.members)
	if err != nil {
		return err
	}
	return s.measure(ctx, "adopt", func(ctx context.Context) (outcome, error) {
		found, err := s.createDeclared(ctx, s.tenant, certificates)
		found.least = 2*len(s.members) + sweep(len(s.members))
		return found, err
	})
}

// renewAll renews every certificate at the same moment.
func renewAll(ctx context.Context, s *stage) error {
	certificates, err := pairs(ctx, namesOf(s.members))
	if err != nil {
		return err
	}
	return s.measure(ctx, "renew", func(ctx context.Context) (outcome, error) {
		return s.renewTo(ctx, s.members, certificates, alone, nil)
	})
}

// renewLazily renews every certificate while the one before it is attached, as it is as long as it is valid.
func renewLazily(ctx context.Context, s *stage) (err error) {
	if s.tenant, err = s.addTenant(ctx, "lazy", s.limits); err != nil {
		return err
	}
	s.members = members(s.clients)
	for i := range s.members {
		s.members[i].lazy = true
	}
	certificates, err := s.declare(ctx, s.tenant, s.members)
	if err != nil {
		return err
	}
	if _, err := s.createDeclared(ctx, s.tenant, certificates); err != nil {
		return err
	}
	if err := s.published(ctx, s.tenant, certificates); err != nil {
		return err
	}
	first, err := pairs(ctx, namesOf(s.members))
	if err != nil {
		return err
	}
	if _, err := s.stand.renewAll(ctx, s.tenant, s.members, first); err != nil {
		return err
	}
	if err := s.published(ctx, s.tenant, first); err != nil {
		return err
	}
	second, err := pairs(ctx, namesOf(s.members))
	if err != nil {
		return err
	}
	return s.measure(ctx, "renew-lazily", func(ctx context.Context) (outcome, error) {
		return s.renewTo(ctx, s.members, second, two, nil)
	})
}

// renewTo renews certificates and waits until each client is complete. meanwhile is done when the renewals are on their way.
func (s *stage) renewTo(
	ctx context.Context, members []member, certificates []pair, complete func(auth0sim.Client) string, meanwhile func(ctx context.Context, at *expectation) error,
) (outcome, error) {
	at, settled := s.tenant.expect(attached, thumbprints(certificates)...), s.tenant.expect(complete, thumbprints(certificates)...)
	written, err := s.stand.renewAll(ctx, s.tenant, members, certificates)
	if err != nil {
		return outcome{}, err
	}
	if meanwhile != nil {
		if err := meanwhile(ctx, at); err != nil {
			return outcome{}, err
		}
	}
	least := renewals(members)
	missing, err := settled.await(ctx, s.limits.patience(least))
	return outcome{least: least, ended: settled.last(), missing: missing, window: windows(certificates, written, at)}, err
}

// windows are the times from writes to attachments.
func windows(certificates []pair, written []time.Time, at *expectation) (times []time.Duration) {
	came := at.times()
	for i, c := range certificates {
		if when, is := came[c.thumbprint]; is {
			times = append(times, max(when.Sub(written[i]), 0))
		}
	}
	return times
}

// sameSubject renews certificates of clients that are known by their subjects, which stay.
func sameSubject(ctx context.Context, s *stage) (err error) {
	if s.tenant, err = s.addTenant(ctx, "subjects", s.limits); err != nil {
		return err
	}
	s.members = members(max(s.clients/10, 10))
	for i := range s.members {
		s.members[i].kind = v1alpha1.TypeCertSubjectDN
	}
	if _, err = s.declare(ctx, s.tenant, s.members); err != nil {
		return err
	}
	if err := s.open(ctx, s.tenant); err != nil {
		return err
	}
	if err := s.allReady(ctx, s.tenant, len(s.members)); err != nil {
		return err
	}
	certificates, err := pairs(ctx, namesOf(s.members))
	if err != nil {
		return err
	}
	return s.measure(ctx, "same-subject", func(ctx context.Context) (outcome, error) {
		if _, err := s.stand.renewAll(ctx, s.tenant, s.members, certificates); err != nil {
			return outcome{}, err
		}
		err := s.published(ctx, s.tenant, certificates)
		return outcome{ended: time.Now()}, err
	})
}
