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

package oauthclient

import (
	"testing"
	"time"

	"github.com/certbound/certbound/internal/budget"
	"github.com/certbound/certbound/internal/rotation"
)

func TestTheLaneOfARequest(t *testing.T) {
	for sentence, test := range map[string]struct {
		work work
		want budget.Lane
	}{
		"a look whether all is as it was":                       {work{purpose: look}, budget.Drift},
		"a setting that somebody changed at the tenant":         {work{purpose: settle}, budget.Drift},
		"a setting that a person changed here":                  {work{purpose: settle, edited: true}, budget.Edit},
		"a change back to a secret":                             {work{purpose: obey}, budget.Edit},
		"the deletion of a client":                              {work{purpose: obey}, budget.Edit},
		"a client that is created":                              {work{purpose: settle, isNew: true, edited: true}, budget.New},
		"the grants of one that was just created":               {work{purpose: settle, isNew: true, due: true}, budget.New},
		"a renewal with time left":                              {work{purpose: register, due: true}, budget.Renewal},
		"a look before a renewal":                               {work{purpose: look, due: true}, budget.Renewal},
		"a renewal of a client that was edited":                 {work{purpose: register, due: true, edited: true}, budget.Edit},
		"a renewal that workloads already hold":                 {work{purpose: register, due: true, uncovered: true}, budget.Urgent},
		"a look before one":                                     {work{purpose: look, due: true, uncovered: true}, budget.Urgent},
		"a setting before one: it may not hold it up":           {work{purpose: settle, uncovered: true}, budget.Urgent},
		"a renewal shortly before the old one ends":             {work{purpose: register, due: true, ending: true}, budget.Urgent},
		"the end of an overlap":                                 {work{purpose: retire}, budget.Cleanup},
		"the end of one in whose place an urgent renewal waits": {work{purpose: retire, uncovered: true}, budget.Urgent},
		"a certificate that is cut off":                         {work{purpose: retire, cutOff: true}, budget.Revocation},
		"a renewal without overlap":                             {work{purpose: register, due: true, cutOff: true}, budget.Renewal},
	} {
		t.Run(sentence, func(t *testing.T) {
			if got := test.work.lane(); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestACertificateEndsSoon(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for sentence, test := range map[string]struct {
		life, left time.Duration
		want       bool
	}{
		"of ninety days, with thirty left":    {90 * 24 * time.Hour, 30 * 24 * time.Hour, false},
		"of ninety days, with an hour left":   {90 * 24 * time.Hour, time.Hour - time.Second, true},
		"of one hour, when it is renewed":     {time.Hour, 20 * time.Minute, false},
		"of one hour, with nine minutes left": {time.Hour, 9 * time.Minute, true},
		"that has expired":                    {time.Hour, -time.Minute, true},
	} {
		t.Run(sentence, func(t *testing.T) {
			end := now.Add(test.left)
			c := rotation.Certificate{PublishedNotAfter: end, PublishedAt: end.Add(-test.life)}
			if got := ending(c, now); got != test.want {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
	if ending(rotation.Certificate{}, now) {
		t.Error("one whose end is not known ends soon")
	}
}

func TestWaitsAreToldAtAPace(t *testing.T) {
	var w telling
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		after time.Duration
		want  bool
	}{
		{0, true},
		{betweenTellings - 1, false},
		{betweenTellings, true},
		{-time.Hour, true}, // a clock that is set back silences nobody
	} {
		if got := w.may(now.Add(c.after)); got != c.want {
			t.Errorf("after %s it may: %v, want %v", c.after, got, c.want)
		}
	}
}
