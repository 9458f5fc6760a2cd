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
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/certbound/certbound/internal/rotation"
)

// invariant is what must hold of every step, whatever the world.
type invariant struct {
	name  string
	holds func(before world, s rotation.Step, after world) error
}

// always must hold of every step that is taken in the world that it was decided for.
var always = []invariant{
	{"I1 whoever may present a certificate can sign in", noOutage},
	{"I1 a change to certificates lets in whoever may present one", allComeAlong},
	{"I1 what a change to certificates would take along stays stored", stagedStays},
	{"I2 nothing is asked that the tenant would refuse", withinLimits},
	{"I4 nothing is taken away before what replaces it is there", growBeforeShrink},
	{"I5 no secret unless it was asked for", noSecret},
	{"I7 what others made stays", foreignStays},
}

// overtaken must hold even when a certificate was renewed or published between the decision and its effect.
var overtaken = []invariant{
	{"I1 whoever may present a certificate can sign in", publishedStays},
	{"I2 nothing is asked that the tenant would refuse", withinLimits},
	{"I5 no secret unless it was asked for", noSecret},
	{"I7 what others made stays", foreignStays},
}

// rest must hold when there is nothing to write.
var rest = []invariant{
	{"I1 what workloads present is attached again", attachedAgain},
	{"I3 nothing of ours is left behind", nothingLeft},
	{"I8 the end is reached", settled},
	{"I8 nobody waits in vain", waitsForSomething},
	{"I8 nobody is called for nothing", blockedForAReason},
}

// violated is the first of the invariants that does not hold.
func violated(invariants []invariant, before world, s rotation.Step, after world) error {
	for _, i := range invariants {
		if err := i.holds(before, s, after); err != nil {
			return fmt.Errorf("%s: %w", i.name, err)
		}
	}
	return nil
}

// detached are the credentials of the method in force that lose their place, other than by a change of method.
func detached(before, after world) (gone []rotation.Credential) {
	if before.method != wantedMethod || after.method != wantedMethod {
		return nil
	}
	for _, c := range before.Credentials {
		i := after.index(c.ID)
		if c.Attached && (i < 0 || !after.Credentials[i].Attached) {
			gone = append(gone, c)
		}
	}
	return gone
}

func noOutage(before world, _ rotation.Step, after world) error {
	for _, c := range detached(before, after) {
		if c.Owned && !after.signsIn(c.Identity) && !before.mayLetGo(c) {
			return fmt.Errorf("%s of %s is detached while it may be presented", c.Identity, c.Owner)
		}
	}
	return nil
}

func publishedStays(before world, _ rotation.Step, after world) error {
	for _, c := range detached(before, after) {
		if before.published(c.Identity) && before.lets(c.Identity) && !after.signsIn(c.Identity) {
			return fmt.Errorf("%s of %s is detached, and it was published meanwhile", c.Identity, c.Owner)
		}
	}
	return nil
}

// mayLetGo tells whether nobody is promised any more that the certificate lets them in.
func (w world) mayLetGo(c rotation.Credential) bool {
	k := w.owner(c.Owner)
	switch {
	case w.validity.over(c.Identity, w.Now):
		return true
	case w.published(c.Identity), w.wanted(c.Identity):
		return false
	case k < 0:
		return true // its ClientCredential is deleted
	}
	i := slices.IndexFunc(w.workloads[k].held, func(h holding) bool { return h.id == c.Identity })
	if i < 0 {
		return true // it was never published
	}
	return w.overlapOver(k, w.workloads[k].held[i]) || w.mayEvict(k, w.workloads[k].held[i])
}

// overlapOver tells whether an earlier certificate has had the time that its ClientCredential promises.
func (w world) overlapOver(k int, h holding) bool {
	cert := w.Certificates[k]
	switch {
	case w.validity.over(h.id, w.Now):
		return true
	case h.replaced.IsZero():
		return false
	case cert.Overlap != nil:
		return !w.Now.Before(h.replaced.Add(*cert.Overlap))
	}
	untold := w.validity[h.id].IsZero() || w.bySubject && cert.PreviousNotAfter.IsZero()
	return untold && !w.Now.Before(h.replaced.Add(cert.Handover))
}

// mayEvict tells whether an earlier certificate may make room before its overlap is over.
func (w world) mayEvict(k int, h holding) bool {
	cert := w.Certificates[k]
	if h.replaced.IsZero() || !w.crowded() {
		return false
	}
	handedOver := !w.Now.Before(cert.PublishedAt.Add(cert.Handover))
	closing := !cert.PublishedNotAfter.IsZero() && !w.Now.Before(cert.PublishedNotAfter.Add(-cert.Handover))
	return handedOver || closing || !w.signsIn(cert.Published) && w.followed(k, h)
}

// followed tells whether a later certificate that can sign in has been there for the handover, or there is none.
func (w world) followed(k int, h holding) bool {
	cert, later := w.Certificates[k], false
	for _, c := range w.Credentials {
		if c.Owned && c.Owner == cert.Owner && c.Attached && c.CreatedAt.After(created(h.id)) {
			if !w.Now.Before(c.CreatedAt.Add(cert.Handover)) {
				return true
			}
			later = true
		}
	}
	return !later
}

// crowded tells whether a certificate that must sign in has no place.
func (w world) crowded() bool {
	for _, cert := range w.Certificates {
		if cert.Wanted != "" && !w.stored(cert.Wanted) && len(w.Credentials) >= w.Limits.Stored {
			return true
		}
		for _, id := range []rotation.Identity{cert.Wanted, cert.Published} {
			if w.stored(id) && !w.signsIn(id) && len(w.attached()) >= w.Limits.Attached {
				return true
			}
		}
	}
	return false
}

// withinLimits holds because apply refuses what the tenant refuses; here is what it would store and list.
func withinLimits(before world, _ rotation.Step, after world) error {
	if n, most := len(after.Credentials), max(before.Limits.Stored, len(before.Credentials)); n > most {
		return fmt.Errorf("%d credentials, of %d", n, most)
	}
	if n, most := len(after.attached()), max(before.Limits.Attached, len(before.attached())); n > most {
		return fmt.Errorf("%d attached credentials, of %d", n, most)
	}
	return nil
}

func noSecret(before world, s rotation.Step, after world) error {
	if (s.Verb == rotation.Revert || after.method == secretMethod && before.method != secretMethod) && !before.Secret {
		return errors.New("the client falls back to a secret")
	}
	return nil
}

func foreignStays(before world, _ rotation.Step, after world) error {
	for _, c := range before.Credentials {
		if !c.Owned && after.index(c.ID) < 0 {
			return fmt.Errorf("%s is deleted, which others made", c.ID)
		}
	}
	for _, c := range detached(before, after) {
		if !c.Owned {
			return fmt.Errorf("%s is detached, which others made", c.ID)
		}
	}
	return nil
}

func growBeforeShrink(before world, s rotation.Step, after world) error {
	gone, changed := detached(before, after), before.method != after.method
	if s.Verb == rotation.Attach && len(after.attached()) == 0 {
		return errors.New("nothing can sign in any more")
	}
	for _, cert := range after.Certificates {
		if changed && !after.Secret && !after.signsIn(cert.Wanted) && len(after.attached()) < after.Limits.Attached {
			return fmt.Errorf("the method changes without the certificate of %s", cert.Owner)
		}
	}
	for _, c := range gone {
		expired := before.validity.over(c.Identity, before.Now)
		if !expired && !after.signsIn(c.Identity) && !after.replaces(c) && !before.crowded() {
			return fmt.Errorf("%s of %s is detached and nothing that is wanted can sign in for it", c.Identity, c.Owner)
		}
	}
	return nil
}

// replaces tells whether what came after c can sign in: a certificate of the same ClientCredential, or of any when that
// one is deleted.
func (w world) replaces(c rotation.Credential) bool {
	k := w.owner(c.Owner)
	return slices.ContainsFunc(w.Certificates, func(cert rotation.Certificate) bool {
		return (k < 0 || cert.Owner == c.Owner) && (w.lets(cert.Wanted) || w.lets(cert.Published))
	})
}

// lets tells whether whoever has the certificate gets a token.
func (w world) lets(id rotation.Identity) bool {
	return w.signsIn(id) && !w.validity.over(id, w.Now)
}

func attachedAgain(w world, _ rotation.Step, _ world) error {
	for _, cert := range w.Certificates {
		id := cert.Published
		if w.InForce && !w.Secret && w.stored(id) && !w.signsIn(id) && !w.validity.over(id, w.Now) &&
			len(w.attached()) < w.Limits.Attached {
			return fmt.Errorf("%s is published, stored, and not attached although there is a place", id)
		}
	}
	return nil
}

func nothingLeft(w world, s rotation.Step, _ world) error {
	if !w.InForce {
		return nil
	}
	seen := map[rotation.Identity]bool{}
	for _, c := range w.Credentials {
		k := w.owner(c.Owner)
		switch {
		case !c.Owned:
		case w.wanted(c.Identity):
			if seen[c.Identity] {
				return fmt.Errorf("%s is there twice", c.Identity)
			}
			seen[c.Identity] = true
		case k >= 0 && w.Certificates[k].Wanted == "": // nothing is known of what replaces it
		case w.Secret && !w.owing(c) && !w.validity.over(c.Identity, w.Now): // a change to certificates takes it along
		case !c.Attached && (!w.published(c.Identity) || w.validity.over(c.Identity, w.Now)):
			return fmt.Errorf("%s of %s is stored for nothing", c.Identity, c.Owner)
		case c.Attached && s.Verb == rotation.Done && w.replaces(c):
			return fmt.Errorf("%s of %s is attached and nothing will take it away", c.Identity, c.Owner)
		case c.Attached && w.replaces(c) && !w.published(c.Identity) && w.owing(c):
			return fmt.Errorf("%s of %s is attached and its time is over", c.Identity, c.Owner)
		}
	}
	return nil
}

// owing tells whether c should be gone: everybody had their time.
func (w world) owing(c rotation.Credential) bool {
	k := w.owner(c.Owner)
	if k < 0 || w.Certificates[k].Published == "" {
		return k < 0
	}
	i := slices.IndexFunc(w.workloads[k].held, func(h holding) bool { return h.id == c.Identity })
	latest := holding{c.Identity, w.Certificates[k].PublishedAt} // time runs anew with each certificate that is published
	return (i < 0 || w.overlapOver(k, w.workloads[k].held[i])) && w.overlapOver(k, latest)
}

func settled(w world, s rotation.Step, _ world) error {
	if s.Verb != rotation.Done {
		return nil
	}
	if !w.InForce {
		return errors.New("the method is not the wanted one")
	}
	for _, cert := range w.Certificates {
		if cert.Wanted != "" && (!w.mayBePublished(cert.Wanted) || cert.Published != cert.Wanted) {
			return fmt.Errorf("%s is wanted, and it is not published, or neither signs in nor is staged", cert.Wanted)
		}
	}
	return nil
}

func waitsForSomething(w world, s rotation.Step, _ world) error {
	if s.Verb != rotation.Wait {
		return nil
	}
	longest := time.Hour // the handover of every world here
	switch {
	case s.Why == rotation.NoCertificate && !w.InForce:
		return nil // until there is a certificate
	case s.Until.IsZero():
		return fmt.Errorf("%s has no end", text(s))
	case s.Why == rotation.Handover && s.Until.After(w.Now.Add(longest)):
		return fmt.Errorf("%s is longer than the handover", text(s))
	}
	return nil
}

// blockedForAReason allows Blocked only where each place is taken by what others made, what workloads may present, or
// the last one that can sign in.
func blockedForAReason(w world, s rotation.Step, _ world) error {
	lowered := len(w.attached()) > w.Limits.Attached || len(w.Credentials) > w.Limits.Stored
	if s.Verb != rotation.Blocked || !w.InForce || len(w.attached()) == 1 || lowered {
		return nil
	}
	for _, c := range w.Credentials {
		k := w.owner(c.Owner)
		unknown := k >= 0 && (w.Certificates[k].Published == "" || w.Certificates[k].Wanted == "")
		switch {
		case !c.Owned:
		case w.twin(c), c.Attached && !w.wanted(c.Identity) && w.validity.over(c.Identity, w.Now),
			!w.wanted(c.Identity) && !w.published(c.Identity) && !unknown:
			return fmt.Errorf("%s, while %s of %s could make room", text(s), c.Identity, c.Owner)
		}
	}
	return nil
}

// twin tells whether another attached credential stands for the same certificate as the attached c.
func (w world) twin(c rotation.Credential) bool {
	return c.Attached && slices.ContainsFunc(w.Credentials, func(other rotation.Credential) bool {
		return other.Attached && other.Identity == c.Identity && other.ID != c.ID
	})
}
