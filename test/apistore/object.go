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
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// An object is one state of one object; what is stored is never changed. Its fields are as the Go type of its kind writes them, so
// that equal fields have equal bytes.
type object struct {
	meta metav1.ObjectMeta
	// fields are those at the top but apiVersion, kind and metadata.
	fields map[string]json.RawMessage
	// text is the whole of it.
	text     []byte
	revision int64
	// values are those at the paths that were looked at.
	values sync.Map
}

const statusField = "status"

func (o *object) key() types.NamespacedName {
	return types.NamespacedName{Namespace: o.meta.Namespace, Name: o.meta.Name}
}

// read makes an object of what was sent or stored.
func (a *api) read(k *kind, text []byte) (client.Object, error) {
	typed, err := a.scheme.New(k.gvk)
	if err != nil {
		return nil, err
	}
	o, is := typed.(client.Object)
	if !is {
		return nil, fmt.Errorf("%s is no object", k.gvk.Kind)
	}
	if err := json.Unmarshal(text, o); err != nil {
		return nil, err
	}
	return o, nil
}

func objectOf(typed client.Object, metaOf metav1.ObjectMeta) (*object, error) {
	text, err := json.Marshal(typed)
	if err != nil {
		return nil, err
	}
	fields := map[string]json.RawMessage{}
	if err := json.Unmarshal(text, &fields); err != nil {
		return nil, err
	}
	for _, apart := range []string{"apiVersion", "kind", "metadata"} {
		delete(fields, apart)
	}
	return &object{meta: metaOf, fields: fields}, nil
}

// next is the same object, to be changed.
func (o *object) next() *object { return &object{meta: *o.meta.DeepCopy(), fields: o.fields} }

// seal gives the object its revision and its text.
func (o *object) seal(k *kind, revision int64) error {
	o.revision = revision
	o.meta.ResourceVersion = strconv.FormatInt(revision, 10)
	all := make(map[string]any, len(o.fields)+3)
	for name, value := range o.fields {
		all[name] = value
	}
	all["apiVersion"], all["kind"], all["metadata"] = k.gvk.GroupVersion().String(), k.gvk.Kind, &o.meta
	text, err := json.Marshal(all)
	o.text = text
	return err
}

// sameBut says whether all fields but those named are the same.
func (o *object) sameBut(other *object, names ...string) bool {
	a, b := o.fields, other.fields
	if len(names) > 0 {
		a, b = maps.Clone(a), maps.Clone(b)
		for _, name := range names {
			delete(a, name)
			delete(b, name)
		}
	}
	return maps.EqualFunc(a, b, func(x, y json.RawMessage) bool { return bytes.Equal(x, y) })
}

// partial is the object with its metadata only.
func (o *object) partial() ([]byte, error) {
	return json.Marshal(map[string]any{"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": &o.meta})
}

// value is the text at a path; what is not there counts as empty, as the API server has it.
func (o *object) value(path []string) string {
	at := strings.Join(path, ".")
	if known, looked := o.values.Load(at); looked {
		return known.(string)
	}
	value := o.look(path)
	o.values.Store(at, value)
	return value
}

func (o *object) look(path []string) string {
	var value any
	if raw, present := o.fields[path[0]]; present {
		_ = json.Unmarshal(raw, &value) // it was written by Marshal
	}
	for _, name := range path[1:] {
		inner, _ := value.(map[string]any)
		value = inner[name]
	}
	if value == nil {
		return ""
	}
	return fmt.Sprint(value)
}
