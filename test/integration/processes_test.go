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
	"net"
	"net/http"
	"path/filepath"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/certbound/certbound/api/v1alpha1"
	"github.com/certbound/certbound/test/harness"
	program "github.com/certbound/certbound/test/operator"
)

const shardLabel = "certbound.dev/shard"

// programs starts the operator's program as often as a spec likes, in the place of the operator of this process.
func programs(ctx SpecContext) func(arguments ...string) *program.Process {
	GinkgoHelper()
	DeferCleanup(start, harness.OperatorOptions{})
	Expect(operator.Stop()).To(Succeed())
	folder := GinkgoT().TempDir()
	path, err := program.Build(ctx, folder)
	Expect(err).NotTo(HaveOccurred())
	kubeconfig, err := env.Cluster.ServiceAccountKubeconfig(ctx, harness.SystemNamespace, "controller-manager")
	Expect(err).NotTo(HaveOccurred())
	return func(arguments ...string) *program.Process {
		GinkgoHelper()
		p, err := program.Start(path, kubeconfig, filepath.Join(folder, "operator.log"), append(arguments, "--leader-elect")...)
		Expect(err).NotTo(HaveOccurred())
		DeferCleanup(func() {
			if CurrentSpecReport().Failed() {
				GinkgoWriter.Println(p.Tail())
			}
			_ = p.Kill()
		})
		return p
	}
}

// in puts objects into a shard.
func in(shard string, objects ...client.Object) []client.Object {
	for _, o := range objects {
		o.SetLabels(map[string]string{shardLabel: shard})
	}
	return objects
}

// tenantIn creates a tenant in a shard, with all that it takes.
func tenantIn(w *harness.Workspace, shard string) {
	GinkgoHelper()
	w.Create(w.SignIn(w.Sim.ManagementClientSecret()), w.CABundle())
	w.Create(in(shard, w.NewTenant())...)
}

func bindIn(shard string) *binding {
	GinkgoHelper()
	w := workspace()
	b := &binding{Workspace: w, client: w.NewClient("checkout"), credential: w.NewCredential("cert", "checkout"), pair: fresh()}
	b.credential.Spec.Rotation = &v1alpha1.Rotation{OverlapSeconds: new(int32(0))}
	b.client.Annotations = map[string]string{corev1.LastAppliedConfigAnnotation: "{}"}
	tenantIn(w, shard)
	w.Create(w.TLSSecret("cert", b.pair))
	w.Create(in(shard, b.client, b.credential)...)
	return b
}

var _ = Describe("Two shards", func() {
	It("serve a tenant each and nothing of the other's, and say what was parted (shards)", func(ctx SpecContext) {
		run := programs(ctx)
		a := run("--watch-label-selector=" + shardLabel + "=a")
		one, other := bindIn("a"), bindIn("b")
		one.settle()
		Expect(other.Sim.TokenRequests()).To(BeEmpty(), "nobody looks after shard b yet")

		b := run("--watch-label-selector=" + shardLabel + "=b") // it has a lease of its own, and waits for none
		other.settle()
		Expect(read(one, one.client).Annotations).To(HaveKey(corev1.LastAppliedConfigAnnotation), "what no cache holds is not written away")

		Expect(a.Stop()).To(Succeed())
		one.renew()
		other.renew()
		other.rest()
		Expect(one.Sim.Requests()).To(BeEmpty(), "shard b does not do the work of shard a")
		run("--watch-label-selector=" + shardLabel + "=a")
		one.rest()

		By("parting a client and its tenant, and a certificate and its client")
		stray := one.NewClient("stray")
		cert := one.NewCredential("stray", "stray")
		one.Create(one.TLSSecret("stray", fresh()))
		one.Create(in("b", stray)...)
		one.Create(in("a", cert)...)
		one.Await(stray, harness.BeStalled(v1alpha1.ConditionTenantReady, v1alpha1.ReasonTenantInAnotherShard),
			harness.Say(v1alpha1.ConditionTenantReady, `"`+shardLabel+`=b"`, "give both the same labels"))
		one.Await(cert, harness.BeStalled(v1alpha1.ConditionAttached, v1alpha1.ReasonOAuthClientInAnotherShard))

		By("moving the client to the shard of its tenant")
		harness.Edit(one.Workspace, stray, func(c *v1alpha1.OAuthClient) { c.Labels[shardLabel] = "a" })
		one.Await(stray, harness.BeReady())
		one.Await(cert, harness.BeReady())
		Expect(b.Stop()).To(Succeed())
		run("--watch-label-selector=" + shardLabel + "=b")
	})
})

// read reads an object as it is now.
func read[T client.Object](b *binding, o T) T {
	GinkgoHelper()
	Expect(b.Client().Get(GinkgoT().Context(), client.ObjectKeyFromObject(o), o)).To(Succeed())
	return o
}

var _ = Describe("A replica that stands by", func() {
	// From SIGTERM to the first request of the successor: it has read the cluster long before, and waits for the lease alone, which it
	// tries for every two seconds.
	It("takes over from one that ends in seconds, and reads a client once at the most (handover)", func(ctx SpecContext) {
		run := programs(ctx)
		leader := run()
		b := bind(workspace())
		health := freeAddress()
		run("--health-probe-bind-address=" + health)
		Eventually(ctx, readiness(health)).WithTimeout(harness.Patience).Should(Equal(http.StatusOK), "it is ready although another one leads")
		b.Sim.ResetLog()
		begun := time.Now()
		Expect(leader.Stop()).To(Succeed())
		ended := time.Since(begun)
		b.renew()
		b.rest()
		took := time.Since(begun)
		GinkgoWriter.Printf("the leader took %v to end; %v after the SIGTERM its successor had attached and published a renewal\n", ended, took)
		// Whether it was renewed before the successor had seen it in order, or after, is not for the test to say.
		Expect(count(b.Routes(), harness.ReadClient)).To(BeNumerically("<=", 1), "a client is read once at the most")
		Expect(took).To(BeNumerically("<", takeover))
	})
})

// takeover is what a handover may take here at most: two attempts at the lease, a sign-in, and a renewal, on a busy machine.
const takeover = 10 * time.Second

// freeAddress is one that nobody listens at.
func freeAddress() string {
	GinkgoHelper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	Expect(err).NotTo(HaveOccurred())
	defer func() { Expect(l.Close()).To(Succeed()) }()
	return l.Addr().String()
}

// readiness asks whether a replica is ready.
func readiness(address string) func(SpecContext) (int, error) {
	return func(ctx SpecContext) (int, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+address+"/readyz", http.NoBody)
		if err != nil {
			return 0, err
		}
		answer, err := (&http.Client{Timeout: time.Second}).Do(request)
		if err != nil {
			return 0, err
		}
		return answer.StatusCode, answer.Body.Close()
	}
}
