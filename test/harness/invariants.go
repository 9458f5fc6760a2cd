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

package harness

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
)

// kinds are one object of each kind whose status is watched.
func kinds() []client.Object {
	return []client.Object{&v1alpha1.Tenant{}, &v1alpha1.ClusterTenant{}, &v1alpha1.OAuthClient{}, &v1alpha1.ClientCredential{}}
}

// watchStatuses checks every status that an object ever has, as the API server tells of it.
func (e *Environment) watchStatuses(ctx context.Context, config *rest.Config) error {
	watched, err := cache.New(config, cache.Options{Scheme: e.scheme})
	if err != nil {
		return fmt.Errorf("watch the objects: %w", err)
	}
	for _, kind := range kinds() {
		informer, err := watched.GetInformer(ctx, kind, cache.BlockUntilSynced(false))
		if err != nil {
			return fmt.Errorf("watch the objects: %w", err)
		}
		if _, err := informer.AddEventHandler(toolscache.ResourceEventHandlerFuncs{
			AddFunc: e.checkObject, UpdateFunc: func(_, o any) { e.checkObject(o) },
		}); err != nil {
			return fmt.Errorf("watch the objects: %w", err)
		}
	}
	go func() {
		if err := watched.Start(ctx); err != nil {
			e.journal.addf("", "the statuses cannot be watched: %v", err)
		}
	}()
	return nil
}

func (e *Environment) checkObject(o any) {
	object, ok := o.(client.Object)
	if !ok {
		return
	}
	observed, conditions := statusOf(object)
	for _, problem := range CheckConditions(object.GetGeneration(), observed, conditions) {
		e.journal.addf(object.GetNamespace(), "%s: %s", describe(object), problem)
	}
	text, err := json.Marshal(object)
	if err != nil {
		e.journal.addf(object.GetNamespace(), "%s cannot be written as JSON: %v", describe(object), err)
	}
	if what := e.journal.reveals(text); what != "" {
		e.journal.addf(object.GetNamespace(), "%s holds %s", describe(object), what)
	}
}

func describe(o client.Object) string {
	return fmt.Sprintf("%T %s (generation %d)", o, client.ObjectKeyFromObject(o), o.GetGeneration())
}

// statusOf returns what all kinds have in common.
func statusOf(o client.Object) (observedGeneration int64, conditions []metav1.Condition) {
	switch o := o.(type) {
	case *v1alpha1.Tenant:
		return o.Status.ObservedGeneration, o.Status.Conditions
	case *v1alpha1.ClusterTenant:
		return o.Status.ObservedGeneration, o.Status.Conditions
	case *v1alpha1.OAuthClient:
		return o.Status.ObservedGeneration, o.Status.Conditions
	case *v1alpha1.ClientCredential:
		return o.Status.ObservedGeneration, o.Status.Conditions
	}
	return 0, nil
}

var (
	reasonForm  = regexp.MustCompile(`^[A-Z][A-Za-z0-9]*$`)
	controlForm = regexp.MustCompile(`[\x00-\x09\x0b-\x1f\x7f]`)
)

// CheckConditions tells in which ways a status breaks the Kubernetes API conventions and kstatus. An object that was not
// reconciled yet has no status, and breaks none.
func CheckConditions(generation, observed int64, conditions []metav1.Condition) (problems []string) {
	if len(conditions) == 0 && observed == 0 {
		return nil
	}
	complain := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }
	if observed > generation {
		complain("status.observedGeneration is %d and the generation %d", observed, generation)
	}
	for _, c := range conditions {
		switch {
		case c.ObservedGeneration > generation:
			complain("condition %s observed the generation %d of %d", c.Type, c.ObservedGeneration, generation)
		case !reasonForm.MatchString(c.Reason):
			complain("condition %s has the reason %q", c.Type, c.Reason)
		case c.Message == "" || controlForm.MatchString(c.Message):
			complain("condition %s has the message %q", c.Type, c.Message)
		case c.LastTransitionTime.IsZero():
			complain("condition %s has no transition time", c.Type)
		}
	}
	return append(problems, checkReady(conditions)...)
}

// checkReady tells in which ways Ready, Reconciling and Stalled contradict each other or the other conditions.
func checkReady(conditions []metav1.Condition) (problems []string) {
	ready := meta.FindStatusCondition(conditions, v1alpha1.ConditionReady)
	if ready == nil {
		return []string{"there are conditions, and Ready is not among them"}
	}
	isTrue := func(t string) bool { return meta.IsStatusConditionTrue(conditions, t) }
	reconciling, stalled := isTrue(v1alpha1.ConditionReconciling), isTrue(v1alpha1.ConditionStalled)
	if ready.Status == metav1.ConditionTrue && (reconciling || stalled) {
		problems = append(problems, "Ready is True together with Reconciling or Stalled")
	}
	if ready.Status != metav1.ConditionTrue && reconciling == stalled {
		problems = append(problems, fmt.Sprintf("Ready is %s, Reconciling is %t and Stalled is %t", ready.Status, reconciling, stalled))
	}
	if stalled && ready.Status != metav1.ConditionFalse {
		problems = append(problems, "Stalled is True, and Ready is "+string(ready.Status))
	}
	return append(problems, checkPolarity(conditions, ready.Status)...)
}

// checkPolarity tells which conditions cannot be beside Ready, or cannot be there at all.
func checkPolarity(conditions []metav1.Condition, ready metav1.ConditionStatus) (problems []string) {
	for _, c := range conditions {
		positive := c.Type != v1alpha1.ConditionReconciling && c.Type != v1alpha1.ConditionStalled
		// Of what is to come: nothing is wrong yet.
		warning := c.Type == v1alpha1.ConditionSubjectStable || c.Type == v1alpha1.ConditionCredentialQuota
		if positive && !warning && ready == metav1.ConditionTrue && c.Status != metav1.ConditionTrue {
			problems = append(problems, fmt.Sprintf("Ready is True, and %s is %s", c.Type, c.Status))
		}
		if !positive && c.Status != metav1.ConditionTrue {
			problems = append(problems, fmt.Sprintf("%s is present and %s", c.Type, c.Status))
		}
	}
	return problems
}

// CheckAttached tells which credentials a client's status calls attached although the tenant does not list them. Between a
// request of the operator and its next status, and between an edit by hand and the next look, it may name some.
func CheckAttached(c *v1alpha1.OAuthClient, sim *auth0sim.Simulator) (problems []string) {
	present, _ := sim.Client(c.Status.ClientID)
	for _, credential := range c.Status.Credentials {
		if credential.State == v1alpha1.CredentialAttached && !slices.Contains(present.Attached, credential.ID) {
			problems = append(problems, fmt.Sprintf("the status of OAuthClient %s calls %s attached, and the tenant lists %v",
				c.Name, credential.ID, present.Attached))
		}
	}
	return problems
}
