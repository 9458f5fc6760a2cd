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
	"reflect"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// behind is how soon to look again when the cache had not caught up with this operator's own last write.
const behind = 100 * time.Millisecond

// OfWrite says how to go on after a write to the cluster that failed. A conflict means that the object was seen too old,
// which is no error: it is looked at again. An object that is gone needs nothing more.
func OfWrite(err error) (ctrl.Result, error) {
	if apierrors.IsConflict(err) {
		return ctrl.Result{RequeueAfter: behind}, nil
	}
	return ctrl.Result{}, client.IgnoreNotFound(err)
}

// Unchanged tells whether two statuses say the same. Most do to the letter, which is found out at a tenth of the cost; the same time can be
// written in two ways.
func Unchanged[T any](before, after *T) bool {
	return reflect.DeepEqual(before, after) || equality.Semantic.DeepEqual(before, after)
}
