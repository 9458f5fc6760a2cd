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

package cluster

import (
	"errors"
	"fmt"
	"io"
	"os"
)

// errNotOurs is what a cluster of the user's says to Backup and Restore.
var errNotOurs = errors.New("the cluster is not an embedded one: what it stores is left alone")

// Backup copies all that the cluster stores into a folder, which must not exist yet. kube-apiserver and etcd stop for a moment; what
// else runs finds them again at the same address.
func (c *Cluster) Backup(folder string) error {
	return c.whileStopped(func(data string) error {
		if err := os.CopyFS(folder, os.DirFS(data)); err != nil {
			return fmt.Errorf("copying what etcd stores: %w", err)
		}
		return nil
	})
}

// Restore makes the cluster store what it stored at the time of a Backup. Resource versions go back with it, so that whoever watched the
// cluster since must list it anew.
func (c *Cluster) Restore(folder string) error {
	return c.whileStopped(func(data string) error {
		if err := os.RemoveAll(data); err != nil {
			return fmt.Errorf("removing what etcd stores: %w", err)
		}
		if err := os.CopyFS(data, os.DirFS(folder)); err != nil {
			return fmt.Errorf("copying what etcd stored: %w", err)
		}
		return nil
	})
}

// whileStopped runs something on etcd's folder while nobody has it open.
func (c *Cluster) whileStopped(run func(data string) error) error {
	if c.controlPlane == nil {
		return errNotOurs
	}
	server, store := c.controlPlane.APIServer, c.controlPlane.Etcd
	if err := errors.Join(server.Stop(), store.Stop()); err != nil {
		return fmt.Errorf("stopping the cluster: %w", err)
	}
	if err := run(store.DataDir); err != nil {
		return err
	}
	for _, program := range []struct {
		name     string
		out, err *io.Writer
		start    func() error
	}{{etcd, &store.Out, &store.Err, store.Start}, {apiServer, &server.Out, &server.Err, server.Start}} {
		log, err := os.OpenFile(c.log(program.name), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			return fmt.Errorf("opening the log of %s: %w", program.name, err)
		}
		*program.out, *program.err = log, log
		err = program.start()
		_ = log.Close() // the program has it
		if err != nil {
			return startError(program.name, c.log(program.name), err)
		}
	}
	return nil
}
