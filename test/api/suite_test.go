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

// Package api shows what the kinds accept, refuse and say, on a real API server: each rule of the schemas and its message,
// what kubectl prints and explains, the samples of config/samples at work, and that the pages of docs leave nothing out.
package api

import (
	"context"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/go-logr/logr"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/certbound/certbound/test/harness"
)

// root is the folder of the module, seen from this package.
const root = "../.."

const startTimeout = 20 * time.Minute // a first run builds the cluster's programs

var env *harness.Environment

func TestMain(m *testing.M) {
	ctrl.SetLogger(logr.Discard()) // the operator has a logger of its own
	code, err := run(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// run starts the one cluster that all tests share.
func run(m *testing.M) (code int, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	env, err = harness.Start(ctx, harness.Options{CertManager: true, ControllerManager: true, Progress: os.Stderr})
	if err != nil {
		return 1, err
	}
	return m.Run(), env.Stop()
}

// newNamespace makes a namespace that goes with the test.
func newNamespace(t *testing.T) string {
	t.Helper()
	namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "api-"}}
	NewWithT(t).Expect(env.Client.Create(t.Context(), namespace)).To(Succeed())
	t.Cleanup(func() { _ = env.Client.Delete(context.WithoutCancel(t.Context()), namespace) })
	return namespace.Name
}
