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
	"fmt"

	"github.com/certbound/certbound/api/v1alpha1"
)

// mode is how a client authenticates, and where its workload finds its certificate.
type mode struct {
	name string
	kind v1alpha1.CredentialType
	// gated says that the workload mounts the published Secret, not cert-manager's own.
	gated bool
	// kubelets are those of its first, second, … client.
	kubelets []kubelet
}

// The modes. Only ungated may meet refusals, and only between the Secret's write and the attachment.
var (
	gated      = &mode{"x509_cert with publish", v1alpha1.TypeX509Cert, true, []kubelet{anyTime, slowest, immediate}}
	ungated    = &mode{"x509_cert without", v1alpha1.TypeX509Cert, false, []kubelet{immediate, anyTime, slowest}}
	gatedDN    = &mode{"cert_subject_dn with publish", v1alpha1.TypeCertSubjectDN, true, []kubelet{anyTime, slowest}}
	ungatedDN  = &mode{"cert_subject_dn without", v1alpha1.TypeCertSubjectDN, false, []kubelet{immediate, anyTime}}
	modes      = []*mode{gated, ungated, gatedDN, ungatedDN}
	seats      = []*mode{gated, ungated, gatedDN, gated, ungated, ungatedDN} // of six clients
	namePrefix = map[*mode]string{gated: "gated", ungated: "ungated", gatedDN: "gated-dn", ungatedDN: "ungated-dn"}
)

// kubelet is how soon a kubelet copies a changed Secret.
type kubelet string

const (
	immediate kubelet = "immediate" // as an application reads that asks the API
	anyTime   kubelet = "any time"
	slowest   kubelet = "slowest"
)

// member is one client of the run.
type member struct {
	*mode
	index   int
	name    string
	kubelet kubelet
}

// mounted is the Secret that the workload of the client mounts.
func (m member) mounted() string {
	if m.gated {
		return m.name + publishSuffix
	}
	return m.name
}

const (
	publishSuffix    = "-published"
	connectionSuffix = "-connection"
)

// members are the clients of a run.
func members(n int) (all []member) {
	seen := map[*mode]int{}
	for i := range n {
		mode := seats[i%len(seats)]
		all = append(all, member{
			mode: mode, index: i, name: fmt.Sprintf("%s-%d", namePrefix[mode], seen[mode]+1),
			kubelet: mode.kubelets[seen[mode]%len(mode.kubelets)],
		})
		seen[mode]++
	}
	return all
}
