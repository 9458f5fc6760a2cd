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

package integration

import (
	"slices"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/internal/auth0sim"
	"github.com/certbound/certbound/test/harness"
)

// deleting makes an OAuthClient take its client with it.
func deleting(b *binding) { b.client.Spec.DeletionPolicy = v1alpha1.DeletionDelete }

// gone waits until an object does not exist any more.
func gone(w *harness.Workspace, o client.Object) {
	GinkgoHelper()
	Eventually(func() bool {
		return apierrors.IsNotFound(w.Client().Get(GinkgoTB().Context(), client.ObjectKeyFromObject(o), o))
	}).Should(BeTrue(), "%T %s is gone", o, o.GetName())
}

// hasten has an object that is being deleted looked at again, unless the operator did so already and it is gone.
func hasten(w *harness.Workspace, o client.Object) {
	GinkgoHelper()
	Eventually(func() error {
		err := w.Client().Get(GinkgoTB().Context(), client.ObjectKeyFromObject(o), o)
		if err == nil {
			o.SetAnnotations(map[string]string{"test": "again"})
			err = w.Client().Update(GinkgoTB().Context(), o)
		}
		return client.IgnoreNotFound(err)
	}).Should(Succeed())
}

func exists(w *harness.Workspace, id string) bool {
	_, exists := w.Sim.Client(id)
	return exists
}

func tenantOf(w *harness.Workspace) *v1alpha1.Tenant {
	return harness.Named(w, &v1alpha1.Tenant{}, harness.TenantName)
}

var _ = Describe("Deleting an OAuthClient", func() {
	It("leaves the client at the tenant as it is, by default, and sends nothing (Retain)", func() {
		b := bind(workspace())
		before := b.atTenant()
		b.Delete(b.client)

		gone(b.Workspace, b.client)
		Expect(b.atTenant().Attached).To(Equal(before.Attached))
		Expect(b.Routes()).To(BeEmpty())
		b.Await(b.credential, harness.BeWaiting(v1alpha1.ConditionAttached, v1alpha1.ReasonOAuthClientNotFound))
	})

	It("deletes the client at the tenant where that is asked for (Delete)", func() {
		b := bind(workspace(), deleting)
		b.World.OnPurpose(b.id())
		id := b.id()
		b.Delete(b.client)

		gone(b.Workspace, b.client)
		Expect(exists(b.Workspace, id)).To(BeFalse())
		Expect(b.Writes()).To(Equal([]string{harness.DeleteClient}))
	})

	It("is content where the client is gone already", func() {
		b := bind(workspace(), deleting)
		b.ByHand(func() error { return b.Sim.DeleteClient(b.id()) })
		b.Delete(b.client)

		gone(b.Workspace, b.client)
		Expect(b.Writes()).To(BeEmpty())
	})

	It("that never got as far as to create a client ends at once", func() {
		w := workspace()
		w.CreateTenant()
		c := w.NewClient("checkout", func(s *v1alpha1.OAuthClientSpec) { s.DeletionPolicy = v1alpha1.DeletionDelete })
		w.Create(c)
		w.Await(c, harness.BeWaiting(v1alpha1.ConditionRegistered, v1alpha1.ReasonWaitingForCertificate))
		w.Delete(c)

		gone(w, c)
		Expect(w.Writes()).To(BeEmpty())
	})

	It("deletes no client that another OAuthClient has marked meanwhile, and says the way out (promise 3, I10)", func() {
		b := bind(workspace(), deleting)
		b.ByHand(func() error {
			return b.Sim.EditClient(b.id(), map[string]any{"client_metadata": map[string]any{ownerKey: lost + " shop/other"}})
		})
		b.Delete(b.client)

		b.Await(b.client, harness.BeStalled(v1alpha1.ConditionRegistered, v1alpha1.ReasonDeletionBlocked),
			harness.Say(v1alpha1.ConditionRegistered, "shop/other", "set spec.deletionPolicy to Retain"))
		Expect(b.Writes()).To(BeEmpty())
		harness.Edit(b.Workspace, b.client, func(c *v1alpha1.OAuthClient) { c.Spec.DeletionPolicy = v1alpha1.DeletionRetain })
		gone(b.Workspace, b.client)
		Expect(exists(b.Workspace, b.id())).To(BeTrue())
	})

	It("waits visibly while the tenant cannot be reached, and Retain lets it go (I10)", func() {
		b := bind(workspace(), deleting)
		tenant := tenantOf(b.Workspace)
		harness.Edit(b.Workspace, tenant, func(t *v1alpha1.Tenant) { t.Finalizers = nil })
		b.Delete(tenant)
		id := b.id()
		// The guard may have been put back before the Tenant went: whoever takes a finalizer off twice means it.
		Eventually(func() error {
			err := b.Client().Get(GinkgoTB().Context(), client.ObjectKeyFromObject(tenant), tenant)
			if err == nil {
				tenant.Finalizers = nil
				err = b.Client().Update(GinkgoTB().Context(), tenant)
			}
			return err
		}).Should(Satisfy(apierrors.IsNotFound))
		b.Delete(b.client)

		b.Await(b.client, harness.BeStalled(v1alpha1.ConditionTenantReady, v1alpha1.ReasonDeletionBlocked),
			harness.Say(v1alpha1.ConditionTenantReady, "does not exist", "set spec.deletionPolicy to Retain"))
		harness.Edit(b.Workspace, b.client, func(c *v1alpha1.OAuthClient) { c.Spec.DeletionPolicy = v1alpha1.DeletionRetain })
		gone(b.Workspace, b.client)
		Expect(exists(b.Workspace, id)).To(BeTrue())
	})

	It("survives the loss of the answer to the deletion", func() {
		b := bind(workspace(), deleting)
		b.World.OnPurpose(b.id())
		b.Sim.Inject(harness.Lose("DELETE", "/api/v2/clients/{id}"))
		id := b.id()
		b.Delete(b.client)

		gone(b.Workspace, b.client)
		Expect(exists(b.Workspace, id)).To(BeFalse())
	})

	It("is refused by a tenant for want of a scope, says which, and goes on once it is granted", func() {
		b := bind(workspace(), deleting)
		b.World.OnPurpose(b.id())
		b.Sim.SetManagementScopes(without(auth0sim.ManagementScopes(), "delete:clients")...)
		b.Sim.ExpireTokens()
		b.Delete(b.client)

		b.Await(b.client, harness.BeStalled(v1alpha1.ConditionRegistered, v1alpha1.ReasonDeletionBlocked),
			harness.Say(v1alpha1.ConditionRegistered, "delete:clients", "set spec.deletionPolicy to Retain"))
		b.Sim.SetManagementScopes(auth0sim.ManagementScopes()...)
		b.Sim.ExpireTokens()
		hasten(b.Workspace, b.client)
		gone(b.Workspace, b.client)
	})
})

var _ = Describe("Deleting a Tenant", func() {
	It("takes effect at once where no client is to be deleted with it", func() {
		b := bind(workspace())
		tenant := tenantOf(b.Workspace)
		b.Delete(tenant)

		gone(b.Workspace, tenant)
		b.Await(b.client, harness.BeWaiting(v1alpha1.ConditionTenantReady, v1alpha1.ReasonTenantNotFound))
		Expect(b.Attached(b.id())()).To(ConsistOf(b.pair.Thumbprint()))
	})

	It("waits for clients that are to be deleted there, also when its Secret is gone first (the guard)", func() {
		b := bind(workspace(), deleting)
		b.World.OnPurpose(b.id())
		tenant, id := tenantOf(b.Workspace), b.id()
		Eventually(harness.Live(b.Workspace, tenant)).Should(HaveField("Finalizers", Not(BeEmpty())))
		b.Delete(tenant)
		b.Await(tenant, harness.HaveCondition(v1alpha1.ConditionReady, "False", v1alpha1.ReasonInUse),
			harness.Say(v1alpha1.ConditionReady, "change their policy to Retain"))
		b.Delete(b.SignIn(""))
		b.Delete(b.client)

		gone(b.Workspace, b.client)
		gone(b.Workspace, tenant)
		Expect(exists(b.Workspace, id)).To(BeFalse())
	})
})

func without(all []string, some ...string) (rest []string) {
	for _, one := range all {
		if !slices.Contains(some, one) {
			rest = append(rest, one)
		}
	}
	return rest
}
