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

package controller

import (
	"hash/maphash"
	"reflect"
	"sync/atomic"
)

// compact makes a value take less memory and say the same: texts that were seen lately are held once, and lists have no room to grow, which
// decoding leaves them. Nobody else may hold the value.
func compact(v reflect.Value) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(texts.same(v.String()))
	case reflect.Pointer:
		if !v.IsNil() {
			compact(v.Elem())
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			if field.CanSet() {
				compact(field)
			}
		}
	case reflect.Slice:
		if v.Cap() > v.Len() {
			exact := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
			reflect.Copy(exact, v)
			v.Set(exact)
		}
		for i := range v.Len() {
			compact(v.Index(i))
		}
	default:
	}
}

// texts are those of all caches: most of what conditions, enums and references say is the same in thousands of objects.
var texts = &vocabulary{seed: maphash.MakeSeed()}

// vocabulary remembers the texts that it saw last. It forgets, unlike a map, so that texts which differ cannot fill the memory; and it
// holds them, unlike the package unique, which forgets whatever nobody asked for since the last collection: objects that change one
// by one would share nothing in the end.
type vocabulary struct {
	seed  maphash.Seed
	words [4096]atomic.Pointer[string]
}

// same is the copy of a text that others hold as well, where there is one.
func (v *vocabulary) same(text string) string {
	if text == "" {
		return ""
	}
	word := &v.words[maphash.String(v.seed, text)%uint64(len(v.words))]
	if held := word.Load(); held != nil && *held == text {
		return *held
	}
	word.Store(&text)
	return text
}
