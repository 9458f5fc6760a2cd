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

import (
	"fmt"
	"net/http"
	"strings"
)

// Request names what an operator sends by what does not change from run to run.
type Request struct {
	// Text is the method and route of a request to the tenant, or the verb and object of a write to the cluster.
	Text string
	// ToTenant tells a request to the tenant from a write to the cluster.
	ToTenant bool
	// Writes tells whether the request asks for a change.
	Writes bool
}

// Point is one request of a run: the request, and the how-manieth of its kind it is. The order of requests of different kinds may
// change from run to run, since controllers work side by side; that of one kind does not.
type Point struct {
	Request

	Ordinal int
}

func (p Point) String() string { return fmt.Sprintf("%s #%d", p.Text, p.Ordinal) }

const (
	managementAPI = "/api/v2/"
	updateClient  = "PATCH clients/{id}"
	listClients   = "GET clients"
	createClient  = "POST clients"
	readClient    = "GET clients/{id}"
	listPool      = "GET clients/{id}/credentials"
	event         = "Event"
)

// toTenant names a request to the tenant.
func toTenant(method, path string) Request {
	route, isManagement := strings.CutPrefix(path, managementAPI)
	segments := strings.Split(strings.TrimPrefix(route, "/"), "/")
	for i := 1; i < len(segments) && isManagement; i += 2 { // collections and their members take turns
		if segments[0] != "tenants" {
			segments[i] = "{id}"
		}
	}
	return Request{Text: method + " " + strings.Join(segments, "/"), ToTenant: true, Writes: isManagement && method != http.MethodGet}
}

// toCluster names a write to the cluster.
func toCluster(w Write) Request {
	text := w.Verb + " " + w.Kind + " " + w.Name
	if w.Subresource != "" {
		text += " " + w.Subresource
	}
	return Request{Text: text, Writes: true}
}

// isEvent tells whether the request reports something and changes nothing.
func (r Request) isEvent() bool { return !r.ToTenant && strings.Contains(r.Text, " "+event+" ") }

// onClient tells whether the request changes a client that exists, or its credentials.
func (r Request) onClient() bool {
	return r.ToTenant && r.Writes && strings.Contains(r.Text, " clients/{id}")
}
