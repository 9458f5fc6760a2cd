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

// Package shard divides the work among operators by labels: each watches the objects that its selector matches, and has a lease of
// its own. A tenant is the unit, since its request budget, its token and what was seen of it are held by one program: it carries the
// same labels as all that refers to it.
package shard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Shard is the part of the objects that an operator looks after. The zero value is all of them.
type Shard struct {
	selector labels.Selector
}

// Parse reads a label selector as kubectl takes it. The empty one stands for all objects.
func Parse(selector string) (Shard, error) {
	parsed, err := labels.Parse(selector)
	if err != nil {
		return Shard{}, err
	}
	if parsed.Empty() {
		return Shard{}, nil
	}
	return Shard{selector: parsed}, nil
}

// Whole tells whether there is but one shard.
func (s Shard) Whole() bool { return s.selector == nil }

// Selector is what a cache is filled by; nil for everything.
func (s Shard) Selector() labels.Selector { return s.selector }

func (s Shard) String() string {
	if s.Whole() {
		return ""
	}
	return s.selector.String() // sorted, however it was written
}

// Holds tells whether an object with these labels is in this shard.
func (s Shard) Holds(of map[string]string) bool {
	return s.Whole() || s.selector.Matches(labels.Set(of))
}

// Lease is the name of the lease of this shard. Operators with one selector take turns; those with different ones know nothing of each other.
func (s Shard) Lease(name string) string {
	if s.Whole() {
		return name
	}
	digest := sha256.Sum256([]byte(s.String()))
	return hex.EncodeToString(digest[:4]) + "." + name
}

// Labels are the labels that an object needs to be in this shard, as far as the selector names them with one value each.
func (s Shard) Labels() map[string]string {
	if s.Whole() {
		return nil
	}
	needed := map[string]string{}
	requirements, _ := s.selector.Requirements()
	for _, r := range requirements {
		if values := r.Values(); len(values) == 1 && (r.Operator() == selection.Equals || r.Operator() == selection.DoubleEquals || r.Operator() == selection.In) {
			needed[r.Key()] = values.UnsortedList()[0]
		}
	}
	return needed
}

// Elsewhere finds out whether an object that the cache does not show exists and is another operator's. It reads past the cache, into
// the object, and asks nothing where there is but one shard.
func (s Shard) Elsewhere(ctx context.Context, live client.Reader, key client.ObjectKey, o client.Object) (bool, error) {
	if s.Whole() {
		return false, nil
	}
	err := live.Get(ctx, key, o)
	if apierrors.IsNotFound(err) {
		return false, nil
	}
	return err == nil && !s.Holds(o.GetLabels()), err
}

// Advice is what a person is told who has parted objects that belong together.
func (s Shard) Advice(kind, name string) string {
	return fmt.Sprintf("The %s %s exists and is not in the shard of this object, which is %q: one operator serves a tenant and all that refers "+
		"to it; give both the same labels", kind, name, s)
}
