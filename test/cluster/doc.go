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

// Package cluster runs a real Kubernetes cluster without images, containers or downloads of programs: etcd, kube-apiserver,
// kube-controller-manager, kubectl and cert-manager's controllers, built from their Go modules (hack/cluster) into a cache and
// started on free ports of the loopback interface. It has no nodes, so no Pod runs; everything else is what a cluster does:
// schemas and admission, RBAC, ServiceAccount tokens, garbage collection, the deletion of namespaces, certificates and renewals.
//
// It serves tests (Start), the demo, and people (Resident, behind make cluster-up). It works on Linux and macOS. Its programs end,
// and remove what they wrote, even if the process that started them is killed (hack/cluster/lifeline).
//
// The versions stand in the go.mod files of hack/cluster; to raise one, change it there and run go mod tidy. What is built is built
// again when any of those files, the Go version or the platform changes.
//
// These environment variables change what is used:
//
//   - USE_EXISTING_CLUSTER=true: the cluster that KUBECONFIG names, as envtest understands it. Nothing is built or started.
//     CustomResourceDefinitions are installed and stay; cert-manager must be there.
//   - KUBEBUILDER_ASSETS: a folder with etcd, kube-apiserver and kubectl, as envtest understands it. kube-controller-manager and
//     cert-manager are taken from there too if they are there, else from the cache. Programs from there have no lifeline: where
//     the process that started them is killed, they stay, as they do with envtest.
//   - CERTBOUND_CLUSTER_CACHE: the folder of the cache. The default is certbound/cluster in the user's cache folder. It holds one
//     folder for each set of versions (about 400 MB) and the resident clusters, and may be deleted whenever none runs.
package cluster
