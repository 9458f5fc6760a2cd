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

package answer

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/resourceversion"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
)

// Written are the objects that this operator wrote and that its cache may show as they were before. What is decided from such a one may be
// what it said already, and would not be written, although the last write said something else: no event would bring it to light. The zero
// value is ready for use, from several goroutines.
type Written struct {
	mutex    sync.Mutex
	versions map[types.UID]string
}

// Note takes down the version that a write gave an object.
func (w *Written) Note(o client.Object) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.versions == nil {
		w.versions = map[types.UID]string{}
	}
	w.versions[o.GetUID()] = o.GetResourceVersion()
}

// Await tells whether the cache shows an object older than it was written last, and when to look again then. Nothing is kept of one that
// it shows as it was written, or newer.
func (w *Written) Await(shown client.Object) (ctrl.Result, bool) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	version, known := w.versions[shown.GetUID()]
	if !known {
		return ctrl.Result{}, false
	}
	if order, err := resourceversion.CompareResourceVersion(shown.GetResourceVersion(), version); err == nil && order < 0 {
		return ctrl.Result{RequeueAfter: behind}, true
	}
	delete(w.versions, shown.GetUID())
	return ctrl.Result{}, false
}

// Passing lets every event pass, and learns from it what the cache shows.
func (w *Written) Passing() predicate.Predicate {
	return predicate.Funcs{
		UpdateFunc: func(e event.UpdateEvent) bool {
			w.Await(e.ObjectNew)
			return true
		},
		DeleteFunc: func(e event.DeleteEvent) bool {
			w.mutex.Lock()
			defer w.mutex.Unlock()
			delete(w.versions, e.Object.GetUID())
			return true
		},
	}
}
