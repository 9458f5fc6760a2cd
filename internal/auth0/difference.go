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

package auth0

import (
	"net/http"
	"sync/atomic"
	"time"
)

// mostlyRight is how far two clocks may be apart before it counts. A Date says whole seconds, and its answer has been under way.
const mostlyRight = time.Minute

// difference is how far the operator's clock is ahead of the tenant's, by the Date of the last answer (RFC 9110, section 6.6.1). The
// zero value is ready for use.
type difference struct{ ahead atomic.Int64 }

// note takes an answer that arrived now. One without a Date, from a cache or a proxy for one, says nothing.
func (d *difference) note(header http.Header, now time.Time) {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil || header.Get("Age") != "" {
		return
	}
	d.ahead.Store(int64(now.Sub(date)))
}

// get returns the difference where it counts and is positive, else zero: a clock that is behind only keeps things for longer.
func (d *difference) get() time.Duration {
	if ahead := time.Duration(d.ahead.Load()); ahead > mostlyRight {
		return ahead
	}
	return 0
}

// ClockAhead is how far the operator's clock is ahead of the tenant's, as its last answer showed; zero unless it is by more than a
// minute.
func (t *Tenant) ClockAhead() time.Duration { return t.wire.difference.get() }
