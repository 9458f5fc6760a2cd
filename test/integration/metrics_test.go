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
	"crypto/tls"
	"net/http"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/certbound/certbound/test/harness"
)

var _ = Describe("The metrics", func() {
	It("are served to those whom RBAC lets read them, and to nobody else (metrics)", func(ctx SpecContext) {
		address := freeAddress()
		programs(ctx)("--metrics-bind-address=" + address)
		w := workspace()
		reader, stranger := accountToken(ctx, w, "prometheus"), accountToken(ctx, w, "stranger")
		binding := &rbacv1.ClusterRoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: w.Namespace},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: "metrics-reader"},
			Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Name: "prometheus", Namespace: w.Namespace}},
		}
		w.Create(binding)

		scrape := func(token string) func() (int, error) {
			return func() (int, error) { return scrapeMetrics(ctx, address, token) }
		}
		Eventually(ctx, scrape(reader)).WithTimeout(harness.Patience).Should(Equal(http.StatusOK))
		Expect(scrape(stranger)()).To(Equal(http.StatusForbidden))
		Expect(scrape("forged")()).To(Equal(http.StatusUnauthorized))
		Expect(scrape("")()).To(Equal(http.StatusUnauthorized))
	})
})

// accountToken creates a ServiceAccount and returns a token of it.
func accountToken(ctx SpecContext, w *harness.Workspace, name string) string {
	GinkgoHelper()
	w.Create(&corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: w.Namespace}})
	config, err := env.Cluster.ServiceAccountConfig(ctx, w.Namespace, name)
	Expect(err).NotTo(HaveOccurred())
	return config.BearerToken
}

func scrapeMetrics(ctx SpecContext, address, token string) (int, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+"/metrics", http.NoBody)
	if err != nil {
		return 0, err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	// The operator makes itself a certificate where it is given none.
	c := http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
	}}
	answer, err := c.Do(request)
	if err != nil {
		return 0, err
	}
	return answer.StatusCode, answer.Body.Close()
}
