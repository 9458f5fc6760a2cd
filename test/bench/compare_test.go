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
	"errors"
	"testing"
	"time"
)

func TestCompare(t *testing.T) {
	good := result{
		Scenario: "renew", Limits: limits{Rate: 16, Burst: 50, Latency: 80 * time.Millisecond}, Total: 4000, Least: 4000, Ratio: 1,
		Floor: 246, TimeRatio: 1.01, Urgent: &spread{Count: 100, Ratio: 1.5},
	}
	for name, c := range map[string]struct {
		before, now func(*result)
		worse       bool
	}{
		"the same":                         {},
		"one call more than the least":     {now: func(r *result) { r.Total, r.Ratio = 4001, 1.0003 }, worse: true},
		"a few more where there were more": {before: func(r *result) { r.Total, r.Ratio = 4400, 1.1 }, now: func(r *result) { r.Total, r.Ratio = 4440, 1.11 }},
		"many more where there were more":  {before: func(r *result) { r.Total, r.Ratio = 4400, 1.1 }, now: func(r *result) { r.Total, r.Ratio = 6000, 1.5 }, worse: true},
		"the first 429":                    {now: func(r *result) { r.Refused = 1 }, worse: true},
		"one that had not ended before":    {before: func(r *result) { r.Missing = 1 }, now: func(r *result) { r.Missing = 1 }},
		"one that does not end":            {now: func(r *result) { r.Missing = 1 }, worse: true},
		"a little slower":                  {now: func(r *result) { r.TimeRatio = 1.2 }},
		"slower":                           {now: func(r *result) { r.TimeRatio = 1.3 }, worse: true},
		"slower where the machine decides": {before: func(r *result) { r.Floor = 2 }, now: func(r *result) { r.TimeRatio = 2 }},
		"less urgent":                      {now: func(r *result) { r.Urgent = &spread{Count: 100, Ratio: 2} }, worse: true},
		"less urgent, of few":              {now: func(r *result) { r.Urgent = &spread{Count: 5, Ratio: 2} }},
		"at another tenant":                {now: func(r *result) { r.Limits.Rate, r.Total = 2, 5000 }},
	} {
		t.Run(name, func(t *testing.T) {
			before, now := good, good
			if c.before != nil {
				c.before(&before)
			}
			if c.now != nil {
				c.now(&now)
			}
			err := compare(report{Results: []result{before}}, report{Results: []result{now}})
			if errors.Is(err, errWorse) != c.worse {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestSpread(t *testing.T) {
	var hundred []time.Duration
	for i := range 100 {
		hundred = append(hundred, time.Duration(100-i)*time.Second)
	}
	s := spreadOf(hundred, time.Second)
	if s.Count != 100 || s.P50 != 50 || s.P99 != 99 || s.Most != 100 || s.Ratio != 33 {
		t.Errorf("got %+v", s)
	}
	if spreadOf(nil, time.Second) != nil {
		t.Error("no times are spread")
	}
}
