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
	"errors"
	"net/http"
	"time"

	"github.com/certbound/certbound/internal/auth0sim"
)

// restartKilled and restartEnded let the operator start again where everything is in order, after it was killed and after it was
// asked to end.
func restartKilled(ctx context.Context, s *stage) error {
	return s.restart(ctx, "restart-killed", s.process.Kill)
}

func restartEnded(ctx context.Context, s *stage) error {
	return s.restart(ctx, "restart-ended", s.process.Stop)
}

// restart ends the operator and measures the next one from its start to its first useful act: a certificate that was renewed
// meanwhile is attached.
func (s *stage) restart(ctx context.Context, name string, end func() error) error {
	m := s.urgent()[0]
	certificate, err := newPair(m.name)
	if err != nil {
		return err
	}
	return s.measure(ctx, name, func(ctx context.Context) (outcome, error) {
		if err := end(); err != nil {
			return outcome{}, err
		}
		there := s.tenant.expect(attached, certificate.thumbprint)
		if _, err := s.renew(ctx, s.tenant, m, certificate); err != nil {
			return outcome{}, err
		}
		if err := s.startOperator(ctx); err != nil {
			return outcome{}, err
		}
		missing, err := there.await(ctx, s.limits.patience(len(s.members)))
		return outcome{
			least: sweep(len(s.members)) + 1 + m.renewal(), begun: s.started, ended: there.last(), missing: missing,
			more: map[string]float64{"firstCallSeconds": seconds(max(s.tenant.firstAsked().Sub(s.started), 0))},
		}, err
	})
}

func killedInRenewal(ctx context.Context, s *stage) error {
	return s.interrupted(ctx, "killed-in-renewal", func() error { return s.process.Kill() })
}

func endedInRenewal(ctx context.Context, s *stage) error {
	return s.interrupted(ctx, "ended-in-renewal", func() error { return s.process.Stop() })
}

// interrupted ends the operator when a third of its renewals are attached, and starts another at once. Of those that it has not
// attached the next one has to read the credentials.
func (s *stage) interrupted(ctx context.Context, name string, end func() error) error {
	certificates, err := pairs(ctx, namesOf(s.members))
	if err != nil {
		return err
	}
	return s.measure(ctx, name, func(ctx context.Context) (outcome, error) {
		caught := 0
		found, err := s.renewTo(ctx, s.members, certificates, alone, func(ctx context.Context, at *expectation) error {
			if err := at.awaitSome(ctx, len(s.members)/3, s.limits.patience(renewals(s.members))); err != nil {
				return err
			}
			if err := end(); err != nil {
				return err
			}
			caught = len(s.members) - len(at.times())
			return s.startOperator(ctx)
		})
		found.least += sweep(len(s.members)) + caught
		return found, err
	})
}

// down is how long the tenant answers 503 to everything, probe how often it may be asked meanwhile.
const (
	down  = 40 * time.Second
	probe = 30 * time.Second
)

// outage lets the tenant be down for a while in the midst of renewals.
func outage(ctx context.Context, s *stage) error {
	certificates, err := pairs(ctx, namesOf(s.members))
	if err != nil {
		return err
	}
	return s.measure(ctx, "outage", func(ctx context.Context) (outcome, error) {
		var whileDown, before int
		var back time.Time
		found, err := s.renewTo(ctx, s.members, certificates, alone, func(ctx context.Context, at *expectation) error {
			if err := at.awaitSome(ctx, 1, s.limits.patience(0)); err != nil {
				return err
			}
			fault := s.tenant.Inject(auth0sim.Fault{
				Path: managementAPI + "**", Times: -1, Reply: auth0sim.ReplyStatus, Status: http.StatusServiceUnavailable,
			})
			before = s.counted().total()
			pause(ctx, down)
			whileDown = s.counted().total() - before
			fault.Remove()
			back = time.Now()
			return nil
		})
		found.begun = back
		found.floor = new(s.limits.floor(found.least - before))
		found.more = map[string]float64{"callsWhileDown": float64(whileDown)}
		found.least += int(1 + down/probe)
		return found, err
	})
}

// broken adds clients that can never be: a tenth as many, one half with a Secret that holds no certificate, the other to take over
// clients that do not exist. All others are renewed meanwhile.
func broken(ctx context.Context, s *stage) error {
	ill := members(max(len(s.members)/10, 2))
	for i := range ill {
		ill[i].name = "broken-" + ill[i].name
		if i%2 == 0 {
			ill[i].adopts = "does-not-exist"
		}
	}
	certificates, err := pairs(ctx, namesOf(s.members))
	if err != nil {
		return err
	}
	bad, err := pairs(ctx, namesOf(ill))
	if err != nil {
		return err
	}
	err = s.measure(ctx, "broken", func(ctx context.Context) (outcome, error) {
		err := each(ctx, len(ill), func(ctx context.Context, i int) error {
			m, certificate := ill[i], bad[i]
			if m.adopts == "" {
				certificate.certificate = []byte("no certificate")
			}
			return s.create(ctx, s.tenant.secret(m.name, certificate), s.tenant.client(m), s.tenant.credential(m))
		})
		if err != nil {
			return outcome{}, err
		}
		found, err := s.renewTo(ctx, s.members, certificates, alone, nil)
		least := found.least
		found.least += sweep(len(s.members))
		found.more = map[string]float64{"callsForEachBroken": ratio(float64(s.counted().total()-least), float64(len(ill)))}
		return found, err
	})
	if err != nil {
		return err
	}
	return each(ctx, len(ill), func(ctx context.Context, i int) error {
		return errors.Join(s.client.Delete(ctx, s.tenant.client(ill[i])), s.client.Delete(ctx, s.tenant.credential(ill[i])))
	})
}
