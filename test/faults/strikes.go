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

package faults

import "slices"

// Strikes are all that can hit the points of a run, each point once.
func Strikes(points []Point) (strikes []Strike) {
	var seen []Point
	for _, p := range points {
		if slices.Contains(seen, p) {
			continue
		}
		seen = append(seen, p)
		for _, f := range FaultsAt(p.Request) {
			strikes = append(strikes, Strike{Point: p, Fault: f})
		}
	}
	return strikes
}

// FirstOfPairs are the strikes after which another may follow: those that differ in more than words, at what does more than report.
func FirstOfPairs(points []Point) []Strike {
	return slices.DeleteFunc(Strikes(points), func(s Strike) bool { return s.Fault.variant || s.Point.isEvent() })
}

// SecondOfPairs are the strikes that may follow: at the points that came after the first in a run with it, what it takes to recover
// from that among them.
func SecondOfPairs(first Strike, points []Point) []Strike {
	at := slices.Index(points, first.Point)
	return FirstOfPairs(points[at+1:])
}
