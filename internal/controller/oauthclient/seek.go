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
	"context"
	"time"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/internal/auth0"
	"github.com/certbound/certbound/internal/controller/tenant"
)

// A seek is the look for the client that was created for an object, by a request whose answer was lost.
type seek struct {
	key    auth0.Key
	seeker types.NamespacedName
	// from is when the listing may begin at the earliest that shows that there is none.
	from     time.Time
	answered bool
	id       string
	err      error
}

// search looks for the client that is marked with this object's UID: it was created by a request whose answer was lost. There is no
// shorter way than a listing of the tenant, which has no filter by metadata; one does for all who look.
func (p *pass) search(ctx context.Context) (string, error) {
	if until := p.unchangedUntil(); !until.IsZero() {
		return "", unchanged{until: until}.withheld(auth0.OpListClients) // one that is being created may not be seen yet
	}
	found := p.views.seek(p.obj.UID, seek{key: tenant.KeyOf(p.obj), seeker: client.ObjectKeyFromObject(p.obj), from: p.Clock.Now()})
	if !found.answered {
		p.want(ctx)
		return "", errListing
	}
	return found.id, found.err
}

// seek is what came of the look for a client, which begins now if it has not. That there is none holds until something is sent that may
// create one; that it could not be found out is told once.
func (v *views) seek(uid types.UID, begin seek) seek {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	s := v.seeks[uid]
	if s == nil {
		if v.seeks == nil {
			v.seeks = map[types.UID]*seek{}
		}
		s = &begin
		v.seeks[uid] = s
	}
	if s.err != nil {
		delete(v.seeks, uid)
	}
	return *s
}

// found answers the one who looks for this client, if there is one.
func (v *views) found(uid types.UID, id string) *types.NamespacedName {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	s := v.seeks[uid]
	if s == nil || s.answered && s.id != "" {
		return nil
	}
	s.answered, s.id, s.err = true, id, nil
	return &s.seeker
}

// answer tells those whose client a whole listing has not shown that there is none, and returns them.
func (v *views) answer(key auth0.Key, began time.Time) []types.NamespacedName {
	return v.tell(key, func(s *seek) bool { return !began.Before(s.from) }, nil)
}

// disappoint tells those who look for their client that the listing failed, and returns them.
func (v *views) disappoint(key auth0.Key, err error) []types.NamespacedName {
	return v.tell(key, func(*seek) bool { return true }, err)
}

func (v *views) tell(key auth0.Key, whom func(*seek) bool, err error) (told []types.NamespacedName) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	for _, s := range v.seeks {
		if s.key == key && !s.answered && whom(s) {
			s.answered, s.err = true, err
			told = append(told, s.seeker)
		}
	}
	return told
}

// want is when a listing of the tenant is waited for at the earliest.
func (v *views) want(key auth0.Key) (from time.Time, wanted bool) {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	if f := v.firsts[key]; f != nil && f.awaited {
		from, wanted = f.from, true
	}
	for _, s := range v.seeks {
		if s.key == key && !s.answered && (!wanted || s.from.Before(from)) {
			from, wanted = s.from, true
		}
	}
	return from, wanted
}
