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
	"context"
	"sync/atomic"
)

type countKey struct{}

// WithCount returns a context whose requests to a tenant are counted as they leave: every one, also a second one with a fresh token.
// What the budget holds back does not count.
func WithCount(ctx context.Context) (context.Context, *atomic.Int32) {
	sent := &atomic.Int32{}
	return context.WithValue(ctx, countKey{}, sent), sent
}

func countSent(ctx context.Context) {
	if sent, ok := ctx.Value(countKey{}).(*atomic.Int32); ok {
		sent.Add(1)
	}
}
