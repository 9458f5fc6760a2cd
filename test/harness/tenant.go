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

package harness

import (
	"net/http"
	"slices"
	"strings"

	. "github.com/onsi/gomega"

	"github.com/certbound/certbound/internal/auth0sim"
)

// Requests to the Management API, as Routes names them.
const (
	CreateClient     = "POST clients"
	ReadClient       = "GET clients/{id}"
	ListClients      = "GET clients"
	UpdateClient     = "PATCH clients/{id}"
	DeleteClient     = "DELETE clients/{id}"
	CreateCredential = "POST clients/{id}/credentials"
	ListCredentials  = "GET clients/{id}/credentials"
	DeleteCredential = "DELETE clients/{id}/credentials/{credential_id}"
	ListGrants       = "GET client-grants"
	CreateGrant      = "POST client-grants"
	UpdateGrant      = "PATCH client-grants/{id}"
	ReadSettings     = "GET tenants/settings"
	UpdateSettings   = "PATCH tenants/settings"
)

const managementAPI = "/api/v2/"

// Routes are the requests to the Management API so far, in their order, those that failed among them. What was asked of the
// token endpoint and of discovery is not.
func (w *Workspace) Routes() (routes []string) {
	for _, r := range w.Sim.Requests() {
		if route, isManagement := routeOf(r); isManagement {
			routes = append(routes, route)
		}
	}
	return routes
}

// Writes are those of Routes that change something.
func (w *Workspace) Writes() []string {
	return slices.DeleteFunc(w.Routes(), func(route string) bool { return strings.HasPrefix(route, http.MethodGet+" ") })
}

// Sent are the bodies of all requests of a route so far.
func (w *Workspace) Sent(wanted string) (bodies []string) {
	for _, r := range w.Sim.Requests() {
		if route, _ := routeOf(r); route == wanted {
			bodies = append(bodies, r.RequestBody)
		}
	}
	return bodies
}

// lateEffect is the log's word for the second entry of a request: when it takes effect after its caller gave up.
const lateEffect = "late effect"

func routeOf(r auth0sim.Request) (route string, isManagement bool) {
	method, path, isManagement := strings.Cut(r.Route, " "+managementAPI)
	return method + " " + path, isManagement && r.Fault != lateEffect
}

// Attached are the thumbprints, or for cert_subject_dn the subjects, that can sign in to a client, in no order.
func (w *Workspace) Attached(clientID string) func() []string {
	return func() []string { return identities(w.Sim, clientID, true) }
}

// Stored is Attached for all that the client holds.
func (w *Workspace) Stored(clientID string) func() []string {
	return func() []string { return identities(w.Sim, clientID, false) }
}

func identities(sim *auth0sim.Simulator, clientID string, attachedOnly bool) (found []string) {
	c, _ := sim.Client(clientID)
	for _, credential := range c.Credentials {
		if !attachedOnly || slices.Contains(c.Attached, credential.ID) {
			found = append(found, credential.Thumbprint+credential.SubjectDN)
		}
	}
	return found
}

// ByHand changes the tenant as somebody else would, see World.ByHand.
func (w *Workspace) ByHand(edit func() error) {
	w.t.Helper()
	w.Expect(w.World.ByHand(edit)).To(Succeed())
}

// Foreign stores a credential that is not the operator's with a client, and returns its id.
func (w *Workspace) Foreign(clientID string, pair KeyPair) (id string) {
	w.t.Helper()
	w.ByHand(func() (err error) {
		id, err = w.Sim.AddCredential(clientID, map[string]any{
			"credential_type": "x509_cert", "name": "somebody else's", "pem": string(pair.Certificate),
		})
		return err
	})
	return id
}

// HoldBefore is a fault that holds a request before it has any effect, until it is released.
func HoldBefore(method, path string) auth0sim.Fault {
	return auth0sim.Fault{Method: method, Path: path, Hold: true}
}

// HoldAfter is a fault that holds the answer of a request that has had its effect, until it is released.
func HoldAfter(method, path string) auth0sim.Fault {
	return auth0sim.Fault{Method: method, Path: path, Hold: true, Effect: auth0sim.EffectCommitted}
}

// Lose is a fault that lets a request have its effect and cuts the connection in the place of an answer.
func Lose(method, path string) auth0sim.Fault {
	return auth0sim.Fault{Method: method, Path: path, Effect: auth0sim.EffectCommitted, Reply: auth0sim.ReplyCut}
}

// Refuse is a fault that answers 403 as to a token without the scopes, until it is removed.
func Refuse(method, path string) auth0sim.Fault {
	return auth0sim.Fault{Method: method, Path: path, Times: -1, Reply: auth0sim.ReplyForbidden}
}
