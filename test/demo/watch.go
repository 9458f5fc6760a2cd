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
	"strings"
	"time"

	"github.com/certbound/certbound/test/demo/timeline"
)

// narrate shows what happens, as long as it is observed.
func (s *stage) narrate(ctx context.Context, begun time.Time) {
	n := newNarrator(s.applications, begun)
	s.observer.running.Go(func() {
		ticker := time.NewTicker(lookout)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case now := <-ticker.C:
				for _, h := range s.observer.take(now) {
					n.tell(s.screen, h)
				}
				s.screen.status(s.tally())
			}
		}
	})
}

// epilogue is how long the workloads go on after the last renewal, for all to see that they do.
const epilogue = 3 * time.Second

// watch waits for the renewals.
func (s *stage) watch(ctx context.Context) error {
	shown := false
	err := s.await(ctx, fmt.Sprintf("%d renewals of each client", renewals), func(ctx context.Context) (bool, error) {
		if !shown && s.rotating() && s.observer.told() {
			shown = true
			if err := s.show(ctx, "get", "oauthclients", "--output=wide"); err != nil {
				return false, err
			}
		}
		return s.renewed(), nil
	})
	if err != nil {
		return err
	}
	over := time.Now()
	return s.await(ctx, "the end of the story", func(context.Context) (bool, error) {
		return s.observer.told() && time.Since(over) > epilogue, nil
	})
}

// tally is the line that changes all the time.
func (s *stage) tally() string {
	line, refused := "   tokens by mutual TLS:", 0
	for _, c := range s.applications {
		line += fmt.Sprintf(" %s %d,", c.name, s.observer.count(c.name, timeline.Granted))
		refused += s.observer.count(c.name, timeline.Refused)
	}
	return line + fmt.Sprintf(" refused %d", refused)
}

// rotating tells whether the first rotation is at its height: two certificates can sign in, and the new one is published.
func (s *stage) rotating() bool {
	for _, c := range s.applications {
		if c.hurried() && s.observer.count(c.name, timeline.Attached) == 2 && s.observer.count(c.name, timeline.Published) == 2 {
			return true
		}
	}
	return false
}

// renewed tells whether every client has had its renewals, to their end.
func (s *stage) renewed() bool {
	for _, c := range s.applications {
		if !c.hurried() {
			continue
		}
		if s.renewals(c) < renewals {
			return false
		}
		if s.observer.count(c.name, timeline.Stored)-s.observer.count(c.name, timeline.Deleted) != 1 {
			return false
		}
	}
	return true
}

func (s *stage) renewals(c application) int {
	return max(s.observer.count(c.name, timeline.Published)-1, 0)
}

// await waits for what must come.
func (s *stage) await(ctx context.Context, what string, condition func(context.Context) (bool, error)) error {
	ticker := time.NewTicker(lookout)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return fmt.Errorf("waited in vain for %s", what)
		case <-s.operator.Exited():
			return errors.New("the operator ended by itself while waiting for " + what)
		case <-ticker.C:
		}
		if done, err := condition(ctx); done || err != nil {
			return err
		}
	}
}

// show runs kubectl in the demo's namespace and shows what it printed.
func (s *stage) show(ctx context.Context, args ...string) error {
	output, err := s.kubectl(ctx, nil, append(args, "--namespace="+namespace)...)
	if err != nil {
		return err
	}
	s.screen.command("kubectl "+strings.Join(args, " "), output)
	return nil
}
