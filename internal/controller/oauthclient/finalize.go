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
	"context"
	"errors"
	"fmt"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/status"
)

// deletionRetry is how soon a deletion that did not succeed is tried again where nothing else says so.
const deletionRetry = time.Minute

// finalize lets the object go: at once under Retain, and under Delete when the client is deleted at the tenant. gone is
// false while it must stay, with the reason in the report.
func (p *pass) finalize(ctx context.Context) (gone bool, err error) {
	if !controllerutil.ContainsFinalizer(p.obj, Finalizer) {
		p.forget()
		return true, nil
	}
	if p.obj.Spec.DeletionPolicy == v1alpha1.DeletionDelete {
		outcome, err := p.deleteClient(ctx)
		if err != nil || !outcome.IsDone() {
			return false, err
		}
	}
	before := p.obj.DeepCopy()
	controllerutil.RemoveFinalizer(p.obj, Finalizer)
	if err := p.Client.Patch(ctx, p.obj, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return false, client.IgnoreNotFound(err)
	}
	p.forget()
	return true, nil
}

// forget drops what is known of an object that goes.
func (p *pass) forget() {
	p.views.forget(p.obj.UID)
	p.paces.Forget(p.obj.UID)
}

// deleteClient deletes the client at the tenant, with its credentials.
func (p *pass) deleteClient(ctx context.Context) (status.Outcome, error) {
	outcome, err := p.resolveTenant(ctx)
	if err != nil {
		return outcome, err
	}
	if !outcome.IsDone() {
		return p.deletionBlocked(v1alpha1.ConditionTenantReady, outcome), nil
	}
	p.report.Set(v1alpha1.ConditionTenantReady, outcome)
	if err := p.leftAlone(); err != nil {
		return outcome, err
	}
	if _, fence := p.views.get(p.obj.UID); p.now.Before(fence.Again) {
		return p.report.Set(v1alpha1.ConditionRegistered, fence), nil
	}
	id := clientIDOf(p.obj)
	if id == "" {
		id, err = p.search(ctx)
		if errors.Is(err, errListing) {
			return status.Outcome{}, err
		}
		if err != nil {
			return p.deletionBlocked(v1alpha1.ConditionRegistered, p.failed(err, "look for the client")), nil
		}
	}
	if id == "" {
		return status.Done(v1alpha1.ReasonRegistered, ""), nil // it was never created
	}
	if outcome := p.ownsForDeletion(ctx, id); !outcome.IsDone() {
		return p.report.Set(v1alpha1.ConditionRegistered, outcome), nil
	}
	if p.view != nil {
		if err := p.disclaim(ctx, nil); err != nil {
			return status.Outcome{}, err
		}
		if err := p.ask().DeleteClient(p.claim(ctx, obey, true), id); err != nil {
			return p.deletionBlocked(v1alpha1.ConditionRegistered, p.failed(err, "delete the client")), nil
		}
		p.event("ClientDeleted", "Delete", fmt.Sprintf("Deleted the client %s at the tenant.", id))
	}
	return status.Done(v1alpha1.ReasonRegistered, ""), nil
}

// ownsForDeletion reads the client and makes sure that it is this object's. One that is gone already is a success, with
// no view.
func (p *pass) ownsForDeletion(ctx context.Context, id string) status.Outcome {
	outcome := p.observe(ctx, id)
	if p.absent {
		return status.Done(v1alpha1.ReasonRegistered, "")
	}
	if !outcome.IsDone() {
		return p.deletionBlocked(v1alpha1.ConditionRegistered, outcome)
	}
	if id == p.tenant.managementClient {
		return p.deletionBlocked(v1alpha1.ConditionRegistered, status.Blocked(v1alpha1.ReasonManagementClient, "It is the client that the operator signs in with."))
	}
	if outcome = p.admit(); !outcome.IsDone() {
		return p.deletionBlocked(v1alpha1.ConditionRegistered, outcome)
	}
	return outcome
}

// deletionBlocked says why the object stays, and the way out that does not need the tenant. It is tried again when why says,
// or else in a while.
func (p *pass) deletionBlocked(condition string, why status.Outcome) status.Outcome {
	outcome := status.Blocked(v1alpha1.ReasonDeletionBlocked,
		"The client cannot be deleted at the tenant yet: "+why.Message+" To let this object go and leave the client there, set spec.deletionPolicy to Retain.")
	if why.Again.IsZero() {
		why.Again = p.now.Add(deletionRetry)
	}
	return p.report.Set(condition, outcome.Until(why.Again))
}
