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

package rotation_test

import (
	"slices"
	"time"

	"github.com/certbound/certbound/internal/rotation"
)

// event is something that happens in the world and that the planner neither does nor sees coming.
type event struct {
	what  string
	which int // the ClientCredential or credential that it happens to
}

const (
	renewal     = "a certificate is renewed"
	publication = "a certificate that can sign in is published"
	detachment  = "somebody detaches a credential by hand"
	removal     = "somebody deletes a credential by hand"
	intrusion   = "somebody stores a credential of their own"
	occupation  = "somebody attaches a credential of their own"
	departure   = "a ClientCredential is deleted"
	loss        = "a ClientCredential has no usable certificate any more"
	rollback    = "a certificate goes back to the one that is published"
	change      = "the client is to authenticate by a secret, or no longer"
	absence     = "nobody looks for a fortnight"
)

// renewed are the certificates that renewals bring, the last one first.
var renewed = map[string][]rotation.Identity{
	"web":   {"web.fourth", "web.third"},
	"batch": {"batch.fourth", "batch.third"},
}

// events lists what may happen now.
func (w world) events() (events []event) {
	for k := range w.Certificates {
		if w.renewals > 0 {
			events = append(events, event{renewal, k})
		}
		if w.gateOpen(k) {
			events = append(events, event{publication, k})
		}
	}
	if w.accidents == 0 {
		return events
	}
	for i, c := range w.Credentials {
		events = append(events, event{removal, i})
		if c.Attached {
			events = append(events, event{detachment, i})
		}
	}
	if len(w.Credentials) < w.Limits.Stored {
		events = append(events, event{intrusion, 0})
		if len(w.attached()) < w.Limits.Attached && w.method != secretMethod {
			events = append(events, event{occupation, 0})
		}
	}
	for k, cert := range w.Certificates {
		events = append(events, event{departure, k})
		if cert.Wanted != "" {
			events = append(events, event{loss, k})
		}
		if w.workloads[k].gated && cert.Published != "" && cert.Published != cert.Wanted {
			events = append(events, event{rollback, k})
		}
	}
	return append(events, event{change, 0}, event{absence, 0})
}

// after is the world once the event happened.
func (w world) after(e event) world {
	w = w.clone()
	switch e.what {
	case renewal:
		w.renewals--
		return w.renew(e.which, renewed[w.Certificates[e.which].Owner][w.renewals])
	case publication:
		return w.publish(e.which)
	}
	w.accidents--
	switch e.what {
	case detachment:
		w.Credentials[e.which].Attached = false
	case removal:
		w.Credentials = slices.Delete(w.Credentials, e.which, e.which+1)
	case intrusion, occupation:
		w.Credentials = append(w.Credentials, w.credential("", "", e.what == occupation))
	case departure:
		w.Certificates = slices.Delete(w.Certificates, e.which, e.which+1)
		w.workloads = slices.Delete(w.workloads, e.which, e.which+1)
	case loss:
		w.Certificates[e.which].Wanted = ""
	case rollback:
		w.Certificates[e.which].Wanted = w.Certificates[e.which].Published
	case change:
		w.Secret = !w.Secret
	case absence:
		w.Now = w.Now.Add(14 * 24 * time.Hour)
	}
	return w.look()
}
