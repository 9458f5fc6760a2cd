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
	"fmt"
	"slices"
	"time"

	"github.com/certbound/certbound/internal/rotation"
)

// staged are clients that authenticate by a secret, and are to, while there are ClientCredentials.
func staged() map[string]situation {
	secret := func(stored string, certificates ...holder) world {
		return client(stored, "-", certificates...).under(secretMethod).secretWanted()
	}
	return map[string]situation{
		"a certificate is stored while the secret is in force":  {secret("-", web("-", "A")), "Create A for web"},
		"a stored certificate is published while the secret is": {secret("A", web("-", "A")), "Publish A for web"},
		"nothing is attached until certificates are wanted":     {secret("A", web("A", "A")), "Done"},
		"a renewal is stored": {secret("A", web("A", "B")), "Create B for web"},
		"a renewal is published, and the old one stays stored":       {secret("A B", web("A", "B")), "Publish B for web"},
		"an old certificate is kept for a change within its overlap": {secret("A B", web("B", "B")), "Wait for Overlap until " + moment(noon.Add(10*day+time.Minute))},
		"an old certificate is deleted after its overlap":            {secret("A B", web("B", "B").overlap(0)), "Delete A"},
		"one that was never published is deleted":                    {secret("A B", web("-", "B")), "Delete A"},
		"an old certificate makes room at once, the oldest first":    {secret("A B C x", web("C", "D")), "Delete A"},
		"there is no room where all are of others or published":      {secret("A x y z", web("A", "B")), "Blocked by StoredLimit for web"},
		"more than the method may list are stored":                   {secret("A M", web("A", "A"), batch("M", "N")), "Create N for batch"},
		"without a usable certificate what is stored stays":          {secret("A", web("A", "-")), "Done"},
		"the change takes along what workloads may hold": {
			client("A B", "-", web("B", "B")).under(secretMethod), "Attach [B A]"},
		"the change takes along the published and the wanted": {
			client("A B", "-", web("A", "B")).under(secretMethod), "Attach [A B]"},
		"the change takes no more than there are places for": {
			client("A B M", "-", web("B", "B"), batch("M", "M")).under(secretMethod), "Attach [B M]"},
	}
}

// allComeAlong holds a change of method to what workloads were handed before it: as far as there are places, all that is
// stored and may be presented is attached in the very request that ends the secret.
func allComeAlong(before world, _ rotation.Step, after world) error {
	if before.method == after.method || after.method != wantedMethod || len(after.attached()) >= after.Limits.Attached {
		return nil
	}
	for k, cert := range before.Certificates {
		if cert.Published == "" {
			continue // nothing was handed out under the secret
		}
		for _, h := range append([]holding{{id: cert.Published}}, before.workloads[k].held...) {
			if before.owns(h.id, cert.Owner) && !after.signsIn(h.id) && !before.overlapOver(k, h) && !before.overlapOver(k, holding{h.id, cert.PublishedAt}) {
				return fmt.Errorf("%s of %s is stored and may be presented, and does not come along", h.id, cert.Owner)
			}
		}
	}
	return nil
}

// stagedStays holds a deletion under a secret to the same: what workloads were handed stays, unless its place is needed.
func stagedStays(before world, s rotation.Step, after world) error {
	if s.Verb != rotation.Delete || before.method != secretMethod || before.crowded() {
		return nil
	}
	c := before.Credentials[before.index(s.ID)]
	k := before.owner(c.Owner)
	handed := k >= 0 && before.Certificates[k].Published != ""
	if handed && !after.stored(c.Identity) && !before.mayLetGo(c) && !before.overlapOver(k, holding{c.Identity, before.Certificates[k].PublishedAt}) {
		return fmt.Errorf("%s of %s is deleted while it may be presented after a change to certificates", c.Identity, c.Owner)
	}
	return nil
}

// owns tells whether a credential was made for the ClientCredential and this certificate.
func (w world) owns(id rotation.Identity, owner string) bool {
	return slices.ContainsFunc(w.Credentials, func(c rotation.Credential) bool { return c.Identity == id && c.Owned && c.Owner == owner })
}
