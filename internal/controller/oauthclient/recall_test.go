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

package oauthclient

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/rotation"
)

// registered is an object whose status says that all is in order.
func registered(edit func(*v1alpha1.OAuthClient)) *v1alpha1.OAuthClient {
	c := &v1alpha1.OAuthClient{
		ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "client", UID: "uid", Generation: 3, Finalizers: []string{Finalizer}},
		Spec:       v1alpha1.OAuthClientSpec{AuthenticationMethod: v1alpha1.MethodSelfSignedTLSClientAuth},
		Status: v1alpha1.OAuthClientStatus{ObservedGeneration: 3, ClientID: "id", Conditions: []metav1.Condition{
			{Type: v1alpha1.ConditionReady, Status: metav1.ConditionTrue, ObservedGeneration: 3}}},
	}
	edit(c)
	return c
}

// Promise 5, and its limit: only an object that is in order through and through waits for a listing after a restart.
func TestInOrder(t *testing.T) {
	done := rotation.Step{Verb: rotation.Done}
	overlap := rotation.Step{Verb: rotation.Wait, Why: rotation.Overlap, Until: time.Unix(1, 0)}
	as := func(*v1alpha1.OAuthClient) {}
	for sentence, c := range map[string]struct {
		edit func(*v1alpha1.OAuthClient)
		next rotation.Step
		want bool
	}{
		"all done":                      {as, done, true},
		"an overlap that goes on":       {as, overlap, true},
		"a certificate to be stored":    {as, rotation.Step{Verb: rotation.Create}, false},
		"one to be attached":            {as, rotation.Step{Verb: rotation.Attach}, false},
		"one to be deleted":             {as, rotation.Step{Verb: rotation.Delete}, false},
		"a method to be changed":        {as, rotation.Step{Verb: rotation.Revert}, false},
		"one to be published":           {as, rotation.Step{Verb: rotation.Publish}, false},
		"a handover that is waited for": {as, rotation.Step{Verb: rotation.Wait, Why: rotation.Handover}, false},
		"no place":                      {as, rotation.Step{Verb: rotation.Blocked}, false},
		"a spec that nobody looked at":  {func(c *v1alpha1.OAuthClient) { c.Generation++ }, done, false},
		"Ready of another generation":   {func(c *v1alpha1.OAuthClient) { c.Status.Conditions[0].ObservedGeneration-- }, done, false},
		"not ready":                     {func(c *v1alpha1.OAuthClient) { c.Status.Conditions[0].Status = metav1.ConditionUnknown }, done, false},
		"no condition":                  {func(c *v1alpha1.OAuthClient) { c.Status.Conditions = nil }, done, false},
		"no finalizer":                  {func(c *v1alpha1.OAuthClient) { c.Finalizers = nil }, done, false},
		"no client":                     {func(c *v1alpha1.OAuthClient) { c.Status.ClientID = "" }, done, false},
		"one that was told to go":       {func(c *v1alpha1.OAuthClient) { c.DeletionTimestamp = new(metav1.Now()) }, done, false},
	} {
		if got := inOrder(registered(c.edit), c.next); got != c.want {
			t.Errorf("%s: in order is %t", sentence, got)
		}
	}
}
