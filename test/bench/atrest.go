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

import "fmt"

// restResult is what a test of its own measured.
type restResult struct {
	Name        string  `json:"name"`
	NsPerOp     float64 `json:"nsPerOp,omitempty"`
	BytesPerOp  int64   `json:"bytesPerOp,omitempty"`
	AllocsPerOp int64   `json:"allocsPerOp,omitempty"`
}

// String tells it in a line.
func (r restResult) String() string {
	return fmt.Sprintf("%s: %.1f µs, %d B, %d allocations", r.Name, r.NsPerOp/1000, r.BytesPerOp, r.AllocsPerOp)
}
