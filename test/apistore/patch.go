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

package apistore

import (
	"encoding/json"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/strategicpatch"
)

// patch changes an object, or its status, by a patch of the given content type.
func (s *Store) patch(c *collection, key types.NamespacedName, subresource, contentType string, patch []byte) (*object, error) {
	before := c.objects[key]
	if before == nil {
		return nil, apierrors.NewNotFound(c.gr(), key.Name)
	}
	var text []byte
	var err error
	switch kind := types.PatchType(contentType); {
	case kind == types.MergePatchType:
		text, err = mergePatch(before.text, patch)
	case kind == types.StrategicMergePatchType && !c.custom:
		text, err = s.strategicPatch(c.kind, before.text, patch)
	default:
		return nil, unsupported(fmt.Sprintf("the store in memory knows no patch of type %s for %s", contentType, c.gr()))
	}
	if err != nil {
		return nil, apierrors.NewBadRequest(err.Error())
	}
	return s.update(c, key, subresource, text)
}

func (s *Store) strategicPatch(k *kind, text, patch []byte) ([]byte, error) {
	typed, err := s.api.scheme.New(k.gvk)
	if err != nil {
		return nil, err
	}
	return strategicpatch.StrategicMergePatch(text, patch, typed)
}

// mergePatch applies a JSON merge patch (RFC 7386).
func mergePatch(text, patch []byte) ([]byte, error) {
	target, err := decodeNumbers(text)
	if err != nil {
		return nil, err
	}
	change, err := decodeNumbers(patch)
	if err != nil {
		return nil, err
	}
	return json.Marshal(merge(target, change))
}

func merge(target, patch map[string]any) map[string]any {
	if target == nil {
		target = map[string]any{}
	}
	for name, value := range patch {
		switch change := value.(type) {
		case nil:
			delete(target, name)
		case map[string]any:
			inner, _ := target[name].(map[string]any)
			target[name] = merge(inner, change)
		default:
			target[name] = value
		}
	}
	return target
}
