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

package metrics

import (
	"slices"
	"strconv"
)

// told are the statuses with a label of their own: those that a tenant, or what stands before it, is known to answer. A server that is
// none of Auth0's cannot make series without end.
var told = []int{200, 201, 204, 301, 302, 400, 401, 403, 404, 409, 413, 422, 429, 500, 502, 503, 504}

// statusLabel is the label of an HTTP status: none where no answer came.
func statusLabel(status int) string {
	switch {
	case status == 0:
		return "none"
	case slices.Contains(told, status):
		return strconv.Itoa(status)
	}
	return "other"
}
