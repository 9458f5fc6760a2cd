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
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/certbound/certbound/test/demo/timeline"
)

// errPromise is the failure that the demo is there to exclude.
var errPromise = errors.New("the promise does not hold")

// summarise tells what came of it, draws the picture, and fails if the promise did not hold.
func (s *stage) summarise(ctx context.Context) error {
	s.screen.status("")
	if err := s.show(ctx, "get", "oauthclients,clientcredentials"); err != nil {
		return err
	}
	s.screen.heading("Summary")
	granted, refused, fewest, total := 0, 0, renewals, 0
	for _, a := range s.applications {
		granted += s.observer.count(a.name, timeline.Granted)
		refused += s.observer.count(a.name, timeline.Refused)
		if a.hurried() {
			fewest, total = min(fewest, s.renewals(a)), total+s.renewals(a)
			s.linef("renewals of "+a.name, "%d  (%s, %s)", s.renewals(a), a.method, a.kind)
		}
	}
	s.linef("token requests", "%d granted, each token bound to the certificate that was presented", granted)
	s.linef("refused", "%d", refused)
	s.calls()
	if bytes, known := s.operator.PeakMemory(); known {
		s.linef("operator", "at most %.0f MB of memory", float64(bytes)/1e6)
	}
	if err := s.draw(total, refused); err != nil {
		return err
	}
	s.linef("picture", "%s", s.picture)
	if refused > 0 || fewest < renewals {
		return fmt.Errorf("%w: %d token requests were refused, and %d renewals seen", errPromise, refused, total)
	}
	return nil
}

func (s *stage) linef(name, format string, args ...any) {
	s.screen.sayf("%-22s %s", name, fmt.Sprintf(format, args...))
}

// calls counts the requests to the Management API by kind.
func (s *stage) calls() {
	counters, name, all := s.tenant.Counters(), "Management API calls", 0
	for _, route := range slices.Sorted(maps.Keys(counters)) {
		if !strings.Contains(route, "/api/v2/") {
			continue
		}
		all += counters[route]
		s.linef(name, "%4d  %s", counters[route], route)
		name = ""
	}
	s.linef("", "%4d  in all", all)
}

// draw writes the picture.
func (s *stage) draw(total, refused int) error {
	picture := timeline.Picture{
		Title: fmt.Sprintf("%s certificate renewals, %s token requests refused", inWords(total), strings.ToLower(inWords(refused))),
		Caption: fmt.Sprintf("make demo: cert-manager renews every 20 s, Certbound keeps the Auth0 tenant in step, "+
			"and each client asks for %d tokens a second by mutual TLS.", int(1/every.Seconds())),
		Events: s.observer.all(),
	}
	for _, a := range s.applications {
		if a.hurried() {
			picture.Clients = append(picture.Clients, timeline.Client{Name: a.name, Note: a.method + ", " + a.kind})
		}
	}
	if err := os.MkdirAll(filepath.Dir(s.picture), 0o750); err != nil {
		return fmt.Errorf("write the picture: %w", err)
	}
	if err := os.WriteFile(s.picture, picture.SVG(), 0o644); err != nil { //nolint:gosec // it is for everybody to see
		return fmt.Errorf("write the picture: %w", err)
	}
	return nil
}

func inWords(n int) string {
	words := []string{"No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve"}
	if n < len(words) {
		return words[n]
	}
	return fmt.Sprint(n)
}

// keep leaves everything running until the demo is interrupted.
func (s *stage) keep(ctx context.Context) {
	s.screen.heading("Everything goes on (KEEP=1). In another terminal:")
	s.screen.print(strings.Join([]string{
		"",
		"   export KUBECONFIG=" + s.cluster.Kubeconfig() + " PATH=" + filepath.Dir(s.cluster.Kubectl()) + ":$PATH",
		"   kubectl config set-context --current --namespace=" + namespace,
		"",
		"   kubectl get certbound                         # all of it, at a glance",
		"   kubectl describe oauthclient " + s.applications[0].name + "         # conditions, credentials at the tenant, events",
		"   kubectl get oauthclients --watch              # see a rotation pass",
		"   kubectl explain oauthclient.spec --recursive  # everything that can be declared",
		"   kubectl patch oauthclient " + s.applications[0].name + " --type=merge --patch='{\"spec\":{\"settings\":{\"description\":\"hello\"}}}'",
		"   curl " + s.adminURL + "/clients    # the tenant, from the inside; also /requests, /token-requests, /faults",
		"   tail -f " + operatorLog,
		"",
		"   Ctrl-C here ends everything.",
	}, "\n"))
	<-ctx.Done()
	s.screen.status("")
	s.screen.print("\nStopping.")
}
