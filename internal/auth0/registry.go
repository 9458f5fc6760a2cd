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
	"iter"
	"sync"
)

// Key names a tenant object of the cluster.
type Key struct {
	Kind      string
	Namespace string // empty for a cluster-scoped one
	Name      string
}

// Registry holds the tenants that are signed in to: one Tenant each, and so one token and one request budget, whatever
// the number of clients. The zero value is ready for use, from several goroutines.
type Registry struct {
	tenants sync.Map // Key to *Tenant
}

// Get returns the tenant, if it is signed in to.
func (r *Registry) Get(key Key) (*Tenant, bool) {
	t, ok := r.tenants.Load(key)
	if !ok {
		return nil, false
	}
	return t.(*Tenant), true
}

// Put replaces the tenant under a key, and tells whether it is another one now. The one before it is closed; requests that
// are under way with it end by themselves.
func (r *Registry) Put(key Key, t *Tenant) (changed bool) {
	old, ok := r.tenants.Swap(key, t)
	if ok && old != t {
		old.(*Tenant).Close()
	}
	return old != t
}

// Remove forgets the tenant under a key.
func (r *Registry) Remove(key Key) {
	if old, ok := r.tenants.LoadAndDelete(key); ok {
		old.(*Tenant).Close()
	}
}

// All are the tenants that are signed in to.
func (r *Registry) All() iter.Seq2[Key, *Tenant] {
	return func(yield func(Key, *Tenant) bool) {
		r.tenants.Range(func(key, t any) bool { return yield(key.(Key), t.(*Tenant)) })
	}
}
