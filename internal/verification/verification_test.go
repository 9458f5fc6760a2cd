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

package verification

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

var (
	now     = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	subject = Subject{Fingerprint: "B", ClientID: "client", Audience: "api"}
	never   = time.Time{}
)

const endpoint = "https://mtls.example.com/oauth/token"

func TestNext(t *testing.T) {
	of := func(r Result, retryAt time.Time) Finding {
		return Finding{Subject: subject, Endpoint: endpoint, Result: r, Attempts: 1, RetryAt: retryAt}
	}
	changed := func(f Finding, change func(*Finding)) Finding {
		change(&f)
		return f
	}
	for name, row := range map[string]struct {
		finding Finding
		login   bool
		again   time.Time
	}{
		"nothing was tried":                          {Finding{}, true, never},
		"another certificate succeeded":              {changed(of(Succeeded, never), func(f *Finding) { f.Subject.Fingerprint = "A" }), true, never},
		"another client succeeded":                   {changed(of(Succeeded, never), func(f *Finding) { f.Subject.ClientID = "other" }), true, never},
		"another API succeeded":                      {changed(of(Succeeded, never), func(f *Finding) { f.Subject.Audience = "other" }), true, never},
		"another endpoint succeeded":                 {changed(of(Succeeded, never), func(f *Finding) { f.Endpoint = "https://elsewhere.example.com" }), true, never},
		"it succeeded: there is one login a renewal": {of(Succeeded, never), false, never},
		"it is under way, or was when a crash came":  {of(Pending, now.Add(time.Second)), false, now.Add(time.Second)},
		"it was under way, and never came back":      {of(Pending, now), true, never},
		"it failed a moment ago":                     {of(Failed, now.Add(time.Minute)), false, now.Add(time.Minute)},
		"it failed, and its time has come":           {of(Failed, now), true, never},
		"a person must act":                          {of(Failed, never), false, never},
		"a person must act, and gave another API":    {changed(of(Failed, never), func(f *Finding) { f.Subject.Audience = "" }), true, never},
		"it failed, and the certificate is another":  {changed(of(Failed, now.Add(time.Minute)), func(f *Finding) { f.Subject.Fingerprint = "A" }), true, never},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			login, again := Next(row.finding, subject, endpoint, now)
			g.Expect(login).To(Equal(row.login))
			g.Expect(again).To(Equal(row.again))
		})
	}
}

// A login that always fails costs no more than a request in a quarter of an hour, once it has backed off (I9).
func TestBackoff(t *testing.T) {
	g := NewWithT(t)
	var waits []time.Duration
	for attempts := 1; attempts <= 10; attempts++ {
		waits = append(waits, Backoff(attempts))
	}
	g.Expect(waits).To(Equal([]time.Duration{5 * time.Second, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second,
		160 * time.Second, 320 * time.Second, 640 * time.Second, 15 * time.Minute, 15 * time.Minute}))
	g.Expect(Backoff(1_000_000)).To(Equal(15 * time.Minute))
	g.Expect(Backoff(0)).To(Equal(5*time.Second), "a status that somebody edited")
}

func TestHeld(t *testing.T) {
	day := 24 * time.Hour
	// B is to be published in the place of A, which was published 60 days ago and is valid for 30 more.
	renewal := Certificate{
		Subject: subject, AcceptedAt: now.Add(-time.Minute), Hold: true, Handover: time.Hour,
		Published: "A", PublishedAt: now.Add(-60 * day), PublishedNotAfter: now.Add(30 * day),
	}
	verified := Finding{Subject: subject, Endpoint: endpoint, Result: Succeeded}
	refused := Finding{Subject: subject, Endpoint: endpoint, Result: Failed, RetryAt: now.Add(time.Minute)}
	for name, row := range map[string]struct {
		change func(*Certificate)
		held   bool
		until  time.Time
	}{
		"Hold is not asked for":     {func(c *Certificate) { c.Hold = false }, false, never},
		"it is verified":            {func(c *Certificate) { c.Finding = verified }, false, never},
		"no login was tried":        {func(*Certificate) {}, true, now.Add(30*day - time.Hour)},
		"it was refused":            {func(c *Certificate) { c.Finding = refused }, true, now.Add(30*day - time.Hour)},
		"it was published before":   {func(c *Certificate) { c.Published = "B" }, false, never},
		"another one was verified":  {func(c *Certificate) { c.Finding = verified; c.Finding.Subject.Fingerprint = "A" }, true, now.Add(30*day - time.Hour)},
		"nothing is published":      {func(c *Certificate) { c.Published, c.PublishedNotAfter = "", never }, true, never},
		"for a time, and no longer": {func(c *Certificate) { c.HoldFor = time.Hour }, true, now.Add(59 * time.Minute)},
		"the time is over":          {func(c *Certificate) { c.HoldFor = time.Minute }, false, now},
		"nothing is published, and the time is over": {func(c *Certificate) {
			c.Published, c.PublishedNotAfter, c.HoldFor = "", never, time.Second
		}, false, now.Add(-59 * time.Second)},
		"the published one expires before the time is over": {func(c *Certificate) {
			c.HoldFor, c.PublishedNotAfter = 24*time.Hour, now.Add(2*time.Hour)
		}, true, now.Add(time.Hour)},
		"the published one is about to expire": {func(c *Certificate) { c.PublishedNotAfter = now.Add(time.Hour) }, false, now},
		"the published one has expired":        {func(c *Certificate) { c.PublishedNotAfter = now.Add(-day) }, false, now.Add(-day - time.Hour)},
		"certificates of an hour are held half of what remains": {func(c *Certificate) {
			c.PublishedAt, c.PublishedNotAfter = now.Add(-40*time.Minute), now.Add(20*time.Minute)
		}, true, now.Add(10 * time.Minute)},
		"a certificate that was published after it expired": {func(c *Certificate) {
			c.PublishedAt, c.PublishedNotAfter = now, now.Add(-time.Second)
		}, false, now.Add(-time.Second)},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			c := renewal
			row.change(&c)
			until, held := c.Held(now)
			g.Expect(held).To(Equal(row.held))
			g.Expect(until).To(Equal(row.until))
		})
	}
}

func TestAResultIsThatOfItsSubjectAlone(t *testing.T) {
	g := NewWithT(t)
	c := Certificate{Subject: subject, Finding: Finding{Subject: subject, Result: Succeeded}}
	g.Expect(c.Result()).To(Equal(Succeeded))
	c.Subject.Audience = "another"
	g.Expect(c.Result()).To(Equal(Untried))
}

func TestExpectedBy(t *testing.T) {
	for name, row := range map[string]struct {
		finding Finding
		by      time.Time
	}{
		"nothing was tried":        {Finding{}, now.Add(2 * time.Minute)},
		"something else was tried": {Finding{Subject: Subject{Fingerprint: "A"}, Result: Succeeded}, now.Add(2 * time.Minute)},
		"it succeeded":             {Finding{Subject: subject, Result: Succeeded}, never},
		"a person must act":        {Finding{Subject: subject, Result: Failed}, never},
		"it is tried again":        {Finding{Subject: subject, Result: Failed, RetryAt: now.Add(time.Hour)}, now.Add(time.Hour + 2*time.Minute)},
		"a crash cut it off":       {Finding{Subject: subject, Result: Pending, RetryAt: now.Add(time.Second)}, now.Add(time.Second + 2*time.Minute)},
	} {
		c := Certificate{Subject: subject, Finding: row.finding, AcceptedAt: now}
		NewWithT(t).Expect(c.ExpectedBy()).To(Equal(row.by), name)
	}
}
