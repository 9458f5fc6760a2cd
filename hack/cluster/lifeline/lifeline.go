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

// Package lifeline ties a server of the embedded cluster to the process that started it.
//
// A cluster is stopped by its starter; but a starter that is killed, or a test that runs into its timeout, stops nothing any
// more. A server with a lifeline notices, removes the cluster's folder and exits. Polling for the parent is what Linux and macOS
// have in common, and unlike Linux's PR_SET_PDEATHSIG it does not depend on which thread of the parent forked.
package lifeline

import (
	"os"
	"strconv"
	"time"
)

const (
	// ParentEnv names the environment variable with the process id of the starter. Where it is unset, there is no lifeline and
	// the server is an ordinary one.
	ParentEnv = "CERTBOUND_CLUSTER_PARENT"
	// FolderEnv names the environment variable with the folder of the cluster, to be removed when the starter is gone.
	FolderEnv = "CERTBOUND_CLUSTER_FOLDER"

	interval = 250 * time.Millisecond
)

// Hold ends this process when its starter is gone. It returns at once.
func Hold() {
	parent, err := strconv.Atoi(os.Getenv(ParentEnv))
	if err != nil {
		return
	}
	go func() {
		for os.Getppid() == parent {
			time.Sleep(interval)
		}
		// Every server of the cluster does this. One that is still writing can make a removal fail; the last one succeeds.
		if folder := os.Getenv(FolderEnv); folder != "" {
			_ = os.RemoveAll(folder)
		}
		os.Exit(1)
	}()
}
